package job

import (
	"context"
	"testing"
	"time"

	"dbbot/ops/approval"
)

// a second turn in the queue, here or at another replica, takes nothing from a worker that has the request in hand
func TestASecondTurnTakesNothingAway(t *testing.T) {
	h := newHouse(t)
	checking, release := make(chan bool, 1), make(chan bool)
	one := h.start(&desk{check: func(context.Context, approval.Request) error {
		checking <- true
		<-release
		return nil
	}})
	id := h.ask(one, "1")
	<-checking
	two := h.start(&desk{})
	for range 5 {
		h.enqueue(one, true, approval.Work{Kind: approval.ToRun, ID: int64(id)})
	}
	h.eventually("the other replica has looked at one of them", func() bool {
		var n int
		err := one.Store.Pool().QueryRow(t.Context(), "SELECT count(*) FROM dbbot.river_job WHERE kind = 'run' AND state = 'completed'").Scan(&n)
		return err == nil && n > 0
	})
	if got := h.until(one, id, approval.Approved, approval.Succeeded); got.State != approval.Approved || got.Fence != 1 {
		t.Errorf("got %s, fence %d", got.State, got.Fence)
	}
	close(release)
	if got := h.until(one, id, approval.Succeeded); got.Worker != one.Worker() || len(h.effects(two, id)) != 1 {
		t.Errorf("run by worker %d, done by %v", got.Worker, h.effects(two, id))
	}
}

// What a worker has put down unfinished is its own to take up again: its lock is held, so that nobody else ever would.
func TestAWorkerTakesUpWhatItPutDown(t *testing.T) {
	for _, tt := range []struct {
		name   string
		starts bool
		state  approval.State
		ran    int
	}{
		{"before it was started", false, approval.Succeeded, 1},
		{"after it was started", true, approval.Failed, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			r := h.open(&desk{})
			id := h.ask(r, "1")
			if _, err := r.Store.Pool().Exec(t.Context(), "DELETE FROM dbbot.river_job"); err != nil {
				t.Fatal(err)
			}
			h.run(r)
			steps := []approval.Act{func(q approval.Request, now time.Time) (approval.Move, error) { return q.Claim(r.Worker(), now) }}
			if tt.starts {
				steps = append(steps, func(q approval.Request, now time.Time) (approval.Move, error) { return q.Start(q.Fence, q.Digest, now) })
			}
			for _, step := range steps {
				if _, err := r.Store.Move(t.Context(), id, step); err != nil {
					t.Fatal(err)
				}
			}
			if got := h.until(r, id, approval.Succeeded, approval.Failed); got.State != tt.state || len(h.effects(r, id)) != tt.ran {
				t.Errorf("got %s (%s), done by %v", got.State, got.Why, h.effects(r, id))
			}
		})
	}
}

// hasty takes a request over as soon as it has been started, as another worker would that found its lock free.
type hasty struct{ requests }

const stranger = 999

func (s hasty) Move(ctx context.Context, id approval.ID, act approval.Act) (approval.Request, error) {
	r, err := s.requests.Move(ctx, id, act)
	if err == nil && r.State == approval.Running && r.Worker != stranger && r.Fence == 1 {
		_, err = s.requests.Move(ctx, id, func(r approval.Request, now time.Time) (approval.Move, error) { return r.TakeOver(stranger, now) })
	}
	return r, err
}

// Nothing is run after somebody else has begun to look at what happened.
func TestWhatWasTakenOverBeforeItBeganDoesNotBegin(t *testing.T) {
	h := newHouse(t)
	r := h.start(&desk{}, func(o *Options) { o.Store = hasty{o.Store.(requests)} })
	id := h.ask(r, "1")
	got := h.until(r, id, approval.Succeeded, approval.Failed)
	if got.State != approval.Failed || got.Fence != 3 || len(h.effects(r, id)) != 0 {
		t.Errorf("got %s (%s), fence %d, done by %v", got.State, got.Why, got.Fence, h.effects(r, id))
	}
}
