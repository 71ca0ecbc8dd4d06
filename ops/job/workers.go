package job

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"dbbot/ops"
	"dbbot/ops/approval"
)

const (
	// schema is where River's tables are: beside dbbot's own.
	schema = "dbbot"
	// fetchPause bounds how often a queue is asked; what comes within it may be noticed only by the next pollEvery.
	fetchPause = 10 * time.Millisecond
	pollEvery  = 500 * time.Millisecond
	// rescueAfter gives work that is safe to repeat to others when its worker is gone.
	rescueAfter = 2 * workWithin
	// pruneEvery is often enough for what is kept for days.
	pruneEvery = time.Hour
	// shortly is when a run is tried again that this process cannot take now.
	shortly = 100 * time.Millisecond
	later   = time.Second
)

func (q *Queue) riverConfig() *river.Config {
	return &river.Config{
		ID: "dbbot-" + ops.Reference() + ops.Reference(), Schema: schema, Logger: slog.New(sparse{q.Log.Handler(), &said{at: map[string]time.Time{}}}),
		FetchCooldown: fetchPause, FetchPollInterval: pollEvery, JobTimeout: workWithin, RescueStuckJobsAfter: rescueAfter,
		Queues: map[string]river.QueueConfig{
			runQueue: {MaxWorkers: maxRuns}, talkQueue: {MaxWorkers: maxTalk}, clockQueue: {MaxWorkers: maxClocks},
		},
		Workers: q.workers(), PeriodicJobs: q.periodic(),
	}
}

func (q *Queue) workers() *river.Workers {
	all := river.NewWorkers()
	// the timeout is the run's own bound and what it takes to record it; the rescuer leaves it alone as long
	river.AddWorker(all, &worker[runArgs]{queue: q, within: longestRun + time.Hour, work: func(_ context.Context, a runArgs) error {
		return q.run(approval.ID(a.ID), false)
	}})
	river.AddWorker(all, &worker[expireArgs]{queue: q, work: func(ctx context.Context, a expireArgs) error { return q.expire(ctx, approval.ID(a.ID)) }})
	river.AddWorker(all, &worker[remindArgs]{queue: q, work: func(ctx context.Context, a remindArgs) error { return q.remind(ctx, approval.ID(a.ID)) }})
	river.AddWorker(all, &worker[deliverArgs]{queue: q, work: func(ctx context.Context, a deliverArgs) error { return q.deliver(ctx, a.ID) }})
	river.AddWorker(all, &worker[redrawArgs]{queue: q, work: func(ctx context.Context, _ redrawArgs) error { return q.redraw(ctx) }})
	river.AddWorker(all, &worker[pruneArgs]{queue: q, work: func(ctx context.Context, _ pruneArgs) error { return q.Store.Prune(ctx) }})
	river.AddWorker(all, &worker[tickArgs]{queue: q, work: func(ctx context.Context, _ tickArgs) error { return q.Tick(ctx) }})
	river.AddWorker(all, &worker[checkpointArgs]{queue: q, work: func(ctx context.Context, _ checkpointArgs) error { return q.Checkpoint(ctx) }})
	return all
}

// periodic is put into the queue by one replica, River's leader, also whenever it begins to lead.
func (q *Queue) periodic() []*river.PeriodicJob {
	each := func(period time.Duration, args river.JobArgs) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(period), func() (river.JobArgs, *river.InsertOpts) { return args, once(period) },
			&river.PeriodicJobOpts{RunOnStart: true})
	}
	jobs := []*river.PeriodicJob{each(pruneEvery, pruneArgs{})}
	if q.Checkpoint != nil && q.Every > 0 {
		jobs = append(jobs, each(q.Every, checkpointArgs{}))
	}
	if q.Tick != nil {
		jobs = append(jobs, river.NewPeriodicJob(minutes{}, tick, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	return jobs
}

// tick is tried once: the next comes soon enough.
func tick() (river.JobArgs, *river.InsertOpts) {
	return tickArgs{}, &river.InsertOpts{Queue: clockQueue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: time.Minute}}
}

// minutes begin when the clock's do: what is due at three o'clock begins at three.
type minutes struct{}

// Next is the beginning of the next minute.
func (minutes) Next(now time.Time) time.Time { return now.Truncate(time.Minute).Add(time.Minute) }

// once in a period something is done, however often the leader changes: the queue itself remembers it, for a day.
func once(period time.Duration) *river.InsertOpts {
	return &river.InsertOpts{Queue: clockQueue, MaxAttempts: clockTries, UniqueOpts: river.UniqueOpts{ByPeriod: period}}
}

// worker does one kind of work for River.
type worker[T river.JobArgs] struct {
	river.WorkerDefaults[T]
	queue  *Queue
	within time.Duration
	work   func(context.Context, T) error
}

// Timeout is how long one attempt may take.
func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.within }

// NextRetry is when the next attempt is made.
func (w *worker[T]) NextRetry(job *river.Job[T]) time.Time {
	return time.Now().Add(backOff(job.Attempt))
}

// Work does it. River keeps errors in its table: they are redacted before.
func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	err := w.queue.safely(job.Kind, func() error { return w.work(ctx, job.Args) })
	if _, snooze := errors.AsType[*river.JobSnoozeError](err); err == nil || snooze {
		return err
	}
	w.queue.Log.Warn("work failed", "kind", job.Kind, "attempt", job.Attempt, "error", ops.Redact(err.Error()))
	return errors.New(ops.Redact(err.Error()))
}

// expire ends a request that nobody decided. It may come too early by what the clocks differ.
func (q *Queue) expire(ctx context.Context, id approval.ID) error {
	_, err := q.move(ctx, id, func(r approval.Request, now time.Time) (approval.Move, error) { return r.Expire(now) })
	if errors.Is(err, approval.ErrEarly) {
		return river.JobSnooze(later)
	}
	return beyond(err)
}

func (q *Queue) remind(ctx context.Context, id approval.ID) error {
	_, err := q.move(ctx, id, func(r approval.Request, now time.Time) (approval.Move, error) { return r.Remind(now) })
	return beyond(err)
}

// beyond forgives that a request has moved on: then there is nothing to do.
func beyond(err error) error {
	if errors.Is(err, approval.ErrMoved) || errors.Is(err, approval.ErrFence) || errors.Is(err, approval.ErrUnknown) {
		return nil
	}
	return err
}

func (q *Queue) deliver(ctx context.Context, message int64) error {
	again, err := q.Desk.Deliver(ctx, message)
	if err == nil && again > 0 {
		return river.JobSnooze(again)
	}
	return err
}
