package rehearse

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"dbbot/ops/migrate/lint"
)

// relation of the scratch database, as it was when last looked at.
type relation struct {
	key   string // as the real database knows it: its name before the plan
	kind  string // pg_class.relkind
	table uint32 // that an index belongs to
	file  uint32 // its relfilenode
	scans int64  // of it in this transaction
	mode  string // the strongest lock that this transaction holds on it
}

// watcher looks, after each statement, at what its transaction has locked, written anew and read.
type watcher struct {
	conn  *pgx.Conn
	rows  bool                 // there are rows
	known map[uint32]*relation // those that were there before the plan
}

// firstNormal is the first OID of what people make (PostgreSQL's FirstNormalObjectId): what is below it are catalogues.
const firstNormal = 16384

// watch takes down what is there before the plan.
func watch(ctx context.Context, c *pgx.Conn, rows bool) (*watcher, error) {
	w := &watcher{conn: c, rows: rows, known: map[uint32]*relation{}}
	found, err := c.Query(ctx, `SELECT c.oid, n.nspname || '.' || c.relname, c.relkind::text, coalesce(i.indrelid, 0), c.relfilenode
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
		WHERE c.oid >= $1 AND n.nspname NOT LIKE 'pg\_%' AND c.relkind <> 'c'`, uint32(firstNormal))
	if err != nil {
		return nil, err
	}
	var oid uint32
	var r relation
	_, err = pgx.ForEachRow(found, []any{&oid, &r.key, &r.kind, &r.table, &r.file}, func() error {
		one := r
		w.known[oid] = &one
		return nil
	})
	return w, err
}

// begin forgets the locks of the transaction before.
func (w *watcher) begin() {
	for _, r := range w.known {
		r.mode = ""
	}
}

// refresh takes the files anew after what happened unseen: outside a transaction, or taken back.
func (w *watcher) refresh(ctx context.Context) error {
	found, err := w.conn.Query(ctx, "SELECT oid, relfilenode FROM pg_catalog.pg_class WHERE oid >= $1", uint32(firstNormal))
	if err != nil {
		return err
	}
	var oid, file uint32
	_, err = pgx.ForEachRow(found, []any{&oid, &file}, func() error {
		if r := w.known[oid]; r != nil {
			r.file = file
		}
		return nil
	})
	return err
}

// state of a relation that the transaction has locked.
type state struct {
	oid   uint32
	modes []string
	file  uint32 // 0 where it is gone
	scans int64
}

// before tells how often each relation was read: PostgreSQL counts on from the transaction before, where it has not
// yet handed its figures over.
func (w *watcher) before(ctx context.Context) error {
	w.begin()
	found, err := w.conn.Query(ctx, "SELECT relid, seq_scan FROM pg_catalog.pg_stat_xact_user_tables WHERE seq_scan > 0")
	if err != nil {
		return err
	}
	for _, r := range w.known {
		r.scans = 0
	}
	var oid uint32
	var scans int64
	_, err = pgx.ForEachRow(found, []any{&oid, &scans}, func() error {
		if r := w.known[oid]; r != nil {
			r.scans = scans
		}
		return nil
	})
	return err
}

// after says what the statement did that has just gone through. It must be asked before the transaction ends.
func (w *watcher) after(ctx context.Context, quick bool) (lint.Seen, error) {
	seen := lint.Seen{Rows: w.rows, Held: map[string]string{}}
	found, err := w.conn.Query(ctx, `SELECT l.relation, l.modes, coalesce(c.relfilenode, 0), coalesce(pg_catalog.pg_stat_get_xact_numscans(l.relation), 0)
		FROM (SELECT relation, array_agg(replace(mode, 'Lock', '')) AS modes FROM pg_catalog.pg_locks
			WHERE locktype = 'relation' AND pid = pg_catalog.pg_backend_pid() AND granted AND relation >= $1
			AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) GROUP BY relation) l
		LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation`, uint32(firstNormal))
	if err != nil {
		return seen, err
	}
	var s state
	var now []state
	if _, err = pgx.ForEachRow(found, []any{&s.oid, &s.modes, &s.file, &s.scans}, func() error { now = append(now, s); s.modes = nil; return nil }); err != nil {
		return seen, err
	}
	tables := map[uint32]string{} // the modes that the statement took on tables, for their indexes
	for _, s := range now {
		tables[s.oid] = lint.Strongest(s.modes)
	}
	for _, s := range now {
		r := w.known[s.oid]
		if r == nil {
			continue // the plan made it, so nobody else uses it
		}
		if r.mode != "" {
			seen.Held[r.key] = r.mode
		}
		l := lint.Lock{Relation: r.key, Mode: lint.Strongest(s.modes)}
		l.Rewrite = s.file != r.file && s.file != 0 && r.kind != "S" && !quick
		l.Scan = s.scans > r.scans && r.table == 0 && !quick
		fresh := l.Mode != r.mode && lint.Strongest([]string{l.Mode, r.mode}) == l.Mode
		covered := r.table != 0 && lint.Strongest([]string{tables[r.table], l.Mode}) == tables[r.table]
		if (fresh || l.Rewrite || l.Scan) && l.Mode != lint.AccessShare && !covered {
			seen.Locks = append(seen.Locks, l)
		}
		r.mode, r.file, r.scans = l.Mode, s.file, s.scans
	}
	slices.SortFunc(seen.Locks, func(a, b lint.Lock) int {
		if a.Relation < b.Relation {
			return -1
		}
		return 1
	})
	return seen, nil
}
