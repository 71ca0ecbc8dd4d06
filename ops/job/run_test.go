package job

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// wishToStop is what a press of Cancel does.
func (h *house) wishToStop(r *replica, id approval.ID) {
	h.Helper()
	ana := approval.Voter{ID: ops.PersonID{Team: "T0DEMO", User: "U0ANA"}, Name: "Ana", Entitled: true}
	if _, err := r.Store.Move(h.Context(), id, func(r approval.Request, now time.Time) (approval.Move, error) {
		return r.AskCancel(ana, "wrong session", now)
	}); err != nil {
		h.Fatal(err)
	}
}

func TestCancelReachesTheRunWithItsCause(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		name := map[bool]string{false: "by notice", true: "by report, where the notice was lost"}[deaf]
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			runs, heard := make(chan bool, 1), make(chan time.Time, 1)
			d := &desk{}
			d.run = func(ctx context.Context, r approval.Request, p func(string, int64, int64)) Result {
				runs <- true
				defer func() { heard <- time.Now() }()
				return d.hang(ctx, r, p)
			}
			r := h.open(d)
			if deaf {
				r.lease.heard = func(approval.ID) {}
			} else {
				r.pace.report = time.Hour
			}
			h.run(r)
			id := h.ask(r, "1")
			<-runs
			elsewhere := h.open(&desk{}) // the press arrives at another replica
			pressed := time.Now()
			h.wishToStop(elsewhere, id)
			got := h.until(r, id, approval.Cancelled, approval.Failed)
			if got.State != approval.Cancelled || got.Why != "wrong session By U0ANA." || got.By.User != "U0ANA" {
				t.Errorf("got %s: %q by %v", got.State, got.Why, got.By)
			}
			t.Logf("from the press to the run, with its transaction: %s", (<-heard).Sub(pressed).Round(100*time.Microsecond))
		})
	}
}

func TestProgressIsKeptAndTheCardDoesNotHurryIt(t *testing.T) {
	h := newHouse(t)
	done := make(chan bool)
	r := h.start(&desk{run: func(_ context.Context, _ approval.Request, progress func(string, int64, int64)) Result {
		for i := range int64(1000) {
			progress("copying", i+1, 1000)
		}
		<-done
		return Result{State: approval.Succeeded}
	}})
	id := h.ask(r, "1")
	h.eventually("the newest progress is kept", func() bool {
		got, err := r.Store.Get(t.Context(), id)
		return err == nil && got.Progress.Phase == "copying" && got.Progress.Done == 1000 && got.Progress.Total == 1000
	})
	close(done)
	h.until(r, id, approval.Succeeded)
}

// a panic is a result: somebody looks at what had happened until then
func TestAPanicIsAResult(t *testing.T) {
	for _, tt := range []struct {
		name      string
		run, look func(*desk) func(context.Context, approval.Request) Result
		state     approval.State
		why       string
	}{
		{"before anything happened", fallsOver(false), nil, approval.Failed, "It did not happen."},
		{"after it happened", fallsOver(true), nil, approval.Succeeded, ""},
		{"and nobody can look", fallsOver(true), fallsOver(false), approval.Interrupted, "dbbot itself failed in this; its log has the cause under "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			d := &desk{}
			run := tt.run(d)
			d.run = func(ctx context.Context, r approval.Request, _ func(string, int64, int64)) Result { return run(ctx, r) }
			if tt.look != nil {
				d.look = tt.look(d)
			}
			r := h.start(d)
			got := h.until(r, h.ask(r, "1"), approval.Succeeded, approval.Failed, approval.Interrupted)
			if got.State != tt.state || !strings.HasPrefix(got.Why, tt.why) || strings.Contains(got.Why, "swordfish") {
				t.Errorf("got %s: %s", got.State, got.Why)
			}
		})
	}
}

func fallsOver(done bool) func(*desk) func(context.Context, approval.Request) Result {
	return func(d *desk) func(context.Context, approval.Request) Result {
		return func(ctx context.Context, r approval.Request) Result {
			if done {
				d.act(ctx, r)
			}
			panic("password=swordfish")
		}
	}
}

