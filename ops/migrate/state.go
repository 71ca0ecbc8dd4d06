package migrate

import (
	"slices"
	"strconv"
)

// Row is a row of the tool's own table: Version and Dirty of golang-migrate's only one, the others of Prisma's.
type Row struct {
	Version    string
	Dirty      bool
	Name       string
	Finished   bool
	RolledBack bool
}

// State is how far a database has come beside a folder.
type State struct {
	At      string   // the version (golang-migrate) or the newest applied name (Prisma); empty before the first
	Pending []string // in the order in which they would be applied
	Broken  []string // what broke off and must be mended before anything else is applied
	Unknown []string // applied, but not in the folder
}

// Compare says what of the files a database with these rows still lacks. No rows: all of them.
func (f Files) Compare(rows []Row) State {
	if f.Tool == Prisma {
		return f.comparePrisma(rows)
	}
	return f.compareGolangMigrate(rows)
}

// compareGolangMigrate: every version above the one in the table is pending; an older one that was added later never
// is, as the tool keeps no history. -1 stands for "before the first" and is only ever stored when dirty.
func (f Files) compareGolangMigrate(rows []Row) (s State) {
	if len(rows) == 0 {
		s.Pending = f.Names
		return s
	}
	row := rows[0]
	s.At = row.Version
	if row.Dirty {
		s.Broken = []string{row.Version}
	}
	at, err := strconv.ParseUint(row.Version, 10, 64)
	if err != nil {
		s.Pending = f.Names
		return s
	}
	i, found := slices.BinarySearch(f.versions, uint(at))
	if found {
		i++
	} else {
		s.Unknown = []string{row.Version}
	}
	s.Pending = f.Names[i:]
	return s
}

// comparePrisma: a name is applied when it has a row that was not rolled back, at any position; such a row without an
// end is a failed one and stops the tool.
func (f Files) comparePrisma(rows []Row) (s State) {
	applied := map[string]bool{}
	for _, row := range rows {
		switch {
		case row.RolledBack:
			continue
		case !row.Finished:
			s.Broken = append(s.Broken, row.Name)
		default:
			s.At = max(s.At, row.Name)
		}
		applied[row.Name] = true
	}
	for _, name := range f.Names {
		if !applied[name] {
			s.Pending = append(s.Pending, name)
		}
		delete(applied, name)
	}
	for name := range applied {
		s.Unknown = append(s.Unknown, name)
	}
	slices.Sort(s.Unknown)
	return s
}
