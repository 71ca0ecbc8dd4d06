package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/migrate"
)

// Fate is what became of a run whose process was lost.
type Fate string

// What may have become of it.
const (
	Whole   Fate = "whole"   // all steps stand
	Nothing Fate = "nothing" // the database is as before
	Partly  Fate = "partly"  // some steps stand, and nothing of the others
	Unclear Fate = "unclear" // a step broke off in the middle, outside a transaction
)

// Found is what Look saw.
type Found struct {
	Fate    Fate
	Done    []migrate.Own // steps that stand, in order
	Broken  *Broken       // the step that broke off; nil where none did
	Invalid []string      // indexes of the database that were left half built, whoever began them
	Journal migrate.Journal
}

// Broken is a step that ran outside a transaction and did not come to its end.
type Broken struct {
	Name            string
	Applied, Of     int  // statements that stand for certain; the next one may, too
	OwnTransactions bool // the file begins and ends its own, so that nobody counted
}

const (
	// orphanWithin is how long a session that was left behind may take to end.
	orphanWithin = 8 * time.Second
	orphanPause  = 50 * time.Millisecond
)

// Look finds out what came of a request's run of so many steps. First it ends what the lost process left running, and
// waits until that is gone; else it changes nothing. For requests that only mended the books, steps is 0, and the
// journal tells. Errors are *ops.Error, of ErrUnread where it can be tried again.
func Look(ctx context.Context, o Options, steps int) (Found, error) {
	looker := o
	looker.Request, looker.Asked = 0, time.Time{}
	c, err := Open(ctx, looker)
	if err != nil {
		return Found{Fate: Unclear}, err
	}
	defer c.Close()
	if err := c.endOrphans(ctx, o); err != nil {
		return Found{Fate: Unclear}, err
	}
	found, err := c.found(ctx, o, steps)
	if err != nil {
		return Found{Fate: Unclear}, err
	}
	return found, nil
}

// endOrphans ends the sessions of a request. Each is addressed by its pid and its beginning, so that whoever has the pid
// by then is not hit.
func (c *Conn) endOrphans(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, orphanWithin)
	defer cancel()
	for {
		var left int
		err := c.work.QueryRow(ctx, `WITH left_behind AS MATERIALIZED (SELECT pid, backend_start FROM pg_stat_activity
				WHERE application_name = $1 AND usename = session_user AND datname = current_database() AND pid <> pg_backend_pid()),
			ended AS MATERIALIZED (SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a JOIN left_behind USING (pid, backend_start))
			SELECT (SELECT count(*) FROM left_behind) + 0 * (SELECT count(*) FROM ended)`, o.application()).Scan(&left)
		switch {
		case err != nil && ctx.Err() == nil:
			return c.unread(err)
		case err == nil && left == 0:
			return nil
		case err != nil || !wait(ctx, orphanPause):
			return &ops.Error{Message: "A session of this migration is still there and does not end.", Hint: "It is named " + o.application() + ".", Cause: errors.Join(ErrUnread, ctx.Err())}
		}
	}
}

// found reads dbbot's own rows, which stand or fall with what they tell of.
func (c *Conn) found(ctx context.Context, o Options, steps int) (Found, error) {
	f := Found{Fate: Unclear}
	var err error
	if f.Journal, err = c.Journal(ctx); err != nil {
		return f, err
	}
	if f.Invalid, err = c.invalid(ctx); err != nil {
		return f, c.unread(err)
	}
	have, err := c.standing(ctx)
	if err == nil && have.own {
		err = c.ownRows(ctx, o, &f)
	}
	if err != nil {
		return f, c.unread(err)
	}
	switch n := len(f.Done); {
	case f.Broken != nil:
	case n == 0:
		f.Fate = Nothing
	case n == steps:
		f.Fate = Whole
	case n < steps:
		f.Fate = Partly
	}
	return f, nil
}

func (c *Conn) ownRows(ctx context.Context, o Options, f *Found) error {
	rows, err := c.work.Query(ctx, `SELECT name, sum, from_version, down, started, finished, statements, done, whole FROM `+c.table(ownTable)+`
		WHERE (request, asked) = ($1, $2) ORDER BY step`, o.Request, o.Asked)
	if err != nil {
		return err
	}
	own, broken := migrate.Own{Request: o.Request}, Broken{}
	var finished *time.Time
	_, err = pgx.ForEachRow(rows, []any{&own.Name, &own.Sum, &own.From, &own.Down, &own.At, &finished, &broken.Of, &broken.Applied, &broken.OwnTransactions}, func() error {
		if finished == nil {
			broken.Name = own.Name
			f.Broken = new(Broken)
			*f.Broken = broken
			return nil
		}
		own.Took = finished.Sub(own.At)
		f.Done = append(f.Done, own)
		return nil
	})
	return err
}

// invalid names the indexes that no query uses, since their building, or their removal, broke off; not those that
// somebody builds right now.
func (c *Conn) invalid(ctx context.Context) ([]string, error) {
	var names []string
	err := c.work.QueryRow(ctx, `SELECT coalesce(array_agg(format('%I.%I', n.nspname, c.relname) ORDER BY 1), '{}')
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname NOT LIKE 'pg\_%'
		AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid OR p.relid = i.indrelid)`).Scan(&names)
	return names, err
}

// String says it for people.
func (f Found) String() string {
	switch {
	case f.Broken != nil && f.Broken.OwnTransactions:
		return fmt.Sprintf("%s broke off. It begins and ends its own transactions, so what stands of it has to be looked at.", ops.Printable(f.Broken.Name, 80))
	case f.Broken != nil:
		return fmt.Sprintf("%s broke off after %d of its %d statements; the next one may have done its work, too.", ops.Printable(f.Broken.Name, 80), f.Broken.Applied, f.Broken.Of)
	case f.Fate == Whole:
		return "Everything was applied."
	case f.Fate == Nothing:
		return "Nothing was applied, and nothing remains."
	}
	return fmt.Sprintf("%s went through, up to %s; nothing of the others remains.", ops.Count(len(f.Done), "migration"), ops.Printable(f.Done[len(f.Done)-1].Name, 80))
}
