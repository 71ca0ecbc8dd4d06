package restore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/inventory"
)

// Live is the live database whose place a restore takes.
type Live struct {
	Owner    string
	Settings []string // of the live one, which the restored one gets
	Kept     string   // the name under which it stays, closed, until it is released
	frame    backup.Frame
}

// Lost is what is no longer live after a restore took its place, though it is kept.
type Lost struct {
	Since    time.Time // when the backup was begun: what was written after it
	WAL      int64     // bytes that the server wrote since, for all its databases; -1: the backup is from elsewhere
	Tables   []Change  // whose rows are not as many as in the backup, the largest difference first
	Gone     []string  // tables that the live one has and the backup has not
	Sessions []string  // that are cut: "12 sessions of app"
}

// Change is how a table differs.
type Change struct {
	Name       string
	Then, Live int64 // Live is -1 where the table is large, and nobody knows
	About      bool  // Live is the server's estimate; else it was counted
}

// ExamineOver says what taking the place of the live database of t's name means, and what it costs.
func ExamineOver(ctx context.Context, s Source, t Target) (Ready, error) {
	server, err := connect(ctx, t, t.application(s.Backup.ID))
	if err != nil {
		return Ready{}, ended(ctx, err)
	}
	defer server.close()
	r, err := server.examineOver(ctx, s)
	return r, ended(ctx, err)
}

func (s *server) examineOver(ctx context.Context, from Source) (Ready, error) {
	r, err := s.examine(ctx, from)
	if err != nil {
		return r, err
	}
	if !r.created {
		r.fault("There is no database %s: restore into a new one of that name.", ops.Printable(s.target.Name, 63))
		return r, nil
	}
	if err := s.grip(ctx, &r); err != nil {
		return r, err
	}
	if r.NoOwner != "" {
		owners := ops.Printable(strings.Join(r.strange, ", "), 300)
		r.fault("What is restored could not be given back to %s, to whom some of it belongs: GRANT %s TO %s, or let restore_url be a superuser's.", owners, owners, ops.Printable(s.Role, 63))
	}
	if len(r.Faults) > 0 {
		return r, nil
	}
	live, err := s.in(ctx, s.target.Name)
	if err != nil {
		return r, err
	}
	defer closeConn(live)
	return r, s.cost(ctx, live, from.Backup, &r)
}

// grip looks at what could keep the live database from being closed and renamed.
func (s *server) grip(ctx context.Context, r *Ready) error {
	var mine, open, signal bool
	var prepared, subscriptions int
	var supers int
	var slots []string
	err := s.conn.QueryRow(ctx, `SELECT pg_has_role(datdba, 'MEMBER'), datallowconn, pg_has_role('pg_signal_backend', 'MEMBER'),
		(SELECT count(*) FROM pg_prepared_xacts WHERE database = datname), (SELECT count(*) FROM pg_subscription WHERE subdbid = d.oid),
		(SELECT count(*) FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid WHERE a.datid = d.oid AND rolsuper),
		(SELECT coalesce(array_agg(slot_name::text), '{}') FROM pg_replication_slots WHERE database = datname)
		FROM pg_database d WHERE datname = $1`, s.target.Name).Scan(&mine, &open, &signal, &prepared, &subscriptions, &supers, &slots)
	if err != nil {
		return unread(err)
	}
	name := ops.Printable(s.target.Name, 63)
	if !s.Super {
		if !mine {
			r.fault("The role %s does not own %s, and so may not rename it: GRANT the owner's role TO it.", ops.Printable(s.Role, 63), name)
		}
		if !signal {
			r.fault("The role %s may not end the sessions of others: GRANT pg_signal_backend TO it.", ops.Printable(s.Role, 63))
		}
		if supers > 0 {
			r.fault("%s of superusers in %s can only be ended by a superuser: let them go first.", ops.Count(supers, "session"), name)
		}
	}
	if !open {
		r.fault("%s takes no connections at the moment: somebody closed it. ALTER DATABASE … ALLOW_CONNECTIONS true opens it.", name)
	}
	if prepared > 0 {
		r.fault("%s in %s must be committed or rolled back first: COMMIT PREPARED, ROLLBACK PREPARED.", ops.Count(prepared, "prepared transaction"), name)
	}
	if subscriptions > 0 {
		r.fault("%s has %s, which would go on writing into the old one: drop them first.", name, ops.Count(subscriptions, "subscription"))
	}
	for _, slot := range slots {
		r.note("The replication slot %s stays with the old database, and must be made anew.", ops.Printable(slot, 63))
	}
	return nil
}

