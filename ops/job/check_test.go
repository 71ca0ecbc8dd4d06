package job

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

func TestWhatCheckSaysDecides(t *testing.T) {
	unread := &ops.Error{Message: "The database did not answer.", Cause: ErrUnchecked}
	for _, tt := range []struct {
		name   string
		checks []error // one after the other; the last one stays
		state  approval.State
		why    string
		ran    int
	}{
		{"holds", []error{nil}, approval.Succeeded, "", 1},
		{"no longer holds", []error{&ops.Error{Message: "Lee may no longer agree."}}, approval.Invalidated, "Lee may no longer agree.", 0},
		{"cannot be told at first", []error{ErrUnchecked, nil}, approval.Succeeded, "", 1},
		{"cannot be told, in words", []error{unread, nil}, approval.Succeeded, "", 1},
		{"an error nobody foresaw", []error{errors.New("boom"), nil}, approval.Succeeded, "", 1},
		{"a panic", []error{errAsPanic, nil}, approval.Succeeded, "", 1},
		{"never can be told", []error{ErrUnchecked}, approval.Invalidated, "It could not be checked in time whether what was agreed to still holds.", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			var n atomic.Int64
			r := h.start(&desk{check: func(context.Context, approval.Request) error {
				err := tt.checks[min(int(n.Add(1)), len(tt.checks))-1]
				if errors.Is(err, errAsPanic) {
					panic("check fell over")
				}
				return err
			}})
			id := h.ask(r, "1")
			if tt.name == "never can be told" {
				h.late(r, id)
			}
			got := h.until(r, id, approval.Succeeded, approval.Invalidated)
			if got.State != tt.state || got.Why != tt.why || len(h.effects(r, id)) != tt.ran {
				t.Errorf("got %s (%s), done %d times; want %s (%s), %d", got.State, got.Why, len(h.effects(r, id)), tt.state, tt.why, tt.ran)
			}
			if int(n.Load()) < len(tt.checks) {
				t.Errorf("checked %d times, want %d", n.Load(), len(tt.checks))
			}
		})
	}
}

var errAsPanic = errors.New("panic instead")

// late moves the end of a request's consent into the past, as time would.
func (h *house) late(r *replica, id approval.ID) {
	h.Helper()
	if _, err := r.Store.Pool().Exec(h.Context(), "UPDATE dbbot.requests SET expires = clock_timestamp() - interval '1 minute' WHERE id = $1", id); err != nil {
		h.Fatal(err)
	}
}

// consent that runs out between the check and the start ends it, with words
func TestTooLateToStart(t *testing.T) {
	h := newHouse(t)
	var r *replica
	r = h.start(&desk{check: func(_ context.Context, q approval.Request) error { h.late(r, q.ID); return nil }})
	got := h.until(r, h.ask(r, "1"), approval.Invalidated, approval.Succeeded)
	if got.State != approval.Invalidated || !strings.Contains(got.Why, "could not begin in time") {
		t.Errorf("got %s: %s", got.State, got.Why)
	}
}

// what stands in the table is not what was checked: it does not run
func TestAnotherPlanThanWasAgreedToDoesNotRun(t *testing.T) {
	h := newHouse(t)
	var r *replica
	r = h.start(&desk{check: func(ctx context.Context, q approval.Request) error {
		_, err := r.Store.Pool().Exec(ctx, "UPDATE dbbot.requests SET plan = '{\"pid\":1}' WHERE id = $1", q.ID)
		return err
	}})
	id := h.ask(r, "1")
	if got := h.until(r, id, approval.Invalidated, approval.Succeeded); got.State != approval.Invalidated || len(h.effects(r, id)) != 0 {
		t.Errorf("got %s: %s", got.State, got.Why)
	}
}

// somebody rejects it while it cannot be checked: deny beats approve as long as nothing runs
func TestRejectedWhileItWaitsToBeChecked(t *testing.T) {
	h := newHouse(t)
	asked := make(chan bool, 100)
	r := h.start(&desk{check: func(context.Context, approval.Request) error { asked <- true; return ErrUnchecked }})
	id := h.ask(r, "1")
	<-asked
	lee := approval.Voter{ID: ops.PersonID{Team: "T0DEMO", User: "U0ANA"}, Name: "Ana", Entitled: true}
	if _, err := r.Store.Move(t.Context(), id, func(r approval.Request, now time.Time) (approval.Move, error) { return r.Withdraw(lee, now) }); err != nil {
		t.Fatal(err)
	}
	h.eventually("it is put down", func() bool { return !r.hands.has(thing{kind: approval.ToRun, id: int64(id)}) })
	if got := h.until(r, id, approval.Withdrawn); got.Fence != 1 {
		t.Errorf("it was claimed again: %+v", got)
	}
}

