package commands

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"dbbot/ops"
)

var update = flag.Bool("update", false, "write the golden files of testdata again")

// golden compares a text with a file of testdata, or writes it there.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test ./commands -update writes it again); got:\n%s", file, got)
	}
}

// The whole surface on one page: a new command or another risk is seen in review.
func TestCatalogueOnOnePage(t *testing.T) {
	var page strings.Builder
	for _, about := range All(Toolbox{Databases: shop}).Commands() {
		fmt.Fprintf(&page, "%-52s %-8s %s\n", about.Usage(), about.Risk, about.Summary)
	}
	golden(t, "catalog.golden", page.String())
}

func TestEveryExampleIsUnderstood(t *testing.T) {
	catalogue := All(Toolbox{Databases: shop})
	for _, about := range catalogue.Commands() {
		call, err := catalogue.Find(about.Example)
		if err != nil || call.Path != about.Path {
			t.Errorf("the example %q of %q is understood as %q: %v", about.Example, about.Path, call.Path, err)
		}
	}
}

func TestIncompleteDeclarationsPanic(t *testing.T) {
	whole := About{Path: "locks", Risk: ops.Read, Summary: "who waits", Example: "locks"}
	tests := []struct {
		name  string
		spoil func(*About)
		want  string
	}{
		{"no path", func(a *About) { a.Path = "" }, "the path must be"},
		{"capitals", func(a *About) { a.Path = "Locks" }, "the path must be"},
		{"two spaces", func(a *About) { a.Path = "locks  now" }, "the path must be"},
		{"four words", func(a *About) { a.Path = "show me all locks" }, "too long"},
		{"no risk", func(a *About) { a.Risk = "" }, `unknown risk ""`},
		{"no summary", func(a *About) { a.Summary = "" }, "the summary"},
		{"a sentence", func(a *About) { a.Summary = "Shows it." }, "the summary"},
		{"no example", func(a *About) { a.Example = "" }, "no example"},
		{"a question that changes", func(a *About) { a.Risk = ops.Destroy }, "a Question has the risk read"},
		{"no name", func(a *About) { a.Args = []Arg{{Hint: "x"}} }, `argument ""`},
		{"no hint", func(a *About) { a.Args = []Arg{{Name: "x"}} }, `argument "x"`},
		{"twice the same", func(a *About) { a.Args = []Arg{id, id} }, `argument "id"`},
	}
	for _, tt := range tests {
		about := whole
		tt.spoil(&about)
		if got := panics(func(Toolbox) Command { return question(Question[int]{About: about}) }); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := panics(echo("locks"), echo("locks")); !strings.Contains(got, "registered twice") {
		t.Errorf("duplicate: %q", got)
	}
	if got := panics(func(Toolbox) Command { return change(Change[int, int]{About: whole}) }); !strings.Contains(got, "a Change has not") {
		t.Errorf("a change that reads: %q", got)
	}
	for name, spoil := range map[string]func(*Change[steps, steps]){
		"Parse": func(c *Change[steps, steps]) { c.Parse = nil }, "Plan": func(c *Change[steps, steps]) { c.Plan = nil },
		"Run": func(c *Change[steps, steps]) { c.Run = nil }, "Look": func(c *Change[steps, steps]) { c.Look = nil },
	} {
		part := forward
		spoil(&part)
		if got := panics(func(Toolbox) Command { return change(part) }); !strings.Contains(got, "needs Parse, Plan, Run and Look") {
			t.Errorf("a change without %s: %q", name, got)
		}
	}
	if got := panics(func(Toolbox) Command { return change(forward) }, echo("locks"), echo("locks now")); got != "" {
		t.Errorf("whole declarations: %q", got)
	}
}

func panics(makers ...func(Toolbox) Command) (said string) {
	defer func() {
		if r := recover(); r != nil {
			said = fmt.Sprint(r)
		}
	}()
	catalogue(Toolbox{}, makers)
	return ""
}
