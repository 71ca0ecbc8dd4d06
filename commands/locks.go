package commands

import (
	"cmp"
	"context"
	"slices"
	"time"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

var _ = add(locks)

// locksReader reads who waits for whom, in one round trip. It always answers, at the latest when ctx ends.
type locksReader interface {
	Locks(ctx context.Context, database string) postgres.Status
}

func locks(t Toolbox) Command {
	return question(Question[struct{}]{
		About: About{
			Path: "locks", Risk: ops.Read,
			Args:    []Arg{{Name: "database", Kind: AllArg, Optional: true, Hint: "only this one; all without"}},
			Summary: "who blocks whom, as a tree, with what can be done", Example: "locks orders",
		},
		Parse: func(v Values) (struct{}, []ops.Target, error) { return struct{}{}, v.Databases(), nil },
		Answer: func(ctx context.Context, asker Asker, _ struct{}, targets []ops.Target) (View, error) {
			ctx, cancel := context.WithTimeout(ctx, statusBound)
			defer cancel()
			all, reads := make([]seen, len(targets)), make([]func(), len(targets))
			for i, target := range targets {
				reads[i] = func() {
					all[i] = seen{target: target, asker: asker, status: t.Locks.Locks(ctx, target.Database)}
				}
			}
			atOnce(reads...)
			return lockScreen(all), nil
		},
	})
}

// lockScreen has a section a database, worst first.
func lockScreen(all []seen) View {
	view := View{Title: "Locks", Buttons: refreshAndShare(), Lead: Say("Nobody waits for anybody.")}
	var sections []Section
	var verdicts []Verdict
	var slowest time.Duration
	waiting := 0
	var silent []string
	for _, s := range all {
		if s.status.Down != nil {
			silent = append(silent, name(s.target.Database))
		}
		sections = append(sections, s.lockSection())
		verdicts = append(verdicts, sections[len(sections)-1].Verdict)
		slowest = max(slowest, s.status.Took)
		waiting += s.status.Locks.Value.Waiting
	}
	worstFirst(sections, func(s Section) Verdict { return s.Verdict })
	for _, section := range sections {
		view.Parts = append(view.Parts, Part{Section: &section})
	}
	view.Verdict = Worst(verdicts...)
	switch {
	case len(all) == 0:
		return View{Title: view.Title, Lead: Say("No database is configured.")}
	case waiting > 0:
		view.Lead = Say(capital(waits(waiting)) + ".")
	case view.Verdict != Good:
		view.Lead = Say("Nobody was seen waiting, but not everything could be read.")
	}
	if len(silent) > 0 {
		view.Lead[0].Text += " Down: " + few(silent) + "."
	}
	view.Notes = []Text{read(all[0].status.At, slowest)}
	return view
}

// lockSection is the whole tree of a database, with buttons for those at its roots.
func (s seen) lockSection() Section {
	section := Section{Title: s.title(), Verdict: Bad}
	if down := s.status.Down; down != nil {
		section.Summary = Say(down.Message)
		if down.Hint != "" {
			section.Lines = []Text{Say(down.Hint)}
		}
		return section
	}
	found := map[postgres.Topic]postgres.Finding{}
	for _, f := range postgres.Judge(s.status, s.status.Thresholds) {
		found[f.Topic] = f
	}
	blocked, shut := found[postgres.BlockedTopic], found[postgres.LocksTopic]
	section.Verdict = Worst(Verdict(blocked.Verdict), Verdict(shut.Verdict))
	if s.status.Locks.Fault != nil {
		section.Summary = Say(blocked.Why)
		if blocked.Fix != "" {
			section.Lines = []Text{fix(blocked.Fix)}
		}
		return section
	}
	locks := s.status.Locks.Value
	tree := locks.Tree()
	section.Summary = Say("nobody waits")
	if locks.Waiting > 0 {
		section.Summary = Say(cmp.Or(blocked.Why, waits(locks.Waiting)))
	}
	// The tree comes last: where a surface has no room for all of it, only its end is missing.
	section.Lines = slices.Concat(best(tree), lockFacts(locks).closer, told{}.forest(tree, lockTreeLines))
	section.Buttons = endings(s.asker, s.target, tree)
	return section
}

// lockTreeLines is more than what is read at once: fifty who wait, and those they wait for.
const lockTreeLines = 80

func waits(n int) string {
	if n == 1 {
		return "1 session waits for another"
	}
	return ops.Count(n, "session") + " wait for others"
}
