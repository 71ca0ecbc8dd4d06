package restore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// Kept is a database that was live once, or for a while: closed, and waiting to be brought back or released.
type Kept struct {
	Name    string
	Of      string    // whose place it had
	Backup  backup.ID // of the restore
	Request int64
	At      time.Time // since when
	Bytes   int64
	Undone  bool // it is the outcome of a restore that was taken back
}

// KeptOf lists what restores over a database left, the newest first; of all databases where of is empty.
func KeptOf(ctx context.Context, url ops.Secret, of string) ([]Kept, error) {
	s, err := connect(ctx, Target{URL: url}, "dbbot")
	if err != nil {
		return nil, err
	}
	defer s.close()
	all, err := s.kept(ctx)
	var these []Kept
	for _, k := range all {
		if of == "" || k.Of == of {
			these = append(these, k.Kept)
		}
	}
	return these, err
}

// keptOne is one with its mark.
type keptOne struct {
	Kept
	mark mark
}

func (s *server) kept(ctx context.Context) (all []keptOne, err error) {
	rows, err := s.conn.Query(ctx, `SELECT datname::text, shobj_description(oid, 'pg_database') FROM pg_database
		WHERE shobj_description(oid, 'pg_database') LIKE '{"dbbot":%'`)
	if err != nil {
		return nil, unread(err)
	}
	var name string
	var comment *string
	_, err = pgx.ForEachRow(rows, []any{&name, &comment}, func() error {
		if m, ok := marked(comment); ok && (m.For == kept || m.For == undone) {
			all = append(all, keptOne{Kept{Name: name, Of: m.Of, Backup: m.Backup, Request: m.Request, At: m.At, Undone: m.For == undone}, m})
		}
		return nil
	})
	for i := range all {
		// A size is told where it may be: a database may go in the meantime.
		_ = s.conn.QueryRow(ctx, "SELECT pg_database_size(oid) FROM pg_database WHERE datname = $1", all[i].Name).Scan(&all[i].Bytes)
	}
	return all, unread(err)
}

// find gives one that is kept; an *ops.Error where there is none of that name.
func (s *server) find(ctx context.Context, name string) (keptOne, error) {
	all, err := s.kept(ctx)
	if err != nil {
		return keptOne{}, err
	}
	for _, k := range all {
		if k.Name == name {
			return k, nil
		}
	}
	return keptOne{}, &ops.Error{Message: fmt.Sprintf("No restore keeps a database %s.", ops.Printable(name, 63)), Hint: "It may have been released, or brought back."}
}

// Undo brings a kept database back into the place it had: the one there now is closed and kept in its turn, with all
// that was written since. Errors are *ops.Error, or of ctx's cause; then everything is as it was.
func Undo(ctx context.Context, t Target, name string, progress Progress) (Report, error) {
	begun := time.Now()
	s, r, err := arrive(ctx, t, "of "+backup.ID(name))
	if err != nil {
		return r, err
	}
	defer s.close()
	k, err := s.find(ctx, name)
	if err != nil {
		return r, ended(ctx, err)
	}
	s.target.Name = k.Of
	if err := s.undo(ctx, k, &r, progress); err != nil {
		return r, ended(ctx, err)
	}
	r.Took = time.Since(begun)
	return r, nil
}

func (s *server) undo(ctx context.Context, k keptOne, r *Report, progress Progress) error {
	if s.target.Name == s.config.Database {
		return &ops.Error{Message: ops.Printable(k.Of, 63) + " cannot be renamed over a connection to it.", Hint: "Let restore_url name another database of the server."}
	}
	var free bool
	if err := s.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, hashtext($2))", scratchClass, k.Name).Scan(&free); err != nil || !free {
		return errors.Join(unread(err), &ops.Error{Message: "Somebody else is at " + ops.Printable(k.Name, 63) + " already."})
	}
	guard, err := s.guard(ctx, k.Of, progress)
	if err != nil {
		return err
	}
	defer closeConn(guard)
	away, err := s.freeName(ctx, k.Of+"_undone_"+time.Now().UTC().Format("20060102"))
	if err != nil {
		return unread(err)
	}
	d := &scratch{server: s, name: k.Name, mark: k.mark}
	why := undone
	if k.Undone {
		why = kept
	}
	if r.Kept, err = d.swap(ctx, guard, away, why, progress); errors.Is(err, ErrClosed) {
		return err // the mark says so
	} else if err != nil {
		d.mark = k.mark
		return errors.Join(err, d.comment(context.WithoutCancel(ctx)))
	}
	r.Name = k.Of
	return nil
}

// Release drops a kept database for good, and says how many bytes that freed.
func Release(ctx context.Context, t Target, name string) (int64, error) {
	s, err := connect(ctx, t, "dbbot")
	if err != nil {
		return 0, ended(ctx, err)
	}
	defer s.close()
	k, err := s.find(ctx, name)
	if err == nil {
		err = unread(s.exec(ctx, makeWithin, "DROP DATABASE "+ident(k.Name)+" WITH (FORCE)"))
	}
	return k.Bytes, ended(ctx, err)
}