// cost reads what the live database has that the backup has not, and what is around it.
func (s *server) cost(ctx context.Context, live *pgx.Conn, b backup.Backup, r *Ready) error {
	lost := &Lost{Since: b.Started, WAL: -1}
	over := &Live{}
	err := pgx.BeginTxFunc(ctx, live, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '2s'"); err != nil {
			return err
		}
		held, err := inventory.Read(ctx, tx, false, nil)
		if err == nil {
			over.frame, err = inventory.ReadFrame(ctx, tx)
		}
		counted := 0
		if err == nil {
			counted, err = size(ctx, tx, held.Tables)
		}
		lost.differ(b.Contents, held, counted)
		return err
	})
	if err != nil {
		return unread(err)
	}
	over.Owner, over.Settings = over.frame.Owner, over.frame.Settings
	if b.Server.System == s.System && b.LSN != "" {
		err = s.conn.QueryRow(ctx, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), $1::text::pg_lsn)::bigint", b.LSN).Scan(&lost.WAL)
	}
	if err == nil {
		lost.Sessions, err = s.sessions(ctx)
	}
	if err == nil {
		over.Kept, err = s.freeName(ctx, s.target.Name+"_before_"+time.Now().UTC().Format("20060102"))
	}
	r.Over, r.Now.Lost = over, lost
	return unread(err)
}

// sessions says who is connected to the live database, without ourselves. Of roles that ours may not read the server tells
// neither the name of the program nor the kind of the session.
func (s *server) sessions(ctx context.Context) (all []string, err error) {
	rows, err := s.conn.Query(ctx, `SELECT coalesce(usename::text, ''), count(*) FROM pg_stat_activity
		WHERE datname = $1 AND usesysid IS NOT NULL AND coalesce(backend_type IN ('client backend', 'walsender'), true)
			AND application_name IS DISTINCT FROM current_setting('application_name')
		GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2`, s.target.Name, mostChanges)
	if err != nil {
		return nil, err
	}
	var role string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&role, &n}, func() error {
		all = append(all, ops.Count(n, "session")+" of "+ops.Printable(role, 63))
		return nil
	})
	return all, err
}

// freeName gives a name that no database has, of at most 63 bytes.
func (s *server) freeName(ctx context.Context, wish string) (string, error) {
	if cut := len(wish) - maxBase; cut > 0 { // the end says when
		wish = wish[:len(wish)-dated-cut] + wish[len(wish)-dated:]
	}
	for n := 1; ; n++ {
		name := wish
		if n > 1 {
			name = fmt.Sprintf("%s_%d", wish, n)
		}
		var taken bool
		if err := s.conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&taken); err != nil || !taken {
			return name, err
		}
	}
}

const (
	// dated is the length of "_before_20261123", and of "_undone_20261123".
	dated = 16
	// maxBase leaves room for a number behind the date.
	maxBase = 63 - 3
)

// Over restores a backup beside the live database of t's name, compares it with the manifest, gives it the live one's
// settings, owner and privileges, and then takes its place: sessions are ended, and both are renamed in one transaction.
// The old one stays under a dated name, closed, until Release; Undo brings it back. When it fails or ctx ends before the
// swap, the live one is as it was. Errors are *ops.Error, or of ctx's cause.
func Over(ctx context.Context, s Source, t Target, progress Progress) (Report, error) {
	begun := time.Now()
	server, r, err := arrive(ctx, t, s.Backup.ID)
	if err != nil {
		return r, err
	}
	defer server.close()
	ready, err := server.examineOver(ctx, s)
	if err = errors.Join(err, ready.refused()); err != nil {
		return r, ended(ctx, err)
	}
	guard, err := server.guard(ctx, t.Name, progress)
	if err != nil {
		return r, ended(ctx, err)
	}
	defer closeConn(guard)
	err = server.beside(ctx, s, ready, ready.Over.frame, &r, progress, func(d *scratch) error {
		kept, err := d.swap(ctx, guard, ready.Over.Kept, kept, progress)
		r.Name, r.Kept = t.Name, kept
		return err
	})
	if err != nil {
		r.Name, r.Kept = "", ""
	}
	r.Took = time.Since(begun)
	return r, ended(ctx, err)
}
