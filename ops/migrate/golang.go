package migrate

import (
	"cmp"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"github.com/golang-migrate/migrate/v4/source"

	"dbbot/ops"
)

// golangMigrate takes what matches <number>_<name>.up.<ext> or .down.; anything else the tool ignores without a
// word. Two files of one version and direction are refused by it, however the number is written: 1_a and 01_b are one
// version (reference 1.1).
func (r *reader) golangMigrate(entries []fs.DirEntry) error {
	byVersion := map[uint64]*Migration{}
	for _, e := range entries {
		m, err := source.Parse(e.Name())
		if e.IsDir() || err != nil {
			r.unseen(e)
			continue
		}
		file, err := r.read(e.Name())
		if err != nil {
			return err
		}
		if uint64(m.Version) > math.MaxInt64 {
			r.fault(fmt.Sprintf("Version %d does not fit into the tool's table, whose numbers end at %d.", m.Version, math.MaxInt64))
		}
		r.place(byVersion, m, file)
	}
	for _, m := range byVersion {
		r.set.Migrations = append(r.set.Migrations, *m)
	}
	slices.SortFunc(r.set.Migrations, func(a, b Migration) int { return cmp.Compare(a.Version, b.Version) })
	return nil
}

// place puts a file into the migration of its version, which is named after its up file.
func (r *reader) place(all map[uint64]*Migration, m *source.Migration, file *File) {
	stem := file.Path[:strings.Index(file.Path, "_")] + "_" + m.Identifier
	known := all[uint64(m.Version)]
	if known == nil {
		known = &Migration{Name: stem, Version: uint64(m.Version)}
		all[known.Version] = known
	}
	held := &known.Down
	if m.Direction == source.Up {
		held, known.Name = &known.Up, stem
	}
	if *held != nil {
		r.fault(fmt.Sprintf("Version %d has two %s files: %s and %s.", m.Version, m.Direction,
			ops.Printable((*held).Path, 80), ops.Printable(file.Path, 80)))
		known.Name = cmp.Or((*held).stem(), known.Name)
		return
	}
	*held = file
}

// stem is the name of golang-migrate's file without direction and extension.
func (f *File) stem() string {
	if m, err := source.Parse(f.Path); err == nil {
		return f.Path[:strings.Index(f.Path, "_")] + "_" + m.Identifier
	}
	return f.Path
}

// unseen keeps what somebody may have meant as a migration.
func (r *reader) unseen(e fs.DirEntry) {
	if strings.EqualFold(extension(e.Name()), ".sql") {
		r.set.Ignored = append(r.set.Ignored, e.Name())
	}
}

func extension(name string) string { return name[max(0, strings.LastIndexByte(name, '.')):] }
