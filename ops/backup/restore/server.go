package restore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/client"
)

const (
	connectWithin = 10 * time.Second
	closeWithin   = time.Second
	// askWithin bounds a question that reads a catalogue, or a statement that changes a row of one.
	askWithin = 30 * time.Second
	// makeWithin is how long a database may take to be made or dropped: files are copied or removed, after a checkpoint.
	makeWithin = 5 * time.Minute
)

// alive finds a vanished peer within half a minute.
var alive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// server is a session beside the databases that are made and renamed.
type server struct {
	conn   *pgx.Conn
	config *pgx.ConnConfig // of the session
	target Target

	Major      int
	System     string
	Role       string
	Super      bool
	CreateDB   bool
	CreateRole bool
}

// connect opens a session in a database that is nobody's: one that is to be renamed may have none.
func connect(ctx context.Context, t Target, application string) (*server, error) {
	config, err := parse(t.URL, application)
	if err != nil {
		return nil, err
	}
	own := config.Database
	for _, database := range []string{"postgres", own, "template1"} {
		if database == t.Name {
			continue
		}
		config.Database = database
		conn, failed := pgx.ConnectConfig(ctx, config)
		if failed == nil {
			s := &server{conn: conn, config: config, target: t}
			if err := s.recognise(ctx); err != nil {
				s.close()
				return nil, err
			}
			return s, nil
		}
		err = failed
		if said, ok := errors.AsType[*pgconn.PgError](failed); !ok || said.Code != noDatabase && said.Code != insufficientPrivilege {
			break
		}
	}
	return nil, unreached(err)
}

// SQLSTATEs that mean something of their own here (PostgreSQL, appendix A).
const (
	noDatabase            = "3D000"
	insufficientPrivilege = "42501"
)

func parse(url ops.Secret, application string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url.Reveal())
	if err != nil { // neither the URL nor pgx's words are shown: both may hold the password
		return nil, &ops.Error{Message: "The connection for restoring cannot be understood.", Hint: "Look at restore_url, else migrate_url, else backup_url."}
	}
	config.ConnectTimeout = connectWithin
	config.DialFunc = (&net.Dialer{KeepAliveConfig: alive}).DialContext
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	for _, foreign := range []string{"schema", "pgbouncer", "connection_limit", "pool_timeout"} { // Prisma's: no server knows them
		delete(config.RuntimeParams, foreign)
	}
	config.RuntimeParams["client_encoding"] = "UTF8"
	config.RuntimeParams["statement_timeout"] = "0" // whatever role and database have
	config.RuntimeParams["idle_session_timeout"] = "0"
	config.RuntimeParams["default_transaction_read_only"] = "off"
	config.RuntimeParams["lock_timeout"] = "10s"
	config.RuntimeParams["synchronous_commit"] = "on" // what is reported stays, with all that was written before it
	config.RuntimeParams["application_name"] = application
	return config, nil
}

// recognise reads where the session has led, and refuses what cannot be worked with.
func (s *server) recognise(ctx context.Context) error {
	var pid uint32
	var replica bool
	err := s.conn.QueryRow(ctx, `SELECT pg_backend_pid(), pg_is_in_recovery(), current_setting('server_version_num')::int / 10000,
		(SELECT system_identifier::text FROM pg_control_system()), rolname::text, rolsuper, rolcreatedb OR rolsuper, rolcreaterole OR rolsuper
		FROM pg_roles WHERE rolname = current_user`).Scan(&pid, &replica, &s.Major, &s.System, &s.Role, &s.Super, &s.CreateDB, &s.CreateRole)
	switch {
	case err != nil:
		return unread(err)
	case pid != s.conn.PgConn().PID():
		return &ops.Error{
			Message: "The connection for restoring leads through a pooler.",
			Hint:    "Give a direct one as restore_url: PostgreSQL's own address and port.",
		}
	case replica:
		return &ops.Error{Message: "The server for restoring is a replica, and cannot be changed.", Hint: "Let restore_url lead to a primary."}
	}
	return nil
}

// close ends the session, and with it all locks: the server notices a moment later, so that they are given back first.
func (s *server) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if !s.conn.IsClosed() {
		_, _ = s.conn.Exec(ctx, "SELECT pg_advisory_unlock_all()") // or the session's end does it
	}
	closeConn(s.conn)
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	_ = conn.Close(ctx) // it may be broken already
}

// where says which server it is, without secrets.
func (s *server) where() string {
	if strings.HasPrefix(s.config.Host, "/") {
		return s.config.Host
	}
	return net.JoinHostPort(s.config.Host, strconv.Itoa(int(s.config.Port)))
}

// in opens a session in another database of the server.
func (s *server) in(ctx context.Context, database string) (*pgx.Conn, error) {
	config := s.config.Copy()
	config.Database = database
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, unreached(err)
	}
	return conn, nil
}

// exec runs statements that change something, within a bound: several are one transaction.
func (s *server) exec(ctx context.Context, within time.Duration, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	_, err := s.conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	return err
}

// again makes sure that the session stands: it may have been lost since it was last needed.
func (s *server) again(ctx context.Context) error {
	if !s.conn.IsClosed() && s.conn.Ping(ctx) == nil {
		return nil
	}
	s.close()
	conn, err := pgx.ConnectConfig(ctx, s.config)
	if err == nil {
		s.conn = conn
		return nil
	}
	return unreached(err)
}

func unreached(err error) error {
	fault := &ops.Error{Message: "The server for restoring cannot be reached.", Hint: "Is it up, and do firewall and network let dbbot through?", Cause: err}
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		fault.Message = "The server for restoring does not let dbbot in."
		fault.Hint = "It said " + said.Code + ". Look at user, password and database of restore_url, else migrate_url, else backup_url."
	}
	return fault
}

// unread says that something could not be read or done over a connection that stood; nil stays nil, and words stay words.
func unread(err error) error {
	if _, said := errors.AsType[*ops.Error](err); said || err == nil {
		return err
	}
	fault := &ops.Error{Message: "The server for restoring did not answer.", Hint: "Try again in a moment.", Cause: err}
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		fault.Message = "The server for restoring refused: " + ops.Printable(ops.Redact(said.Message), longestWords) + "."
		fault.Hint = ""
	}
	return fault
}

func ident(name string) string { return pgx.Identifier{name}.Sanitize() }

// literal quotes a text for a statement that takes no parameters.
func literal(text string) string {
	return " E'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

func random() string { return strings.ToLower(rand.Text()[:10]) }

// programs finds the pg_restore to use: the server's own, or the archive's where that is not here.
func (s *server) programs(b backup.Backup) (p client.Programs, err error) {
	from := b.Server.Major
	if s.Major < from {
		return p, &ops.Error{
			Message: fmt.Sprintf("This backup is of PostgreSQL %d, and the server is %d: nothing restores into an older version.", from, s.Major),
			Hint:    fmt.Sprintf("Restore it into a server of version %d or later.", from),
		}
	}
	for _, major := range slices.Compact([]int{s.Major, from}) {
		if p, err = client.Find(major); err == nil {
			return p, nil
		}
	}
	return p, err
}
