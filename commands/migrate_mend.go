package commands

import (
	"slices"
	"strconv"

	"dbbot/ops"
	"dbbot/ops/migrate"
)

// choice is one thing that may be true of a migration that broke off, and the command that writes it down.
type choice struct{ truth, button, words string }

// broken says what broke off, and what leads out: only a person can see which of the choices is true.
func (s site) broken(asker Asker) *Section {
	section := &Section{
		Title: "Broke off", Verdict: Bad, Summary: literals(s.survey.Broken),
		Lines: []Text{Say("Nothing more is applied until somebody looks at the tables and says what is true:")},
	}
	may, _ := asker.May(ops.Destroy, s.target)
	for _, c := range s.choices() {
		section.Lines = append(section.Lines, Text{{Text: c.truth + ": "}, literal("/db " + c.words)})
		if may {
			section.Buttons = append(section.Buttons, Button{Name: c.button, Words: c.words, Confirm: &Confirm{
				Title: "Write that down?", Text: c.truth + ". Only the tool's own table changes, and no SQL is run. Where others must agree, they are asked first.",
				Yes: "Write it down", No: "Leave it",
			}})
		}
	}
	return section
}

// choices about what broke off first.
func (s site) choices() []choice {
	first, database := s.survey.Broken[0], typed(s.target.Database)
	if s.set.Tool == migrate.Prisma {
		return []choice{
			{"All of it is there", "Count as applied", "migrate resolve " + typed(first) + " " + asApplied + " " + database},
			{"Nothing of it is there", "Count as rolled back", "migrate resolve " + typed(first) + " " + asRolledBack + " " + database},
		}
	}
	// golang-migrate writes down where it was going: what broke off is the way up to this version, or down to it.
	at := slices.IndexFunc(s.set.Migrations, func(m migrate.Migration) bool { return strconv.FormatUint(m.Version, 10) == first })
	if at < 0 && first != "-1" {
		return nil // the folder does not have it
	}
	var all []choice
	for i := max(at-1, -1); i <= min(at+1, len(s.set.Migrations)-1); i++ {
		version, truth := migrate.None, "The tables are as before the first migration"
		if i >= 0 {
			version, truth = strconv.FormatUint(s.set.Migrations[i].Version, 10), "The tables are as "+name(s.set.Migrations[i].Name)+" leaves them"
		}
		all = append(all, choice{truth, "Force " + version, "migrate force " + version + " " + database})
	}
	return all
}
