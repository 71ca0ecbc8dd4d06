package lint

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dbbot/ops/migrate/script"
)

var update = flag.Bool("update", false, "write the golden files anew")

// speaking is what makes each rule speak, silent what does not although it looks alike. Files of one migration are
// separated by a line "---".
type example struct {
	rule   string
	speaks []string
	silent []string
}

var examples = slices.Concat(lossExamples, rowExamples, indexExamples, constraintExamples, columnExamples, tableExamples, transactionExamples, toolExamples, useExamples, qualityExamples, accessExamples)

func TestEveryRuleSpeaksAndKeepsSilent(t *testing.T) {
	for _, e := range examples {
		if e.rule == "seen-in-rehearsal" {
			continue // it needs a rehearsal: see TestWhatWasSeenBeatsTheRules
		}
		t.Run(e.rule, func(t *testing.T) {
			for _, sql := range e.speaks {
				if len(ofRule(e.rule, check(known(), strings.Split(sql, "---")...))) == 0 {
					t.Errorf("silent about %s\n%s", sql, told(check(known(), sql)))
				}
			}
			for _, sql := range e.silent {
				if found := ofRule(e.rule, check(known(), strings.Split(sql, "---")...)); len(found) > 0 {
					t.Errorf("speaks about %s\n%s", sql, told(found))
				}
			}
		})
	}
}

func TestEveryRuleHasExamples(t *testing.T) {
	for _, r := range rules {
		i := slices.IndexFunc(examples, func(e example) bool { return e.rule == r.name })
		if r.name == "seen-in-rehearsal" {
			continue
		}
		if i < 0 || len(examples[i].speaks) == 0 || len(examples[i].silent) == 0 {
			t.Errorf("%s: no example", r.name)
		}
		if (r.judge == nil) == (r.whole == nil) {
			t.Errorf("%s: asked about statements or about files", r.name)
		}
	}
	if names := ruleNames(); len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Error("a name is used twice")
	}
}

func ruleNames() []string {
	var all []string
	for _, r := range rules {
		all = append(all, r.name)
	}
	return all
}

// TestWords shows what every rule says about its first example, for people to read.
func TestWords(t *testing.T) {
	var b strings.Builder
	for _, e := range examples {
		fmt.Fprintf(&b, "== %s\n%s\n", e.rule, strings.TrimSpace(e.speaks[0]))
		b.WriteString(told(ofRule(e.rule, check(known(), strings.Split(e.speaks[0], "---")...))) + "\n")
	}
	golden(t, "rules.golden", b.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	have, expected := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(have), len(expected)) {
		if i >= len(have) || i >= len(expected) || have[i] != expected[i] {
			t.Fatalf("%s differs from line %d on: run with -update and look at the difference", path, i+1)
		}
	}
}

// TestSafeFormsAreSQL: what is advised is read by PostgreSQL's parser, where it is whole.
func TestSafeFormsAreSQL(t *testing.T) {
	for _, e := range examples {
		for _, sql := range e.speaks {
			for _, f := range ofRule(e.rule, check(known(), strings.Split(sql, "---")...)) {
				if strings.Contains(f.Safe, "…") {
					continue
				}
				if s := script.Parse([]byte(f.Safe)); s.Fault != "" || s.Refused != "" {
					t.Errorf("%s: %s%s\n%s", e.rule, s.Fault, s.Refused, f.Safe)
				}
			}
		}
	}
}
