// Package job runs approved requests, each once, and all other work that waits, repeats or is tried again: expiry,
// reminders, messages. River keeps the queue in PostgreSQL, shared by all replicas; a session advisory lock on a direct
// connection says that a worker lives (lease.go). What River promises, at least once, is made at most once by the
// request's own fence (road.go). It may import ops and the engines approval and audit.
package job

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
)

// Desk is what the queue works for: it knows commands, people and the chat. bot is the one.
type Desk interface {
	// Check finds out whether everything that was agreed still holds: people, policy, plan, server. *ops.Error: it does not,
	// for this reason. ErrUnchecked: it cannot be told now.
	Check(ctx context.Context, r approval.Request) error
	// Run does it, and never panics out. It stops when ctx ends; the cause is a *Cancelled.
	Run(ctx context.Context, r approval.Request, progress func(phase string, done, total int64)) Result
	// Look finds out what came of a run whose worker is gone.
	Look(ctx context.Context, r approval.Request) Result
	// Deliver sends a message; Redraw draws open home tabs anew. A positive
	// again means: once more, after so long.
	Deliver(ctx context.Context, message int64) (again time.Duration, err error)
	Redraw(ctx context.Context) (again time.Duration, err error)
	// Lost tells somebody that what they typed was never looked at: the process that had it is gone.
	Lost(ctx context.Context, key string) error
}

// Result is what came of a run.
type Result struct {
	State   approval.State // Succeeded, Failed, Cancelled or Interrupted
	Why     string         // for people; empty where it succeeded
	Outcome []byte         // JSON: a view
}

// ErrUnchecked marks an error of Check after which nobody knows whether what was agreed still holds.
var ErrUnchecked = errors.New("could not be checked")

// Cancelled is the cause with which the context of a run ends.
type Cancelled struct {
	By  ops.PersonID // zero: nobody pressed anything, dbbot itself stops it
	Why string       // for people
}

// Error is the reason.
func (c *Cancelled) Error() string { return c.Why }

// Requests is what the queue needs of whoever keeps requests.
type Requests interface {
	approval.Store
	// Worker makes this process known, and numbers it: at most 2³¹−1, since the lock that says that it lives has that room.
	Worker(ctx context.Context, host, version string) (int64, error)
	// Strays finds what nobody does.
	Strays(ctx context.Context) (Strays, error)
	// Prune forgets what is too old to matter.
	Prune(ctx context.Context) error
	// Note writes one fact into the audit that is no move of a request.
	Note(ctx context.Context, fact audit.Entry) error
}

// Strays is what somebody should take up.
type Strays struct {
	Running     []approval.ID // the lock of their worker is free
	Approved    []approval.ID // nobody has claimed them for a while, or the lock of who did is free
	Overdue     []approval.ID // nobody decided them, and their time is over
	Messages    []int64       // due for a while, and nobody sends them
	Invocations []string      // keys of what was received by a worker whose lock is free, and never settled
}

// Options are what a Queue is made of.
type Options struct {
	Pool *pgxpool.Pool
	// Direct leads to the same database without a pooler, which would share the session that holds the lock.
	Direct        ops.Secret
	Store         Requests
	Desk          Desk
	Host, Version string
	// Grace is how long runs may go on once the program is being stopped.
	Grace time.Duration
	// Checkpoint is called by one replica in every period of Every, counted in UTC from midnight. Zero: never.
	Checkpoint func(context.Context) error
	Every      time.Duration
	// Tick is called by one replica at the beginning of every minute, and at its start: what stands in a schedule may be due.
	// What fails is tried again a minute later. Nil: never.
	Tick     func(context.Context) error
	Log      *slog.Logger
	Registry prometheus.Registerer
}
