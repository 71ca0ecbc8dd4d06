// Package job runs approved requests, each once, and all other work that waits, repeats or is tried again: expiry,
// reminders, messages. River keeps the queue in PostgreSQL, shared by all replicas; a session advisory lock on a direct
// connection says that a worker lives (liveness.go). It may import ops and approval.
package job

import (
	"context"
	"errors"
	"time"

	"dbbot/ops/approval"
)

// Desk is what the queue works for: it knows commands, people and the chat. bot is the one.
type Desk interface {
	// Check finds out whether everything that was agreed still holds: people, policy, plan, server. *ops.Error: it does not,
	// for this reason. ErrUnchecked: it cannot be told now.
	Check(ctx context.Context, r approval.Request) error
	// Run does it, and never panics out. It stops when ctx ends.
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
