package rehearse

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
)

// locale of a database.
type locale struct{ Encoding, Collate, Ctype string }

// real is the database that is rehearsed for, looked at through a session that cannot write.
type real struct {
	*pgx.Conn
	database string
	version  int
	role     string
	path     string // the search path that its migrations begin with, as SET takes it
	zone     string
	locale   locale
	schema   schema
}

func openReal(ctx context.Context, o Options, application string) (*real, error) {
	config, err := opened(o.URL, application, "")
	if err != nil {
		return nil, err
	}
	c, err := connect(ctx, config, looking())
	if err != nil {
		return nil, err
	}
	r := &real{Conn: c}
	err = r.QueryRow(ctx, `SELECT current_database()::text, current_setting('server_version_num')::int, current_user::text, current_setting('TimeZone'),
		coalesce((SELECT string_agg(quote_ident(s), ', ') FROM unnest(current_schemas(false)) s), '""'),
		pg_encoding_to_char(encoding), datcollate::text, datctype::text FROM pg_database WHERE datname = current_database()`).
		Scan(&r.database, &r.version, &r.role, &r.zone, &r.path, &r.locale.Encoding, &r.locale.Collate, &r.locale.Ctype)
	if err == nil {
		r.schema, err = readSchema(ctx, c)
	}
	if err != nil {
		shut(c)
		return nil, err
	}
	return r, nil
}

// place is where the scratch database will be.
type place struct {
	url     ops.Secret
	maker   *pgx.Conn // in a database that nobody needs to be alone with
	version int
	same    bool   // it is the server of the real database
	rows    string // the database whose rows are copied; empty: a schema without rows
	doubt   string // why rows are not copied, though there are some
}

// copyAtMost is how large a database may be whose rows are copied, in bytes: 1 GB takes about 5 s.
const copyAtMost = 1 << 30

// openPlace goes to the server for rehearsals, and refuses what could harm the real database. Errors are *ops.Error.
func openPlace(ctx context.Context, o Options, r *real, application string) (*place, error) {
	p := &place{url: o.place()}
	var err error
	if p.maker, err = makerOf(ctx, o, application); err != nil {
		return nil, err
	}
	if err := p.look(ctx, o, r); err != nil {
		shut(p.maker)
		return nil, err
	}
	return p, nil
}

// place is the address of the server for rehearsals.
func (o Options) place() ops.Secret { return cmp.Or(o.Scratch, o.Beside, o.URL) }

// makerOf opens the session that makes and removes scratch databases. Errors are *ops.Error.
func makerOf(ctx context.Context, o Options, application string) (*pgx.Conn, error) {
	config, err := opened(o.place(), application, "")
	if err != nil {
		return nil, err
	}
	c, err := connect(ctx, config, making())
	if err != nil {
		return nil, unreached(o, err)
	}
	return c, nil
}

// making are the settings of the session that creates and drops the scratch database.
func making() map[string]string {
	return map[string]string{"statement_timeout": "0", "lock_timeout": milliseconds(readWithin)}
}

// found is what the server for rehearsals says of itself, and of dbbot's role there.
type found struct {
	database string
	bytes    int64
	may      bool // make databases
	strong   bool // act beyond them: on files, programs and everything else of the server
	replica  bool
}

func (p *place) look(ctx context.Context, o Options, r *real) error {
	var f found
	err := p.maker.QueryRow(ctx, `SELECT rolcreatedb OR rolsuper, rolsuper OR EXISTS (SELECT FROM pg_roles strong WHERE pg_has_role(me.oid, strong.oid, 'MEMBER') AND (strong.rolsuper
			OR strong.rolname IN ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files'))),
		pg_is_in_recovery(), current_setting('server_version_num')::int, current_database()::text, pg_database_size(current_database())
		FROM pg_roles me WHERE rolname = current_user`).Scan(&f.may, &f.strong, &f.replica, &p.version, &f.database, &f.bytes)
	if err == nil {
		p.same, err = r.sees(ctx, p.maker)
	}
	if err != nil {
		return unreached(o, err)
	}
	if err := p.refuse(o, r, f); err != nil {
		return err
	}
	if o.Scratch == "" || p.same {
		return nil
	}
	schema, err := readSchema(ctx, p.maker)
	switch {
	case err != nil:
		return unreached(o, err)
	case schema.sum(nil) != r.schema.sum(nil): // another database than a branch of this one, or an old branch
	case f.bytes > copyAtMost:
		p.doubt = "its database is too large to be copied each time"
	default:
		p.rows = f.database
		return p.stepAside(ctx)
	}
	return nil
}

