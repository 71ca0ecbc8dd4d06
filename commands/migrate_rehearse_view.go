package commands

import (
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

// changesShown is how many changes of one kind are named; of more, the number is said.
const changesShown = 12

// changed says what the schema gains and loses, as the rehearsal showed it; nil where it did not.
func (a ahead) changed() *Section {
	if len(a.rehearsed.Changes) == 0 {
		return nil
	}
	section := Section{Title: "The schema afterwards"}
	var summary []string
	for _, how := range []rehearse.How{rehearse.Gone, rehearse.Altered, rehearse.Made} {
		var names []string
		for _, c := range a.rehearsed.Changes {
			if c.How == how {
				names = append(names, c.Kind+" "+c.Name)
			}
		}
		if len(names) == 0 {
			continue
		}
		summary = append(summary, fmt.Sprintf("%d %s", len(names), how))
		line := Text{{Text: string(how) + ": "}}
		for i, one := range names[:min(len(names), changesShown)] {
			if i > 0 {
				line = append(line, Span{Text: ", "})
			}
			line = append(line, literal(one))
		}
		if more := len(names) - changesShown; more > 0 {
			line = append(line, Span{Text: fmt.Sprintf(" and %d more", more)})
		}
		section.Lines = append(section.Lines, line)
	}
	section.Summary = Say(strings.Join(summary, ", ") + ", by the rehearsal")
	return &section
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
