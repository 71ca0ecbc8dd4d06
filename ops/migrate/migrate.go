// Package migrate reads the folders of golang-migrate and Prisma once, into memory, says what a database lacks of them
// and what neither tool tells, and which steps a wish means. It opens no connection: the rows of the tools' own tables
// are given to it. It may import ops and golang-migrate.
package migrate

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

// File is one file of SQL as it was when the folder was read.
type File struct {
	Path string // relative to the folder
	SQL  []byte
	Sum  string // hex SHA-256 of SQL; empty when the file could not be read, which is a fault of its Set
}

// Empty says that the file runs nothing: white space, comments and semicolons alone.
func (f *File) Empty() bool { return Opening(f.SQL) == len(f.SQL) }

// Migration is one step of a folder. Up is nil where golang-migrate has only a down file, Down where there is none.
type Migration struct {
	Name     string // "0002_add_total", or Prisma's directory
	Version  uint64 // golang-migrate's; 0 for Prisma
	Up, Down *File
}

// Reversible says that there is a way back: a down file that does something, or nothing to undo.
func (m Migration) Reversible() bool {
	return m.Down != nil && (!m.Down.Empty() || m.Up != nil && m.Up.Empty())
}

// Set is what a folder held at one reading, in the order in which its tool applies it.
type Set struct {
	Tool       Tool
	Migrations []Migration
	Faults     []string // why the tool, or dbbot, refuses the folder, as sentences
	Ignored    []string // what looks like a migration and is not seen by the tool
	Notes      []string // what is worth knowing, as sentences
}

// Names lists migrations by name.
func Names(all []Migration) []string {
	var names []string
	for _, m := range all {
		names = append(names, m.Name)
	}
	return names
}
