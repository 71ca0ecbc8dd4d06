package job

import (
	"bufio"
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"dbbot/ops/approval"
)

func grace(d time.Duration) func(*Options) { return func(o *Options) { o.Grace = d } }

// a run that ends within the grace ends as if nothing were the matter
func TestARunEndsWithinTheGrace(t *testing.T) {
	h := newHouse(t)
	runs, release := make(chan bool), make(chan bool)
	d := &desk{}
	d.run = func(ctx context.Context, r approval.Request, _ func(string, int64, int64)) Result {
		runs <- true
		<-release
		return d.act(ctx, r)
	}
	r := h.start(d, grace(patience))
	id := h.ask(r, "1")
	<-runs
	ended := make(chan error)
	go func() { ended <- r.stop() }()
	<-r.open.Done()
	next := h.ask(r, "2") // nothing new is begun
	close(release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := h.until(r, id, approval.Succeeded, approval.Cancelled); got.State != approval.Succeeded {
		t.Errorf("got %s: %s", got.State, got.Why)
	}
	if got := h.until(r, next, approval.Approved, approval.Succeeded); got.State != approval.Approved || got.Worker != 0 {
		t.Errorf("it was begun after the end had been asked for: %s by %d", got.State, got.Worker)
	}
	two := h.start(&desk{}) // it is not lost
	h.until(two, next, approval.Succeeded)
}

// a run that goes on is cancelled, and recorded as such, and its last message is sent
func TestARunIsCancelledAfterTheGrace(t *testing.T) {
	h := newHouse(t)
	runs := make(chan bool, 1)
	d := &desk{}
	d.run = func(ctx context.Context, r approval.Request, p func(string, int64, int64)) Result {
		runs <- true
		return d.hang(ctx, r, p)
	}
	r := h.start(d, grace(0))
	id := h.ask(r, "1")
	<-runs
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	got := h.until(r, id, approval.Cancelled, approval.Failed)
	if !strings.Contains(got.Why, "dbbot is being stopped") {
		t.Errorf("got %s: %s", got.State, got.Why)
	}
	var left int
	if err := r.Store.Pool().QueryRow(t.Context(), "SELECT count(*) FROM dbbot.river_job WHERE kind = 'deliver' AND state NOT IN ('completed')").Scan(&left); err != nil || left > 0 {
		t.Errorf("%d messages were left, %v", left, err)
	}
	if n := h.workers(r); n != 0 {
		t.Errorf("%d locks are left", n)
	}
}

// a run that does not listen is left behind, in words, and looked at by the next
func TestARunThatDoesNotStop(t *testing.T) {
	h := newHouse(t)
	runs, release := make(chan bool, 1), make(chan bool)
	r := h.start(&desk{run: func(context.Context, approval.Request, func(string, int64, int64)) Result {
		runs <- true
		<-release
		return Result{State: approval.Succeeded}
	}}, grace(0))
	id := h.ask(r, "1")
	<-runs
	if err := r.stop(); !errors.Is(err, errLeft) {
		t.Errorf("got %v", err)
	}
	two := h.start(&desk{})
	if got := h.until(two, id, approval.Failed, approval.Succeeded); got.Why != "It did not happen." {
		t.Errorf("got %s: %s", got.State, got.Why)
	}
	close(release)
	h.eventually("it is put down", func() bool { return r.hands.empty(t.Context()) })
	if got := h.until(two, id, approval.Failed, approval.Succeeded); got.Worker != two.Worker() || got.State != approval.Failed {
		t.Errorf("the one that was left behind wrote %s", got.State)
	}
}

// SIGTERM, and a second one in the middle of the grace, which ends the process at once: the next one finds the truth
func TestASecondSignalSpoilsNothing(t *testing.T) {
	for _, signals := range []int{1, 2} {
		t.Run(map[int]string{1: "one", 2: "two"}[signals], func(t *testing.T) {
			h := newHouse(t)
			two := h.open(&desk{})
			p := h.process(childHangs + "=yes")
			id := h.ask(two, "1")
			says := bufio.NewReader(p.said)
			for range signals {
				// first that it runs, then that it is stopping
				if line, err := says.ReadString('\n'); err != nil {
					t.Fatal(line, err)
				}
				if err := p.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
			}
			_ = p.Wait() // with two, by the signal
			h.run(two)
			got := h.until(two, id, approval.Cancelled, approval.Failed)
			if want := map[int]approval.State{1: approval.Cancelled, 2: approval.Failed}[signals]; got.State != want {
				t.Errorf("got %s (%s), want %s", got.State, got.Why, want)
			}
			if got := h.effects(two, id); len(got) != 0 {
				t.Errorf("done by %v", got)
			}
		})
	}
}

// the state database goes away, and then dbbot is stopped: it ends in its time, and the next start finds the truth
func TestStopWhileTheStateDatabaseIsAway(t *testing.T) {
	for name, away := range gone {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			road := h.proxy()
			runs := make(chan bool, 1)
			d := &desk{}
			d.run = func(ctx context.Context, r approval.Request, p func(string, int64, int64)) Result {
				runs <- true
				return d.hang(ctx, r, p)
			}
			r := h.startAt(road.url, d, grace(0))
			id := h.ask(r, "1")
			<-runs
			away(t, road)
			_ = r.stop() // it may say that River could not take its leave
			two := h.start(&desk{})
			if got := h.until(two, id, approval.Failed, approval.Succeeded); got.Why != "It did not happen." {
				t.Errorf("got %s: %s", got.State, got.Why)
			}
		})
	}
}
