package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"dbbot/ops"
	"dbbot/ops/migrate"
)

const (
	connectWithin = 5 * time.Second
	closeWithin   = time.Second
	// cancelWithin is how long the server may take to stop a statement that was cancelled, before the connection is given
	// up: an index build looks for the signal often, a function in C perhaps never.
	cancelWithin = 15 * time.Second
	// booksWithin is how long writing down what happened may take, also after the run was cancelled.
	booksWithin = 15 * time.Second
)

// alive finds a vanished peer within half a minute, before firewalls forget the connection.
var alive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// application is the name of a request's sessions, by which they are found when their process is gone.
func (o Options) application() string {
	if o.Request == 0 {
		return "dbbot migrations"
	}
	return fmt.Sprintf("dbbot migration %d/%x", o.Request, o.Asked.UnixMicro())
}

// Open connects, and makes sure that this is PostgreSQL itself. Errors are *ops.Error, of ErrUnread where nobody
// answered.
func Open(ctx context.Context, o Options) (*Conn, error) {
	config, err := pgx.ParseConfig(o.URL.Reveal())
	if err != nil { // neither the URL nor pgx's words are shown: both may hold the password
		return nil, &ops.Error{Message: "The connection of " + o.name() + " for migrations cannot be understood.", Hint: "Look at its migrate_url, or url."}
	}
	if config.RuntimeParams["pgbouncer"] != "" {
		return nil, pooled(o)
	}
	config.ConnectTimeout = connectWithin
	config.DialFunc = (&net.Dialer{KeepAliveConfig: alive}).DialContext
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // files may drop what a prepared statement relies on
	config.RuntimeParams["client_encoding"] = "UTF8"
	prismaSchema(o.Tool, config.RuntimeParams)
	config.RuntimeParams["application_name"] = o.application()
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelWithin}
	}
	c := &Conn{options: o, config: config, lockWithin: lockWithin, lockTimeout: lockTimeout, patience: patience}
	return c, c.connect(ctx)
}

// prismaSchema: Prisma works in the schema that its URL names, and in public where it names none, whatever search path
// role and database have.
func prismaSchema(tool migrate.Tool, params map[string]string) {
	schema := params["schema"]
	delete(params, "schema") // PostgreSQL does not know it
	if tool == migrate.Prisma && params["search_path"] == "" {
		params["search_path"] = pgx.Identifier{cmp.Or(schema, "public")}.Sanitize()
	}
}

func (o Options) name() string { return ops.Printable(o.Name, 60) }

// connect opens the session that works.
func (c *Conn) connect(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, c.config)
	if err != nil {
		return c.unreached(err)
	}
	c.work = conn
	if err := c.recognise(ctx); err != nil {
		c.Close()
		return err
	}
	return nil
}

// recognise reads where the connection has led, and refuses what stands between: a pooler gives the pid of its own in
// the beginning, and lends each transaction another session, where locks stay behind.
func (c *Conn) recognise(ctx context.Context) error {
	var pid uint32
	var schema *string
	var replica bool
	err := c.work.QueryRow(ctx, `SELECT pg_backend_pid(), (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()),
		(SELECT system_identifier::text FROM pg_control_system()), current_database()::text, current_schema()::text, current_user::text,
		current_setting('server_version_num')::int, pg_is_in_recovery()`).
		Scan(&pid, &c.begun, &c.server.System, &c.server.Database, &schema, &c.server.Role, &c.server.Version, &replica)
	switch {
	case err != nil:
		return c.unread(err)
	case pid != c.work.PgConn().PID():
		return pooled(c.options)
	case replica:
		return &ops.Error{Message: c.options.name() + " is a replica now, and cannot be changed.", Hint: "After a failover, let migrate_url lead to the new primary; with several hosts, add target_session_attrs=read-write."}
	case schema == nil:
		return &ops.Error{
			Message: "The search path of " + c.options.name() + " names no schema that exists.",
			Hint:    "CREATE SCHEMA, or correct search_path in migrate_url, or of the role or the database.",
		}
	}
	c.server.Schema = *schema
	if _, err := c.work.Exec(ctx, c.guards(), pgx.QueryExecModeSimpleProtocol); err != nil {
		return c.unread(err)
	}
	return nil
}

