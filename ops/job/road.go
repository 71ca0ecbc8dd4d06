package job

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
)

var (
	errClaimed = errors.New("a worker has claimed this request already")
	errStopped = errors.New("the program is being stopped")
)

// run takes an approved request down its road: claim, check, start, run, finish. stray: a look found that its claimant is
// gone. Every write carries the fence of the claim, so that of two workers who believe that it is theirs, one can write.
// A nil error means that nothing is left to do here; it may be somebody else's by now.
func (q *Queue) run(id approval.ID, stray bool) error {
	it := thing{kind: approval.ToRun, id: int64(id)}
	if !q.hands.take(it) {
		if q.hands.stopper(it) != nil {
			return nil // it runs here, and whatever comes of it, it never has another turn
		}
		return river.JobSnooze(shortly) // it is being put down, and may have been given a new turn meanwhile
	}
	defer q.hands.put(it)
	lease, err := q.lease.hold()
	if err != nil || q.open.Err() != nil {
		return river.JobSnooze(later)
	}
	ctx, cancel := either(lease, q.open)
	defer cancel()
	r, err := q.claim(ctx, id, stray)
	if err == nil {
		ops.Reached("claimed")
		r, err = q.admit(ctx, lease, r)
	}
	if err != nil {
		return q.settled(r, err)
	}
	ops.Reached("started")
	q.perform(lease, r, it)
	return nil
}

// settled says in the log how a road ended before anything ran; none of that is for River to repeat.
func (q *Queue) settled(r approval.Request, err error) error {
	q.Log.Info("did not run", "request", r.ID, "because", ops.Redact(err.Error()))
	return nil
}

// claim makes it ours. From the queue, only what nobody has claimed: a second turn in the queue takes nothing from a
// worker that lives.
func (q *Queue) claim(ctx context.Context, id approval.ID, stray bool) (approval.Request, error) {
	me := q.Worker()
	return q.move(ctx, id, func(r approval.Request, now time.Time) (approval.Move, error) {
		if !stray && r.State == approval.Approved && r.Worker != 0 && r.Worker != me {
			return approval.Move{}, errClaimed
		}
		return r.Claim(me, now)
	})
}

// admit checks, and starts it. What no longer holds ends it; what is busy gives the claim back.
func (q *Queue) admit(ctx, lease context.Context, r approval.Request) (approval.Request, error) {
	if err := q.check(ctx, r); err != nil {
		return r, err
	}
	ops.Reached("checked")
	if ctx.Err() != nil {
		return r, errStopped // the claim is free once this process is gone
	}
	started, err := q.start(lease, r)
	busy, waits := errors.AsType[*approval.Busy](err)
	refused, invalid := errors.AsType[*ops.Error](err)
	switch {
	case err == nil:
		return started, nil
	case waits:
		_, later := q.move(ctx, r.ID, func(now approval.Request, at time.Time) (approval.Move, error) {
			return now.Wait(r.Fence, busy.Holder, at)
		})
		ops.Reached("waits")
		return r, errors.Join(err, later)
	case invalid:
		return r, q.invalidate(ctx, r, refused)
	}
	return r, err
}

// start is where it becomes certain that nobody else will ever run it. The answer may be lost on its way: then the next
// try finds it running under our own fence, which nobody else has. What cannot be kept soon is put down, and checked anew
// when it is taken up again.
func (q *Queue) start(lease context.Context, r approval.Request) (approval.Request, error) {
	lease, cancel := context.WithTimeout(lease, q.pace.begin)
	defer cancel()
	var found approval.Request
	digest := approval.Digest(r.Command, r.Server, r.Plan) // of what was checked
	ours := errors.New("started already, by ourselves")
	started, err := q.move(lease, r.ID, func(now approval.Request, at time.Time) (approval.Move, error) {
		if now.State == approval.Running && now.Fence == r.Fence {
			found = now
			return approval.Move{}, ours
		}
		return now.Start(r.Fence, digest, at)
	})
	if errors.Is(err, ours) {
		return found, nil
	}
	return started, err
}

// check asks the desk until it can tell, or until the consent is over by the state database's clock: what cannot be
// checked does not run.
func (q *Queue) check(ctx context.Context, r approval.Request) error {
	noted := false
	for wait := checkPause; ; wait = min(2*wait, longestCheck) {
		err := q.checkOnce(ctx, r)
		if err == nil {
			return nil
		}
		refused, invalid := errors.AsType[*ops.Error](err)
		if invalid && !errors.Is(err, ErrUnchecked) {
			return q.invalidate(ctx, r, refused)
		}
		q.Log.Warn("could not be checked", "request", r.ID, "error", ops.Redact(err.Error()))
		noted = noted || q.noteUnchecked(ctx, r, err) == nil
		if !pause(ctx, wait) {
			return context.Cause(ctx)
		}
		if err := q.outlasted(ctx, r); !errors.Is(err, approval.ErrEarly) {
			return err
		}
	}
}

// checkOnce asks once. What is said after the time is over says nothing about the request.
func (q *Queue) checkOnce(ctx context.Context, r approval.Request) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	err := q.safely("check", func() error { return q.Desk.Check(ctx, r) })
	if err != nil && ctx.Err() != nil {
		return errors.Join(ErrUnchecked, err)
	}
	return err
}

// noteUnchecked writes into the audit that a check failed. One claim is one fact, however often it is tried again.
func (q *Queue) noteUnchecked(ctx context.Context, r approval.Request, why error) error {
	ctx, cancel := context.WithTimeout(ctx, moveWithin)
	defer cancel()
	return q.Store.Note(ctx, audit.Entry{
		Event: audit.CheckFailed, From: string(r.State), To: string(r.State), Request: int64(r.ID), Command: r.Command, Risk: string(r.Risk),
		Database: r.Target.Database, Environment: r.Target.Environment, System: r.Server.System, Catalog: r.Server.Database, Digest: r.Digest,
		Channel: r.Origin.Channel, Origin: r.Key, Detail: ops.Redact(why.Error()),
	})
}

// outlasted ends a request whose consent ran out while it could not be checked. approval.ErrEarly: there is time left,
// and it is still ours to check.
func (q *Queue) outlasted(ctx context.Context, r approval.Request) error {
	_, err := q.move(ctx, r.ID, func(now approval.Request, at time.Time) (approval.Move, error) {
		m, err := now.Invalidate(r.Fence, "It could not be checked in time whether what was agreed to still holds.", at)
		if err == nil && at.Before(now.Expires) {
			return approval.Move{}, approval.ErrEarly
		}
		return m, err
	})
	if err == nil {
		return errors.New("it could not be checked in time")
	}
	return err
}

// invalidate ends it, and gives the reason back as the reason not to run.
func (q *Queue) invalidate(ctx context.Context, r approval.Request, because *ops.Error) error {
	_, err := q.move(ctx, r.ID, func(now approval.Request, at time.Time) (approval.Move, error) {
		return now.Invalidate(r.Fence, because.Message, at)
	})
	ops.Reached("invalidated")
	return errors.Join(because, err)
}

// either ends when one of the two does.
func either(a, b context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(a)
	stop := context.AfterFunc(b, func() { cancel(context.Cause(b)) })
	return ctx, func() { stop(); cancel(nil) }
}