// refuse keeps rehearsals where they belong.
func (p *place) refuse(o Options, r *real, f found) error {
	name, role := ops.Printable(o.Name, nameRunes), pgx.Identifier{p.maker.Config().User}.Sanitize()
	const another = "Give another server, or a branch, as rehearsal_url."
	switch {
	case p.same && o.Scratch != "" && f.database == r.database:
		return &ops.Error{Message: "rehearsal_url leads to " + name + " itself.", Hint: another}
	case p.same && f.strong:
		return &ops.Error{
			Message: "On the server of " + name + " nothing is rehearsed with the rights of " + ops.Printable(role, nameRunes) + ", which reach beyond a scratch database.",
			Hint:    "Give a role as restore_url that has CREATEDB, and is no superuser; or another server as rehearsal_url.",
		}
	case f.replica:
		return &ops.Error{Message: "The server for rehearsals is a replica, where nothing can be made.", Hint: another}
	case !f.may:
		return &ops.Error{
			Message: "dbbot's role " + ops.Printable(role, nameRunes) + " may not make databases on the server for rehearsals.",
			Hint:    "ALTER ROLE " + ops.Printable(role, nameRunes) + " CREATEDB; -- there, or give another server as rehearsal_url",
		}
	}
	return nil
}

// sees tells whether another session is on the very same server, whatever the addresses say: a lock that is taken here
// shows there. A branch or a clone has the same system identifier, and another server.
func (r *real) sees(ctx context.Context, other *pgx.Conn) (bool, error) {
	var random [8]byte
	rand.Read(random[:])                                              // never fails (crypto/rand, Go 1.24)
	key := int64(binary.LittleEndian.Uint64(random[:]) & (1<<63 - 1)) //nolint:gosec // it has 63 bits
	if _, err := r.Exec(ctx, "SELECT pg_advisory_lock($1)", key); err != nil {
		return false, err
	}
	same, err := held(ctx, other, key)
	_, unlock := r.Exec(ctx, "SELECT pg_advisory_unlock($1)", key)
	return same, errors.Join(err, unlock)
}

// stepAside moves the maker to another database, as one that is copied must be left alone. Where others are in it,
// PostgreSQL would wait five seconds for them in vain.
func (p *place) stepAside(ctx context.Context) error {
	var others bool
	err := p.maker.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() AND backend_type = 'client backend')", p.rows).Scan(&others)
	switch {
	case err != nil:
		return err
	case others:
		p.rows, p.doubt = "", inUse
		return nil
	}
	for _, database := range []string{"postgres", "template1"} {
		config := p.maker.Config()
		config.Database = database
		if c, err := connect(ctx, config, making()); err == nil {
			shut(p.maker)
			p.maker = c
			return nil
		}
	}
	p.rows, p.doubt = "", "its server has no other database from which it could be copied"
	return nil
}

const inUse = "its database is in use, or another role's"

func unreached(o Options, err error) error {
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		return marked
	}
	where := "rehearsal_url"
	switch {
	case o.Scratch != "":
	case o.Beside != "":
		where = "restore_url"
	default:
		where = "migrate_url"
	}
	fault := &ops.Error{Message: "The server for rehearsals did not answer.", Hint: "Look at " + where + ".", Cause: err}
	if c := code(err); c != "" {
		fault.Hint = "It said " + c + "; look at " + where + "."
	}
	return fault
}
