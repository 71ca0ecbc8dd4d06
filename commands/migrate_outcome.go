package commands

import (
	"context"
	"errors"
	"fmt"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/migrate/apply"
	"dbbot/ops/postgres"
)

// ran is what a run did, as it is told below the card: true also where it failed.
func ran(p stepPlan, r apply.Report, err error) View {
	view := View{Title: "What ran"}
	switch {
	case err == nil:
		view.Title, view.Verdict = done(p), Good
		view.Lead = sayf("%s is at %s now.", name(p.Alias), place(p.To))
	case len(r.Done) == 0 && r.Failure == nil:
		return View{}
	default:
		view.Verdict = Bad
		view.Lead = Say(stuck(p, r))
	}
	for _, d := range r.Done {
		view.Parts = append(view.Parts, Part{Section: &Section{
			Title: d.Step.Migration.Name, Verdict: Good,
			Summary: sayf("%s in %s", ops.Count(d.Statements, "statement"), postgres.Age(d.Took)),
		}})
	}
	if r.Failure != nil {
		view.Parts = append(view.Parts, failed(*r.Failure)...)
	}
	for _, note := range r.Notes {
		view.Notes = append(view.Notes, Say(note))
	}
	return view
}

func done(p stepPlan) string {
	if p.Steps[0].Down {
		return ops.Count(len(p.Steps), "migration") + " undone"
	}
	return ops.Count(len(p.Steps), "migration") + " applied"
}

// stuck says where a run has ended that did not reach its end.
func stuck(p stepPlan, r apply.Report) string {
	at := place(reached(p, r))
	if r.Failure == nil || r.Failure.Nothing || len(r.Done) == len(p.Steps) {
		return fmt.Sprintf("%s is at %s.", name(p.Alias), at)
	}
	return fmt.Sprintf("%s is between %s and %s.", name(p.Alias), at, place(p.Steps[len(r.Done)].To))
}

// reached is where the steps that stand have led.
func reached(p stepPlan, r apply.Report) string {
	if len(r.Done) == 0 {
		return p.From
	}
	return r.Done[len(r.Done)-1].Step.To
}

// notGranted is the SQLSTATE of a lock that was waited for in vain: who has it, and what to do, are dbbot's own words.
const notGranted = "55P03"

// failed tells where and why, and what remains.
func failed(f apply.Failure) []Part {
	section := Section{Title: f.Name, Verdict: Bad, Summary: Say(where(f))}
	says, hints := "PostgreSQL says: ", "Its hint: "
	if f.Code == notGranted {
		says, hints = "", ""
	}
	if f.Message != "" {
		section.Lines = append(section.Lines, Say(says+f.Message+bracketed(f.Code)))
	}
	if f.Hint != "" {
		section.Lines = append(section.Lines, Say(hints+f.Hint))
	}
	switch {
	case f.Nothing:
		section.Lines = append(section.Lines, Say("Nothing of this migration remains."))
	case f.Applied > 0:
		section.Lines = append(section.Lines, sayf("What stands of it: the first %s.", ops.Count(f.Applied, "statement")))
	}
	for _, index := range f.Invalid {
		section.Lines = append(section.Lines, Text{{Text: "Half built, and used by no query: "}, literal(index), {Text: "; remove it with "}, literal("DROP INDEX CONCURRENTLY " + index + ";")})
	}
	parts := []Part{{Section: &section}}
	if f.Text != "" {
		parts = append(parts, Part{Code: &Code{Title: "The statement", Text: f.Text}})
	}
	return parts
}

func where(f apply.Failure) string {
	switch {
	case f.Books:
		return "failed in dbbot's own bookkeeping"
	case f.Line > 0 && f.Column > 0:
		return fmt.Sprintf("failed at statement %d, line %d, column %d", f.Statement+1, f.Line, f.Column)
	case f.Line > 0:
		return fmt.Sprintf("failed at statement %d, line %d", f.Statement+1, f.Line)
	}
	return "failed"
}

func bracketed(code string) string {
	if code == "" {
		return ""
	}
	return " (" + code + ")"
}

// look finds out what came of a run whose process was lost: each step has left its own row, or nothing.
func (s stepping) look(ctx context.Context, r approval.Request, p stepPlan) (Happened, View, error) {
	elsewhere, err := s.tools.elsewhere(ctx, p.Alias, approval.Server{System: p.System, Database: p.Database})
	if err != nil || elsewhere.Title != "" {
		return HappenedUnclear, elsewhere, err
	}
	found, err := s.tools.Migrations.Look(ctx, p.Alias, r, len(p.Steps))
	if err != nil {
		return HappenedUnclear, View{}, heard(err)
	}
	view := View{Title: "What remains", Lead: Say(found.String())}
	for _, index := range found.Invalid {
		view.Parts = append(view.Parts, Part{Section: &Section{Title: index, Verdict: Watch, Summary: Say("an index that is half built")}})
	}
	switch found.Fate {
	case apply.Whole:
		return HappenedWhole, view, nil
	case apply.Nothing:
		return HappenedNothing, view, nil
	}
	view.Parts = append(view.Parts, s.tools.truths(ctx, p.Alias)...)
	return HappenedUnclear, view, nil
}

// elsewhere says that another server answers now than the one a plan was made for; the view is empty where it is the same.
func (t Toolbox) elsewhere(ctx context.Context, alias string, on approval.Server) (View, error) {
	server, _, err := t.Migrations.Journal(ctx, alias)
	switch {
	case errors.Is(err, apply.ErrUnread):
		return View{}, heard(err)
	case err != nil || server.System != on.System || server.Database != on.Database:
		return View{Title: "What became of the migration is not known", Lead: Say("Another server answers under this name now, or none.")}, nil
	}
	return View{}, nil
}
