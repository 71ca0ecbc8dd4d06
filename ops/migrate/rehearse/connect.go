package rehearse

import (
	"context"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"dbbot/ops"
)

const (
	connectWithin = 5 * time.Second
	closeWithin   = time.Second
	// readWithin bounds each look at a server, and lockWithin how long it may wait there for somebody's lock.
	readWithin = 5 * time.Second
	lockWithin = time.Second
	// stopWithin is how long a server may take to stop a statement before the connection is given up.
	stopWithin = 3 * time.Second
	// idleWithin ends the sessions of a process that stands still.
	idleWithin = 30 * time.Second
	nameRunes  = 60
)

var alive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// opened reads a URL. database takes the place of the one that it names.
func opened(url ops.Secret, application, database string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url.Reveal())
	if err != nil { // pgx's words may hold the password
		return nil, &ops.Error{Message: "The address of the server for rehearsals cannot be understood.", Hint: "Look at rehearsal_url, or migrate_url."}
	}
	if database != "" {
		config.Database = database
	}
	config.ConnectTimeout = connectWithin
	config.DialFunc = (&net.Dialer{KeepAliveConfig: alive}).DialContext
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // migrations drop what a prepared statement relies on
	delete(config.RuntimeParams, "schema")              // Prisma's; PostgreSQL does not know it
	config.RuntimeParams["client_encoding"] = "UTF8"
	config.RuntimeParams["application_name"] = application
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: stopWithin}
	}
	return config, nil
}

// connect opens a session, and refuses a pooler: what is set in one transaction would not hold in the next.
func connect(ctx context.Context, config *pgx.ConnConfig, guards map[string]string) (*pgx.Conn, error) {
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	var pid uint32
	if err := c.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		shut(c)
		return nil, err
	}
	if pid != c.PgConn().PID() {
		shut(c)
		return nil, &ops.Error{Message: "The way to the server for rehearsals leads through a pooler.", Hint: "Give a direct address as rehearsal_url."}
	}
	if _, err := c.Exec(ctx, settings(guards), pgx.QueryExecModeSimpleProtocol); err != nil {
		shut(c)
		return nil, err
	}
	return c, nil
}

func settings(all map[string]string) string {
	var b strings.Builder
	for name, value := range all {
		b.WriteString("SET " + name + " = " + literal(value) + "; ")
	}
	return b.String()
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// looking are the settings of sessions that only read.
func looking() map[string]string {
	return map[string]string{
		"default_transaction_read_only": "on", "lock_timeout": milliseconds(lockWithin), "statement_timeout": milliseconds(readWithin),
		"idle_in_transaction_session_timeout": milliseconds(idleWithin),
	}
}

func shut(c *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	_ = c.Close(ctx) // it may be broken already
}
