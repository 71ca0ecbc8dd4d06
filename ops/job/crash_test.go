package job

import (
	"flag"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"dbbot/ops/approval"
)

var (
	kills = flag.Int("job.kills", 1, "how often a worker is killed at each step")
	real  = flag.Bool("job.real", false, "with the pace of the program, not that of tests: for measuring")
)

// What must be true of a request whose worker was killed at a step.
var steps = []struct {
	step  string
	state approval.State
	ran   int // how often, by anybody
	looks int // how often the one who took it over looked
}{
	{"claimed", approval.Succeeded, 1, 0},
	{"checked", approval.Succeeded, 1, 0},
	{"started", approval.Failed, 0, 1},
	{"running", approval.Failed, 0, 1},
	{"ran", approval.Succeeded, 1, 1},
	{"finished", approval.Succeeded, 1, 0},
}

// a worker is killed at each step of the road, and another one brings the request to its true end without running it
// again
func TestKilledAtEachStep(t *testing.T) {
	var mu sync.Mutex
	var took []time.Duration
	t.Cleanup(func() {
		slices.Sort(took)
		t.Logf("from kill -9 to the true end, %d times: p50 %s, max %s", len(took), took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
	})
	for _, tt := range steps {
		t.Run(tt.step, func(t *testing.T) {
			h := newHouse(t)
			two := h.start(&desk{})
			for range *kills {
				id, killed := h.askUntilKilled(two, tt.step)
				r := h.until(two, id, approval.Succeeded, approval.Failed, approval.Interrupted)
				if tt.step != "finished" {
					mu.Lock()
					took = append(took, time.Since(killed))
					mu.Unlock()
				}
				if r.State != tt.state || len(h.effects(two, id)) != tt.ran || two.desk.lookedAt(id) != tt.looks {
					t.Errorf("got %s (%s), done by %v, looked at %d times; want %s, %d, %d", r.State, r.Why, h.effects(two, id),
						two.desk.lookedAt(id), tt.state, tt.ran, tt.looks)
				}
				h.eventually("the killed worker's session is gone", func() bool { return h.workers(two) == 1 })
			}
		})
	}
}

// askUntilKilled starts a worker process that kills itself at a step, and makes requests until it has had one.
func (h *house) askUntilKilled(other *replica, step string) (id approval.ID, at time.Time) {
	h.Helper()
	p := h.process(childStep+"="+step, childBlow+"=kill")
	h.eventually("the worker process lives", func() bool { return h.workers(other) == 2 })
	died := make(chan time.Time, 1)
	go func() { _, _ = p.Process.Wait(); died <- time.Now() }()
	for {
		id = h.ask(other, "1")
		ended := make(chan bool, 1)
		go func() {
			r := h.until(other, id, approval.Succeeded, approval.Failed, approval.Interrupted)
			ended <- r.Worker == other.Worker() && len(h.effects(other, id)) > 0
		}()
		select {
		case at = <-died:
			<-ended
			return id, at
		case <-ended:
			select {
			case at = <-died:
				return id, at
			case <-time.After(20 * time.Millisecond): // the other one had it: another
			}
		}
	}
}

// A worker process that is stopped while it holds a request looks alive to the kernel. Its session is ended, its request
// taken over; when it wakes it neither runs it nor writes anything.
func TestFrozenAndAwake(t *testing.T) {
	for _, step := range []string{"claimed", "started", "running", "ran"} {
		t.Run(step, func(t *testing.T) {
			h := newHouse(t)
			two := h.open(&desk{}) // it does not work yet, so that the process has the request surely
			p := h.process(childStep+"="+step, childBlow+"=stop")
			h.eventually("the worker process lives", func() bool { return h.workers(two) == 1 })
			id := h.ask(two, "1")
			h.eventually("the worker process is frozen", func() bool { return stopped(p.Process.Pid) })
			h.run(two)
			r := h.until(two, id, approval.Succeeded, approval.Failed, approval.Interrupted)
			if r.Worker != two.Worker() {
				t.Fatalf("%s ended by worker %d", r.State, r.Worker)
			}
			before := h.effects(two, id)
			if err := p.Process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			h.eventually("the worker has its lock again", func() bool { return h.workers(two) == 2 })
			next := h.ask(two, "1")
			h.until(two, next, approval.Succeeded)
			if err := p.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			_ = p.Wait() // only then is it certain that it did nothing more
			after, err := two.Store.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(after) != fmt.Sprint(r) {
				t.Errorf("it wrote after it had been taken over:\n%+v\n%+v", r, after)
			}
			if got := h.effects(two, id); len(got) > 1 || step != "running" && len(got) != len(before) {
				t.Errorf("done by %v, and by %v before it woke", got, before)
			}
		})
	}
}

// stopped says whether a process of ours has been stopped by a signal since it was last asked.
func stopped(pid int) bool {
	var status syscall.WaitStatus
	found, err := syscall.Wait4(pid, &status, syscall.WUNTRACED|syscall.WNOHANG, nil)
	return err == nil && found == pid && status.Stopped()
}
