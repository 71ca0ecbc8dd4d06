package store

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// connections of one process: the queue listens on one and keeps house on two or three, and moves are short, so that
	// four more decide hundreds of clicks a second. A hundred connections, PostgreSQL's default, are enough for ten replicas.
	connections = 8
	// openWithin bounds the whole of Open, the wait for another process that makes the tables included: "serve" is ready or
	// says why not within thirty seconds.
	openWithin = 20 * time.Second
	// callWithin bounds every call whose context does not: longer than any lock of ours is ever held.
	callWithin = 10 * time.Second
	// dialWithin bounds one attempt to connect, so that a second host of the URL gets its turn.
	dialWithin = 2 * time.Second
	// lockWithin is how long a statement waits for a row that somebody else's move holds.
	lockWithin = 5 * time.Second
	// idleWithin ends our transaction at the server if this process stops in the middle of it: others wait for its locks.
	idleWithin = 5 * time.Second
	// maxMessage bounds what one message of the server may make us hold: a request with its plan, view and outcome.
	maxMessage = 32 << 20
)

// alive finds a vanished server within half a minute, before firewalls forget the connection (often after 350 s).
var alive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// session is set when a connection is made, not in its startup message: so a pooler lets us in far enough to be told apart.
// The two kinds of keepalive let the server find out that we vanished; not every system has the first. Reading committed rows anew in each statement is
// what the moves rely on, and a commit that is acknowledged before it is on disk would not be one.
var session = fmt.Sprintf(`SELECT set_config('statement_timeout', '%d', false), set_config('lock_timeout', '%d', false),
set_config('idle_in_transaction_session_timeout', '%d', false), CASE WHEN version() LIKE '%%linux%%' THEN set_config('client_connection_check_interval', '1000', false) END,
set_config('tcp_keepalives_idle', '15', false), set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false),
set_config('default_transaction_isolation', 'read committed', false), set_config('search_path', 'pg_catalog', false),
set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false),
set_config('jit', 'off', false)`,
	callWithin.Milliseconds(), lockWithin.Milliseconds(), idleWithin.Milliseconds())

// Open connects, and makes or completes the tables. It is safe for any number of processes at once, of different versions
// too. Its errors are *ops.Error: what is wrong with the database, and what to do. ctx bounds the whole.
func Open(ctx context.Context, o Options) (*Store, error) {
	config, err := configure(o.URL)
	if err != nil {
		return nil, err
	}
	if !o.AuditKey.Set() {
		return nil, &ops.Error{Message: "The audit has no key.", Hint: "Set audit.key; `openssl rand -hex 32` makes one."}
	}
	fillIn(&o)
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	if err := prepare(ctx, config.ConnConfig); err != nil {
		return nil, fault(err)
	}
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), config)
	if err != nil {
		return nil, fault(err)
	}
	s := &Store{pool: pool, options: o}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fault(err)
	}
	return s, nil
}

// fillIn gives what is not set its quiet meaning: nothing to say, nobody to do it, no worker.
func fillIn(o *Options) {
	if o.Announce == nil {
		o.Announce = func(approval.Move) []Message { return nil }
	}
	if o.Enqueue == nil {
		o.Enqueue = func(context.Context, pgx.Tx, []approval.Work) error { return nil }
	}
	if o.Worker == nil {
		o.Worker = func() int64 { return 0 }
	}
}

// configure reads the URL. pool_max_conns in it may ask for another number of connections.
func configure(url ops.Secret) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url.Reveal())
	if err != nil { // pgx's own words may hold the password
		return nil, &ops.Error{
			Message: "The URL of dbbot's own database cannot be understood.",
			Hint:    "state.url has the form postgres://user:password@host:5432/name?sslmode=verify-full; characters other than letters and digits are written as % and two hex digits.",
		}
	}
	if !strings.Contains(url.Reveal(), "pool_max_conns") {
		config.MaxConns = connections
	}
	conn := config.ConnConfig
	conn.DialFunc = (&net.Dialer{KeepAliveConfig: alive}).DialContext
	conn.ConnectTimeout = dialWithin
	conn.MaxProtocolMessageBodyLen = maxMessage
	conn.RuntimeParams["client_encoding"] = "UTF8"
	if conn.RuntimeParams["application_name"] == "" {
		conn.RuntimeParams["application_name"] = "dbbot"
	}
	if conn.ValidateConnect == nil { // of several hosts, the one that may write
		conn.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	config.AfterConnect = settle
	config.PingTimeout = dialWithin
	return config, nil
}

// settle makes a new connection fit for use, in one round trip.
func settle(ctx context.Context, conn *pgx.Conn) error {
	var backend uint32
	var batch pgx.Batch
	batch.Queue(session)
	batch.Queue("SELECT pg_backend_pid()").QueryRow(func(row pgx.Row) error { return row.Scan(&backend) })
	if err := conn.SendBatch(ctx, &batch).Close(); err != nil {
		return err
	}
	if backend != conn.PgConn().PID() { // a pooler gives a number of its own
		return errPooler
	}
	conn.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
	return nil
}
