package dump

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/client"
)

const (
	connectWithin = 5 * time.Second
	closeWithin   = time.Second
	// askWithin bounds a question to the catalogue.
	askWithin = 30 * time.Second
	// cancelWithin is how long the server may take to stop a statement that was cancelled.
	cancelWithin = 5 * time.Second
)

// alive finds a vanished peer within half a minute, before firewalls forget the connection.
var alive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// prefix of the names of our sessions, by which Sweep finds them. Those that do not hold the lock yet are called looking.
const prefix, looking = "dbbot backup ", "preflight"

// application is the name of a backup's sessions. PostgreSQL cuts at 63 bytes: the end of an id tells it from others.
func application(id backup.ID) string {
	const most = 63 - len(prefix)
	return prefix + string(id[max(0, len(id)-most):])
}

// keepAlive are the settings by which the server itself ends a session whose dbbot is gone without a word: with its machine,
// or behind a network that broke. A store that stalls is given up long before tcp_user_timeout.
func keepAlive(major int) (options []string) {
	for name, value := range lifelines(major) {
		options = append(options, client.Setting(name, value))
	}
	return options
}

func lifelines(major int) map[string]string {
	all := map[string]string{
		"tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
		"tcp_user_timeout": strconv.FormatInt(2*usual.stall.Milliseconds(), 10),
	}
	if major >= 14 {
		all["client_connection_check_interval"] = "1000"
	}
	return all
}

// patient are settings of our own sessions: nothing that role or database have set for others ends them.
var patient = map[string]string{
	"statement_timeout": "0", "lock_timeout": "60000", "idle_in_transaction_session_timeout": "0", "idle_session_timeout": "0", "transaction_timeout": "0",
	"default_transaction_deferrable": "off", "row_security": "off",
}

// open connects to the server itself, and says where that is. Its errors are *ops.Error.
func open(ctx context.Context, o Options, name string, at client.Place) (*pgx.Conn, client.Place, error) {
	config, err := pgx.ParseConfig(o.URL.Reveal())
	if err != nil { // neither the URL nor pgx's words are shown: both may hold the password
		return nil, at, &ops.Error{Message: "The connection of " + o.name() + " for backups cannot be understood.", Hint: "Look at its backup_url, or url."}
	}
	if config.RuntimeParams["pgbouncer"] != "" {
		return nil, at, pooled(o)
	}
	delete(config.RuntimeParams, "schema") // Prisma's
	config.ConnectTimeout = connectWithin
	config.DialFunc = (&net.Dialer{KeepAliveConfig: alive}).DialContext
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.RuntimeParams["client_encoding"] = "UTF8"
	config.RuntimeParams["application_name"] = name
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelWithin}
	}
	var guide client.Guide
	guide.Watch(&config.Config)
	pin(&config.Config, at)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, at, unreached(o, err)
	}
	if err := recognise(ctx, o, conn); err != nil {
		shut(conn)
		return nil, at, err
	}
	if at == (client.Place{}) {
		at = guide.Place(conn.PgConn().Conn())
	}
	return conn, at, nil
}

// pin lets the name of a server mean the one where the first connection went.
func pin(config *pgconn.Config, at client.Place) {
	if at.Address == "" {
		return
	}
	lookup := config.LookupFunc
	config.LookupFunc = func(ctx context.Context, host string) ([]string, error) {
		if host == at.Host {
			return []string{net.JoinHostPort(at.Address, strconv.Itoa(int(at.Port)))}, nil
		}
		return lookup(ctx, host)
	}
}

// recognise makes sure that this is no pooler, and not a replica. A pooler gives the pid of its own in the beginning, and
// lends each transaction another session: a snapshot cannot be exported, and settings stay behind.
func recognise(ctx context.Context, o Options, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var pid uint32
	var replica bool
	var version int
	err := conn.QueryRow(ctx, "SELECT pg_backend_pid(), pg_is_in_recovery(), current_setting('server_version_num')::int / 10000").Scan(&pid, &replica, &version)
	switch {
	case err != nil:
		return unreached(o, err)
	case pid != conn.PgConn().PID():
		return pooled(o)
	case replica:
		return &ops.Error{
			Message: "The connection of " + o.name() + " for backups leads to a replica, which may cancel a long dump at any moment, and knows nothing of migrations that run on the primary.",
			Hint:    "Let backup_url lead to the primary; with several hosts, add target_session_attrs=read-write.",
		}
	}
	var names, values []string
	for _, all := range []map[string]string{patient, lifelines(version)} {
		for name, value := range all {
			names, values = append(names, name), append(values, value)
		}
	}
	_, err = conn.Exec(ctx, "SELECT set_config(n, v, false) FROM unnest($1::text[], $2::text[]) s (n, v) WHERE EXISTS (SELECT FROM pg_settings WHERE name = n)", names, values)
	if err != nil {
		return unreached(o, err)
	}
	return nil
}

// rename gives the guard the name of the backup, now that it holds the lock: whoever has such a name, while nobody holds
// the lock, is lost.
func (s *survey) rename(ctx context.Context, name string) error {
	s.name = name
	_, err := s.guard.Exec(ctx, "SELECT set_config('application_name', $1, false)", name)
	return err
}

func shut(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	_ = conn.Close(ctx) // it may be broken
}

func pooled(o Options) *ops.Error {
	return &ops.Error{
		Message: "The connection of " + o.name() + " for backups leads through a pooler, which cannot keep one snapshot for a dump and its counts.",
		Hint: "Give a direct one as backup_url: with Neon the host without -pooler, with Supabase port 5432 of the database's own host, " +
			"otherwise PostgreSQL's own address and port.",
	}
}

// unreached says why there is no connection. The server's own words are kept for the log.
func unreached(o Options, err error) *ops.Error {
	fault := &ops.Error{Message: o.name() + " cannot be reached for a backup.", Cause: err}
	switch said, _ := errors.AsType[*pgconn.PgError](err); {
	case said == nil:
		fault.Hint = "Is the server up, and do firewall and network let dbbot through? /db status says more."
	case strings.HasPrefix(said.Code, "28"):
		fault.Message, fault.Hint = o.name()+" does not let dbbot in for a backup.", "Look at user and password of backup_url."
	case said.Code == "3D000":
		fault.Message, fault.Hint = o.name()+" has no database of the configured name.", "Correct the name at the end of backup_url."
	default:
		fault.Hint = "It said " + said.Code + "; /db status says more."
	}
	return fault
}
