package lint

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// relation as it was before or after a statement.
type relation struct {
	name, kind string
	file       uint32
	scans      int64
}

// measured does a statement, says what it locked, rewrote and read of what was there before, and undoes it. Indexes
// count where they were spoken of.
func measured(t *testing.T, conn *pgx.Conn, sql string, said []Lock) []Lock {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	before := relations(t, tx)
	if _, err := tx.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	after, modes := relations(t, tx), held(t, tx)
	var did []Lock
	for oid, b := range before {
		a, left := after[oid]
		l := Lock{Relation: b.name, Mode: Strongest(modes[oid]), Rewrite: left && a.file != b.file, Scan: a.scans > b.scans}
		about := b.kind != "i" && b.kind != "I" || slices.ContainsFunc(said, func(s Lock) bool { return s.Relation == b.name })
		if strings.HasPrefix(sql, "TRUNCATE") || b.kind == "S" { // a new file without rows, or with one
			l.Rewrite, l.Scan = false, false
		}
		if about && stronger(l.Mode, AccessShare) != AccessShare {
			did = append(did, l)
		}
	}
	return did
}

func relations(t *testing.T, tx pgx.Tx) map[uint32]relation {
	t.Helper()
	rows, err := tx.Query(t.Context(), `SELECT c.oid, n.nspname || '.' || c.relname, c.relkind::text, pg_relation_filenode(c.oid), coalesce(x.seq_scan, 0)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_stat_xact_user_tables x ON x.relid = c.oid WHERE n.nspname = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	all := map[uint32]relation{}
	var oid uint32
	var r relation
	var file *uint32
	_, err = pgx.ForEachRow(rows, []any{&oid, &r.name, &r.kind, &file, &r.scans}, func() error {
		r.file = 0
		if file != nil {
			r.file = *file
		}
		all[oid] = r
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func held(t *testing.T, tx pgx.Tx) map[uint32][]string {
	t.Helper()
	rows, err := tx.Query(t.Context(), `SELECT relation, replace(mode, 'Lock', '') FROM pg_locks WHERE pid = pg_backend_pid() AND granted AND relation IS NOT NULL
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	if err != nil {
		t.Fatal(err)
	}
	all := map[uint32][]string{}
	var oid uint32
	var mode string
	if _, err = pgx.ForEachRow(rows, []any{&oid, &mode}, func() error { all[oid] = append(all[oid], mode); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// listed writes locks down in the order of names.
func listed(all []Lock) string {
	var lines []string
	for _, l := range all {
		line := "  " + l.Relation + " " + l.Mode
		if l.Rewrite {
			line += " rewrite"
		}
		if l.Scan {
			line += " scan"
		}
		lines = append(lines, line+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