// one at a time on a database of a server; who waits knows whom for, and goes when the other has ended
func TestOneAtATimeOnADatabase(t *testing.T) {
	h := newHouse(t)
	var at, most atomic.Int64
	release := make(chan bool)
	slow := func(d *desk) *desk {
		d.run = func(ctx context.Context, r approval.Request, _ func(string, int64, int64)) Result {
			most.Store(max(most.Load(), at.Add(1)))
			<-release
			at.Add(-1)
			return d.act(ctx, r)
		}
		return d
	}
	one, _ := h.start(slow(&desk{})), h.start(slow(&desk{}))
	var ids []approval.ID
	for range 5 {
		ids = append(ids, h.ask(one, "the only one"))
	}
	for left := len(ids); left > 0; left-- {
		var runs approval.Request
		h.eventually("one runs and the others wait for it", func() bool {
			waiting := 0
			for _, id := range ids {
				r, err := one.Store.Get(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case r.State == approval.Running:
					runs = r
				case r.State == approval.Approved && r.WaitsFor != 0 && r.Worker == 0:
					waiting++
				}
			}
			return runs.State == approval.Running && waiting == left-1
		})
		if left == len(ids) {
			for _, id := range ids {
				if r := h.until(one, id, approval.Running, approval.Approved); r.State == approval.Approved && r.WaitsFor != runs.ID {
					t.Errorf("%s waits for %s, and %s runs", id, r.WaitsFor, runs.ID)
				}
			}
		}
		release <- true
		h.until(one, runs.ID, approval.Succeeded)
	}
	for _, id := range ids {
		if got := h.effects(one, id); len(got) != 1 {
			t.Errorf("%s was done by %v", id, got)
		}
	}
	if most.Load() != 1 {
		t.Errorf("%d ran at once", most.Load())
	}
}

// A check that is cut short by the end of the program says nothing about the request, whatever words it finds for it.
func TestACheckThatIsCutShortEndsNothing(t *testing.T) {
	h := newHouse(t)
	checking := make(chan bool, 1)
	r := h.start(&desk{check: func(ctx context.Context, _ approval.Request) error {
		checking <- true
		<-ctx.Done()
		return &ops.Error{Message: "The database did not answer."}
	}})
	id := h.ask(r, "1")
	<-checking
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if got := h.until(r, id, approval.Approved, approval.Invalidated); got.State != approval.Approved {
		t.Errorf("got %s: %s", got.State, got.Why)
	}
	h.until(h.start(&desk{}), id, approval.Succeeded)
}

// speaks for people, as the store does, when it is away.
type speaks struct {
	requests
	away func() bool
}

func (s speaks) Move(ctx context.Context, id approval.ID, act approval.Act) (approval.Request, error) {
	if s.away() {
		return approval.Request{}, &ops.Error{Message: "dbbot's own database cannot be reached."}
	}
	return s.requests.Move(ctx, id, act)
}

// The store's own words about its trouble are no refusal of the request: it is away when the request is to be started,
// until the worker gives up, and then there again.
func TestAStateDatabaseThatIsAwayEndsNoRequest(t *testing.T) {
	h := newHouse(t)
	var r *replica
	var checked, over atomic.Bool
	r = h.open(&desk{check: func(context.Context, approval.Request) error { checked.Store(true); return nil }}, func(o *Options) {
		o.Store = speaks{o.Store.(requests), func() bool {
			if !checked.Load() || over.Swap(true) {
				return false
			}
			r.lease.release() // the worker gives up
			return true
		}}
	})
	h.run(r)
	id := h.ask(r, "1")
	if got := h.until(r, id, approval.Succeeded, approval.Invalidated); got.State != approval.Succeeded || !over.Load() {
		t.Errorf("got %s: %s; it was away: %v", got.State, got.Why, over.Load())
	}
}
