package restore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// Ready is what a restore would do and what it would meet, before anything is changed.
type Ready struct {
	Name    string   // of the database that will be there, or whose place is taken
	Where   string   // the server
	System  string   // its system identifier
	Major   int      // its version
	Client  string   // "pg_restore (PostgreSQL) 15.18"
	Roles   []string // that are missing there, and are created without a login first
	NoOwner string   // who owns everything afterwards, where the role may not give it to those who did; else empty
	Notes   []string // what people should know, a sentence each
	Faults  []string // why it cannot be done, a sentence each, all of them at once
	Over    *Live    // nil: into a new database
	Now     Now

	out     leaveOut
	strange []string // owners of which the role is no member
	created bool     // the target's database exists
}

// Now is what may be another in a moment, and so is nothing to compare plans by.
type Now struct {
	Needs int64 // bytes on the server, about
	Free  int64 // bytes there; -1: cannot be seen from here
	Lost  *Lost // nil: into a new database
}

// Examine says what restoring into a new database of t's name means. An error means that nobody could tell.
func Examine(ctx context.Context, s Source, t Target) (Ready, error) {
	server, err := connect(ctx, t, t.application(s.Backup.ID))
	if err != nil {
		return Ready{}, ended(ctx, err)
	}
	defer server.close()
	r, err := server.examine(ctx, s)
	if err == nil && r.created {
		r.fault("A database %s is there already: choose another name.", ops.Printable(t.Name, 63))
	}
	return r, ended(ctx, err)
}

func (r *Ready) fault(format string, args ...any) {
	r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
}

func (r *Ready) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// refused makes one error of all faults.
func (r Ready) refused() error {
	if len(r.Faults) == 0 {
		return nil
	}
	return &ops.Error{Message: strings.Join(r.Faults, " ")}
}

// ended prefers the reason why ctx ended to what that led to.
func ended(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return errors.Join(context.Cause(ctx), err)
}

// examine looks at everything that both kinds of restore need.
func (s *server) examine(ctx context.Context, from Source) (r Ready, err error) {
	b := from.Backup
	r = Ready{Name: s.target.Name, Where: s.where(), System: s.System, Major: s.Major, Now: Now{Needs: b.Server.Bytes, Free: -1}}
	if !nameable(s.target.Name) {
		r.fault("%s cannot be the name of a database that is restored.", ops.Printable(s.target.Name, 63))
	}
	if from.locked() {
		r.fault("The backup is encrypted, and no age identity is configured that opens it: give one as identity, or in DBBOT_AGE_IDENTITY.")
	}
	if programs, err := s.programs(b); err != nil {
		r.fault("%s", err)
	} else {
		r.Client = strings.Replace(programs.Version, "pg_dump", "pg_restore", 1)
	}
	if !s.CreateDB {
		r.fault("The role %s may not create databases: ALTER ROLE … CREATEDB.", ops.Printable(s.Role, 63))
	}
	if r.out, err = s.lacks(ctx, b); err != nil {
		return r, err
	}
	r.extensions()
	if err := s.people(ctx, b, &r); err != nil {
		return r, err
	}
	return r, s.room(ctx, &r)
}

// nameable says whether a restore may end in a database of this name: not in the server's own, nor in one that is swept.
func nameable(name string) bool {
	own := []string{"postgres", "template0", "template1", ""}
	return len(name) <= 63 && !slices.Contains(own, name) && !strings.HasPrefix(name, scratchPrefix) && !strings.ContainsAny(name, "\x00\r\n")
}

// onlooking are extensions that show things about a server: no data needs them.
var onlooking = []string{
	"amcheck", "auto_explain", "hypopg", "pageinspect", "pg_buffercache", "pg_freespacemap", "pg_prewarm", "pg_qualstats", "pg_stat_kcache",
	"pg_stat_monitor", "pg_stat_statements", "pg_visibility", "pg_wait_sampling", "pg_walinspect", "pgaudit", "pgrowlocks", "pgstattuple",
}

// needed are those that are missing, and without which data may not be restored.
func (l leaveOut) needed() map[string]bool {
	all := map[string]bool{}
	for name := range l.extensions {
		if !slices.Contains(onlooking, name) {
			all[name] = true
		}
	}
	return all
}

