package job

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dbbot/ops/approval"
)

// desk is a chat and a catalogue of one command, whose effect is a row in the state database. Each part can be replaced.
type desk struct {
	queue   *replica
	check   func(context.Context, approval.Request) error
	run     func(context.Context, approval.Request, func(string, int64, int64)) Result
	look    func(context.Context, approval.Request) Result
	deliver func(context.Context, int64) (time.Duration, error)
	redraw  func(context.Context) (time.Duration, error)

	mu     sync.Mutex
	looked []approval.ID
	lost   []string
}

func (d *desk) Check(ctx context.Context, r approval.Request) error {
	if d.check != nil {
		return d.check(ctx, r)
	}
	return nil
}

func (d *desk) Run(ctx context.Context, r approval.Request, progress func(string, int64, int64)) Result {
	if d.run != nil {
		return d.run(ctx, r, progress)
	}
	return d.act(ctx, r)
}

// act leaves the row.
func (d *desk) act(ctx context.Context, r approval.Request) Result {
	_, err := d.queue.Store.Pool().Exec(ctx, "INSERT INTO public.effects (request, worker) VALUES ($1, $2)", r.ID, d.queue.Worker())
	switch stopped, _ := errors.AsType[*Cancelled](context.Cause(ctx)); {
	case err == nil:
		return Result{State: approval.Succeeded, Outcome: []byte(`{"title":"done"}`)}
	case stopped != nil:
		return Result{State: approval.Cancelled, Why: stopped.Why}
	}
	return Result{State: approval.Failed, Why: err.Error()}
}

// hang runs until it is told to stop.
func (d *desk) hang(ctx context.Context, _ approval.Request, _ func(string, int64, int64)) Result {
	<-ctx.Done()
	stopped, ok := errors.AsType[*Cancelled](context.Cause(ctx))
	if !ok {
		return Result{State: approval.Failed, Why: fmt.Sprintf("the cause is %v", context.Cause(ctx))}
	}
	return Result{State: approval.Cancelled, Why: stopped.Why + " By " + stopped.By.User + "."}
}

func (d *desk) Look(ctx context.Context, r approval.Request) Result {
	d.mu.Lock()
	d.looked = append(d.looked, r.ID)
	d.mu.Unlock()
	if d.look != nil {
		return d.look(ctx, r)
	}
	var n int
	err := d.queue.Store.Pool().QueryRow(ctx, "SELECT count(*) FROM public.effects WHERE request = $1", r.ID).Scan(&n)
	switch {
	case err != nil:
		return Result{State: approval.Interrupted, Why: "Nobody could look."}
	case n > 0:
		return Result{State: approval.Succeeded}
	}
	return Result{State: approval.Failed, Why: "It did not happen."}
}

func (d *desk) Deliver(ctx context.Context, message int64) (time.Duration, error) {
	if d.deliver != nil {
		return d.deliver(ctx, message)
	}
	_, _, _, err := d.queue.Store.Lease(ctx, message, time.Minute) // which keeps it from being a stray
	return 0, err
}

func (d *desk) Redraw(ctx context.Context) (time.Duration, error) {
	if d.redraw != nil {
		return d.redraw(ctx)
	}
	return 0, nil
}

func (d *desk) Lost(ctx context.Context, key string) error {
	d.mu.Lock()
	d.lost = append(d.lost, key)
	d.mu.Unlock()
	return d.queue.Store.Settle(ctx, key, "lost")
}

// lookedAt counts how often a request was looked at.
func (d *desk) lookedAt(id approval.ID) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.looked {
		if l == id {
			n++
		}
	}
	return n
}
