package commands

import (
	"context"
	"fmt"
	"slices"
	"time"

	"dbbot/ops"
	"dbbot/ops/migrate/apply"
)

// onwards says where a file goes on that broke off.
func onwards(s apply.Prepared) string {
	all := len(s.Script.Statements)
	switch s.Step.Skip {
	case all:
		return fmt.Sprintf("it broke off when all %s stood: only the journal is set right", ops.Count(all, "statement"))
	case 0:
		return fmt.Sprintf("it broke off in its first statement, and begins there anew: %s, one after the other, outside a transaction", ops.Count(all, "statement"))
	}
	return fmt.Sprintf("it broke off, and continues at statement %d of %d, line %d; what stands before is not run again", s.Step.Skip+1, all, s.Script.Statements[s.Step.Skip].Line)
}

// halfBuilt are the indexes that a step builds beside the running applications and that an earlier try left half built.
// They are removed first: as long as one is there its name is taken.
func (a ahead) halfBuilt(s apply.Prepared) (names []string) {
	for _, statement := range s.Script.Statements {
		if name := apply.Builds(statement); name != "" && slices.Contains(a.invalid(), name) {
			names = append(names, name)
		}
	}
	return names
}

// invalid are the half-built indexes of the tables that the steps name, as far as these could be seen.
func (a ahead) invalid() (names []string) {
	for _, table := range a.facts.Tables {
		for _, index := range table.Indexes {
			if !index.Valid {
				names = append(names, index.Name)
			}
		}
	}
	return names
}

// truthBound is how long it may take to see what a run left; the run itself may have been stopped.
const truthBound = 10 * time.Second

// truths are what may be so after a run that broke off, with the buttons that write it down; nil where nothing is unclear,
// or nothing can be seen.
func (t Toolbox) truths(ctx context.Context, alias string) []Part {
	target := ops.Target{Database: alias}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), truthBound)
	defer cancel()
	s, err := t.site(ctx, target)
	if err != nil || len(s.survey.Broken) == 0 {
		return nil
	}
	section := s.broken(true)
	section.Title = "What is true?"
	return []Part{{Section: section}}
}

// goesOn is the choice to go on with what broke off, where that is possible.
func (s site) goesOn() (c choice, can bool) {
	left, can := s.survey.Resumes()
	if !can {
		return c, false
	}
	var truth string
	switch left.Applied {
	case 0:
		truth = "It broke off in its first statement, and can be run again"
	case 1:
		truth = fmt.Sprintf("The first of its %d statements stands; the rest can be run", left.Of)
	case left.Of:
		truth = "All of its statements stand; only the journal is to be set right"
	default:
		truth = fmt.Sprintf("The first %d of its %d statements stand; the rest can be run", left.Applied, left.Of)
	}
	return choice{truth: truth, button: "Go on", words: "migrate up 1 " + typed(s.target.Database), runs: true}, true
}
