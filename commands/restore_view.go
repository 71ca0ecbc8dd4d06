package commands

import (
	"fmt"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// view says what happens, and over a live database first of all what is lost.
func (s restoring) view(k kept, b backup.Backup, l Landing) View {
	view := View{
		Title: fmt.Sprintf("Restore %s into %s", name(string(b.ID)), name(l.Name)), Verdict: verdictOn(b),
		Lead: sayf("A new database %s is made, compared with what was counted when the backup was taken, and then given its name. Nothing else changes. %s", name(l.Name), k.lasted(backup.Restored)),
	}
	if s.over {
		view.Title, view.Verdict = fmt.Sprintf("Restore %s over %s", name(string(b.ID)), name(k.target.Database)), Bad
		view.Lead = sayf("It is restored beside %s, compared, and then takes its place. What stands there now is kept as %s until somebody releases it. %s",
			name(k.target.Database), name(l.Aside), k.lasted(backup.Restored))
		lost := Section{Title: "Lost", Verdict: Bad, Summary: Text{{Text: "what was written since "}, moment(b.Started), {Text: ", " + elapsed(k.At, b.Started) + " ago"}}}
		for _, sentence := range l.Lost {
			lost.Lines = append(lost.Lines, Say(ops.Printable(sentence, longSpan)))
		}
		if len(l.Sessions) > 0 {
			lost.Lines = append(lost.Lines, Say("Ended: "+list(l.Sessions)+"."))
		}
		view.Parts = append(view.Parts, Part{Section: &lost})
	}
	view.Parts = append(view.Parts, k.gist(b)...)
	where := sayf("PostgreSQL %s at %s, with %s", name(l.Version), name(l.Where), name(l.Client))
	if l.Free > 0 {
		where = append(where, Span{Text: "; " + bytesOf(l.Free) + " free, about " + bytesOf(b.Server.Bytes) + " needed"})
	}
	view.Parts = append(view.Parts, line("Where", where))
	if len(l.Roles) > 0 {
		view.Parts = append(view.Parts, Part{Section: &Section{Title: "Roles that are made", Verdict: Watch, Summary: literals(l.Roles), Lines: lines("They are missing there. They may not log in until somebody lets them.")}})
	}
	for _, note := range l.Notes {
		view.Notes = append(view.Notes, Say(note))
	}
	return view
}