func (r *Ready) extensions() {
	needed := r.out.needed()
	if len(needed) > 0 {
		r.fault("The role may not create these extensions there, or they are not installed: %s. Install them on that server, or let restore_url be a superuser's.", list(needed))
	}
	for name := range r.out.extensions {
		if !needed[name] {
			r.note("The extension %s is left out, since only a superuser may create it there; no data needs it.", ops.Printable(name, 63))
		}
	}
	slices.Sort(r.Notes)
}

// people looks at the roles that the backup's objects belong to, of which ours must be a member, or are granted to.
func (s *server) people(ctx context.Context, b backup.Backup, r *Ready) error {
	r.Roles = slices.Sorted(maps.Keys(r.out.roles))
	if len(r.Roles) > 0 && !s.CreateRole {
		r.fault("These roles are missing there, and the role %s may not create them: %s. CREATE ROLE … NOLOGIN for each, or ALTER ROLE … CREATEROLE for ours.",
			ops.Printable(s.Role, 63), list(r.out.roles))
	}
	owners := b.Owners
	if owners == nil {
		owners = b.Roles
	}
	var strange []string // that exist, and that ours may not give anything to
	err := s.conn.QueryRow(ctx, `SELECT coalesce(array_agg(rolname::text ORDER BY rolname), '{}') FROM pg_roles WHERE rolname = ANY ($1)
		AND NOT pg_has_role(rolname, 'MEMBER')`, owners).Scan(&strange)
	if err != nil {
		return unread(err)
	}
	if !s.Super && len(strange) > 0 {
		r.NoOwner = s.Role
		r.strange = strange
		r.note("Everything in it will belong to %s, which is no member of %s, and may not give objects back to whom they belonged.",
			ops.Printable(s.Role, 63), ops.Printable(strings.Join(strange, ", "), 300))
	}
	return nil
}

// room looks at connections and, where the server is on this machine, at its disk.
func (s *server) room(ctx context.Context, r *Ready) error {
	var dir *string
	err := s.conn.QueryRow(ctx, `SELECT CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END,
		EXISTS (SELECT FROM pg_database WHERE datname = $1)`, s.target.Name).Scan(&dir, &r.created)
	if err != nil {
		return unread(err)
	}
	slots, err := s.slots(ctx)
	if err != nil {
		return err
	}
	if slots < others+1 {
		r.fault("The server has %s left, and a restore needs %d at least: end idle sessions there, or raise max_connections.", ops.Count(max(slots, 0), "connection"), others+1)
	}
	if dir != nil && s.local() {
		if n := free(*dir); n > 0 {
			r.Now.Free = n
		}
	}
	if r.Now.Free >= 0 && r.Now.Free < r.Now.Needs+r.Now.Needs/5 {
		r.fault("The server's disk has %d MB left, and the database needs about %d MB: free space there first.", r.Now.Free>>20, (r.Now.Needs+r.Now.Needs/5)>>20)
	}
	return nil
}

// others is how many connections a restore needs beside its jobs: one keeps migrations away, one watches, and two are left
// for others.
const others = 4

// slots is how many connections the server has left for us.
func (s *server) slots(ctx context.Context) (n int, err error) {
	err = s.conn.QueryRow(ctx, `SELECT current_setting('max_connections')::int - (SELECT count(*) FROM pg_stat_activity
			WHERE usesysid IS NOT NULL AND coalesce(backend_type = 'client backend', true))::int
		- CASE WHEN $1 THEN 0 ELSE current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0) END`, s.Super).Scan(&n)
	return n, unread(err)
}

// jobs is how many sessions restore at once: as many as were wished for, and as the server has connections for.
func (s *server) jobs(ctx context.Context) (int, error) {
	slots, err := s.slots(ctx)
	return max(1, min(s.target.jobs(), slots-others)), err
}

// local says whether the server is on this machine, so that its disk is ours.
func (s *server) local() bool {
	if strings.HasPrefix(s.config.Host, "/") {
		return true
	}
	at, ok := s.conn.PgConn().Conn().RemoteAddr().(*net.TCPAddr)
	return ok && at.IP.IsLoopback()
}
