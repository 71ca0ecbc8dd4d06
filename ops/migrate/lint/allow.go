package lint

import (
	"fmt"
	"slices"

	"dbbot/ops"
	"dbbot/ops/migrate/script"
)

// silence marks the findings that the file allows, and finds fault with comments that allow nothing.
func silence(found []Finding, s script.Script, step int) []Finding {
	for _, a := range s.Allows {
		used := false
		for i, f := range found {
			if f.Rule == a.Rule && (f.Statement == a.Statement || f.Statement == wholeFile) {
				found[i].Allowed, used = a.Reason, true
			}
		}
		if fault := faultOf(a, used); fault != "" {
			found = append(found, Finding{
				Rule: "allow", Severity: Warning, Step: step, Statement: a.Statement, Line: a.Line, What: fault,
				Why: "Nothing is silenced by it.", Safe: "-- dbbot:allow <rule> <reason>",
			})
		}
	}
	return found
}

func faultOf(a script.Allow, used bool) string {
	name := ops.Printable(a.Rule, 40)
	switch {
	case !slices.ContainsFunc(rules, func(r rule) bool { return r.name == a.Rule }):
		return fmt.Sprintf("dbbot:allow in line %d names a rule that does not exist: %s.", a.Line, name)
	case a.Reason == "":
		return fmt.Sprintf("dbbot:allow %s in line %d gives no reason.", name, a.Line)
	case !used:
		return fmt.Sprintf("dbbot:allow %s in line %d: the rule has nothing to say there.", name, a.Line)
	}
	return ""
}
