package rehearse

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
)

// Leftover is a scratch database whose process is gone.
type Leftover struct {
	Name     string
	Comment  string // as its maker wrote it; empty where it came no further than making it
	Sessions int    // that are connected to it all the same
}

// String names it for people.
func (l Leftover) String() string {
	said := l.Name
	if about, _, cut := strings.Cut(l.Comment, ". It may be dropped"); cut {
		said += " (" + about + ")"
	}
	if l.Sessions > 0 {
		said += ", used by " + ops.Count(l.Sessions, "session")
	}
	return said
}

// leftovers are found by name and comment; those whose maker lives, or could not yet write its comment, are none.
func leftovers(ctx context.Context, c *pgx.Conn) ([]Leftover, error) {
	rows, err := c.Query(ctx, `SELECT d.datname::text, coalesce(shobj_description(d.oid, 'pg_database'), ''), (SELECT count(*)::int FROM pg_stat_activity a WHERE a.datid = d.oid)
		FROM pg_database d WHERE d.datname LIKE $1 ORDER BY 1 LIMIT 100`, strings.ReplaceAll(scratchPrefix, "_", `\_`)+"%")
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Leftover])
	if err != nil || len(all) == 0 {
		return nil, err
	}
	var dead []Leftover
	for _, l := range all {
		lives, err := held(ctx, c, living(l.Name))
		if err != nil {
			return nil, err
		}
		if l.Name, l.Comment = ops.Printable(l.Name, nameRunes), ops.Printable(l.Comment, 200); !lives && (l.Comment == "" || strings.HasPrefix(l.Comment, "dbbot rehearsal")) {
			dead = append(dead, l)
		}
	}
	return dead, nil
}

// held says whether any session of the server holds an advisory lock of this key, in whatever database.
func held(ctx context.Context, c *pgx.Conn, key int64) (bool, error) {
	var is bool
	err := c.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
		AND (classid::bigint << 32) | objid::bigint = $1)`, key).Scan(&is)
	return is, err
}

// sweep removes what dead processes left and nobody uses.
func sweep(ctx context.Context, c *pgx.Conn) error {
	all, err := leftovers(ctx, c)
	for _, l := range all {
		if l.Sessions > 0 {
			continue
		}
		if _, failed := c.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{l.Name}.Sanitize()); failed != nil { // somebody came, or it is another role's
			err = fmt.Errorf("%s: %w", l.Name, failed)
		}
	}
	return err
}

// Leftovers are the scratch databases on the server for rehearsals whose process is gone. Those that nobody uses are
// removed behind the answer's back.
func (r *Rooms) Leftovers(ctx context.Context, o Options) ([]Leftover, error) {
	c, err := makerOf(ctx, o, "dbbot rehearsals")
	if err != nil {
		return nil, err
	}
	all, err := leftovers(ctx, c)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || len(all) == 0 || r.live.Err() != nil {
		shut(c)
		return all, err
	}
	r.all.Go(func() {
		defer shut(c)
		ctx, cancel := context.WithTimeout(r.live, removeWithin)
		defer cancel()
		r.sweep(ctx, o, c)
	})
	return all, nil
}

// sweep removes what can be removed, and has the rest in the log.
func (r *Rooms) sweep(ctx context.Context, o Options, c *pgx.Conn) {
	if err := sweep(ctx, c); err != nil {
		r.log.Warn("rehearsal: a scratch database of an earlier one stays", "database", o.Name, "cause", ops.Redact(err.Error()))
	}
}
