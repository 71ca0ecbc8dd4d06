package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/migrate/lint"
	"dbbot/ops/migrate/rehearse"
	"dbbot/ops/migrate/script"
	"dbbot/ops/postgres"
)

// rehearser runs migrations in a scratch database, and tells what it saw.
type rehearser interface {
	// Rehearses says whether that is configured for a database.
	Rehearses(database string) bool
	// Rehearse tells what is known shortly before ctx ends.
	Rehearse(ctx context.Context, database string, steps []lint.Parsed) rehearse.Trace
	// Leftovers are scratch databases whose process is gone. Those that nobody uses are removed meanwhile.
	Leftovers(ctx context.Context, database string) ([]rehearse.Leftover, error)
}

// rehearse runs the steps in a scratch database, where that is configured. It is SQL that nobody agreed to yet, so it is
// run for those alone who may ask for it.
func (a *ahead) rehearse(ctx context.Context, t Toolbox, w stepWish) {
	a.judged = parsed(a.steps)
	if a.wanted = t.Rehearsals != nil && t.Rehearsals.Rehearses(a.target.Database); !a.wanted {
		return
	}
	if a.steps[0].Step.Resume { // its first statements stand in what a scratch database would be made from
		a.rehearsed.Refused = "It goes on in the middle of a file."
		return
	}
	if w.looking {
		a.rehearsed.Refused = "That is done in Slack, for people who may ask for the migration."
		return
	}
	trace := t.Rehearsals.Rehearse(ctx, a.target.Database, a.judged)
	a.rehearsed = trace
	for i := range a.judged {
		seen := make([]*lint.Seen, len(a.judged[i].Script.Statements))
		for n := range seen {
			if s, traced := trace.Of(i, n); traced {
				seen[n] = &s.Seen
			}
		}
		a.judged[i].Seen = seen
	}
}

// learn reads the sizes of tables that no file names, and that the rehearsal saw locked all the same.
func (a *ahead) learn(ctx context.Context, t Toolbox) {
	if a.facts.Tables == nil {
		return
	}
	names := mentioned(a.steps)
	known := len(names)
	for _, step := range a.rehearsed.Steps {
		for _, s := range step.Statements {
			for _, l := range s.Seen.Locks {
				if _, told := a.facts.Tables[l.Relation]; !told {
					names = append(names, strings.SplitN(l.Relation, ".", 2)[1])
				}
			}
		}
	}
	if len(names) == known {
		return
	}
	if facts, err := t.Migrations.Facts(ctx, a.target.Database, names, parsed(a.steps)); err == nil { // else they stay unknown
		a.facts = facts
	}
}

// hopeless is the reason for a request that has no chance: the real database would refuse it, too.
func (a ahead) hopeless() error {
	f := a.rehearsed.Failure
	if f == nil || !f.Certain {
		return nil
	}
	return &ops.Error{
		Message: fmt.Sprintf("%s would fail: %s. It was tried in %s.", ops.Printable(a.steps[f.Step].Step.File().Path, nameRunes)+at(f.Line), a.reason(), a.stage()),
		Hint:    "Mend the file and ask again; /db migrate plan " + typed(a.target.Database) + " shows all of it.",
	}
}

// reason is the server's word for a failure of the rehearsal.
func (a ahead) reason() string {
	f := a.rehearsed.Failure
	said := strings.TrimSuffix(f.Message, ".")
	if f.Code != "" {
		said = strings.TrimSpace(said + " (" + f.Code + ")")
	}
	return said
}

// stage says where it was rehearsed.
func (a ahead) stage() string {
	where := "a scratch database on " + a.rehearsed.Server
	if a.rehearsed.Rows {
		return where + ", a copy with its rows"
	}
	return where + ", made from the schema, without rows"
}

// rehearsalFailed puts in plain sight that the files do not go through.
func (a ahead) rehearsalFailed() *Section {
	f := a.rehearsed.Failure
	if f == nil {
		return nil
	}
	step := a.steps[f.Step]
	section := Section{Title: "It fails in a rehearsal", Verdict: Bad}
	section.Summary = Text{{Kind: Strong, Text: name(step.Step.Migration.Name)}, {Text: at(f.Line) + ": " + a.reason()}}
	if f.Statement >= 0 && f.Statement < len(step.Script.Statements) {
		section.Lines = append(section.Lines, Text{literal(ops.Printable(step.Script.Statements[f.Statement].Shown(), sqlRunes))})
	}
	if f.Hint != "" {
		section.Lines = append(section.Lines, Say("PostgreSQL's hint: "+f.Hint))
	}
	if f.Certain {
		section.Lines = append(section.Lines, Say("The real database would refuse it, too."))
	} else {
		section.Lines = append(section.Lines, Say(f.Doubt+" So it may go through all the same: look at it before you agree."))
	}
	if behind := len(a.steps) - f.Step - 1; behind > 0 {
		section.Lines = append(section.Lines, sayf("%s behind it %s not rehearsed.", ops.Count(behind, "file"), were(behind)))
	}
	return &section
}

