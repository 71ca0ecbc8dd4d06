package job

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops/approval"
	"dbbot/ops/store"
)

// enqueue puts work into the queue, in a transaction that is then kept or not.
func (h *house) enqueue(r *replica, keep bool, work ...approval.Work) {
	h.Helper()
	tx, err := r.Store.Pool().Begin(h.Context())
	if err == nil {
		err = r.Enqueue(h.Context(), tx, work)
	}
	if err != nil {
		h.Fatal(err)
	}
	if keep {
		err = tx.Commit(h.Context())
	} else {
		err = tx.Rollback(h.Context())
	}
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) jobs(r *replica) (n int) {
	h.Helper()
	if err := r.Store.Pool().QueryRow(h.Context(), "SELECT count(*) FROM dbbot.river_job").Scan(&n); err != nil {
		h.Fatal(err)
	}
	return n
}

// work is there if and only if the transaction is kept, also before the queue runs
func TestWorkIsPartOfTheTransaction(t *testing.T) {
	h := newHouse(t)
	r := h.open(&desk{})
	all := []approval.Work{
		{Kind: approval.ToRun, ID: 1},
		{Kind: approval.ToExpire, ID: 1, At: time.Now().Add(time.Hour)},
		{Kind: approval.ToRemind, ID: 1},
		{Kind: approval.ToDeliver, ID: 7},
		{Kind: approval.ToRedraw},
	}
	h.enqueue(r, false, all...)
	if n := h.jobs(r); n != 0 {
		t.Errorf("%d jobs of a transaction that was undone", n)
	}
	h.enqueue(r, true)
	h.enqueue(r, true, all...)
	if n := h.jobs(r); n != len(all) {
		t.Errorf("%d jobs, want %d", n, len(all))
	}
	var attempts, scheduled int
	err := r.Store.Pool().QueryRow(t.Context(), `SELECT (SELECT max_attempts FROM dbbot.river_job WHERE kind = 'run'),
		(SELECT count(*) FROM dbbot.river_job WHERE state = 'scheduled' AND kind = 'expire')`).Scan(&attempts, &scheduled)
	if err != nil || attempts != 1 || scheduled != 1 {
		t.Errorf("a run has %d attempts, %d are scheduled, %v", attempts, scheduled, err)
	}
	err = pgx.BeginFunc(t.Context(), r.Store.Pool(), func(tx pgx.Tx) error {
		return r.Enqueue(t.Context(), tx, []approval.Work{{Kind: "dance"}})
	})
	if err == nil || !strings.Contains(err.Error(), `"dance"`) {
		t.Errorf("unknown work: %v", err)
	}
}

// a message that asks for a pause comes again after it, and one that fails is tried again; neither is forgotten
func TestMessagesComeAgain(t *testing.T) {
	h := newHouse(t)
	var paused, failed, fell atomic.Int64
	r := h.start(&desk{deliver: func(_ context.Context, id int64) (time.Duration, error) {
		switch {
		case id == 1 && paused.Add(1) < 3:
			return time.Millisecond, nil
		case id == 2 && failed.Add(1) < 2:
			return 0, errors.New("away, password=swordfish")
		case id == 3 && fell.Add(1) < 2:
			panic("swordfish")
		}
		return 0, nil
	}})
	h.enqueue(r, true, approval.Work{Kind: approval.ToDeliver, ID: 1}, approval.Work{Kind: approval.ToDeliver, ID: 2}, approval.Work{Kind: approval.ToDeliver, ID: 3})
	h.eventually("all came again", func() bool { return paused.Load() == 3 && failed.Load() == 2 && fell.Load() == 2 })
	var kept string
	err := r.Store.Pool().QueryRow(t.Context(), "SELECT string_agg(errors::text, ' ') FROM dbbot.river_job WHERE kind = 'deliver'").Scan(&kept)
	if err != nil || !strings.Contains(kept, "away") || strings.Contains(kept, "swordfish") {
		t.Errorf("kept of the errors: %s, %v", kept, err)
	}
}

