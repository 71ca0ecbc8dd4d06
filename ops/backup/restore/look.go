package restore

import (
	"context"
	"fmt"
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

// runClass is the first number of the advisory lock that a run's session holds, the second the hash of its request: so
// that a request is not run twice at once, and a lost run is known from one that lives.
const runClass = 0x64627372

func (t Target) run() string { return fmt.Sprintf("%d/%d", t.Request, t.Asked.UnixMicro()) }

// claim takes the run's lock for as long as the session lives. Runs from a terminal are nobody's request.
func (s *server) claim(ctx context.Context) error {
	if s.target.Request == 0 {
		return nil
	}
	var free bool
	if err := s.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, hashtext($2))", runClass, s.target.run()).Scan(&free); err != nil {
		return unread(err)
	}
	if !free {
		return &ops.Error{Message: "This is being done already, by another process of dbbot.", Hint: "Wait for it to end."}
	}
	return nil
}

// orphans waits until the lost process's session is gone, and ends it where that takes its server longer.
func (s *server) orphans(ctx context.Context) error {
	bound, cancel := context.WithTimeout(ctx, orphanWithin)
	defer cancel()
	for ended := false; ; ended = true {
		var left int
		err := s.conn.QueryRow(ctx, `WITH there AS MATERIALIZED (SELECT DISTINCT l.pid FROM pg_locks l WHERE `+lockOfSQL+` = hashtext($2)::bigint & 4294967295),
			ended AS MATERIALIZED (SELECT pg_terminate_backend(pid) FROM there WHERE $3)
			SELECT (SELECT count(*) FROM there) + 0 * (SELECT count(*) FROM ended)`, runClass, s.target.run(), ended).Scan(&left)
		switch {
		case err != nil:
			return unread(err)
		case left == 0:
			return nil
		case !wait(bound, orphanPause):
			return &ops.Error{Message: "A session of the lost restore does not end.", Hint: "It is named dbbot restore; pg_terminate_backend ends it."}
		}
	}
}