func TestWhateverADeskGivesCanBeKept(t *testing.T) {
	long := []byte(`"` + strings.Repeat("x", maxOutcome) + `"`)
	for _, tt := range []struct {
		name    string
		gave    Result
		state   approval.State
		outcome string
	}{
		{"all of it", Result{State: approval.Succeeded, Outcome: []byte(`{"a":1}`)}, approval.Succeeded, `{"a":1}`},
		{"nothing", Result{}, approval.Interrupted, ""},
		{"a state that is no end", Result{State: approval.Running}, approval.Interrupted, ""},
		{"an outcome that is no JSON", Result{State: approval.Failed, Why: "no", Outcome: []byte("{")}, approval.Failed, ""},
		{"an outcome that is too long", Result{State: approval.Succeeded, Outcome: long}, approval.Succeeded, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.gave.whole()
			if got.State != tt.state || string(got.Outcome) != tt.outcome || got.State == approval.Interrupted && got.Why == "" {
				t.Errorf("got %+v", got)
			}
			if len(got.Outcome) > 0 && !json.Valid(got.Outcome) {
				t.Errorf("not JSON: %s", got.Outcome)
			}
		})
	}
}

// flaky answers with an error now and then, before or after it has done what it was asked.
type flaky struct {
	requests
	fails func(r approval.Request, before bool) bool
}

func (f flaky) Move(ctx context.Context, id approval.ID, act approval.Act) (approval.Request, error) {
	if r, err := f.Get(ctx, id); err == nil && f.fails(r, true) {
		return r, errors.New("the state database is away")
	}
	r, err := f.requests.Move(ctx, id, act)
	if err == nil && f.fails(r, false) {
		return approval.Request{}, errors.New("the answer was lost")
	}
	return r, err
}

// every answer of the state database is lost once, before and after: each step is done once all the same
func TestLostAnswers(t *testing.T) {
	for _, before := range []bool{true, false} {
		t.Run(map[bool]string{true: "nothing was kept", false: "it was kept"}[before], func(t *testing.T) {
			h := newHouse(t)
			d := &desk{}
			seen := map[approval.State]bool{}
			r := h.start(d, func(o *Options) {
				o.Store = flaky{o.Store.(requests), func(r approval.Request, is bool) bool {
					first := is == before && !seen[r.State]
					seen[r.State] = seen[r.State] || first
					return first
				}}
			})
			id := h.ask(r, "1")
			got := h.until(r, id, approval.Succeeded, approval.Failed, approval.Interrupted)
			if got.State != approval.Succeeded || len(h.effects(r, id)) != 1 || d.lookedAt(id) != 0 {
				t.Errorf("got %s (%s), done by %v, looked at %d times", got.State, got.Why, h.effects(r, id), d.lookedAt(id))
			}
			h.eventually("it is put down", func() bool { return !r.hands.has(thing{kind: approval.ToRun, id: int64(id)}) })
			if err := r.stop(); err != nil {
				t.Error(err)
			}
			if len(seen) < 2 {
				t.Errorf("only %v failed: the test no longer tests", seen)
			}
		})
	}
}

// a result that cannot be written as it is is written without its outcome
func TestAnOutcomeThatIsRefusedIsLeftOut(t *testing.T) {
	h := newHouse(t)
	r := h.start(&desk{}, func(o *Options) { o.Store = picky{o.Store.(requests), new(atomic.Int64)} })
	got := h.until(r, h.ask(r, "1"), approval.Succeeded)
	if len(got.Outcome) != 0 {
		t.Errorf("got %s", got.Outcome)
	}
}

type picky struct {
	requests
	refused *atomic.Int64
}

func (p picky) Move(ctx context.Context, id approval.ID, act approval.Act) (approval.Request, error) {
	var fault error
	r, err := p.requests.Move(ctx, id, func(r approval.Request, now time.Time) (approval.Move, error) {
		m, err := act(r, now)
		if len(m.After.Outcome) > 0 {
			fault = errors.New("this cannot be written")
			return approval.Move{}, fault
		}
		return m, err
	})
	return r, err
}
