package apply

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops/migrate"
	"dbbot/ops/migrate/script"
)

// queueOwn writes dbbot's own row.
func (c *Conn) queueOwn(b *pgx.Batch, i int, p Prepared) {
	b.Queue("INSERT INTO "+c.table(ownTable)+` (request, asked, step, name, sum, down, from_version, to_version, statements, whole, done, mark, started)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, `+thisMark+`, clock_timestamp())`,
		c.options.Request, c.options.Asked, i, p.Step.Migration.Name, p.Step.File().Sum, p.Step.Down, p.Step.From, p.Step.To,
		p.units(), p.Script.Mode == script.AsWritten, p.Step.Skip)
}

// thisMark is the number of the transaction that writes the tool's mark, as the row's xmin has it: as long as they are
// equal, nobody has touched the mark.
const thisMark = "(txid_current() & 4294967295)"

func (c *Conn) queueOwnEnded(b *pgx.Batch, i int, p Prepared) {
	b.Queue("UPDATE "+c.table(ownTable)+" SET finished = clock_timestamp(), done = statements WHERE (request, asked, step) = ($1, $2, $3)",
		c.options.Request, c.options.Asked, i)
}

// errMoved: between two steps somebody changed the journal, or the file before did.
var errMoved = errors.New("the journal is no longer where this migration begins")

// queueFrom makes sure, in the transaction that a step begins with, that the journal is where the step begins, and keeps
// it there.
func (c *Conn) queueFrom(b *pgx.Batch, p Prepared) {
	want := int64(1)
	exactly := func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() != want {
			return errMoved
		}
		return nil
	}
	switch {
	case c.options.Tool == migrate.Prisma && p.Step.Down:
		b.Queue("SELECT FROM "+c.table(prismaTable)+` WHERE migration_name = $1 AND finished_at IS NOT NULL AND rolled_back_at IS NULL
			ORDER BY started_at LIMIT 1 FOR UPDATE`, p.Step.Migration.Name).Exec(exactly)
	case c.options.Tool == migrate.Prisma:
		want = 0
		b.Queue("SELECT FROM "+c.table(prismaTable)+" WHERE migration_name = $1 AND rolled_back_at IS NULL", p.Step.Migration.Name).Exec(exactly)
	case p.Step.From == "":
		want = 0
		b.Queue("SELECT FROM " + c.table(golangTable)).Exec(exactly)
	default:
		b.Queue("SELECT FROM "+c.table(golangTable)+" WHERE version::text = $1 AND NOT dirty FOR UPDATE", p.Step.From).Exec(exactly)
	}
}

// queueLeft makes sure that a file that goes on stands as it was left.
func (c *Conn) queueLeft(b *pgx.Batch, p Prepared) {
	sql, name := "SELECT FROM "+c.table(golangTable)+" WHERE version::text = $1 AND dirty FOR UPDATE", p.Step.To
	if c.options.Tool == migrate.Prisma {
		sql, name = "SELECT FROM "+c.table(prismaTable)+" WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL FOR UPDATE", p.Step.Migration.Name
	}
	b.Queue(sql, name).Exec(func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() != 1 {
			return errMoved
		}
		return nil
	})
}

// queueBegun writes what the tool writes before a file runs, inside the file's own transaction: nobody sees it before
// the end, so golang-migrate's mark is left out.
func (c *Conn) queueBegun(b *pgx.Batch, p Prepared) {
	if c.options.Tool == migrate.Prisma && !p.Step.Down {
		b.Queue("INSERT INTO "+c.table(prismaTable)+" (id, checksum, started_at, migration_name) VALUES ($1, $2, clock_timestamp(), $3)",
			uuid(), p.Step.File().Sum, p.Step.Migration.Name)
	}
}

// queueMark writes what either tool writes before a file runs, for all to see.
func (c *Conn) queueMark(b *pgx.Batch, p Prepared) {
	if c.options.Tool == migrate.GolangMigrate {
		c.queueVersion(b, p.Step.To, true)
		return
	}
	if p.Step.Resume { // the row is there
		c.queueWhy(b, p, "")
		return
	}
	c.queueBegun(b, p)
}

// queueUnmark takes that back: the tools find the journal as if the file had never begun.
func (c *Conn) queueUnmark(b *pgx.Batch, p Prepared) {
	if c.options.Tool == migrate.GolangMigrate {
		c.queueVersion(b, p.Step.From, false)
		return
	}
	b.Queue("DELETE FROM "+c.table(prismaTable)+" WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL", p.Step.Migration.Name)
}

// queueStays notes that the mark stays, whatever has been written into it.
func (c *Conn) queueStays(b *pgx.Batch, i int) {
	b.Queue("UPDATE "+c.table(ownTable)+" SET mark = "+thisMark+" WHERE (request, asked, step) = ($1, $2, $3)", c.options.Request, c.options.Asked, i)
}

// queueWhy writes down why a file broke off, where the tool has a place for it.
func (c *Conn) queueWhy(b *pgx.Batch, p Prepared, why string) {
	if c.options.Tool == migrate.Prisma {
		b.Queue("UPDATE "+c.table(prismaTable)+" SET logs = $1 WHERE migration_name = $2 AND finished_at IS NULL AND rolled_back_at IS NULL", why, p.Step.Migration.Name)
	}
}

func (c *Conn) queueOwnGone(b *pgx.Batch, i int) {
	b.Queue("DELETE FROM "+c.table(ownTable)+" WHERE (request, asked, step) = ($1, $2, $3)", c.options.Request, c.options.Asked, i)
}

// queueEnded writes what the tool writes after a file.
func (c *Conn) queueEnded(b *pgx.Batch, p Prepared) {
	switch {
	case c.options.Tool == migrate.GolangMigrate:
		c.queueVersion(b, p.Step.To, false)
	case p.Step.Down: // Prisma knows no way back; a row that was rolled back is how it says that one is pending again
		b.Queue("UPDATE "+c.table(prismaTable)+" SET rolled_back_at = clock_timestamp() WHERE migration_name = $1 AND rolled_back_at IS NULL", p.Step.Migration.Name)
	default:
		b.Queue("UPDATE "+c.table(prismaTable)+` SET applied_steps_count = applied_steps_count + 1, finished_at = clock_timestamp()
			WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL`, p.Step.Migration.Name)
	}
}

// queueVersion sets golang-migrate's version. The tool empties its table with TRUNCATE, which waits for every backup
// that runs, and shows others an empty table; DELETE leaves the same row and does neither. Before the first version
// there is no row, but where it is dirty.
func (c *Conn) queueVersion(b *pgx.Batch, version string, dirty bool) {
	b.Queue("DELETE FROM " + c.table(golangTable))
	number, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		number = -1
	}
	if err == nil || dirty {
		b.Queue("INSERT INTO "+c.table(golangTable)+" (version, dirty) VALUES ($1, $2)", number, dirty)
	}
}

// uuid is a random one (version 4), as Prisma's engine makes them.
func uuid() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// mark is what golang-migrate writes down after the last of these.
func mark(all []migrate.Migration) string {
	if len(all) == 0 {
		return ""
	}
	return strconv.FormatUint(all[len(all)-1].Version, 10)
}
