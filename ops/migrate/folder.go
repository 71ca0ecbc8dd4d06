// Package migrate reads the folders of golang-migrate and Prisma, and says what a database still lacks of them. It
// opens no connection: the rows of the tools' own tables are given to it. It may import ops and golang-migrate.
package migrate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"github.com/golang-migrate/migrate/v4/source"

	"dbbot/ops"
)

// Tool names what writes and applies the folder, as the configuration says it.
type Tool string

// The tools whose folders are understood.
const (
	GolangMigrate Tool = "golang-migrate"
	Prisma        Tool = "prisma"
)

// Folder is where a database's migrations are.
type Folder struct {
	Tool Tool
	Dir  string
}

// Files is what a folder holds.
type Files struct {
	Tool    Tool
	Names   []string // in the order in which the tool applies them: "0002_add_total", a directory's name
	Faults  []string // why the tool would refuse the folder, as sentences
	Ignored []string // files that look like migrations and that the tool does not see

	versions []uint // of Names; golang-migrate only
}

// Read lists the folder. Errors are *ops.Error.
func (f Folder) Read() (Files, error) {
	entries, err := os.ReadDir(f.Dir)
	if err != nil {
		return Files{}, &ops.Error{
			Message: "The folder of migrations cannot be read: " + reason(err) + ".",
			Hint:    "It is configured as " + ops.Printable(f.Dir, 200) + ".", Cause: err,
		}
	}
	if f.Tool == Prisma {
		return f.prisma(entries), nil
	}
	return golangMigrate(entries), nil
}

// reason is an error of the file system without the path, which the hint gives.
func reason(err error) string {
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return file.Err.Error()
	}
	return "see dbbot's log"
}

// golangMigrate takes what matches <number>_<name>.up.<ext> or .down.; anything else the tool ignores without a
// word. Two files of one version and direction are refused by it.
func golangMigrate(entries []os.DirEntry) Files {
	files := Files{Tool: GolangMigrate}
	known, names := source.NewMigrations(), map[uint]string{}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		m, err := source.Parse(e.Name())
		switch {
		case err != nil:
			if isSQL(e.Name()) {
				files.Ignored = append(files.Ignored, e.Name())
			}
			continue
		case !known.Append(m):
			files.Faults = append(files.Faults, fmt.Sprintf("Version %d has two %s files.", m.Version, m.Direction))
		}
		if names[m.Version] == "" || m.Direction == source.Up {
			names[m.Version] = strconv.FormatUint(uint64(m.Version), 10) + "_" + m.Identifier
		}
	}
	for version, ok := known.First(); ok; version, ok = known.Next(version) {
		files.versions = append(files.versions, version)
		files.Names = append(files.Names, names[version])
	}
	return files
}

func isSQL(name string) bool { return len(name) > 4 && name[len(name)-4:] == ".sql" }

// prisma takes every directory, whatever its name, in the order of bytes; one without migration.sql stops the tool.
func (f Folder) prisma(entries []os.DirEntry) Files {
	files := Files{Tool: Prisma}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		files.Names = append(files.Names, e.Name())
		if _, err := os.Stat(f.Dir + "/" + e.Name() + "/migration.sql"); err != nil {
			files.Faults = append(files.Faults, "Directory "+ops.Printable(e.Name(), 80)+" has no migration.sql.")
		}
	}
	slices.Sort(files.Names)
	return files
}
