package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dbbot/ops"
)

// maxShown bounds how much of a wrong value is repeated, in characters: enough to recognise it.
const maxShown = 60

// Fault is one thing wrong with the configuration, and how to mend it.
type Fault struct {
	File    string // empty where the environment is at fault
	Line    int    // 0 where there is none
	Field   string // databases[0].url, or the name of a variable
	Value   string // as it may be shown: no secret, or "***"; may be empty
	Problem string // what is said of the value: "is not a duration"
	Fix     string // a sentence: what to write instead
}

// Faults are all faults of a configuration; at least one.
type Faults []Fault

// Error lists the faults, two lines each.
func (f Faults) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "The configuration has %s.\n", ops.Count(len(f), "fault"))
	for _, one := range f {
		fmt.Fprintf(&b, "\n%s  %s %s.\n    %s\n", one.place(), one.what(), one.Problem, one.Fix)
	}
	return b.String()
}

func (f Fault) place() string {
	if f.File == "" {
		return "environment"
	}
	return fmt.Sprintf("%s:%d", f.File, f.Line)
}

func (f Fault) what() string {
	field := cmp.Or(f.Field, "the file")
	if f.Value == "" {
		return field + ":"
	}
	return fmt.Sprintf("%s: %q", field, ops.Printable(f.Value, maxShown))
}

func (f *Faults) environment(name, problem, fix string) {
	*f = append(*f, Fault{Field: name, Problem: problem, Fix: fix})
}

// sorted puts the faults of the file first, in the order of its lines.
func (f Faults) sorted() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(b.File, a.File), cmp.Compare(a.Line, b.Line))
	})
	return f
}
