package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/postgres/cluster/clustertest"
)

// sessions are the processes of the server that hold a worker's lock.
func (h *house) sessions(r *replica, worker int64) (pids []int) {
	h.Helper()
	rows, err := r.Store.Pool().Query(h.Context(), "SELECT l.pid "+livingLocks+" AND l.objid = $2", int64(liveClass), worker)
	if err == nil {
		pids, err = pgx.CollectRows(rows, pgx.RowTo[int])
	}
	if err != nil {
		h.Fatal(err)
	}
	return pids
}

// the session with the lock is ended while a change runs: it is taken again before anybody acts on it, and the run goes on
func TestABriefLossOfTheLockStopsNothing(t *testing.T) {
	h := newHouse(t)
	runs, release := make(chan bool, 1), make(chan bool)
	d := &desk{}
	d.run = func(ctx context.Context, r approval.Request, _ func(string, int64, int64)) Result {
		runs <- true
		select {
		case <-release:
		case <-ctx.Done():
		}
		return d.act(ctx, r)
	}
	one, two := h.open(d), h.open(&desk{})
	one.pace.trust, one.pace.ping, two.pace.absent = time.Minute, time.Second, time.Minute // however slow this machine is
	h.run(one)
	id := h.ask(one, "1")
	<-runs
	h.run(two)
	before := h.sessions(one, one.Worker())
	if _, err := one.Store.Pool().Exec(t.Context(), "SELECT pg_terminate_backend($1)", before[0]); err != nil {
		t.Fatal(err)
	}
	h.eventually("another session holds the lock", func() bool {
		now := h.sessions(one, one.Worker())
		return len(now) == 1 && now[0] != before[0]
	})
	close(release)
	if got := h.until(one, id, approval.Succeeded, approval.Cancelled, approval.Failed); got.State != approval.Succeeded || got.Fence != 1 {
		t.Errorf("got %s (%s), fence %d", got.State, got.Why, got.Fence)
	}
}

// A worker that loses its state database is told to stop what it runs before another one looks at what happened; and
// whatever it writes afterwards is refused.
func TestALostStateDatabaseStopsTheRunBeforeItIsTakenOver(t *testing.T) {
	for name, away := range gone {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			road := h.proxy()
			runs := make(chan bool, 1)
			var told atomic.Bool
			cause := make(chan error, 1)
			d := &desk{run: func(ctx context.Context, r approval.Request, _ func(string, int64, int64)) Result {
				runs <- true
				<-ctx.Done()
				told.Store(true)
				cause <- context.Cause(ctx)
				return Result{State: approval.Succeeded, Why: "so it believes"}
			}}
			one := h.startAt(road.url, d)
			id := h.ask(one, "1")
			<-runs
			var early atomic.Bool
			two := h.start(&desk{look: func(context.Context, approval.Request) Result {
				early.Store(!told.Load())
				return Result{State: approval.Failed, Why: "It did not happen."}
			}})
			away(t, road)
			got := h.until(two, id, approval.Failed, approval.Succeeded)
			if got.Why != "It did not happen." || got.Worker != two.Worker() || early.Load() {
				t.Errorf("got %s (%s) by %d; looked at before the run was told to stop: %v", got.State, got.Why, got.Worker, early.Load())
			}
			stopped, ok := errors.AsType[*Cancelled](<-cause)
			if !ok || stopped.Why != "dbbot lost its state database while this ran, and stopped it." {
				t.Errorf("the cause was %v", stopped)
			}
			if err := one.stop(); errors.Is(err, errLeft) {
				t.Error(err)
			}
		})
	}
}

