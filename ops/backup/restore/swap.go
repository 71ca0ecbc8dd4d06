package restore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
)

const (
	// emptyWithin is how long sessions that were ended may take to go.
	emptyWithin = 15 * time.Second
	emptyPause  = 50 * time.Millisecond
	lockPause   = 250 * time.Millisecond
)

// ErrClosed: a live database may have been left closed. What was to take its place stays under its scratch name, or kept,
// and marked: whoever sweeps finds it and opens the live one.
var ErrClosed = errors.New("a live database may be closed")

// lockWithin is how long a migration or a backup of the live database is waited for. Tests wait less.
var lockWithin = 15 * time.Second

// guard keeps migrations and backups away from the live database while another one is made to take its place.
func (s *server) guard(ctx context.Context, live string, progress Progress) (*pgx.Conn, error) {
	conn, err := s.in(ctx, live)
	if err != nil {
		return nil, err
	}
	bound, cancel := context.WithTimeout(ctx, lockWithin)
	defer cancel()
	for {
		var free bool
		if err := conn.QueryRow(bound, "SELECT pg_try_advisory_lock($1)", ops.DatabaseLock).Scan(&free); err != nil && bound.Err() == nil {
			closeConn(conn)
			return nil, unread(err)
		}
		if free {
			return conn, nil
		}
		progress("waiting for a migration or a backup of "+ops.Printable(live, 63), 0, 0)
		if !wait(bound, lockPause) {
			closeConn(conn)
			return nil, &ops.Error{Message: "A migration or a backup of " + ops.Printable(live, 63) + " is running.", Hint: "Try again when it is done."}
		}
	}
}

// swap lets d take the live database's place, which is renamed and marked as why, and says which name it has now. guard
// is the session that has kept others away, and goes last. On any error the live one takes connections again, under its own name.
func (d *scratch) swap(ctx context.Context, guard *pgx.Conn, away string, why purpose, progress Progress) (string, error) {
	live := d.target.Name
	if err := guard.Ping(ctx); ctx.Err() != nil {
		return "", context.Cause(ctx)
	} else if err != nil { // a migration may have begun since
		return "", &ops.Error{Message: "The session that kept migrations away from " + ops.Printable(live, 63) + " was lost.", Hint: "Nothing was changed; try again.", Cause: err}
	}
	progress("taking the place of "+ops.Printable(live, 63), 0, 0)
	d.mark.Swap, d.mark.Of = true, live
	if err := d.comment(ctx); err != nil { // whoever finds us dead opens the live one again
		return "", unread(err)
	}
	ops.Reached("marked")
	err := d.shut(ctx, d.name)
	if err == nil {
		err = d.empty(ctx, d.name)
	}
	if err == nil {
		err = d.closeLive(ctx, live, guard)
	}
	if err == nil {
		err = d.rename(ctx, live, away, why)
	}
	if err != nil {
		if _, failed := d.reopen(ctx, live); failed != nil { // worse than what led to it, and said first
			return "", errors.Join(failed, ErrClosed, unread(err))
		}
		return "", unread(err)
	}
	ops.Reached("swapped")
	return away, nil
}

// closeLive lets nobody in any more, and ends whoever is inside; guard is the last to go.
func (d *scratch) closeLive(ctx context.Context, live string, guard *pgx.Conn) error {
	if err := d.shut(ctx, live); err != nil {
		return err
	}
	ops.Reached("closed")
	closeConn(guard)
	if err := d.empty(ctx, live); err != nil {
		return err
	}
	ops.Reached("emptied")
	return nil
}

// shut lets nobody in any more. Once sent it is not called back: a session that was left might close the database after
// it had been opened again.
func (s *server) shut(ctx context.Context, database string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return s.exec(context.WithoutCancel(ctx), askWithin, "ALTER DATABASE "+ident(database)+" ALLOW_CONNECTIONS false")
}

