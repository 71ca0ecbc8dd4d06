package commands

import (
	"slices"
	"strconv"

	"dbbot/ops/migrate"
)

// choice is one thing that may be true of a migration that broke off, and the command that writes it down, or goes on.
type choice struct {
	truth, button, words string

	runs bool // it runs what is left, and does not only write down
}

// broken says what broke off, and what leads out: only a person can see which of the choices is true.
func (s site) broken(may bool) *Section {
	section := &Section{
		Title: "Broke off", Verdict: Bad, Summary: s.brokenOff(),
		Lines: []Text{Say("Nothing more is applied until somebody looks at the tables and says what is true:")},
	}
	for _, c := range s.choices() {
		section.Lines = append(section.Lines, Text{{Text: c.truth + ": "}, literal("/db " + c.words)})
		if may {
			section.Buttons = append(section.Buttons, Button{Name: c.button, Words: c.words, Confirm: c.confirm()})
		}
	}
	return section
}

// brokenOff names it as far as the tool wrote it down: golang-migrate only knows where it was going.
func (s site) brokenOff() Text {
	if s.set.Tool == migrate.GolangMigrate {
		return append(Say("on the way to version "), literals(s.survey.Broken)...)
	}
	return literals(s.survey.Broken)
}

func (c choice) confirm() *Confirm {
	if c.runs {
		return &Confirm{Title: "Go on with it?", Text: c.truth + ". The plan shows what that is. Where others must agree, they are asked first.", Yes: "Go on", No: "Leave it"}
	}
	return &Confirm{
		Title: "Write that down?", Text: c.truth + ". Only the tool's own table changes, and no SQL is run. Where others must agree, they are asked first.",
		Yes: "Write it down", No: "Leave it",
	}
}

// choices about what broke off first.
func (s site) choices() []choice {
	if on, can := s.goesOn(); can {
		return append([]choice{on}, s.verdicts(true)...)
	}
	return s.verdicts(false)
}

// verdicts are what may be true of it. up: it surely was on its way up.
func (s site) verdicts(up bool) []choice {
	first, database := s.survey.Broken[0], typed(s.target.Database)
	if s.set.Tool == migrate.Prisma {
		return []choice{
			{truth: "All of it is there", button: "Count as applied", words: "migrate resolve " + typed(first) + " " + asApplied + " " + database},
			{truth: "Nothing of it is there", button: "Count as rolled back", words: "migrate resolve " + typed(first) + " " + asRolledBack + " " + database},
		}
	}
	// golang-migrate writes down where it was going: what broke off is the way up to this version, or down to it.
	at := slices.IndexFunc(s.set.Migrations, func(m migrate.Migration) bool { return strconv.FormatUint(m.Version, 10) == first })
	if at < 0 && first != "-1" {
		return nil // the folder does not have it
	}
	last := min(at+1, len(s.set.Migrations)-1)
	if up {
		last = at
	}
	var all []choice
	for i := max(at-1, -1); i <= last; i++ {
		version, truth := migrate.None, "The tables are as before the first migration"
		if i >= 0 {
			version, truth = strconv.FormatUint(s.set.Migrations[i].Version, 10), "The tables are as "+name(s.set.Migrations[i].Name)+" leaves them"
		}
		all = append(all, choice{truth: truth, button: "Force " + version, words: "migrate force " + version + " " + database})
	}
	return all
}
