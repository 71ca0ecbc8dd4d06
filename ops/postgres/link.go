package postgres

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
)

const (
	// dialWithin leaves time within answerWithin to say why nobody answered.
	dialWithin = 1500 * time.Millisecond
	// closeWithin is how long a farewell may take.
	closeWithin = time.Second
	// maxMessage bounds what one message of a server may make us hold. The largest row we ask for is two thousand
	// migration names of 255 characters.
	maxMessage = 4 << 20
)

// alive finds a vanished peer within half a minute, before firewalls forget the connection (often after 350 s).
var alive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// link is one connection to one database, opened when first needed and then kept.
type link struct {
	config   *pgconn.Config
	database string // as people call it
	field    string // of the configuration: url or migrate_url
	turn     chan struct{}
	conn     *pgconn.PgConn // whoever has the turn may use it
	reached  atomic.Bool    // a dial of the last attempt got as far as the server: there are two with sslmode=prefer
}

func newLink(url ops.Secret, database, field string) (*link, error) {
	config, err := pgconn.ParseConfig(url.Reveal())
	if err != nil {
		return nil, parseFault(database, field, url, err)
	}
	l := &link{config: config, database: database, field: field, turn: make(chan struct{}, 1)}
	dialer := &net.Dialer{KeepAliveConfig: alive}
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err == nil {
			l.reached.Store(true)
		}
		return conn, err
	}
	config.MaxProtocolMessageBodyLen = maxMessage
	config.ConnectTimeout = dialWithin
	config.RuntimeParams["client_encoding"] = "UTF8" // names come from everywhere
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "dbbot"
	}
	return l, nil
}

// take waits for the connection's turn; the caller gives it back with l.leave.
func (l *link) take(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *link) leave() { <-l.turn }

// connected gives the kept connection, or a new one; kept says which.
func (l *link) connected(ctx context.Context) (conn *pgconn.PgConn, kept bool, err error) {
	if l.conn != nil && !l.conn.IsClosed() {
		return l.conn, true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	l.reached.Store(false)
	l.conn, err = pgconn.ConnectConfig(ctx, l.config)
	return l.conn, false, err
}

// ask runs sections over the connection, and once more over a new one when a kept connection turns out to be dead
// before it said anything. stage hears what is waited for; heard gets each section's JSON or error.
func (l *link) ask(ctx context.Context, sections []section, stage func(stage), heard func(section, *pgconn.PgConn, []byte, error)) error {
	for {
		stage(stageDialling)
		conn, kept, err := l.connected(ctx)
		if err != nil {
			return err
		}
		stage(stageAsking)
		answered := false
		err = converse(ctx, conn, kept, sections, func(s section, answer []byte, fault error) {
			answered = true
			heard(s, conn, answer, fault)
		})
		if err == nil {
			return nil
		}
		l.drop()
		if !kept || answered {
			return err
		}
	}
}

// drop gives the connection up; what comes next dials a new one.
func (l *link) drop() {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	_ = l.conn.Close(ctx) // it is broken: its farewell may fail
	l.conn = nil
}

func (l *link) close() {
	if l.conn != nil {
		l.drop()
	}
}

var errSilent = errors.New("the kept connection is silent")

// converse is one round trip. On a kept connection the first answer must come within silentAfter.
func converse(ctx context.Context, conn *pgconn.PgConn, kept bool, sections []section, heard func(section, []byte, error)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if kept {
		silence := time.AfterFunc(silentAfter, func() { cancel(errSilent) })
		defer silence.Stop()
		inner := heard
		heard = func(s section, answer []byte, err error) { silence.Stop(); inner(s, answer, err) }
	}
	p := conn.StartPipeline(ctx)
	send(p, conn, sections)
	if err := receive(p, sections, heard); err != nil {
		_ = p.Close() // receive's error says more
		return err
	}
	return p.Close()
}
