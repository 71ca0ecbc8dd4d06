package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// move lets act decide, and keeps asking while the state database is away, until ctx ends. What act itself answers is
// final, and so are *approval.Busy and approval.ErrUnknown. One try is not cut short by ctx, which would leave unknown what
// became of it, but by the end of the process's time alone. act may find its own earlier try, whose answer was lost.
func (q *Queue) move(ctx context.Context, id approval.ID, act approval.Act) (approval.Request, error) {
	ctx, cancel := either(ctx, q.records)
	defer cancel()
	news := news{log: q.Log.With("request", id)}
	for wait := firstPause; ; wait = min(2*wait, longestPause) {
		var refused error
		once, cancel := context.WithTimeout(q.records, moveWithin)
		r, err := q.Store.Move(once, id, func(r approval.Request, now time.Time) (m approval.Move, err error) {
			m, refused = act(r, now)
			return m, refused
		})
		cancel()
		switch _, busy := errors.AsType[*approval.Busy](err); {
		case err == nil:
			return r, nil
		case refused != nil:
			return r, refused
		case busy || errors.Is(err, approval.ErrUnknown):
			return r, err
		}
		news.bad("the state database did not keep a step; trying again", err)
		if !pause(ctx, wait) {
			return r, &errAway{ops.Redact(err.Error())}
		}
	}
}

// errAway is why a step was given up: the state database did not keep it in time. It wraps nothing: what the store says
// for people must not be taken for a refusal of the request.
type errAway struct{ last string }

// Error is for the log.
func (e *errAway) Error() string { return "the state database did not keep it in time: " + e.last }

// news logs the same trouble once, until it is over or another.
type news struct {
	log  *slog.Logger
	last string
}

func (n *news) bad(what string, err error) {
	if said := ops.Redact(err.Error()); said != n.last {
		n.log.Warn(what, "error", said)
		n.last = said
	}
}

func (n *news) good() { n.last = "" }

// errPanic is what became of something that panicked; the log has the rest under the reference.
type errPanic struct{ reference string }

// Error is for people.
func (e *errPanic) Error() string {
	return "dbbot itself failed in this; its log has the cause under " + e.reference + "."
}

// safely turns a panic into an error.
func (q *Queue) safely(what string, do func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			e := &errPanic{ops.Reference()}
			q.Log.Error("panic", "in", what, "reference", e.reference, "cause", ops.Redact(fmt.Sprint(fault)), "stack", ops.Redact(string(debug.Stack())))
			err = e
		}
	}()
	return do()
}
