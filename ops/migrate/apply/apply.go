// Package apply runs migrations in a database, keeps the books of golang-migrate and Prisma exactly as the tools do, and
// finds out afterwards what really happened. It may import ops, ops/migrate and its parts, golang-migrate and pgx.
package apply

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/migrate"
)

// What an error may mean beside its words.
var (
	ErrUnread  = errors.New("the database did not answer")        // it can be tried again
	ErrUnclear = errors.New("whether it happened is not certain") // a person, or Look, must find out
)

// Options say where to go, and for whom.
type Options struct {
	Name string     // of the database, as people call it
	URL  ops.Secret // of a direct connection, whose role owns the schema
	Tool migrate.Tool
	// Request is what is run for, and Asked when it was asked for, which tells requests of the same number apart where
	// dbbot's own state was begun anew. Zero where nothing is run.
	Request int64
	Asked   time.Time
}

// Server is which database it really is, whatever the URL says.
type Server struct {
	System   string // identifier of the cluster
	Database string
	Schema   string // where the tool keeps its table
	Role     string
	Version  int // server_version_num
}

// Conn is a connection to one database for one request. It is not for several goroutines.
type Conn struct {
	options Options
	config  *pgx.ConnConfig
	server  Server
	work    *pgx.Conn
	begun   time.Time // backend_start of work
	locked  bool

	lockWithin, lockTimeout, patience time.Duration // the constants of these names; tests wait less
}

// Close ends the session, and with it all locks.
func (c *Conn) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if c.locked && !c.work.IsClosed() {
		_, _ = c.work.Exec(ctx, "SELECT pg_advisory_unlock_all()") // or the session's end does it, a moment later
	}
	_ = c.work.Close(ctx) // it may be broken already
}

// Server says where the connection has led.
func (c *Conn) Server() Server { return c.server }
