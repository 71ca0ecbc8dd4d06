package job

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/audit"
)

// full is a store on a disk without space: it can be read, and what says that its lock is held goes on.
type full struct {
	requests
	report, start *atomic.Bool // whether these are refused
}

var errFull = errors.New("no space left")

func (f full) Report(ctx context.Context, id approval.ID, fence int64, p approval.Progress) (*approval.Cancel, error) {
	if f.report.Load() {
		return nil, errFull
	}
	return f.requests.Report(ctx, id, fence, p)
}

func (f full) Move(ctx context.Context, id approval.ID, act approval.Act) (approval.Request, error) {
	r, err := f.Get(ctx, id)
	if err == nil && r.State == approval.Approved && r.Worker != 0 && f.start.Load() {
		return r, errFull
	}
	return f.requests.Move(ctx, id, act)
}

func onFullDisk(report, start bool) (full, func(*Options)) {
	f := full{report: new(atomic.Bool), start: new(atomic.Bool)}
	f.report.Store(report)
	f.start.Store(start)
	return f, func(o *Options) { f.requests = o.Store.(requests); o.Store = f }
}

// The disk fills up right after the start, and is freed hours later: nobody is surprised by a run then.
func TestNothingBeginsLongAfterItWasChecked(t *testing.T) {
	h := newHouse(t)
	disk, change := onFullDisk(true, false)
	r := h.start(&desk{}, change)
	id := h.ask(r, "1")
	got := h.until(r, id, approval.Cancelled, approval.Succeeded)
	disk.report.Store(false)
	if got.State != approval.Cancelled || !strings.HasPrefix(got.Why, "Nothing was run.") || len(h.effects(r, id)) != 0 {
		t.Errorf("got %s (%s), done by %v", got.State, got.Why, h.effects(r, id))
	}
}

// The same between the check and the start: once there is space again, all is checked anew.
func TestWhatCouldNotStartIsCheckedAnew(t *testing.T) {
	h := newHouse(t)
	var checks atomic.Int64
	disk, change := onFullDisk(false, false)
	r := h.start(&desk{check: func(context.Context, approval.Request) error {
		disk.start.Store(checks.Add(1) == 1)
		return nil
	}}, change)
	id := h.ask(r, "1")
	h.eventually("it is put down unstarted", func() bool {
		return checks.Load() == 1 && !r.hands.has(thing{kind: approval.ToRun, id: int64(id)})
	})
	disk.start.Store(false)
	if got := h.until(r, id, approval.Succeeded); checks.Load() != 2 || len(h.effects(r, id)) != 1 {
		t.Errorf("got %s after %d checks, done by %v", got.State, checks.Load(), h.effects(r, id))
	}
}

// That a check failed is a fact of the audit, once however often it is tried again.
func TestACheckThatFailsIsAFact(t *testing.T) {
	h := newHouse(t)
	var checks atomic.Int64
	r := h.start(&desk{check: func(context.Context, approval.Request) error {
		if checks.Add(1) < 3 {
			return errors.Join(ErrUnchecked, errors.New("no word from postgres://bot:hunter2@db/orders"))
		}
		return nil
	}})
	id := h.ask(r, "1")
	h.until(r, id, approval.Succeeded)
	entries, err := r.Store.Audit(t.Context(), audit.Filter{Request: int64(id)})
	if err != nil {
		t.Fatal(err)
	}
	var found []audit.Entry
	for _, e := range entries {
		if e.Event == audit.CheckFailed {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d entries of %+v", len(found), entries)
	}
	e := found[0]
	if e.Command != "migrate up" || e.Database != "orders" || e.System != "1" || e.From != "approved" || e.To != "approved" || e.Digest == "" ||
		e.Worker != r.Worker() || !strings.Contains(e.Detail, "no word from") || strings.Contains(e.Detail, "hunter2") {
		t.Errorf("%+v", e)
	}
}

// A second turn of what runs here is over at once: it does not come back ten times a second for as long as that runs.
func TestASecondTurnOfWhatRunsHereIsOver(t *testing.T) {
	h := newHouse(t)
	d := &desk{}
	d.run = d.hang
	r := h.start(d)
	id := h.ask(r, "1")
	h.eventually("it runs", func() bool { return r.hands.stopper(thing{kind: approval.ToRun, id: int64(id)}) != nil })
	h.enqueue(r, true, approval.Work{Kind: approval.ToRun, ID: int64(id)})
	h.eventually("the second turn is over, and it still runs", func() bool {
		var over int
		err := r.Store.Pool().QueryRow(t.Context(), "SELECT count(*) FROM dbbot.river_job WHERE kind = 'run' AND state = 'completed'").Scan(&over)
		return err == nil && over == 1
	})
	if got := h.until(r, id, approval.Running); got.Fence != 1 {
		t.Errorf("claimed again: %+v", got)
	}
}

// A chat that hangs holds up messages, and no request whose worker is gone.
func TestMessagesThatHangHoldUpNoTakeOver(t *testing.T) {
	h := newHouse(t)
	before := h.open(&desk{})
	if err := before.register(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := h.ask(before, "1")
	release := make(chan bool)
	defer close(release)
	var hanging atomic.Int64
	r := h.open(&desk{deliver: func(context.Context, int64) (time.Duration, error) {
		hanging.Add(1)
		<-release
		return 0, nil
	}})
	for _, sql := range []string{
		"DELETE FROM dbbot.river_job",
		"INSERT INTO dbbot.messages (key, request, kind, recipient, thread, due) SELECT 'm' || n, 1, 'direct', 'U0ANA', '', now() - interval '1 minute' FROM generate_series(1, 99) n",
	} {
		if _, err := before.Store.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	h.run(r)
	h.eventually("there is no room for one more", func() bool { return hanging.Load() == maxStrays })
	for _, act := range []approval.Act{
		func(q approval.Request, now time.Time) (approval.Move, error) { return q.Claim(before.Worker(), now) },
		func(q approval.Request, now time.Time) (approval.Move, error) { return q.Start(q.Fence, q.Digest, now) },
	} {
		if _, err := before.Store.Move(t.Context(), id, act); err != nil {
			t.Fatal(err)
		}
	}
	h.until(r, id, approval.Failed)
}