func pooled(o Options) error {
	return &ops.Error{
		Message: "The connection of " + o.name() + " for migrations leads through a pooler, where locks stay behind and two migrations can run at once.",
		Hint: "Give a direct one as migrate_url: with Neon the host without -pooler, with Supabase port 5432 of the database's own host, " +
			"otherwise PostgreSQL's own address and port.",
	}
}

// unreached says why there is no connection. The server's own words are kept for the log.
func (c *Conn) unreached(err error) error {
	fault := &ops.Error{Message: c.options.name() + " cannot be reached for migrations.", Cause: errors.Join(ErrUnread, err)}
	switch said, _ := errors.AsType[*pgconn.PgError](err); {
	case said != nil && strings.HasPrefix(said.Message, "unsupported startup parameter"): // PgBouncer's words; PostgreSQL has none such
		return pooled(c.options)
	case said == nil:
		fault.Hint = "Is the server up, and do firewall and network let dbbot through? /db status says more."
	case strings.HasPrefix(said.Code, "28"):
		fault.Message, fault.Hint = c.options.name()+" does not let dbbot in for migrations.", "Look at user and password of migrate_url."
	case said.Code == "3D000":
		fault.Message, fault.Hint = c.options.name()+" has no database of the configured name.", "Correct the name at the end of migrate_url."
	default:
		fault.Hint = "It said " + said.Code + "; /db status says more."
	}
	return fault
}

// unread says that something could not be read, over a connection that stood.
func (c *Conn) unread(err error) error {
	said, _ := errors.AsType[*pgconn.PgError](err)
	fault := &ops.Error{Message: c.options.name() + " did not answer.", Hint: "Try again in a moment.", Cause: errors.Join(ErrUnread, err)}
	switch {
	case said == nil:
	case said.Code == insufficientPrivilege:
		fault.Message = "dbbot's role " + ops.Printable(c.server.Role, 60) + " may not read the journal of migrations in " + c.options.name() + "."
		fault.Hint, fault.Cause = "It needs the rights of whoever runs migrations there.", err
	case said.Code == lockNotAvailable:
		fault.Message, fault.Hint = "The journal of migrations in "+c.options.name()+" is locked by somebody.", "/db locks shows by whom."
	default:
		fault.Hint = "It said " + said.Code + "; dbbot's log has its words."
	}
	return fault
}

// SQLSTATEs that mean something of their own here (PostgreSQL, appendix A).
const (
	lockNotAvailable      = "55P03"
	queryCanceled         = "57014"
	insufficientPrivilege = "42501"
	uniqueViolation       = "23505"
)

// guards are the settings under which everything runs. They are set anew for each file, as RESET ALL takes them away.
func (c *Conn) guards() string {
	all := fmt.Sprintf("SET lock_timeout = %d; SET statement_timeout = %d; SET idle_in_transaction_session_timeout = %d; SET standard_conforming_strings = on",
		c.lockTimeout.Milliseconds(), statementTimeout.Milliseconds(), idleTimeout.Milliseconds())
	all += "; " + durable
	if c.server.Version >= 140000 {
		all += "; SET client_connection_check_interval = 1000" // a statement whose dbbot is gone ends within a second
	}
	return all
}

// durable: what is reported as done is on the disk, also where the server may forget its last commits in a crash.
const durable = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"

const (
	// lockTimeout is how long a statement, and everybody who queues behind it, waits for a lock at a time.
	lockTimeout = 2 * time.Second
	// statementTimeout ends what nobody would wait for: a file that takes longer sets its own.
	statementTimeout = 12 * time.Hour
	// idleTimeout frees the locks of a process that stands still, but does not die.
	idleTimeout = time.Minute
)
