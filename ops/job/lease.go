package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"

	"dbbot/ops"
	"dbbot/ops/approval"
)

const (
	// liveClass is the first half of the advisory lock's key; the second is the worker's number. ops/store looks for it.
	liveClass = 0x64620001
	// dialWithin bounds one attempt to connect and lock.
	dialWithin = 3 * time.Second
	// farewell bounds the end of the connection, after which the lock is free at once.
	farewell = time.Second
	// again lies between two attempts at first, longestAgain later.
	again        = 50 * time.Millisecond
	longestAgain = 2 * time.Second
)

var errNoLease = errors.New("the state database has not confirmed that this process lives")

// lease is the sign that this worker lives: a session advisory lock on a connection of its own. Holding it is a context,
// which ends when others may take over what this worker does.
type lease struct {
	url   ops.Secret
	log   *slog.Logger
	pace  *pace
	lost  prometheus.Counter
	heard func(approval.ID)                             // somebody wishes that this request stops; must not block
	seen  func(ctx context.Context, worker int64) error // whether others see the lock

	mu     sync.Mutex
	held   context.Context // nil before the first time
	end    context.CancelCauseFunc
	expiry *time.Timer
}

// hold gives the context of the lease, or errNoLease.
func (l *lease) hold() (context.Context, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil || l.held.Err() != nil {
		return nil, errNoLease
	}
	return l.held, nil
}

// confirm notes a proof that was asked for at that moment: an answer says what was so when it was asked for, not now.
func (l *lease) confirm(asked time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.pace.trust - time.Since(asked)
	if left <= 0 {
		return // it is too old to say anything
	}
	if l.held != nil && l.held.Err() == nil {
		l.expiry.Stop()
	} else {
		l.held, l.end = context.WithCancelCause(context.Background())
	}
	l.expiry = time.AfterFunc(left, l.expire(l.end))
}

// expire is what happens when no proof came in time.
func (l *lease) expire(end context.CancelCauseFunc) func() {
	return func() {
		l.lost.Inc()
		l.log.Error("the state database no longer confirms that this process lives; its runs are stopped")
		end(&Cancelled{Why: "dbbot lost its state database while this ran, and stopped it."})
	}
}

// keep holds the lock until ctx ends, and takes it again whenever it is lost.
func (l *lease) keep(ctx context.Context, worker int64) {
	defer l.release()
	news, wait := news{log: l.log}, again
	for ctx.Err() == nil {
		conn, err := l.take(ctx, worker)
		if err == nil {
			news.good()
			wait = again
			err = l.guard(ctx, conn)
			bid(conn)
		}
		if ctx.Err() != nil {
			return
		}
		news.bad("the connection that says that this process lives is gone; taking it again", err)
		pause(ctx, wait)
		wait = min(2*wait, longestAgain)
	}
}

// release ends the lease at the end of the program: nothing may stand on it any more.
func (l *lease) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.expiry != nil {
		l.expiry.Stop()
		l.end(&Cancelled{Why: "dbbot was stopped."})
	}
}

// take connects, locks and listens.
func (l *lease) take(ctx context.Context, worker int64) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	config, err := pgx.ParseConfig(l.url.Reveal())
	if err != nil {
		return nil, &ops.Error{Message: "The URL of the state database cannot be read.", Cause: err}
	}
	config.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3}}).DialContext
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // nothing is asked often enough to be prepared
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := l.lock(ctx, conn, worker); err != nil {
		bid(conn)
		return nil, err
	}
	return conn, nil
}

// settings let the server find out within ten seconds that this host has vanished, instead of in two hours. A setting
// that this server does not know is left out.
const settings = `SELECT set_config(s.name, wished.value, false) FROM pg_catalog.pg_settings s JOIN (VALUES
('application_name', $1), ('tcp_keepalives_idle', '5'), ('tcp_keepalives_interval', '2'), ('tcp_keepalives_count', '3'),
('tcp_user_timeout', '10000'), ('idle_session_timeout', '0'), ('statement_timeout', '3000'), ('lock_timeout', '1000')
) wished (name, value) USING (name)`

// ghosts ends sessions of this same worker that the server has not yet found to be gone: a worker's number is its own.
const ghosts = `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND classid = $1 AND objid = $2 AND objsubid = 2 AND pid <> pg_catalog.pg_backend_pid()
AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`

func (l *lease) lock(ctx context.Context, conn *pgx.Conn, worker int64) error {
	if _, err := conn.Exec(ctx, settings, "dbbot worker "+strconv.FormatInt(worker, 10)); err != nil {
		return err
	}
	asked := time.Now()
	var pid uint32
	var locked bool
	err := conn.QueryRow(ctx, "SELECT pg_catalog.pg_backend_pid(), pg_catalog.pg_try_advisory_lock($1::int4, $2::int4)",
		int32(liveClass), int32(worker)).Scan(&pid, &locked)
	switch {
	case err != nil:
		return err
	case pid != conn.PgConn().PID():
		return &ops.Error{
			Message: "The state database is reached through a pooler that shares sessions.",
			Hint:    "Give dbbot a direct connection to it: who holds the lock that says that a worker lives must not change.",
		}
	case !locked:
		_, err := conn.Exec(ctx, ghosts, int32(liveClass), int32(worker))
		return errors.Join(errors.New("an older session of this worker still has its lock"), err)
	}
	if _, err := conn.Exec(ctx, "LISTEN dbbot_cancel"); err != nil {
		return err
	}
	if err := l.seen(ctx, worker); err != nil {
		return err
	}
	l.confirm(asked)
	return nil
}

// guard hears wishes, and proves again and again that the lock is held, until the connection or ctx ends.
func (l *lease) guard(ctx context.Context, conn *pgx.Conn) error {
	for next := time.Now().Add(l.pace.ping); ; {
		wait, cancel := context.WithDeadline(ctx, next)
		wish, err := conn.WaitForNotification(wait)
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			if id, err := strconv.ParseInt(wish.Payload, 10, 64); err == nil {
				l.heard(approval.ID(id))
			}
		case !pgconn.Timeout(err):
			return err
		}
		if time.Now().Before(next) {
			continue
		}
		next = time.Now().Add(l.pace.ping)
		if err := l.prove(ctx, conn); err != nil {
			return err
		}
	}
}

// prove asks over the very session that holds the lock: as long as it answers, it holds it.
func (l *lease) prove(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, l.pace.trust-l.pace.ping)
	defer cancel()
	asked := time.Now()
	if err := conn.Ping(ctx); err != nil {
		return fmt.Errorf("no proof in time: %w", err)
	}
	l.confirm(asked)
	return nil
}

func bid(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	_ = conn.Close(ctx) // it may be broken
}
