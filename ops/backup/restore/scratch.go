package restore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// scratchPrefix begins the names of databases that nobody needs once their process is gone.
const scratchPrefix = "dbbot_scratch_"

// scratchClass is the first number of the advisory lock that the maker of a scratch database holds, in whatever database
// its session is; the second is the hash of the name. A scratch database without it is left over.
const scratchClass = 0x64627363

// mark is what stands in the comment of a database of ours, so that its purpose is told by itself, also after a crash.
type mark struct {
	For     purpose   `json:"dbbot"`
	Backup  backup.ID `json:"backup"`
	Request int64     `json:"request,omitempty"`
	Asked   time.Time `json:"asked,omitzero"`
	By      string    `json:"by,omitempty"`
	At      time.Time `json:"at"`
	Of      string    `json:"of,omitempty"`   // the live database
	Was     *string   `json:"was,omitempty"`  // the comment that stood here before; nil: none
	Swap    bool      `json:"swap,omitempty"` // about to take the place of Of, which is closed meanwhile
}

type purpose string

const (
	toVerify purpose = "verification"
	toMake   purpose = "restore"  // under a scratch name
	made     purpose = "restored" // stands under its name
	kept     purpose = "kept"     // was the live one until a restore took its place
	undone   purpose = "undone"   // the outcome of a restore that was taken back
	role     purpose = "role"     // made for a restore
)

// ours says whether a mark was made for this target's request.
func (m mark) ours(t Target) bool {
	return m.Request == t.Request && m.Asked.Equal(t.Asked)
}

func (m mark) String() string {
	text, _ := json.Marshal(m) // plain data cannot fail
	return string(text)
}

// marked reads a comment; false where it is nobody's of ours.
func marked(comment *string) (m mark, ok bool) {
	return m, comment != nil && strings.HasPrefix(*comment, `{"dbbot":`) && json.Unmarshal([]byte(*comment), &m) == nil
}

// scratch is a database that is being filled.
type scratch struct {
	*server
	name string
	mark mark
}

// scratch makes an empty database as that of the backup is, and locks its name for as long as the session lives.
func (s *server) scratch(ctx context.Context, b backup.Backup, why purpose) (*scratch, error) {
	d := &scratch{server: s, name: scratchPrefix + random()}
	d.mark = mark{For: why, Backup: b.ID, Request: s.target.Request, Asked: s.target.Asked, By: s.target.By, At: time.Now().UTC().Truncate(time.Second)}
	if why == toMake {
		d.mark.Of = s.target.Name
	}
	if _, err := s.conn.Exec(ctx, "SELECT pg_advisory_lock($1, hashtext($2))", scratchClass, d.name); err != nil {
		return nil, unread(err)
	}
	ops.Reached("scratch named")
	err := s.exec(ctx, makeWithin, "CREATE DATABASE "+ident(d.name)+" TEMPLATE template0"+asOf(b.Server, s.Major))
	if err == nil {
		ops.Reached("scratch made")
		err = d.comment(ctx)
	}
	if err != nil {
		return nil, errors.Join(s.unmade(err, b.Server), d.drop(ctx))
	}
	return d, nil
}

// asOf gives a new database the encoding and collation of the old one.
func asOf(from backup.Server, major int) string {
	sql := " ENCODING" + literal(from.Encoding)
	switch {
	case from.Provider == "libc" && major >= 15:
		sql += " LOCALE_PROVIDER libc"
	case from.Provider == "icu" && major >= 15:
		sql += " LOCALE_PROVIDER icu ICU_LOCALE" + literal(from.Locale)
	case from.Provider == "builtin" && major >= 17:
		sql += " LOCALE_PROVIDER builtin BUILTIN_LOCALE" + literal(from.Locale)
	}
	if from.Collation != "" {
		sql += " LC_COLLATE" + literal(from.Collation) + " LC_CTYPE" + literal(from.Ctype)
	}
	return sql
}

// unmade says why there is no database.
func (s *server) unmade(err error, from backup.Server) error {
	said, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok:
		return unread(err)
	case said.Code == insufficientPrivilege:
		return &ops.Error{
			Message: "The role " + ops.Printable(s.Role, 63) + " may not create databases on " + s.where() + ".",
			Hint:    "ALTER ROLE … CREATEDB, or give a restore_url of a role that may.", Cause: err,
		}
	case strings.Contains(said.Message, "locale"), strings.Contains(said.Message, "encoding"):
		return &ops.Error{
			Message: fmt.Sprintf("The server has no collation %s for the encoding %s.", ops.Printable(from.Collation, 60), from.Encoding),
			Hint:    "Install that locale on the server's machine, or restore on a server that has it.", Cause: err,
		}
	}
	return unread(err)
}

