package job

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"dbbot/ops/approval"
)

// The queues: a long run holds up no message, and a slow chat no clock.
const (
	runQueue   = "dbbot_run"
	talkQueue  = "dbbot_talk"
	clockQueue = "dbbot_clock"
)

// What River keeps of each kind of work.
type (
	runArgs        struct{ ID int64 }
	expireArgs     struct{ ID int64 }
	remindArgs     struct{ ID int64 }
	deliverArgs    struct{ ID int64 }
	redrawArgs     struct{}
	pruneArgs      struct{}
	checkpointArgs struct{}
	tickArgs       struct{}
)

func (runArgs) Kind() string        { return string(approval.ToRun) }
func (expireArgs) Kind() string     { return string(approval.ToExpire) }
func (remindArgs) Kind() string     { return string(approval.ToRemind) }
func (deliverArgs) Kind() string    { return string(approval.ToDeliver) }
func (redrawArgs) Kind() string     { return string(approval.ToRedraw) }
func (pruneArgs) Kind() string      { return "prune" }
func (checkpointArgs) Kind() string { return "checkpoint" }
func (tickArgs) Kind() string       { return "tick" }

// Enqueue puts work into the queue in the caller's transaction, in one round trip: it is there if and only if the
// transaction commits. It works before Run has begun.
func (q *Queue) Enqueue(ctx context.Context, tx pgx.Tx, work []approval.Work) error {
	if len(work) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(work))
	for i, w := range work {
		args, opts, err := form(w)
		if err != nil {
			return err
		}
		opts.ScheduledAt = w.At
		params[i] = river.InsertManyParams{Args: args, InsertOpts: &opts}
	}
	_, err := q.river.InsertManyTx(ctx, tx, params)
	return err
}

const (
	// talkTries spread over about an hour; afterwards looks for strays find a message that is still due.
	talkTries = 20
	// clockTries are enough for a minute: looks for strays find what is overdue.
	clockTries = 8
)

// form is how River keeps a piece of work. What changes something has one attempt: the request's own state decides what
// happens after a crash.
func form(w approval.Work) (river.JobArgs, river.InsertOpts, error) {
	switch w.Kind {
	case approval.ToRun:
		return runArgs{w.ID}, river.InsertOpts{Queue: runQueue, MaxAttempts: 1}, nil
	case approval.ToExpire:
		return expireArgs{w.ID}, river.InsertOpts{Queue: clockQueue, MaxAttempts: clockTries}, nil
	case approval.ToRemind:
		return remindArgs{w.ID}, river.InsertOpts{Queue: clockQueue, MaxAttempts: clockTries}, nil
	case approval.ToDeliver:
		return deliverArgs{w.ID}, river.InsertOpts{Queue: talkQueue, MaxAttempts: talkTries}, nil
	case approval.ToRedraw:
		return redrawArgs{}, river.InsertOpts{Queue: talkQueue, MaxAttempts: 1}, nil
	}
	return nil, river.InsertOpts{}, fmt.Errorf("no work is of the kind %q", w.Kind)
}

// backOff is the pause before the next attempt: it doubles from a second to five minutes.
func backOff(attempt int) time.Duration {
	return min(time.Second<<min(attempt-1, 10), 5*time.Minute)
}
