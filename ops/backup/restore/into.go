package restore

import (
	"context"
	"errors"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// Report is what a restore did, whatever its error says.
type Report struct {
	Name  string   // of the database that stands; empty: none
	Kept  string   // what was live before, closed and kept under this name; empty: nothing
	Roles []string // that were created, and remain
	Found []string // what was not as the backup's manifest says, a sentence each; then nothing stands
	Notes []string // what people should know, a sentence each
	Left  []string // what a restore that failed could not take away again, a sentence each
	Took  time.Duration
}

// leaves notes what could not be taken away, so that nobody is told that it was.
func (r *Report) leaves(what string, err error) error {
	if err != nil {
		r.Left = append(r.Left, what+" could not be removed; dbbot does that when it is started next.")
	}
	return err
}

// arrive connects, makes this run known, and clears what lost ones left, which the report says. Its errors are those of ctx's
// end already.
func arrive(ctx context.Context, t Target, id backup.ID) (*server, Report, error) {
	s, err := connect(ctx, t, t.application(id))
	if err != nil {
		return nil, Report{}, ended(ctx, err)
	}
	if err := s.claim(ctx); err != nil {
		s.close()
		return nil, Report{}, ended(ctx, err)
	}
	return s, Report{Notes: s.swept(ctx)}, nil
}

// Into restores a backup into a new database of t's name, which is not there until all of it is right: its contents are
// compared with the manifest, it is analysed, and has the settings, owner and privileges of the one it was taken of.
// When it fails or ctx ends, nothing of it remains. Errors are *ops.Error, or of ctx's cause.
func Into(ctx context.Context, s Source, t Target, progress Progress) (Report, error) {
	begun := time.Now()
	server, r, err := arrive(ctx, t, s.Backup.ID)
	if err != nil {
		return r, err
	}
	defer server.close()
	ready, err := server.examine(ctx, s)
	if err == nil && ready.created {
		ready.fault("A database %s is there already: choose another name.", ops.Printable(t.Name, 63))
	}
	if err = errors.Join(err, ready.refused()); err != nil {
		return r, ended(ctx, err)
	}
	err = server.beside(ctx, s, ready, s.Backup.Frame, &r, progress, func(d *scratch) error { return d.appear(ctx, &r) })
	r.Took = time.Since(begun)
	return r, ended(ctx, err)
}

// beside makes the roles, restores under a scratch name, compares, and gives the database its frame. Then last makes it
// what it shall be. When any of it fails, database and roles are removed.
func (s *server) beside(ctx context.Context, from Source, ready Ready, frame backup.Frame, r *Report, progress Progress, last func(*scratch) error) (err error) {
	programs, err := s.programs(from.Backup)
	if err != nil {
		return err
	}
	a, err := from.unpack(ctx, programs, progress)
	if err != nil {
		return r.fault(err)
	}
	defer a.close()
	ready.out.of(a.entries)
	r.Notes = append(append(r.Notes, ready.Notes...), a.notes(ready.out)...)
	if r.Roles, err = s.createRoles(ctx, ready.Roles, from.Backup.ID); err != nil {
		return errors.Join(err, r.leaves("The roles that were made", s.dropRoles(ctx, r)))
	}
	ops.Reached("roles made")
	d, err := s.scratch(ctx, from.Backup, toMake)
	if err != nil {
		return errors.Join(err, r.leaves("The roles that were made", s.dropRoles(ctx, r)))
	}
	if err = d.prepare(ctx, from.Backup, a, ready, frame, r, progress); err == nil {
		err = last(d)
	}
	if errors.Is(err, ErrClosed) {
		return err // its mark is what says so
	}
	if err != nil {
		return errors.Join(err, r.leaves("The unfinished database "+d.name, d.drop(ctx)), r.leaves("The roles that were made", s.dropRoles(ctx, r)))
	}
	s.keepRoles(ctx, r.Roles, from.Backup.ID)
	return nil
}

// prepare fills the database and makes it as good as the one it comes from.
func (d *scratch) prepare(ctx context.Context, b backup.Backup, a *archive, ready Ready, frame backup.Frame, r *Report, progress Progress) error {
	args := []string{}
	if ready.NoOwner != "" {
		args = append(args, "--no-owner")
	} else if err := d.exec(ctx, askWithin, "ALTER DATABASE "+ident(d.name)+" OWNER TO "+ident(frame.Owner)); err != nil {
		return unread(err)
	}
	if d.System != b.Server.System {
		args = append(args, "--no-tablespaces")
	}
	out := ready.out
	if err := d.fill(ctx, a, args, out.omit, progress); err != nil {
		return r.fault(err)
	}
	ops.Reached("filled")
	if err := d.analyse(ctx, progress); err != nil {
		return err
	}
	wrong, err := d.compare(ctx, b, out.expected(b.Contents, a.entries, d.Major == b.Server.Major), progress)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return r.fault(&damage{wrong})
	}
	ops.Reached("compared")
	notes, err := d.frame(ctx, frame)
	r.Notes = append(r.Notes, notes...)
	ops.Reached("framed")
	return err
}

// fault keeps what is wrong with the backup, and makes an error of it.
func (r *Report) fault(err error) error {
	found, other := foundIn(err)
	if other != nil {
		return other
	}
	r.Found = append(r.Found, found...)
	return &ops.Error{Message: "The backup cannot be restored. " + strings.Join(found, " "), Hint: "Another backup may be good: /db backup list says which were verified.", Cause: err}
}

// analyse gives the planner its statistics.
func (d *scratch) analyse(ctx context.Context, progress Progress) error {
	conn, err := d.in(ctx, d.name)
	if err != nil {
		return err
	}
	defer closeConn(conn)
	progress("analysing", 0, 0)
	_, err = conn.Exec(ctx, "ANALYZE")
	return unread(err)
}

// appear gives the database its name.
func (d *scratch) appear(ctx context.Context, r *Report) error {
	d.mark.For = made
	if err := d.shut(ctx, d.name); err != nil {
		return unread(err)
	}
	if err := d.empty(ctx, d.name); err != nil {
		return unread(err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err := d.exec(context.WithoutCancel(ctx), askWithin, "COMMENT ON DATABASE "+ident(d.name)+" IS"+literal(d.mark.String())+
		"; ALTER DATABASE "+ident(d.name)+" ALLOW_CONNECTIONS true"+
		"; ALTER DATABASE "+ident(d.name)+" RENAME TO "+ident(d.target.Name))
	if err != nil && d.stands(ctx, d.target.Name) { // the answer was lost, and nothing else
		err = nil
	}
	if err != nil {
		return unread(err)
	}
	ops.Reached("renamed")
	r.Name = d.target.Name
	return nil
}

// stands says whether a database of a name is the one that this run made.
func (d *scratch) stands(ctx context.Context, name string) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin)
	defer cancel()
	var comment *string
	if d.again(ctx) != nil || d.conn.QueryRow(ctx, commentSQL, name).Scan(&comment) != nil {
		return false
	}
	m, ok := marked(comment)
	return ok && m.String() == d.mark.String()
}

const commentSQL = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1"