func (d *scratch) comment(ctx context.Context) error {
	return d.exec(ctx, askWithin, "COMMENT ON DATABASE "+ident(d.name)+" IS"+literal(d.mark.String()))
}

// drop removes the database whatever became of ctx and of the session, with whoever is still connected.
func (d *scratch) drop(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	reached, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	err := d.again(reached)
	if err == nil {
		ops.Reached("dropping")
		err = d.exec(ctx, makeWithin, "DROP DATABASE IF EXISTS "+ident(d.name)+" WITH (FORCE)")
	}
	if err != nil {
		return &ops.Error{Message: "The scratch database " + d.name + " could not be removed.", Hint: "dbbot tries again before its next backup or restore; DROP DATABASE removes it, too.", Cause: err}
	}
	_ = d.exec(ctx, askWithin, fmt.Sprintf("SELECT pg_advisory_unlock(%d, hashtext(%s))", scratchClass, literal(d.name))) // or the session's end does
	return nil
}

// leftSQL finds scratch databases, and those that are being brought back, whose process's session is gone.
const leftSQL = `SELECT datname::text, shobj_description(d.oid, 'pg_database') FROM pg_database d
	WHERE (datname ~ '^dbbot_scratch_[a-z0-9]{10}$' OR shobj_description(d.oid, 'pg_database') LIKE '{"dbbot":"%"swap":true}') AND pg_has_role(datdba, 'MEMBER')
		AND NOT EXISTS (SELECT FROM pg_locks l WHERE ` + lockOfSQL + ` = hashtext(datname::text)::bigint & 4294967295)`

// lockOfSQL is a condition on pg_locks, whose last part is to be compared with the hash of a name, without its sign.
const lockOfSQL = `l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid::bigint = $1::bigint AND l.objid::bigint`

// sweep removes what lost processes left on the server, and says what; never what a living one works on.
func (s *server) sweep(ctx context.Context) (removed []string, err error) {
	rows, err := s.conn.Query(ctx, leftSQL, scratchClass)
	if err != nil {
		return nil, unread(err)
	}
	type leftover struct {
		Name    string
		Comment *string
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[leftover])
	if err != nil {
		return nil, unread(err)
	}
	for _, left := range all {
		did, err := s.tidy(ctx, &scratch{server: s, name: left.Name}, left.Comment)
		removed = append(removed, did...)
		if err != nil {
			return removed, err
		}
	}
	roles, err := s.sweepRoles(ctx)
	return append(removed, roles...), err
}

// swept is sweep before something else, which what cannot be put right does not hinder.
func (s *server) swept(ctx context.Context) []string {
	did, err := s.sweep(ctx)
	if fault, ok := errors.AsType[*ops.Error](err); ok {
		did = append(did, fault.Message)
	}
	return did
}

// tidy puts right what one lost process left: the live database is opened first.
func (s *server) tidy(ctx context.Context, d *scratch, comment *string) (did []string, err error) {
	d.mark, _ = marked(comment)
	if d.mark.Swap {
		if did, err = s.reopen(ctx, d.mark.Of); err != nil {
			return did, err
		}
	}
	if !strings.HasPrefix(d.name, scratchPrefix) { // it was about to be brought back, and stays kept
		d.mark.Swap = false
		return did, unread(d.comment(ctx))
	}
	if err := d.drop(ctx); err != nil {
		return did, err
	}
	return append(did, "Removed the database "+d.name+", which "+d.mark.left()+" left behind."), nil
}

func (m mark) left() string {
	switch m.For {
	case "":
		return "a process that ended at once"
	case toVerify:
		return "a verification of " + ops.Printable(string(m.Backup), 100)
	}
	return "a restore of " + ops.Printable(string(m.Backup), 100)
}

// Sweep removes what lost processes left on a server and in temporary folders here, puts connections back that one of
// them had closed, and says what it did, a sentence each. What a living process works on is left alone.
func Sweep(ctx context.Context, url ops.Secret) (done []string, err error) {
	done = tidyPlaces()
	s, err := connect(ctx, Target{URL: url}, "dbbot sweep")
	if err != nil {
		return done, err
	}
	defer s.close()
	removed, err := s.sweep(ctx)
	return append(done, removed...), err
}
