package restore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
)

// Found is what Look saw of a run whose process was lost.
type Found struct {
	Whole bool     // it came to its end: Name stands
	Name  string   // of the database that it made, or whose place it took
	Kept  string   // what was live before; empty for a new database
	Did   []string // what Look put right, a sentence each
}

const (
	// orphanWithin is how long the session of a lost process may take to be noticed by its server.
	orphanWithin = 10 * time.Second
	orphanPause  = 100 * time.Millisecond
)

// Look finds out what became of a request's verification or restore whose process was lost. What it left half-done is
// removed, and a live database that it had closed is opened. Errors are *ops.Error; then it can be tried again.
func Look(ctx context.Context, t Target) (Found, error) {
	s, err := connect(ctx, t, "dbbot look")
	if err != nil {
		return Found{}, ended(ctx, err)
	}
	defer s.close()
	found, err := s.look(ctx)
	return found, ended(ctx, err)
}

func (s *server) look(ctx context.Context) (f Found, err error) {
	if err := s.orphans(ctx); err != nil {
		return f, err
	}
	f.Did = tidyPlaces()
	did, err := s.sweep(ctx)
	if f.Did = append(f.Did, did...); err != nil {
		return f, err
	}
	rows, err := s.conn.Query(ctx, `SELECT datname::text, shobj_description(oid, 'pg_database') FROM pg_database
		WHERE shobj_description(oid, 'pg_database') LIKE '{"dbbot":%'`)
	if err != nil {
		return f, unread(err)
	}
	var name string
	var comment *string
	_, err = pgx.ForEachRow(rows, []any{&name, &comment}, func() error {
		m, ok := marked(comment)
		switch {
		case !ok || !m.ours(s.target) || m.Swap:
		case m.For == made:
			f.Whole, f.Name = true, name
		case m.For == kept, m.For == undone:
			f.Whole, f.Name, f.Kept = true, m.Of, name
		}
		return nil
	})
	return f, unread(err)
}

// orphans waits until the lost process's sessions are gone, and ends those that are not by then.
func (s *server) orphans(ctx context.Context) error {
	bound, cancel := context.WithTimeout(ctx, orphanWithin)
	defer cancel()
	for n := 0; ; n++ {
		rows, err := s.conn.Query(ctx, `SELECT datname::text, shobj_description(d.oid, 'pg_database'), l.pid FROM pg_database d JOIN pg_locks l
			ON `+lockOfSQL+` = hashtext(datname::text)::bigint & 4294967295 WHERE l.pid <> pg_backend_pid()`, scratchClass)
		if err != nil {
			return unread(err)
		}
		var name string
		var comment *string
		var pid int32
		var left []int32
		if _, err := pgx.ForEachRow(rows, []any{&name, &comment, &pid}, func() error {
			if m, ok := marked(comment); ok && m.ours(s.target) {
				left = append(left, pid)
			}
			return nil
		}); err != nil {
			return unread(err)
		}
		if len(left) == 0 {
			return nil
		}
		if n > 0 {
			for _, pid := range left {
				_, _ = s.conn.Exec(ctx, "SELECT pg_terminate_backend($1)", pid) // the next look tells
			}
		}
		if !wait(bound, orphanPause) {
			return &ops.Error{Message: "A session of the lost restore does not end.", Hint: "It is named dbbot restore."}
		}
	}
}
