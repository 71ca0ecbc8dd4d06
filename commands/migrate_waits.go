package commands

import (
	"fmt"
	"strings"
	"time"

	"dbbot/ops/migrate/lint"
	"dbbot/ops/postgres"
)

// waits says of each statement whom it keeps waiting, and on how large and busy a table; those that keep nobody are counted.
func (a ahead) waits(step int) (lines []Text) {
	quiet, told := 0, map[string]bool{}
	for i, statement := range a.steps[step].Script.Statements {
		if i < a.steps[step].Step.Skip { // it stands, and is not run again
			continue
		}
		loud := 0
		for _, lock := range a.judged[step].Locks(i, a.facts) {
			if said := consequence(lock); said != "" {
				loud++
				if !told[lock.Relation] { // how large a table is, once in a file
					said, told[lock.Relation] = said+a.sized(lock.Relation), true
				}
				lines = append(lines, Text{{Text: fmt.Sprintf("Line %d, ", statement.Line)}, literal(statement.Tag), {Text: ": " + said + a.byRules(step, i)}})
			}
		}
		if loud == 0 {
			quiet++
		} else if e, known := a.judged[step].About(i, a.facts); known && e.Took >= time.Second {
			lines = append(lines, Say("That takes "+e.String()+"."))
		}
		lines = append(lines, a.timed(step, i)...)
	}
	switch {
	case quiet > 0 && len(lines) > 0:
		lines = append(lines, sayf("The other %s nobody waiting.", keep(quiet)))
	case quiet > 0:
		lines = append(lines, Say("Nobody waits."))
	}
	return lines
}

func keep(n int) string {
	if n == 1 {
		return "statement keeps"
	}
	return fmt.Sprintf("%d statements keep", n)
}

// consequence of a lock for others; empty where nobody notices.
func consequence(l lint.Lock) string {
	work := ""
	switch {
	case l.New:
		return ""
	case l.Rewrite:
		work = " while every row is written anew"
	case l.Scan:
		work = " while every row is read"
	}
	table := name(strings.TrimPrefix(l.Relation, "public."))
	whom := l.Blocks()
	switch {
	case whom == "" && work == "":
		return ""
	case work == "":
		return whom + " of " + table + " wait for a moment"
	case whom == "":
		return "nobody waits for " + table + work
	}
	return whom + " of " + table + " wait" + work
}

// sized is how large and how busy a table is, in brackets.
func (a ahead) sized(key string) string {
	t, known := a.facts.Tables[key]
	if !known {
		return ""
	}
	said := t.Size()
	if rate := t.Scans + t.Updates; rate >= 1 {
		said += fmt.Sprintf(", used %.0f times a second", rate)
	}
	if t.Longest > 0 {
		said += ", a transaction has used it for " + postgres.Age(t.Longest).String()
	}
	return " (" + said + ")"
}