func were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// rehearsalLead is what one must know of it before agreeing; empty where nothing was seen.
func (a ahead) rehearsalLead() string {
	switch t := a.rehearsed; {
	case t.Failure != nil:
		return "It fails in a rehearsal."
	case len(t.Steps) < len(a.steps) || t.Under || t.Stopped != "" || slices.ContainsFunc(t.Steps, func(s rehearse.Step) bool { return s.Refused != "" }):
		return ""
	}
	if !a.rehearsed.Rows {
		return "It went through in a rehearsal without rows."
	}
	return "It went through in a rehearsal."
}

// seenHow says where the locks of a file are known from, for the line that sums it up.
func (a ahead) seenHow(step int) string {
	all := len(a.steps[step].Script.Statements)
	traced := 0
	for i := range all {
		if a.judged[step].Seen != nil && a.judged[step].Seen[i] != nil {
			traced++
		}
	}
	switch {
	case !a.wanted || all == 0:
		return ""
	case traced == all:
		return "; traced in a rehearsal"
	case traced == 0:
		return "; judged by the rules"
	}
	return fmt.Sprintf("; %d of them traced in a rehearsal", traced)
}

// byRules marks a statement that was not traced in a file of which others were.
func (a ahead) byRules(step, statement int) string {
	seen := a.judged[step].Seen
	if seen == nil || seen[statement] != nil || !slices.ContainsFunc(seen, func(s *lint.Seen) bool { return s != nil }) {
		return ""
	}
	return "; by the rules"
}

// noticed is how long a statement must have taken on a copy of the rows to be worth a line.
const noticed = 100 * time.Millisecond

// timed says how long a statement took where there were rows.
func (a ahead) timed(step, statement int) []Text {
	s, _ := a.rehearsed.Of(step, statement)
	if !a.rehearsed.Rows || s.Took < noticed {
		return nil
	}
	return []Text{sayf("It took %s on a copy of the rows.", postgres.Age(s.Took))}
}

// wholeFile says what a file did that nobody could take apart, and why a file was left out.
func (a ahead) wholeFile(step int) (lines []Text) {
	if step >= len(a.rehearsed.Steps) {
		return nil
	}
	seen := a.rehearsed.Steps[step]
	if seen.Refused != "" {
		lines = append(lines, Say("Not rehearsed: "+seen.Refused))
	}
	if a.steps[step].Script.Mode != script.AsWritten || seen.Whole == nil {
		return lines
	}
	for _, lock := range seen.Whole.Seen.Locks {
		if said := consequence(lock); said != "" {
			lines = append(lines, Say("In the rehearsal, "+said+a.sized(lock.Relation)))
		}
	}
	return lines
}

// rehearsalNotes are the small print: where, how long, what was lacking, and why there is less than everything.
func (a ahead) rehearsalNotes() (notes []Text) {
	t := a.rehearsed
	switch {
	case !a.wanted:
		return []Text{Say("Who waits is judged by the rules; nothing was rehearsed.")}
	case t.Refused != "":
		return []Text{Say("Not rehearsed, so who waits is judged by the rules. " + t.Refused)}
	case t.Server == "":
		return []Text{Say("The rehearsal is being prepared, so who waits is judged by the rules yet. Ask again in a moment.")}
	}
	said := fmt.Sprintf("Rehearsed in %s (PostgreSQL %d)", a.stage(), t.Version/10000)
	if t.Took > 0 {
		said += fmt.Sprintf(", in %.1f s", t.Took.Seconds())
	}
	notes = append(notes, Say(said+"."))
	switch {
	case t.Under:
		notes = append(notes, Say("The rehearsal still runs: what it has not come to is judged by the rules. Ask again in a moment."))
	case t.Stopped != "":
		notes = append(notes, Say("The rehearsal broke off, and what it did not come to is judged by the rules. "+t.Stopped))
	}
	if len(t.Missing) > 0 {
		notes = append(notes, Say("The scratch database lacked "+strings.Join(t.Missing, "; ")+"."))
	}
	return notes
}

// leftBound is how long looking for leftovers may take: the server for rehearsals is another one, and may be away.
const leftBound = time.Second

// leftovers adds to a report the scratch databases that dead processes left.
func (t Toolbox) leftovers(ctx context.Context, target ops.Target, view View) View {
	if t.Rehearsals == nil || !t.Rehearsals.Rehearses(target.Database) {
		return view
	}
	ctx, cancel := context.WithTimeout(ctx, leftBound)
	defer cancel()
	left, err := t.Rehearsals.Leftovers(ctx, target.Database)
	switch {
	case err != nil:
		view.Notes = append(view.Notes, Say("Whether a rehearsal left a database behind could not be seen: "+inWords(err)))
	case len(left) > 0:
		section := Section{Title: "Left by rehearsals", Verdict: Watch, Summary: Say(ops.Count(len(left), "scratch database"))}
		for _, l := range left {
			section.Lines = append(section.Lines, Say(l.String()))
		}
		section.Lines = append(section.Lines, Say("What nobody uses is removed now; the rest when it is free."))
		view.Verdict = Worst(view.Verdict, Watch)
		view.Parts = append(view.Parts, Part{Section: &section})
	}
	return view
}
