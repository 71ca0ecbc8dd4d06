package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
	"dbbot/ops/postgres"
)

// run takes it, verifies it, and only then deletes what it replaces.
func (b backingUp) run(ctx context.Context, r approval.Request, p backupPlan, progress Progress) (View, error) {
	progress = paced(progress)
	on := approval.Server{System: p.System, Database: p.Database}
	taken, err := b.tools.Dumps.Take(ctx, p.Alias, r, on, progress)
	if err != nil && taken.ID != "" {
		return View{Title: "Backup taken, but of another database", Verdict: Watch, Lead: tellTaken(taken, " is taken, and stays")}, err
	}
	if err != nil {
		return View{Title: "Nothing was taken", Lead: Say("There is no new backup.")}, err
	}
	view := View{Title: "Backup taken", Lead: tellTaken(taken, " is taken")}
	view.Parts = append(view.Parts, Part{Section: &Section{Title: "Taken", Verdict: Good, Summary: sayf("in %s, %s", lasting(taken.Manifest), encrypted(taken.Recipients))}})
	if err := b.verified(ctx, r, taken, &view, progress); err != nil {
		return view, err
	}
	progress("deleting what the rules let go", 0, 0)
	b.pruned(ctx, p.Alias, &view)
	view.Verdict = Good
	return view, nil
}

// tellTaken says how much a backup holds. What was taken is not called verified before it was.
func tellTaken(b backup.Backup, words string) Text {
	return Text{ident(b.ID), {Text: words + ": " + bytesOf(stored(b.Manifest)) + ", " + holds(b.Contents) + "."}}
}

// verified adds what the verification found. A backup that is not good is a failure, and says what still is.
func (b backingUp) verified(ctx context.Context, r approval.Request, taken backup.Backup, view *View, progress Progress) error {
	k, err := b.tools.kept(ctx, ops.Target{Database: taken.Database})
	if err != nil {
		return err
	}
	how := backup.Due(k.rules.Verify, k.Backups, k.opens(taken.Recipients), k.At)
	v, err := b.tools.Dumps.Verify(ctx, taken.Database, taken.ID, how, r, progress)
	if err != nil {
		view.Title, view.Verdict = "Backup taken, and not verified", Watch
		view.Lead = append(view.Lead, Span{Text: " It was not verified, and stays."})
		view.Parts = append(view.Parts, toVerify(taken.ID))
		return err
	}
	section, fault := k.judged(taken.ID, v)
	view.Title, view.Verdict = "Backup taken and verified", section.Verdict
	view.Parts = append(view.Parts, Part{Section: &section})
	if fault != nil {
		view.Title = "Backup taken, and not good"
		view.Lead = append(view.Lead, Span{Text: " " + k.stillGood(taken.ID)})
		return fault
	}
	view.Lead = tellTaken(taken, " is taken and verified "+proof[v.How])
	return nil
}

// toVerify is a backup that waits for its verification.
func toVerify(id backup.ID) Part {
	words := "backup verify " + typed(string(id))
	return Part{Section: &Section{
		Title: "Not verified", Verdict: Watch, Summary: Text{literal("/db " + words), {Text: " does that."}}, Buttons: []Button{{Name: "Verify", Words: words}},
	}}
}

// judged says what a verification found; the error is nil where all is well.
func (k kept) judged(id backup.ID, v backup.Verification) (Section, error) {
	section := Section{Title: "Verified", Verdict: Good, Summary: sayf("%s, in %s", proof[v.How], postgres.Age(v.Took)), Lines: noted(v)}
	if len(v.Found) == 0 {
		return section, nil
	}
	section.Verdict, section.Lines, section.Summary = Bad, nil, sayf("%s found", ops.Count(len(v.Found), "fault"))
	for _, fault := range v.Found {
		section.Lines = append(section.Lines, Say(ops.Printable(fault, longSpan)))
	}
	return section, &ops.Error{
		Message: fmt.Sprintf("The backup %s is not good: %s", id, sentenceOf(v.Found)),
		Hint:    k.stillGood(id),
	}
}

// pruned adds what was deleted. That a backup could not be deleted makes none that was taken worse.
func (b backingUp) pruned(ctx context.Context, database string, view *View) {
	deleted, spared, err := b.tools.Dumps.Prune(ctx, database)
	var names []string
	for _, id := range deleted {
		names = append(names, string(id))
	}
	if len(names) > 0 {
		view.Parts = append(view.Parts, Part{Section: &Section{Title: "Deleted", Summary: literals(names)}})
	}
	if err != nil {
		spared = append(spared, inWords(err))
	}
	if len(spared) > 0 {
		view.Parts = append(view.Parts, Part{Section: &Section{Title: "Could not be deleted", Verdict: Watch, Summary: Say(strings.Join(spared, " "))}})
	}
}

// look finds the backup that a lost run was to take: a manifest, which is written last, bears the request's number.
func (b backingUp) look(ctx context.Context, r approval.Request, p backupPlan) (Happened, View, error) {
	notes := b.tools.swept(ctx, p.Alias, r)
	k, err := b.tools.kept(ctx, ops.Target{Database: p.Alias})
	if err != nil {
		return HappenedUnclear, View{}, errors.Join(ErrUnread, err)
	}
	for _, t := range k.Backups {
		if t.Request != int64(r.ID) || !t.Asked.Equal(r.Asked) {
			continue
		}
		view := View{Title: "The backup is there", Notes: notes, Verdict: verdictOn(t), Lead: Text{ident(t.ID), {Text: " was taken"}}}
		switch {
		case t.Good():
			view.Lead = append(view.Lead, Span{Text: " and verified " + proof[t.Verified.How] + "."})
		case t.Bad():
			view.Lead = append(view.Lead, Span{Text: ", and it is not good: " + sentenceOf(t.Verified.Found)})
		default:
			view.Lead = append(view.Lead, Span{Text: ", and not verified: its process was lost."})
			view.Parts = append(view.Parts, toVerify(t.ID))
		}
		return HappenedWhole, view, nil
	}
	return HappenedNothing, View{Title: "Nothing was taken", Lead: Say("Nothing of it is in the store."), Notes: notes}, nil
}

// swept removes what a lost process had left. Where that cannot be done now, the next backup or verification does it, and what
// became of the request is known all the same.
func (t Toolbox) swept(ctx context.Context, database string, r approval.Request) []Text {
	removed, err := t.Dumps.Swept(ctx, database, r)
	notes := sweptNotes(removed)
	if err != nil {
		notes = append(notes, Say("Whether more was left could not be seen. "+inWords(err)))
	}
	return notes
}

// sweptNotes say what a lost process had left, and is gone now.
func sweptNotes(removed []string) (notes []Text) {
	for _, what := range removed {
		notes = append(notes, Say("Removed: "+ops.Printable(what, longSpan)))
	}
	return notes
}
