package postgres

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"dbbot/ops"
)

//go:embed sql/*.sql
var queries embed.FS

// section is one query of a status, and where its answer goes.
type section struct {
	file    string   // under sql/, without the extension
	prelude string   // a statement to run before it
	args    [][]byte // $1, $2 … of its statement, as text; nil is NULL
	store   func(*Status, []byte, *ops.Error)
}

// theirPath brings back the search path of the role, the database and the URL: where its own tables are found.
const theirPath = "SET LOCAL search_path TO DEFAULT"

// extensionPath finds pg_stat_statements in whatever schema it was created.
const extensionPath = `SELECT set_config('search_path', 'pg_catalog, ' || quote_ident(n.nspname), true)
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'`

// sectionsFor are asked in this order: what an incident is about comes first, what may be slow comes last.
func sectionsFor(tool Tool) []section {
	all := []section{
		at("server", func(s *Status) *Reading[Server] { return &s.Server }),
		at("connections", func(s *Status) *Reading[Connections] { return &s.Connections }),
		at("activity", func(s *Status) *Reading[Activity] { return &s.Activity }),
		at("locks", func(s *Status) *Reading[Locks] { return &s.Locks }),
		at("replication", func(s *Status) *Reading[Replication] { return &s.Replication }),
		at("counters", func(s *Status) *Reading[Counters] { return &s.Counters }),
		at("freeze", func(s *Status) *Reading[Freeze] { return &s.Freeze }),
		at("checkpoints", func(s *Status) *Reading[Checkpoints] { return &s.Checkpoints }),
	}
	migrations := func(s *Status) *Reading[Migrations] { return &s.Migrations }
	switch tool {
	case GolangMigrate:
		all = append(all, at("migrations_golang_migrate", migrations).after(theirPath))
	case Prisma:
		all = append(all, at("migrations_prisma", migrations).after(theirPath))
	}
	return append(all,
		at("statements", func(s *Status) *Reading[Statements] { return &s.Statements }).after(extensionPath),
		at("tables", func(s *Status) *Reading[Tables] { return &s.Tables }),
		at("size", func(s *Status) *Reading[Size] { return &s.Size }))
}

// at ties a query to a field of the status; it panics on a query that does not exist.
func at[T any](file string, field func(*Status) *Reading[T]) section {
	if _, err := queries.Open("sql/" + file + ".sql"); err != nil {
		panic(err)
	}
	return section{file: file, store: func(s *Status, answer []byte, fault *ops.Error) {
		r := field(s)
		*r = Reading[T]{Fault: fault}
		if fault != nil {
			return
		}
		if err := json.Unmarshal(answer, &r.Value); err != nil {
			r.Fault = unexpected(file, err)
		}
	}}
}

func (s section) after(prelude string) section { s.prelude = prelude; return s }

var comment = regexp.MustCompile(`(?m)^--.*\n`)

// statements are what a server of this major version is asked.
func (s section) statements(version int) []string {
	sql, err := queries.ReadFile("sql/" + s.file + ".sql")
	if err != nil {
		panic(err) // at has looked
	}
	query := spoken(comment.ReplaceAllString(string(sql), ""), version)
	if s.prelude == "" {
		return []string{query}
	}
	return []string{s.prelude, query}
}

const migrationsPrefix = "migrations_"

func (s section) isMigrations() bool { return strings.HasPrefix(s.file, migrationsPrefix) }

// table is what a migrations section reads.
func (s section) table() string {
	if s.file == migrationsPrefix+"prisma" {
		return "_prisma_migrations"
	}
	return "schema_migrations"
}

func unexpected(file string, err error) *ops.Error {
	return &ops.Error{
		Message: "The server's answer could not be understood.",
		Hint:    "This is a fault of dbbot; its log has the cause.", Cause: fmt.Errorf("section %s: %w", file, err),
	}
}
