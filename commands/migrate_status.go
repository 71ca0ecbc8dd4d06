package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dbbot/ops"
	"dbbot/ops/migrate"
)

var _ = add(migrateStatus)

// migrateStatus is how far a database has come, with what its tool does not tell.
func migrateStatus(t Toolbox) Command {
	return aboutSite(t, About{
		Path: "migrate status", Risk: ops.Read, Args: []Arg{ofDatabase},
		Summary: "how far the migrations are, and what the tool does not tell", Example: "migrate status orders",
	}, func(ctx context.Context, asker Asker, s site) View {
		return t.leftovers(ctx, s.target, s.report(asker))
	})
}

// report has the worst first, each in a line or two.
func (s site) report(asker Asker) View {
	v := s.survey
	view := View{Title: s.title(), Lead: Say(s.lead()), Buttons: refreshAndShare(), Verdict: Good}
	say := func(title string, verdict Verdict, names []string, meaning string) {
		if len(names) > 0 {
			view.Verdict = Worst(view.Verdict, verdict)
			view.Parts = append(view.Parts, Part{Section: &Section{Title: title, Verdict: verdict, Summary: literals(names), Lines: lines(meaning)}})
		}
	}
	if len(v.Broken) > 0 {
		view.Verdict = Bad
		may, _ := asker.May(ops.Destroy, s.target)
		view.Parts = append(view.Parts, Part{Section: s.broken(may)})
	}
	for _, fault := range v.Faults {
		view.Verdict = Bad
		view.Parts = append(view.Parts, Part{Section: &Section{Title: "In the way", Verdict: Bad, Summary: Say(fault)}})
	}
	say("Not in the folder", Watch, v.Unknown, "The database has it, and the folder does not: is it the right folder, and the newest?")
	say("Edited", Watch, v.Edited, "The file has other bytes now than when it was applied.")
	say(s.older())
	say("Not seen by the tool", Watch, v.Ignored, "The name is not what "+string(s.set.Tool)+" looks for, so it runs none of them.")
	say("Pending", Watch, migrate.Names(v.Pending), "Next: /db migrate plan "+typed(s.target.Database)+" shows what they would do.")
	say("No way back", "", s.noDown(), "")
	say("Perhaps never run", "", v.Unsure, "Older than the version, and dbbot did not see them run: by hand, or never.")
	for _, note := range v.Notes {
		view.Notes = append(view.Notes, Say(note))
	}
	return view
}

// older files that did not run mean opposite things to the two tools.
func (s site) older() (title string, verdict Verdict, names []string, meaning string) {
	if s.set.Tool == migrate.Prisma {
		return "Older than what ran", Watch, s.survey.OutOfOrder, "Pending all the same: Prisma applies them now, after newer ones."
	}
	return "Never run", Watch, s.survey.OutOfOrder, "Older than the version, so the tool never will: give them a higher number."
}

func (s site) title() string {
	return fmt.Sprintf("Migrations of %s, %s", s.target.Database, s.target.Environment)
}

func (s site) lead() string {
	v := s.survey
	at := "Nothing has been applied yet"
	switch {
	case v.At != "" && s.set.Tool == migrate.GolangMigrate:
		at = "At version " + name(v.At)
	case v.At != "":
		at = "At " + name(v.At)
	}
	if len(v.Broken) > 0 && s.set.Tool == migrate.GolangMigrate {
		at += ", dirty"
	}
	return fmt.Sprintf("%s, by %s: %d applied, %d pending.", at, s.set.Tool, len(v.Applied), len(v.Pending))
}

// noDown are the pending ones, and the last applied one, from which nothing leads back: what that is worth knowing of.
func (s site) noDown() []string {
	near := migrate.Names(s.survey.Pending)
	if n := len(s.survey.Applied); n > 0 {
		near = append(near, s.survey.Applied[n-1].Name)
	}
	return slices.DeleteFunc(near, func(name string) bool { return !slices.Contains(s.survey.NoDown, name) })
}

func literals(names []string) Text {
	const most = 8
	var text Text
	for i, n := range names {
		if i == most {
			return append(text, Span{Text: fmt.Sprintf(" and %d more", len(names)-most)})
		}
		if i > 0 {
			text = append(text, Span{Text: ", "})
		}
		text = append(text, literal(name(n)))
	}
	return text
}

func lines(meaning string) []Text {
	if strings.TrimSpace(meaning) == "" {
		return nil
	}
	return []Text{Say(meaning)}
}
