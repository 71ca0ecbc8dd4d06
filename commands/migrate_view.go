package commands

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/apply"
	"dbbot/ops/migrate/lint"
	"dbbot/ops/migrate/script"
	"dbbot/ops/postgres"
)

const (
	// shownSQL is how much of all SQL a plan shows, in bytes. What people are to read fits easily; what is larger holds data,
	// and a request has to stay small enough to be kept, with its sums for the rest.
	shownSQL = 1 << 20
	// shownLines is how many lines about statements a plan has in all, for the same reason.
	shownLines = 4000
	// shownLosses is how many statements that lose data are listed; a plan with more of them is judged by their number.
	shownLosses = 200
	sumRunes    = 12 // of a sum, to compare by eye
	sqlRunes    = 300
)

// view is the plan as people see it: what is lost first, then file by file what it does, who waits, and its SQL.
func (a ahead) view() View {
	view := View{Title: a.title(), Verdict: a.verdict(), Lead: Say(a.lead())}
	if failed := a.rehearsalFailed(); failed != nil {
		view.Parts = append(view.Parts, Part{Section: failed})
	}
	if lost := a.lost(); lost != nil {
		view.Parts = append(view.Parts, Part{Section: lost})
	}
	view.Parts = append(view.Parts, a.conditions()...)
	if changed := a.changed(); changed != nil {
		view.Parts = append(view.Parts, Part{Section: changed})
	}
	room, left := shownSQL, shownLines
	for i, s := range a.steps {
		section := a.section(i, s)
		if n := len(section.Lines); n > left {
			section.Lines = append(section.Lines[:left], sayf("… %s more about this file are not shown: it is too long", ops.Count(n-left, "line")))
			left = 0
		} else {
			left -= n
		}
		code := sqlOf(s.Step.File(), &room)
		view.Parts = append(view.Parts, Part{Section: &section}, Part{Code: &code})
	}
	view.Notes = a.notes()
	return view
}

func (a ahead) title() string {
	first, last := a.steps[0].Step, a.steps[len(a.steps)-1].Step
	way := "Up"
	if first.Down {
		way = "Down"
	}
	if a.set.Tool == migrate.Prisma {
		return fmt.Sprintf("%s to %s", way, place(last.To))
	}
	return fmt.Sprintf("%s from %s to %s", way, place(first.From), place(last.To))
}

// place is a version or name, in words where there is none.
func place(mark string) string {
	if mark == "" {
		return "the beginning"
	}
	return name(mark)
}

// lead says in two sentences what one must know before agreeing.
func (a ahead) lead() string {
	said := []string{ops.Count(len(a.steps), "migration") + "."}
	if n := len(a.losing()); n > 0 {
		said = append(said, "Data is lost.")
	}
	severe, warnings := a.count(lint.Severe), a.count(lint.Warning)
	switch {
	case severe > 0 && warnings > 0:
		said = append(said, fmt.Sprintf("The check finds %d severe and %s.", severe, ops.Count(warnings, "warning")))
	case severe > 0:
		said = append(said, fmt.Sprintf("The check finds %d severe.", severe))
	case warnings > 0:
		said = append(said, fmt.Sprintf("The check finds %s.", ops.Count(warnings, "warning")))
	default:
		said = append(said, "The check finds nothing to warn of.")
	}
	if rehearsed := a.rehearsalLead(); rehearsed != "" {
		said = append(said, rehearsed)
	}
	if n := len(a.oneWay()); n > 0 {
		said = append(said, "There is no way back from "+list(a.oneWay())+".")
	}
	return strings.Join(said, " ")
}

func (a ahead) count(severity lint.Severity) (n int) {
	for _, f := range a.findings {
		if f.Severity == severity && f.Allowed == "" {
			n++
		}
	}
	return n
}

func (a ahead) severe() bool { return a.count(lint.Severe) > 0 || a.rehearsed.Failure != nil }

func (a ahead) verdict() Verdict {
	worst := Good
	for i := range a.steps {
		worst = Worst(worst, a.judge(i))
	}
	return worst
}

// judge gives a step the verdict of its worst finding; a file that nobody could analyse is one to look at.
func (a ahead) judge(step int) Verdict {
	verdict := map[lint.Severity]Verdict{lint.Severe: Bad, lint.Warning: Watch}[lint.Worst(a.of(step))]
	if failed := a.rehearsed.Failure; failed != nil && failed.Step == step {
		verdict = Bad
	}
	if a.steps[step].Script.Fault != "" || len(a.steps[step].Script.Warnings) > 0 {
		verdict = Worst(verdict, Watch)
	}
	return Worst(verdict, Good)
}

func (a ahead) of(step int) (found []lint.Finding) {
	for _, f := range a.findings {
		if f.Step == step {
			found = append(found, f)
		}
	}
	return found
}

// oneWay are the steps up that nothing leads back from.
func (a ahead) oneWay() (names []string) {
	for _, s := range a.steps {
		if !s.Step.Down && !s.Step.Migration.Reversible() {
			names = append(names, s.Step.Migration.Name)
		}
	}
	return names
}

func (a ahead) losing() (found []lint.Finding) {
	for _, f := range a.findings {
		if f.Loses {
			found = append(found, f)
		}
	}
	return found
}

