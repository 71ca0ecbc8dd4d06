// Package lint judges migrations before they run: which locks every statement takes, on what, and what in it is
// dangerous, slow or lost for good. It opens no connection: what is known about the tables is given to it. It may
// import ops, ops/migrate, ops/migrate/script and pg_query.
package lint

import (
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/script"
)

// Parsed is one step of a plan with its file taken apart.
type Parsed struct {
	Step   migrate.Step
	Script script.Script
	Seen   []*Seen // by statement, what a rehearsal saw; nil where the rules have to do
}

// Severity says how much a finding matters.
type Severity string

// From the least to the most.
const (
	Note    Severity = "note"
	Warning Severity = "warning"
	Severe  Severity = "severe"
)

// Finding is what a rule has to say about one statement, or about a file as a whole.
type Finding struct {
	Rule      string // its name, as `-- dbbot:allow` takes it
	Severity  Severity
	Step      int    // index into the steps
	Statement int    // index into the file's statements; -1 for the file as a whole
	Line      int    // in the file, from 1; 0 for the file as a whole
	Table     string // "public.orders"; empty where no table is meant
	What      string // what stands there, as a sentence
	Why       string // what comes of it, as a sentence
	Safe      string // how to do it instead, as SQL; empty where there is no such way
	Loses     bool   // rows or values are gone afterwards
	Allowed   string // the reason why the file allows it; then it counts for nothing
}

// Check judges the steps of a plan in their order. The findings come in the order of the files, allowed ones too.
func Check(steps []Parsed, f Facts) []Finding {
	var all []Finding
	w := newWorld(f)
	for i, p := range steps {
		found := checkFile(w, p)
		for n := range found {
			found[n].Step = i
		}
		all = append(all, silence(found, p.Script, i)...)
	}
	return all
}

// Worst is the highest severity among findings that are not allowed; empty where there is none.
func Worst(all []Finding) Severity {
	worst := Severity("")
	for _, f := range all {
		if f.Allowed == "" && rank[f.Severity] > rank[worst] {
			worst = f.Severity
		}
	}
	return worst
}

var rank = map[Severity]int{Note: 1, Warning: 2, Severe: 3}