// the direct connection leads elsewhere than the requests are: nobody would see the lock there
func TestTheLockMustBeWhereTheRequestsAre(t *testing.T) {
	h := newHouse(t)
	elsewhere := clustertest.Database(t)
	r := h.open(&desk{}, func(o *Options) { o.Direct = ops.Secret(elsewhere) })
	if err := r.register(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := r.lease.take(t.Context(), r.Worker())
	shown, ok := errors.AsType[*ops.Error](err)
	if !ok || shown.Message != "The direct connection to the state database leads to another database than its requests are in." {
		t.Fatalf("got %v", err)
	}
	if _, err := r.lease.hold(); !errors.Is(err, errNoLease) {
		t.Errorf("it holds a lease all the same: %v", err)
	}
}

// an older session of the same worker, which the server has not found to be gone yet, gives way
func TestAGhostOfOurselvesGivesWay(t *testing.T) {
	h := newHouse(t)
	r := h.open(&desk{})
	if err := r.register(t.Context()); err != nil {
		t.Fatal(err)
	}
	ghost, err := r.lease.take(t.Context(), r.Worker())
	if err != nil {
		t.Fatal(err)
	}
	defer bid(ghost)
	var conn *pgx.Conn
	h.eventually("the new session has the lock", func() bool {
		conn, err = r.lease.take(t.Context(), r.Worker())
		return err == nil
	})
	defer bid(conn)
	if got, want := h.sessions(r, r.Worker()), []int{int(conn.PgConn().PID())}; !slices.Equal(got, want) {
		t.Errorf("held by %v, want %v", got, want)
	}
}

func newLease() *lease {
	return &lease{log: slog.New(slog.DiscardHandler), pace: &usual, lost: prometheus.NewCounter(prometheus.CounterOpts{Name: "lost"})}
}

// proofs are what happens to a lease: a pause, and then a proof that is answered after so long, or not at all.
type proofs []struct{ Pause, Answered time.Duration }

// However proofs come and fail to come: the lease is held exactly while the last proof was asked for less than trust ago.
func TestTheLeaseIsTrustedForSoLongAfterAProof(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var script proofs
		for range rapid.IntRange(1, 20).Draw(r, "steps") {
			script = append(script, struct{ Pause, Answered time.Duration }{
				time.Duration(rapid.IntRange(1, 4000).Draw(r, "pause"))*time.Millisecond + time.Microsecond, // never just then
				time.Duration(rapid.IntRange(-1000, 3000).Draw(r, "answered")) * time.Millisecond,
			})
		}
		var fault string
		synctest.Test(t, func(*testing.T) { fault = script.play() })
		if fault != "" {
			r.Fatal(fault)
		}
	})
}

func (script proofs) play() string {
	l := newLease()
	defer l.release()
	var proof time.Time
	for i, step := range script {
		time.Sleep(step.Pause)
		if asked := time.Now(); step.Answered >= 0 {
			time.Sleep(step.Answered)
			l.confirm(asked)
			if step.Answered < usual.trust {
				proof = asked
			}
		}
		synctest.Wait()
		_, err := l.hold()
		if want := !proof.IsZero() && time.Since(proof) < usual.trust; (err == nil) != want {
			return fmt.Sprintf("step %d: held: %v, the last proof is %s old", i, err == nil, time.Since(proof))
		}
	}
	return ""
}

// What a run stands on ends with the lease, and stays ended when the lease is held again.
func TestALostLeaseIsNotFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLease()
		l.confirm(time.Now())
		held, err := l.hold()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(usual.trust)
		synctest.Wait()
		l.confirm(time.Now())
		if again, err := l.hold(); held.Err() == nil || err != nil || again == held {
			t.Errorf("the old one: %v, the new one: %v", held.Err(), err)
		}
		l.release()
	})
}

// A worker counts as absent when it was so at every look for absent; one look that finds it begins anew.
func TestAbsentIsWhoWasSoAtEveryLook(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		looks := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) look {
			return look{
				After:  time.Duration(rapid.IntRange(1, 2000).Draw(r, "after")) * time.Millisecond,
				Absent: rapid.SliceOfNDistinct(rapid.Int64Range(1, 3), 0, 3, rapid.ID).Draw(r, "absent"),
			}
		}), 1, 30).Draw(r, "looks")
		var fault string
		synctest.Test(t, func(*testing.T) { fault = compare(looks) })
		if fault != "" {
			r.Fatal(fault)
		}
	})
}

type look struct {
	After  time.Duration
	Absent []int64
}

func compare(looks []look) string {
	q := &Queue{pace: usual, hands: newHands()}
	gone, since := map[approval.ID]time.Time{}, map[approval.ID]time.Time{} // what is tested, and the model
	for i, l := range looks {
		time.Sleep(l.After)
		var running, want []approval.ID
		for id := range approval.ID(4) {
			if !slices.Contains(l.Absent, int64(id)) {
				delete(since, id)
				continue
			}
			running = append(running, id)
			if _, before := since[id]; !before {
				since[id] = time.Now()
			}
			if time.Since(since[id]) >= usual.absent {
				want = append(want, id)
			}
		}
		if got := q.absent(gone, running); !slices.Equal(got, want) {
			return fmt.Sprintf("look %d: got %v, want %v", i, got, want)
		}
	}
	return ""
}

// The order that keeps two workers from holding one request at once.
func TestThePacesAreInOrder(t *testing.T) {
	for name, p := range map[string]pace{"usual": usual, "quick": quick} {
		if !(2*p.ping < p.trust && p.trust < p.absent && p.look < p.absent && p.absent < p.silent && 3*p.ping < p.silent) {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if usual.silent+usual.absent+lookWithin > 35*time.Second || usual.absent+usual.look+lookWithin > 20*time.Second {
		t.Errorf("a crash is not over within half a minute: %+v", usual)
	}
}
