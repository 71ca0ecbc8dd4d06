package apply

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops/migrate"
)

// readWithin bounds the reading of a journal, which waits for no lock of the tools.
const readWithin = 5 * time.Second

// Names of the tables, all in the schema that comes first in the search path.
const (
	golangTable = "schema_migrations"
	prismaTable = "_prisma_migrations"
	ownTable    = "dbbot_migrations"
)

func (c *Conn) table(name string) string { return pgx.Identifier{c.server.Schema, name}.Sanitize() }

// toolTable is where the tool keeps its books.
func (c *Conn) toolTable() string {
	if c.options.Tool == migrate.Prisma {
		return prismaTable
	}
	return golangTable
}

// standing is which tables there are.
type standing struct {
	tool, own, others, prisma8 bool

	mark bool // dbbot's own table has its newer columns, mark and objects
}

// Journal reads what the database says of its migrations: with plain SQL, no lock of a tool, and at one moment. Errors
// are *ops.Error.
func (c *Conn) Journal(ctx context.Context) (migrate.Journal, error) {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	have, err := c.standing(ctx)
	j := migrate.Journal{Tool: c.options.Tool, Missing: !have.tool, Tables: have.others, Prisma8: have.prisma8}
	if err != nil {
		return j, c.unread(err)
	}
	var records, own, left []byte
	if err := c.work.QueryRow(ctx, c.journalSQL(have)).Scan(&records, &own, &left); err != nil {
		return j, c.unread(err)
	}
	return j, readJournal(&j, records, own, left)
}

func (c *Conn) standing(ctx context.Context) (have standing, err error) {
	err = c.work.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL, to_regclass($2) IS NOT NULL,
		EXISTS (SELECT FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace($3) AND relname <> ALL ($4)),
		EXISTS (SELECT FROM pg_namespace WHERE nspname = 'prisma_contract'),
		EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass($2) AND attname = 'objects')`,
		c.table(c.toolTable()), c.table(ownTable), pgx.Identifier{c.server.Schema}.Sanitize(), []string{prismaTable, ownTable}).
		Scan(&have.tool, &have.own, &have.others, &have.prisma8, &have.mark)
	return have, err
}

// leftSQL finds what broke off while dbbot ran it, if the tool's mark is the one that was written then.
func (c *Conn) leftSQL() string {
	mark := c.table(golangTable) + " t WHERE t.dirty AND t.version::text = o.to_version"
	if c.options.Tool == migrate.Prisma {
		mark = c.table(prismaTable) + " t WHERE t.finished_at IS NULL AND t.rolled_back_at IS NULL AND t.migration_name = o.name"
	}
	return `(SELECT json_build_object('Name', name, 'Sum', sum, 'From', from_version, 'To', to_version, 'Applied', done, 'Of', statements)
		FROM ` + c.table(ownTable) + ` o WHERE finished IS NULL AND NOT down AND NOT whole
		AND EXISTS (SELECT FROM ` + mark + ` AND t.xmin::text::bigint = o.mark) ORDER BY started DESC LIMIT 1)`
}

// journalSQL reads both tables in one statement, so that they tell of the same moment.
func (c *Conn) journalSQL(have standing) string {
	tool, own := "NULL", "NULL"
	if have.tool && c.options.Tool == migrate.Prisma {
		tool = `(SELECT json_agg(json_build_object('Name', migration_name, 'Checksum', checksum, 'Started', started_at, 'Finished', finished_at,
			'RolledBack', rolled_back_at, 'Logs', left(logs, 4000), 'Steps', applied_steps_count) ORDER BY started_at) FROM ` + c.table(prismaTable) + ")"
	} else if have.tool {
		tool = `(SELECT json_agg(json_build_object('Version', version::text, 'Dirty', dirty)) FROM (SELECT * FROM ` + c.table(golangTable) + " LIMIT 100) few)"
	}
	if have.own {
		own = `(SELECT json_agg(json_build_object('Request', request, 'Name', name, 'Sum', sum, 'From', from_version, 'Down', down, 'At', started,
			'Seconds', extract(epoch FROM finished - started)) ORDER BY started, step) FROM ` + c.table(ownTable) + " WHERE finished IS NOT NULL)"
	}
	left := "NULL"
	if have.tool && have.mark {
		left = c.leftSQL()
	}
	return "SELECT " + tool + ", " + own + ", " + left
}

func readJournal(j *migrate.Journal, records, own, left []byte) error {
	if left != nil {
		if err := json.Unmarshal(left, &j.Left); err != nil {
			return fmt.Errorf("what broke off: %w", err)
		}
	}
	if records != nil {
		if err := json.Unmarshal(records, &j.Records); err != nil {
			return fmt.Errorf("the rows of %s: %w", j.Tool, err)
		}
	}
	var rows []struct {
		migrate.Own
		Seconds float64
	}
	if own != nil {
		if err := json.Unmarshal(own, &rows); err != nil {
			return fmt.Errorf("dbbot's own rows: %w", err)
		}
	}
	for _, r := range rows {
		r.Own.Took = time.Duration(r.Seconds * float64(time.Second))
		j.Own = append(j.Own, r.Own)
	}
	return nil
}

// missing gives the statements that make what is not there yet, word for word as the tools do.
func (c *Conn) missing(have standing) string {
	var all strings.Builder
	if !have.tool && c.options.Tool == migrate.Prisma {
		fmt.Fprintf(&all, createPrisma, c.table(prismaTable))
	} else if !have.tool {
		fmt.Fprintf(&all, createGolang, c.table(golangTable))
	}
	if !have.own {
		fmt.Fprintf(&all, createOwn, c.table(ownTable))
	} else if !have.mark {
		fmt.Fprintf(&all, "ALTER TABLE %s ADD COLUMN IF NOT EXISTS mark bigint, ADD COLUMN IF NOT EXISTS objects jsonb;\n", c.table(ownTable))
	}
	return all.String()
}

// The tools' tables (reference, sections 1.1 and 2.1).
const (
	createGolang = "CREATE TABLE %s (version bigint not null primary key, dirty boolean not null);\n"
	createPrisma = `CREATE TABLE %s (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             TIMESTAMPTZ,
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          TIMESTAMPTZ,
    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count     INTEGER NOT NULL DEFAULT 0
);
`
	// createOwn: done counts the statements that stand for themselves; whole: the file went as one batch, and nobody counted;
	// mark is thisMark; objects are those of the database after the run that this was the last step of (drift.go).
	createOwn = `CREATE TABLE %s (
    request bigint NOT NULL, asked timestamptz NOT NULL, step integer NOT NULL,
    name text NOT NULL, sum text NOT NULL, down boolean NOT NULL, from_version text NOT NULL, to_version text NOT NULL,
    statements integer NOT NULL, done integer NOT NULL DEFAULT 0, whole boolean NOT NULL,
    started timestamptz NOT NULL, finished timestamptz, mark bigint, objects jsonb,
    PRIMARY KEY (request, asked, step)
);
`
)
