package workspace

import (
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestCoverageOnOnePage keeps the printed table in sight: a change of what the workspace can do is a change of this file.
func TestCoverageOnOnePage(t *testing.T) {
	const golden = "testdata/coverage.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(Coverage()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := Coverage(); got != string(want) {
		t.Errorf("the coverage is now\n%s\n(go test ./bot/workspace -run Coverage -update)", got)
	}
}

// TestEveryListedMethodAnswers calls all methods of the table over HTTP: those are known, the absent ones are not.
func TestEveryListedMethodAnswers(t *testing.T) {
	w := open(t, unlimited)
	printed := Coverage()
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		if !strings.Contains(printed, "\n  "+name+" ") {
			t.Errorf("%s is registered and not printed", name)
		}
		if answer := w.api(name); answer["error"] == "unknown_method" {
			t.Errorf("%s is listed and not there", name)
		}
	}
	for _, name := range absentMethods {
		if answer := w.api(name); answer["error"] != "unknown_method" {
			t.Errorf("%s is listed as absent and answers %v", name, answer)
		}
	}
	if !maps.EqualFunc(Methods(), methods, func(scopes []string, m method) bool { return slices.Equal(scopes, m.scopes) }) {
		t.Error("Methods differs from what is registered")
	}
}

// TestEveryListedEventIsSent lets people do everything an app can hear of: what arrives is the list, no less and no more.
func TestEveryListedEventIsSent(t *testing.T) {
	w := open(t, func(cfg *Config) {
		unlimited(cfg)
		cfg.Apps[0].Events = slices.Sorted(maps.Keys(eventScopes))
	})
	done := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ts, err := w.Say("U0ANA", "C0GENERAL", "", "<@U0BOT> hello")
	done(err)
	for channel, who := range map[string]string{"G0LEADS": "U0LEE", "D0ANA": "U0ANA"} {
		_, err := w.Say(who, channel, "", "hello")
		done(err)
	}
	w.api("reactions.add", "channel", "C0GENERAL", "timestamp", ts, "name", "eyes")
	w.api("reactions.remove", "channel", "C0GENERAL", "timestamp", ts, "name", "eyes")
	done(w.SetMember("C0GENERAL", "U0DAN", true))
	done(w.SetMember("C0GENERAL", "U0DAN", false))
	done(w.SetKind("U0BEN", Guest))
	done(w.SetUsergroup("S0LEADS", []string{"U0ANA"}))
	_, err = w.OpenHome("U0ANA", "A0BOT")
	done(err)

	sent := map[string]bool{}
	for _, d := range w.Deliveries() {
		var payload struct {
			Event struct {
				Type string `json:"type"`
				In   string `json:"channel_type"`
			} `json:"event"`
		}
		done(json.Unmarshal(d.Payload, &payload))
		name := payload.Event.Type
		if name == "message" {
			name += "." + map[string]string{"channel": "channels", "group": "groups", "im": "im"}[payload.Event.In]
		}
		sent[name] = true
	}
	if want := slices.Sorted(maps.Keys(eventScopes)); !slices.Equal(slices.Sorted(maps.Keys(sent)), want) {
		t.Errorf("sent %q\nwant %q", slices.Sorted(maps.Keys(sent)), want)
	}
}

// TestEveryFeatureHasItsProof finds each named test in the sources.
func TestEveryFeatureHasItsProof(t *testing.T) {
	known := testNames(t)
	for _, area := range features {
		for _, f := range area.features {
			if len(f.proofs) == 0 {
				t.Errorf("%s: %q names no test", area.name, f.what)
			}
			for _, proof := range f.proofs {
				if !known[proof] {
					t.Errorf("%s: %q is to be proved by %q, which is no test", area.name, f.what, proof)
				}
			}
		}
	}
}

// judged finds the titles of the official clients' checks.
var judged = regexp.MustCompile(`(?m)^test\('([^']+)'`)

func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				names[f.Name.Name] = true
			}
		}
	}
	judge, err := os.ReadFile(filepath.Join("..", "..", ".ci", "judge", "judge.test.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	for _, title := range judged.FindAllStringSubmatch(string(judge), -1) {
		names[title[1]] = true
	}
	return names
}
