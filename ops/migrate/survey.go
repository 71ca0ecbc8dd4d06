package migrate

import (
	"slices"

	"dbbot/ops"
)

// Survey is how far a database has come beside a folder, with what the tool itself does not tell.
type Survey struct {
	Tool    Tool
	At      string      // the version (golang-migrate) or the name that was applied last (Prisma); empty before the first
	Applied []Migration // in the folder's order
	Pending []Migration // what the tool would apply, in its order

	Broken     []string // broke off, and must be mended before anything else is applied
	Unknown    []string // applied, but not in the folder (any more)
	Edited     []string // applied with other bytes than the file has now
	OutOfOrder []string // golang-migrate: older than At and never run, which the tool never will; Prisma: pending, older than what ran
	Unsure     []string // golang-migrate: older than At, and dbbot did not see them run; by hand, or never
	NoDown     []string // of Applied and Pending: nothing leads back

	Faults, Ignored, Notes []string // of the folder, and of the journal

	set     Set
	journal Journal
}

// Survey compares the folder with a database's journal.
func (s Set) Survey(j Journal) Survey {
	v := Survey{
		Tool: s.Tool, set: s, journal: j,
		Faults: slices.Clone(s.Faults), Ignored: s.Ignored, Notes: slices.Clone(s.Notes),
	}
	if s.Tool == Prisma {
		v.prisma()
	} else {
		v.golangMigrate()
	}
	for _, m := range s.Migrations {
		if !m.Reversible() {
			v.NoDown = append(v.NoDown, m.Name)
		}
	}
	return v
}

// find gives the migration of the folder that somebody names: by its name, or by its version however it is written.
func (v Survey) find(word string) (Migration, bool) {
	for _, m := range v.set.Migrations {
		if m.Name == word {
			return m, true
		}
	}
	version, ok := leading(word)
	for _, m := range v.set.Migrations {
		if v.Tool == GolangMigrate && ok && m.Version == version && (isNumber(word) || word == m.Name) {
			return m, true
		}
	}
	return Migration{}, false
}

func isNumber(word string) bool {
	return word != "" && !slices.ContainsFunc([]byte(word), func(b byte) bool { return b < '0' || b > '9' })
}

// shown makes names from outside fit for a sentence: the first five.
func shown(names []string) string {
	const most = 5
	text := ""
	for i, n := range names[:min(len(names), most)] {
		if i > 0 {
			text += ", "
		}
		text += ops.Printable(n, 80)
	}
	if len(names) > most {
		text += " and " + ops.Count(len(names)-most, "other")
	}
	return text
}