// expiry and the reminder come from the queue; what the queue forgot is found lying
func TestExpiryAndReminder(t *testing.T) {
	soon := func(r *approval.Request) {
		r.Terms = approval.Terms{By: []string{"leads"}, Count: 1, Within: 3 * time.Second}
	}
	t.Run("by the queue", func(t *testing.T) {
		h := newHouse(t)
		r := h.start(&desk{})
		// a leader is chosen first, which then looks every five seconds for what is due
		id := h.ask(r, "1", soon, func(r *approval.Request) { r.Terms.Within = 15 * time.Second })
		h.enqueue(r, true, approval.Work{Kind: approval.ToExpire, ID: int64(id)}) // as a clock that is ahead would
		h.eventually("it is reminded of", func() bool {
			got, err := r.Store.Get(t.Context(), id)
			return err == nil && !got.Reminded.IsZero()
		})
		if got := h.until(r, id, approval.Expired); got.Ended.Before(got.Expires) {
			t.Errorf("it expired at %s, before %s", got.Ended, got.Expires)
		}
		var failed int
		if err := r.Store.Pool().QueryRow(t.Context(), "SELECT count(*) FROM dbbot.river_job WHERE errors IS NOT NULL").Scan(&failed); err != nil || failed > 0 {
			t.Errorf("%d jobs failed, %v", failed, err)
		}
	})
	t.Run("found lying", func(t *testing.T) {
		h := newHouse(t)
		r := h.open(&desk{})
		id := h.ask(r, "1", soon)
		if _, err := r.Store.Pool().Exec(t.Context(), "DELETE FROM dbbot.river_job"); err != nil {
			t.Fatal(err)
		}
		h.run(r)
		h.until(r, id, approval.Expired)
	})
	t.Run("decided meanwhile", func(t *testing.T) {
		h := newHouse(t)
		r := h.start(&desk{})
		id := h.ask(r, "1", soon)
		ana := approval.Voter{ID: wish("").Requester, Name: "Ana", Entitled: true}
		if _, err := r.Store.Move(t.Context(), id, func(r approval.Request, now time.Time) (approval.Move, error) { return r.Withdraw(ana, now) }); err != nil {
			t.Fatal(err)
		}
		h.eventually("the queue has done with it", func() bool {
			var open int
			err := r.Store.Pool().QueryRow(t.Context(), "SELECT count(*) FROM dbbot.river_job WHERE kind IN ('expire', 'remind') AND state <> 'completed'").Scan(&open)
			return err == nil && open == 0
		})
		h.until(r, id, approval.Withdrawn)
	})
}

// What lies about: an approved request whose turn was lost, a message, a command whose process is gone.
func TestWhatLiesAboutIsTakenUp(t *testing.T) {
	h := newHouse(t)
	before := h.open(&desk{})
	if err := before.register(t.Context()); err != nil { // a process that died after it had received a command
		t.Fatal(err)
	}
	in := store.Invocation{Key: "typed", Who: wish("").Requester, Words: "terminate 4242 orders", Channel: "C0ORDERS", Worker: before.Worker()}
	if err := before.Store.Receive(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	id := h.ask(before, "1")
	for _, sql := range []string{"DELETE FROM dbbot.river_job", "UPDATE dbbot.inbox SET received = received - interval '1 minute'"} {
		if _, err := before.Store.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	var sent atomic.Int64
	d := &desk{}
	d.deliver = func(ctx context.Context, message int64) (time.Duration, error) {
		sent.Add(1)
		_, _, _, err := d.queue.Store.Lease(ctx, message, time.Minute)
		return 0, err
	}
	r := h.start(d)
	h.until(r, id, approval.Succeeded)
	h.eventually("the command's person is told, and the card sent", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.lost) == 1 && d.lost[0] == "typed" && sent.Load() > 0
	})
}

// however much happens at once, the home tabs are drawn a few times, and once after the last change
func TestHomeTabsAreDrawnAFewTimes(t *testing.T) {
	h := newHouse(t)
	var changes, drawn, seen atomic.Int64
	r := h.start(&desk{redraw: func(context.Context) (time.Duration, error) {
		seen.Store(changes.Load())
		drawn.Add(1)
		return 0, nil
	}})
	const many = 100
	for range many {
		changes.Add(1)
		h.enqueue(r, true, approval.Work{Kind: approval.ToRedraw})
	}
	h.eventually("the last change is shown", func() bool { return seen.Load() == many })
	if n := drawn.Load(); n > many/2 {
		t.Errorf("drawn %d times for %d changes", n, many)
	}
}

// Of two replicas one does what is to be done once in a period; and whoever leads next does not do it again.
func TestPeriodicWorkIsDoneOnceInAPeriod(t *testing.T) {
	h := newHouse(t)
	var done atomic.Int64
	daily := func(o *Options) {
		o.Checkpoint, o.Every = func(context.Context) error { done.Add(1); return nil }, 24*time.Hour
		o.Store = counting{o.Store, &done}
	}
	h.start(&desk{}, daily)
	two := h.start(&desk{}, daily)
	h.eventually("one of them has done it", func() bool {
		var open int
		err := two.Store.Pool().QueryRow(t.Context(), "SELECT count(*) FROM dbbot.river_job WHERE state <> 'completed'").Scan(&open)
		return err == nil && open == 0 && done.Load() == 1001
	})
	made, err := two.river.Insert(t.Context(), checkpointArgs{}, once(24*time.Hour)) // as the next leader does
	if err != nil || !made.UniqueSkippedAsDuplicate {
		t.Errorf("it would be done again: %+v, %v", made, err)
	}
}

// counting counts a thousand for every pruning.
type counting struct {
	Requests
	n *atomic.Int64
}

func (c counting) Prune(ctx context.Context) error {
	c.n.Add(1000)
	return c.Requests.Prune(ctx)
}

func TestBackOffGrowsAndEnds(t *testing.T) {
	last := time.Duration(0)
	for attempt := 1; attempt < 100; attempt++ {
		d := backOff(attempt)
		if d < last || d < time.Second || d > 5*time.Minute {
			t.Fatalf("attempt %d: %s after %s", attempt, d, last)
		}
		last = d
	}
}
