package commands

import (
	"slices"
	"strconv"

	"dbbot/ops"
	"dbbot/ops/migrate"
)

// choice is one thing that may be true of a migration that broke off, and the command that writes it down.
type choice struct{ truth, words string }

// broken says what broke off, and what leads out: only a person can see which of the choices is true.
func (s site) broken(asker Asker) *Section {
	section := &Section{
		Title: "Broke off", Verdict: Bad, Summary: literals(s.survey.Broken),
		Lines: []Text{Say("Nothing more is applied until somebody looks at the tables and says what is true.")},
	}
	may, _ := asker.May(ops.Destroy, s.target)
	for i, c := range s.choices() {
		section.Lines = append(section.Lines, Text{{Text: c.truth + ": "}, literal("/db " + c.words)})
		if may {
			section.Buttons = append(section.Buttons, Button{Name: []string{"All of it is there", "Nothing of it is there"}[i%2], Words: c.words, Confirm: &Confirm{
				Title: "Write that down?", Text: "Only the tool's own table changes, and no SQL is run. Where others must agree, they are asked first.",
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
			{"All of it is there", "migrate resolve " + typed(first) + " applied " + database},
			{"Nothing of it is there", "migrate resolve " + typed(first) + " rolled-back " + database},
		}
	}
	there, before := first, migrate.None
	i := slices.IndexFunc(s.set.Migrations, func(m migrate.Migration) bool { return strconv.FormatUint(m.Version, 10) == first })
	if i < 0 { // before the first, whose way down broke off; or a version that the folder does not have
		return nil
	}
	if i > 0 {
		before = strconv.FormatUint(s.set.Migrations[i-1].Version, 10)
	}
	return []choice{
		{"All of it is there", "migrate force " + there + " " + database},
		{"Nothing of it is there", "migrate force " + before + " " + database},
	}
}
