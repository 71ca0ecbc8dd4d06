package job

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// roundEvery counts looks: so often a worker also looks for requests of its own that it has put down unfinished, and draws
// the home tabs, should a drawing have been lost with its worker.
const roundEvery = 10

// What is done with strays, beside the kinds of work that the queue knows.
const (
	toLook  approval.WorkKind = "look"
	toClaim approval.WorkKind = "claim"
	toTell  approval.WorkKind = "tell"
)

// lookout looks for what nobody does, until the program is being stopped. Without a lease it does nothing: what it took
// up would be taken from it.
func (q *Queue) lookout() {
	gone := map[approval.ID]time.Time{} // since when their worker's lock was free at every look
	news := news{log: q.Log}
	for n := 0; pause(q.open, q.pace.look); n++ {
		lease, err := q.lease.hold()
		if err != nil {
			clear(gone)
			continue
		}
		err = q.glance(lease, gone)
		if err == nil && n%roundEvery == 0 {
			err = q.round(lease)
		}
		if err == nil {
			news.good()
			continue
		}
		clear(gone) // a look that fails says nothing about anybody
		news.bad("could not look for what nobody does", err)
	}
}

// glance is one look.
func (q *Queue) glance(lease context.Context, gone map[approval.ID]time.Time) error {
	ctx, cancel := context.WithTimeout(lease, moveWithin)
	defer cancel()
	if err := q.thaw(ctx); err != nil { // the role of another replica may forbid it
		q.Log.Debug("could not look for frozen workers", "error", ops.Redact(err.Error()))
	}
	found, err := q.Store.Strays(ctx)
	if err != nil {
		return err
	}
	for _, id := range q.absent(gone, found.Running) {
		q.takeUp(thing{kind: toLook, id: int64(id)}, func(context.Context) error { return q.takeOver(lease, id) })
	}
	for _, id := range found.Approved {
		q.takeUp(thing{kind: toClaim, id: int64(id)}, func(context.Context) error { return q.run(id, true) })
	}
	for _, id := range found.Overdue {
		q.takeUp(thing{kind: approval.ToExpire, id: int64(id)}, func(ctx context.Context) error { return q.expire(ctx, id) })
	}
	for _, id := range found.Messages {
		q.takeUp(thing{kind: approval.ToDeliver, id: id}, func(ctx context.Context) error { return q.deliver(ctx, id) })
	}
	for _, key := range found.Invocations {
		q.takeUp(thing{kind: toTell, key: key}, func(ctx context.Context) error { return q.Desk.Lost(ctx, key) })
	}
	return nil
}

// round takes up what is this worker's own and not in hand any more: it lost its lease on the way, or could not record a
// result. Its lock is held, so nobody else will ever find it.
func (q *Queue) round(lease context.Context) error {
	q.takeUp(thing{kind: approval.ToRedraw}, q.redraw)
	ctx, cancel := context.WithTimeout(lease, moveWithin)
	defer cancel()
	open, err := q.Store.List(ctx, approval.Filter{States: []approval.State{approval.Approved, approval.Running}, Limit: 200})
	for _, r := range open {
		switch {
		case r.Worker != q.Worker() || q.hands.has(thing{kind: approval.ToRun, id: int64(r.ID)}):
		case r.State == approval.Running:
			q.takeUp(thing{kind: toLook, id: int64(r.ID)}, func(context.Context) error { return q.takeOver(lease, r.ID) })
		default:
			q.takeUp(thing{kind: toClaim, id: int64(r.ID)}, func(context.Context) error { return q.run(r.ID, true) })
		}
	}
	return err
}

// absent gives those whose worker was away at every look for long enough. Sooner it may have lost its connection alone,
// and come back.
func (q *Queue) absent(gone map[approval.ID]time.Time, running []approval.ID) (ids []approval.ID) {
	now := time.Now()
	seen := map[approval.ID]time.Time{}
	for _, id := range running {
		since, before := gone[id]
		if !before {
			since = now
		}
		seen[id] = since
		if now.Sub(since) >= q.pace.absent && !q.hands.has(thing{kind: approval.ToRun, id: int64(id)}) {
			ids = append(ids, id)
		}
	}
	clear(gone)
	for id, since := range seen {
		gone[id] = since
	}
	return ids
}

// takeUp does something beside the queue, if there is room and it is not in hand.
func (q *Queue) takeUp(what thing, do func(context.Context) error) {
	room := q.room
	if what.kind == approval.ToDeliver || what.kind == approval.ToRedraw {
		room = q.booth
	}
	select {
	case room <- struct{}{}:
	default:
		return // the next look finds it again
	}
	if !q.hands.take(what) {
		<-room
		return
	}
	go func() {
		defer func() { q.hands.put(what); <-room }()
		ctx, cancel := context.WithTimeout(q.records, workWithin)
		defer cancel()
		err := q.safely(string(what.kind), func() error { return do(ctx) })
		if _, snooze := errors.AsType[*river.JobSnoozeError](err); err != nil && !snooze {
			q.Log.Warn("work found lying failed", "kind", what.kind, "id", what.id, "error", ops.Redact(err.Error()))
		}
	}()
}

// takeOver finds out what came of a run whose worker is gone, and never runs it again.
func (q *Queue) takeOver(lease context.Context, id approval.ID) error {
	r, err := q.move(lease, id, func(r approval.Request, now time.Time) (approval.Move, error) { return r.TakeOver(q.Worker(), now) })
	if err != nil {
		return beyond(err)
	}
	q.metrics.taken.Inc()
	q.Log.Warn("took over a run whose worker is gone", "request", id)
	ops.Reached("taken over")
	result := q.look(r)
	ops.Reached("looked")
	q.finish(r, result)
	return nil
}

// wish hears that somebody wants a running request to stop, perhaps one of ours. Reports hear it too, later.
func (q *Queue) wish(id approval.ID) {
	stop := q.hands.stopper(thing{kind: approval.ToRun, id: int64(id)})
	if stop == nil {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(q.records, moveWithin)
		defer cancel()
		if r, err := q.Store.Get(ctx, id); err == nil && r.Cancel != nil {
			stop(&Cancelled{By: r.Cancel.By, Why: r.Cancel.Why})
		}
	}()
}