// empty ends whoever is inside of a database that was shut, and waits until they are gone. What watches a server looks into
// scratch databases, too. Of other roles' sessions a role without pg_monitor sees neither kind nor start; an autovacuum worker has no user.
func (s *server) empty(ctx context.Context, database string) error {
	bound, cancel := context.WithTimeout(ctx, emptyWithin)
	defer cancel()
	for {
		var inside int
		err := s.conn.QueryRow(bound, `WITH there AS MATERIALIZED (SELECT pid, backend_start FROM pg_stat_activity
				WHERE datname = $1 AND usesysid IS NOT NULL),
			ended AS MATERIALIZED (SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a JOIN there t ON a.pid = t.pid AND a.backend_start IS NOT DISTINCT FROM t.backend_start)
			SELECT (SELECT count(*) FROM there) + 0 * (SELECT count(*) FROM ended)`, database).Scan(&inside)
		switch {
		case err != nil && bound.Err() == nil:
			return err
		case err == nil && inside == 0:
			return nil
		case err != nil || !wait(bound, emptyPause):
			return errors.Join(context.Cause(ctx), &ops.Error{
				Message: "Sessions in " + ops.Printable(database, 63) + " do not end, so it could not be renamed.", Hint: "Try again when they are gone; pg_stat_activity names them.",
			})
		}
	}
}

// rename is the one moment in which everything changes, or nothing.
func (d *scratch) rename(ctx context.Context, live, away string, why purpose) error {
	var was *string
	if err := d.conn.QueryRow(ctx, commentSQL, live).Scan(&was); err != nil {
		return err
	}
	old := d.mark
	old.For, old.Swap, old.Was, old.Of = why, false, was, live
	old.Request, old.Asked, old.By, old.At = d.target.Request, d.target.Asked, d.target.By, time.Now().UTC().Truncate(time.Second)
	if m, ok := marked(was); ok { // a comment of ours speaks of this database alone
		old.Was = m.Was
	}
	comment := " IS NULL"
	if keep := d.keeps(old.Was); keep != nil {
		comment = " IS" + literal(*keep)
	}
	sql := "ALTER DATABASE " + ident(live) + " RENAME TO " + ident(away) +
		"; ALTER DATABASE " + ident(d.name) + " RENAME TO " + ident(live) +
		"; ALTER DATABASE " + ident(live) + " ALLOW_CONNECTIONS true" +
		"; COMMENT ON DATABASE " + ident(live) + comment +
		"; COMMENT ON DATABASE " + ident(away) + " IS" + literal(old.String())
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err := d.exec(context.WithoutCancel(ctx), askWithin, sql)
	if err != nil && d.standsAway(ctx, away, old) { // the answer was lost, and nothing else
		return nil
	}
	return err
}

// keeps is the comment that the database in the live one's place has: what somebody wrote about the live one.
func (d *scratch) keeps(live *string) *string {
	if d.mark.For == kept {
		return d.mark.Was
	}
	return live
}

func (d *scratch) standsAway(ctx context.Context, away string, m mark) bool {
	is := *d
	is.mark = m
	return is.stands(ctx, away)
}

// reopen lets people into a database again that a swap had closed, and says so; nothing where it was open.
func (s *server) reopen(ctx context.Context, live string) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin)
	defer cancel()
	var open bool
	err := s.again(ctx)
	if err == nil {
		err = s.conn.QueryRow(ctx, "SELECT datallowconn FROM pg_database WHERE datname = $1", live).Scan(&open)
	}
	if err == nil && open || errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = s.exec(ctx, askWithin, "ALTER DATABASE "+ident(live)+" ALLOW_CONNECTIONS true")
	}
	if err != nil {
		return nil, &ops.Error{
			Message: ops.Printable(live, 63) + " was closed, and could not be opened again at once.",
			Hint:    "dbbot tries again at its next start, and before its next restore on that server; ALTER DATABASE … ALLOW_CONNECTIONS true opens it, too.", Cause: err,
		}
	}
	return []string{ops.Printable(live, 63) + " takes connections again, which a restore that was lost had closed."}, nil
}
