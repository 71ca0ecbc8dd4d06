package migrate

import (
	"strconv"
	"time"
)

// Record is a row of the tool's own table: Version and Dirty of golang-migrate's only one, the others of Prisma's.
type Record struct {
	Version string
	Dirty   bool

	Name       string
	Checksum   string
	Started    time.Time
	Finished   *time.Time // nil: it broke off, or still runs
	RolledBack *time.Time
	Logs       string
	Steps      int
}

// failed says that Prisma stops at this row (P3009).
func (r Record) failed() bool { return r.Finished == nil && r.RolledBack == nil }

// applied says that this row stands for a migration that the database has.
func (r Record) applied() bool { return r.Finished != nil && r.RolledBack == nil }

// Own is a step that dbbot itself took, as it wrote it down in the target: what it ran with which bytes, and for which
// request.
type Own struct {
	Request int64
	Name    string
	Sum     string
	From    string // the version or last name before the step; empty before the first
	Down    bool
	At      time.Time
	Took    time.Duration
}

// version is the number that golang-migrate's names begin with.
func (o Own) version() (uint64, bool) { return leading(o.Name) }

// leading is the number that a name begins with.
func leading(name string) (uint64, bool) {
	n := 0
	for n < len(name) && name[n] >= '0' && name[n] <= '9' {
		n++
	}
	v, err := strconv.ParseUint(name[:n], 10, 64)
	return v, err == nil
}

// Journal is what a database says of its migrations.
type Journal struct {
	Tool    Tool
	Missing bool     // the tool's table does not exist
	Records []Record // Prisma's by the time they started
	Own     []Own    // by time
	Left    *Left    // what broke off while dbbot ran it, and stands as it was left; nil where nothing does
	Tables  bool     // other tables stand in the schema: Prisma refuses to begin there (P3005)
	Prisma8 bool     // the schema prisma_contract of Prisma 8, which keeps its books differently
}
