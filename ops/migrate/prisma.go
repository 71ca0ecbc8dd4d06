package migrate

import (
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"dbbot/ops"
)

// prisma takes every directory, whatever its name, hidden ones too; one without migration.sql stops the tool (P3015).
// A link to a directory is none to it. Beside migration.sql, dbbot takes down.sql as the way back, which Prisma does
// not have.
func (r *reader) prisma(entries []fs.DirEntry) error {
	for _, e := range entries {
		if !e.IsDir() {
			if err := r.beside(e); err != nil {
				return err
			}
			continue
		}
		m, err := r.directory(e.Name())
		if err != nil {
			return err
		}
		r.set.Migrations = append(r.set.Migrations, m)
	}
	slices.SortFunc(r.set.Migrations, func(a, b Migration) int { return strings.Compare(a.Name, b.Name) })
	if !slices.IsSortedFunc(r.set.Migrations, func(a, b Migration) int { return localeCompare(a.Name, b.Name) }) {
		r.note("Prisma's command line may apply these in another order than dbbot, which goes by bytes: names that begin with the same number of digits sort alike everywhere.")
	}
	return nil
}

func (r *reader) directory(name string) (m Migration, err error) {
	m.Name = name
	if _, err := r.root.Stat(name + "/migration.sql"); errors.Is(err, fs.ErrNotExist) {
		r.fault("Directory " + ops.Printable(name, 80) + " has no migration.sql.")
		m.Up = &File{Path: name + "/migration.sql"}
	} else if m.Up, err = r.read(name + "/migration.sql"); err != nil {
		return m, err
	}
	if _, err := r.root.Lstat(name + "/down.sql"); err == nil {
		m.Down, err = r.read(name + "/down.sql")
		return m, err
	}
	return m, nil
}

// beside looks at what lies between the directories.
func (r *reader) beside(e fs.DirEntry) error {
	switch {
	case e.Name() == "migration_lock.toml":
		lock, err := r.read(e.Name())
		if err != nil {
			return err
		}
		r.provider(lock.SQL)
	case strings.EqualFold(extension(e.Name()), ".sql") || e.Type()&fs.ModeSymlink != 0:
		r.set.Ignored = append(r.set.Ignored, e.Name())
	}
	return nil
}

var providerLine = regexp.MustCompile(`(?m)^provider\s*=\s*"([^"]*)"`)

// provider refuses what Prisma refuses as P3019: a folder that was written for another kind of database.
func (r *reader) provider(lock []byte) {
	found := providerLine.FindSubmatch(lock)
	if found != nil && string(found[1]) != "postgresql" && string(found[1]) != "postgres" {
		r.fault("migration_lock.toml says that these migrations are for " + ops.Printable(string(found[1]), 40) + ", not for PostgreSQL.")
	}
}

// localeCompare orders names as JavaScript's function of that name does in English, as far as ASCII goes: without
// regard to the case at first, then lower case first.
func localeCompare(a, b string) int {
	if c := slices.CompareFunc([]rune(a), []rune(b), func(x, y rune) int { return weight(x) - weight(y) }); c != 0 {
		return c
	}
	return -strings.Compare(a, b)
}

// collation is the order of characters in that comparison, as Node 20 has it.
const collation = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"

func weight(r rune) int {
	if i := strings.IndexRune(collation, unicode.ToLower(r)); i >= 0 {
		return i
	}
	return len(collation) + int(r)
}
