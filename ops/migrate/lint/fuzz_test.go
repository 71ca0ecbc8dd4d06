package lint

import (
	"strings"
	"testing"
)

// FuzzCheck: whatever the parser takes, the rules say something about it or nothing, with facts and without, and
// every finding stands somewhere in the file.
func FuzzCheck(f *testing.F) {
	for _, e := range examples {
		for _, sql := range append(e.speaks, e.silent...) {
			f.Add(sql)
		}
	}
	for _, sql := range tried {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		p := parsed(sql)
		Mentioned([]Parsed{p})
		for _, facts := range []Facts{known(), {}} {
			for _, s := range p.Script.Statements {
				About(s, facts)
			}
			for _, found := range Check([]Parsed{p}, facts) {
				if found.Statement >= len(p.Script.Statements) || found.Statement < wholeFile || found.What == "" || found.Why == "" || found.Severity == "" {
					t.Errorf("%s: %+v", sql, found)
				}
				if strings.ContainsAny(found.What, "\n\x00") {
					t.Errorf("%q", found.What)
				}
			}
		}
	})
}