// lost puts in plain sight what cannot be had back; nil where nothing is.
func (a ahead) lost() *Section {
	found := a.losing()
	if len(found) == 0 {
		return nil
	}
	section := &Section{Title: "Data is lost", Verdict: Bad, Summary: Say(ops.Count(len(found), "statement"))}
	for i, f := range found {
		if i == shownLosses {
			section.Lines = append(section.Lines, sayf("… %d more", len(found)-i))
			break
		}
		step := a.steps[f.Step]
		section.Lines = append(section.Lines, Text{
			{Kind: Strong, Text: name(step.Step.Migration.Name)}, {Text: at(f.Line) + ": "}, {Text: strings.TrimSuffix(f.What, ".") + a.sized(f.Table) + "."},
		})
	}
	return section
}

func at(line int) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf(", line %d", line)
}

// section is one step: how it runs, who waits for it, and what the check found.
func (a ahead) section(i int, s apply.Prepared) Section {
	section := Section{Title: s.Step.Migration.Name, Verdict: a.judge(i), Summary: Say(way(s) + a.seenHow(i))}
	if s.Script.Fault != "" {
		section.Lines = append(section.Lines, Say("Not analysed, so take it for risky: "+s.Script.Fault))
	}
	for _, index := range a.halfBuilt(s) {
		section.Lines = append(section.Lines, Text{{Text: "The half-built index "}, literal(name(index)), {Text: " that an earlier try left is removed before it is built anew."}})
	}
	for _, warning := range s.Script.Warnings {
		section.Lines = append(section.Lines, Say("Prisma warns: "+ops.Printable(warning, sqlRunes)))
	}
	section.Lines = append(section.Lines, a.wholeFile(i)...)
	section.Lines = append(section.Lines, a.waits(i)...)
	for _, f := range a.of(i) {
		section.Lines = append(section.Lines, a.finding(f)...)
	}
	if len(s.Script.Leaks) > 0 {
		section.Lines = append(section.Lines, Say("It leaves "+list(s.Script.Leaks)+" changed; dbbot resets that before the next file."))
	}
	return section
}

// way says how a file is run.
func way(s apply.Prepared) string {
	said := ops.Count(len(s.Script.Statements), "statement")
	switch {
	case s.Step.Resume:
		said = onwards(s)
	case s.Script.Fault != "":
		said = "runs as written, in one piece"
	case len(s.Script.Statements) == 0:
		said = "empty: nothing runs"
	case s.Script.Mode == script.Transaction:
		said += " in one transaction: all or nothing"
	case s.Script.Mode == script.Alone:
		said += ", one after the other, outside a transaction"
	default:
		said += ", in the file's own transactions"
	}
	if !s.Step.Down && s.Step.Migration.Reversible() {
		said += "; a way back exists"
	}
	return said
}

func (a ahead) finding(f lint.Finding) []Text {
	what := f.What
	if !a.loud(f) {
		what = strings.TrimSpace(what + " " + f.Why)
	}
	if f.Allowed != "" {
		return []Text{{{Text: "allowed by the file, " + f.Rule + ": " + what + " The file says: " + cited(ops.Printable(f.Allowed, sqlRunes))}}}
	}
	lines := []Text{{{Kind: Strong, Text: string(f.Severity)}, {Text: at(f.Line) + ", "}, literal(f.Rule), {Text: ": " + what}}}
	before := "Safer: "
	for sql := range strings.Lines(f.Safe) {
		lines, before = append(lines, Text{{Text: before}, literal(ops.Printable(strings.TrimSpace(sql), sqlRunes))}), ""
	}
	return lines
}

// loud says that whom the statement of a finding keeps waiting is said already.
func (a ahead) loud(f lint.Finding) bool {
	return f.Statement >= 0 && slices.ContainsFunc(a.judged[f.Step].Locks(f.Statement, a.facts), func(l lint.Lock) bool {
		return l.Relation == f.Table && consequence(l) != ""
	})
}

// sqlOf is a file as it will run, without passwords. room is how much may still be shown.
func sqlOf(file *migrate.File, room *int) Code {
	code := Code{Title: fmt.Sprintf("%s, sum %s", ops.Printable(file.Path, nameRunes), file.Sum[:min(len(file.Sum), sumRunes)])}
	sql := string(file.SQL)
	if len(sql) > *room {
		sql = sql[:*room]
		for !utf8.ValidString(sql) && sql != "" {
			sql = sql[:len(sql)-1]
		}
		code.Title += fmt.Sprintf(": the first %s of %s", postgres.Bytes(len(sql)), postgres.Bytes(len(file.SQL)))
	}
	*room -= len(sql)
	code.Text = strings.TrimRight(script.Redact(sql), " \t\r\n")
	if code.Text == "" {
		code.Text = "-- nothing"
	}
	return code
}

func (a ahead) notes() []Text {
	said := []Text{sayf("Each statement waits at most 2 s for a lock, and then tries again later. %s, PostgreSQL %d.", a.set.Tool, a.server.Version/10000)}
	if a.unseen != "" {
		said = append(said, Say("How large the tables are could not be read: "+a.unseen))
	}
	said = append(said, a.rehearsalNotes()...)
	for _, note := range a.survey.Notes {
		said = append(said, Say(note))
	}
	return said
}
