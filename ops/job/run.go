package job

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

const (
	// maxOutcome is more than any view of a command takes, in bytes.
	maxOutcome = 1 << 20
	// writeTries are how often a result that could be read and not be written is tried as it is; then without its outcome.
	writeTries = 4
)

var (
	errTaken   = &Cancelled{Why: "Another replica of dbbot has taken this over."}
	errTooLong = &Cancelled{Why: "It ran for a whole day, and dbbot stopped it."}
	errEnds    = &Cancelled{Why: "dbbot is being stopped, and stopped this."}
	errStale   = &Cancelled{Why: "dbbot's own database kept nothing for so long that what was checked may not be so any more."}
)

// perform runs what has been started, and records what came of it. Nothing outside changes before one more write under
// its fence has gone through: a worker that slept, or lost its lock, must not begin.
func (q *Queue) perform(lease context.Context, r approval.Request, it thing) {
	q.metrics.running.Inc()
	defer q.metrics.running.Dec()
	ctx, stop := context.WithCancelCause(lease)
	defer stop(nil)
	defer context.AfterFunc(q.grace, func() { stop(errEnds) })()
	defer time.AfterFunc(longestRun, func() { stop(errTooLong) }).Stop()
	q.hands.running(it, stop)

	watch := &watch{queue: q, request: r, stop: stop}
	if err := watch.begin(ctx); errors.Is(err, approval.ErrFence) {
		q.Log.Warn("taken over before it began", "request", r.ID)
		return
	} else if err != nil {
		q.finish(r, Result{State: approval.Cancelled, Why: "Nothing was run. " + err.Error()})
		return
	}
	ops.Reached("running")
	ended := watch.report(ctx)
	result := q.perhaps(ctx, r, watch.note)
	ended()
	ops.Reached("ran")
	q.finish(r, result)
}

// perhaps runs it. A panic is a result too: somebody has to look at what had happened until then.
func (q *Queue) perhaps(ctx context.Context, r approval.Request, progress func(string, int64, int64)) (result Result) {
	fault := q.safely("run", func() error { result = q.Desk.Run(ctx, r, progress); return nil })
	if fault == nil {
		return result
	}
	result = q.look(r)
	if result.State == approval.Interrupted {
		result.Why = fault.Error() + " " + result.Why
	}
	return result
}

// look asks the desk what became of a run.
func (q *Queue) look(r approval.Request) (result Result) {
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	if fault := q.safely("look", func() error { result = q.Desk.Look(ctx, r); return nil }); fault != nil {
		return Result{State: approval.Interrupted, Why: fault.Error()}
	}
	return result
}

// finish records a result, for as long as this process may still write. Whoever has taken the request over records what
// they found instead.
func (q *Queue) finish(r approval.Request, result Result) {
	result = result.whole()
	tries := 0
	_, err := q.move(q.records, r.ID, func(now approval.Request, at time.Time) (approval.Move, error) {
		if tries++; tries == writeTries {
			result.Outcome = nil
		}
		return now.Finish(r.Fence, result.State, result.Why, result.Outcome, at)
	})
	switch {
	case err == nil:
		q.metrics.end(result.State)
		q.Log.Info("finished", "request", r.ID, "state", result.State)
	case errors.Is(err, approval.ErrMoved) && tries > 1:
		// an earlier try went through, and its answer was lost
	default:
		q.Log.Warn("the result of a run was not recorded by this worker", "request", r.ID, "state", result.State, "error", ops.Redact(err.Error()))
	}
	ops.Reached("finished")
}

// whole makes a result that can be kept of whatever a desk gave.
func (r Result) whole() Result {
	if !slices.Contains([]approval.State{approval.Succeeded, approval.Failed, approval.Cancelled, approval.Interrupted}, r.State) {
		r.State, r.Why = approval.Interrupted, "dbbot does not know what came of it."
	}
	if len(r.Outcome) > maxOutcome || !json.Valid(r.Outcome) {
		r.Outcome = nil
	}
	return r
}

// watch reports how far a run is, and hears that it shall stop.
type watch struct {
	queue   *Queue
	request approval.Request
	stop    context.CancelCauseFunc

	mu     sync.Mutex
	latest approval.Progress
}

// note takes the newest progress; it never waits for anything.
func (w *watch) note(phase string, done, total int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.latest = approval.Progress{Phase: phase, Done: done, Total: total}
}

// begin is the write before anything is run; nil means that it may be. It insists while the state database is away, but not
// for so long that a run would surprise people.
func (w *watch) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, w.queue.pace.begin, errStale)
	defer cancel()
	for wait := firstPause; ; wait = min(2*wait, longestPause) {
		err := w.tell()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil || errors.Is(err, approval.ErrFence) || errors.Is(err, approval.ErrMoved) {
			return err
		}
		pause(ctx, wait)
	}
}

// report tells again and again, until what it gives back is called.
func (w *watch) report(ctx context.Context) (ended func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var telling sync.WaitGroup
	news := news{log: w.queue.Log.With("request", w.request.ID)}
	telling.Go(func() {
		for pause(ctx, w.queue.pace.report) {
			if err := w.tell(); err != nil {
				news.bad("progress was not kept", err)
			}
		}
	})
	return func() { cancel(); telling.Wait() }
}

// tell writes the newest progress, under the fence of the run.
func (w *watch) tell() error {
	ctx, cancel := context.WithTimeout(w.queue.records, moveWithin)
	defer cancel()
	w.mu.Lock()
	latest := w.latest
	w.mu.Unlock()
	wish, err := w.queue.Store.Report(ctx, w.request.ID, w.request.Fence, latest)
	switch {
	case errors.Is(err, approval.ErrFence):
		w.stop(errTaken)
	case err == nil && wish != nil:
		w.stop(&Cancelled{By: wish.By, Why: wish.Why})
	}
	return err
}
