package job

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/postgres/cluster/clustertest"
	"dbbot/ops/store"
)

// TestMain is also the worker process that tests kill: the test binary, started once more.
func TestMain(m *testing.M) {
	if os.Getenv(childURL) != "" {
		os.Exit(child())
	}
	code := clustertest.Run(m)
	// toxiproxy forgets a goroutine of a link that broke while a toxic was added
	if err := goleak.Find(goleak.IgnoreTopFunction("github.com/Shopify/toxiproxy/v2/toxics.(*NoopToxic).Pipe")); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// quick is pace for tests: the same order of things, sooner.
var quick = pace{
	ping: 100 * time.Millisecond, trust: 1200 * time.Millisecond, absent: 1500 * time.Millisecond, look: 100 * time.Millisecond,
	silent: 3 * time.Second, report: 50 * time.Millisecond, begin: 3 * time.Second, redraw: 50 * time.Millisecond,
	cancel: time.Second, record: time.Second,
}

// house is a state database, and who looks at it.
type house struct {
	*testing.T
	url string
	log *slog.Logger
}

// newHouse makes one of the test's own, which runs beside other tests: all of them wait a lot.
func newHouse(t *testing.T) *house {
	t.Helper()
	t.Parallel()
	h := &house{T: t, url: clustertest.Database(t), log: testLog(t)}
	clustertest.Exec(t, h.url, "CREATE TABLE effects (request bigint NOT NULL, worker bigint NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp())")
	return h
}

// testLog shows what was logged where a test fails.
func testLog(t *testing.T) *slog.Logger {
	level := slog.LevelInfo
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: level}))
}

// replica is one process's part, in this process.
type replica struct {
	*Queue
	Store *store.Store
	desk  *desk
	stop  func() error // ends it as SIGTERM does, and gives what Run gave
}

// open makes a replica that does not run yet.
func (h *house) open(d *desk, change ...func(*Options)) *replica {
	h.Helper()
	return h.openAt(h.url, d, change...)
}

// openAt reaches the database by a way of its own.
func (h *house) openAt(url string, d *desk, change ...func(*Options)) *replica {
	h.Helper()
	r, err := openReplica(h.Context(), url, h.log, d, change...)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(r.Store.Close)
	return r
}

func openReplica(ctx context.Context, url string, log *slog.Logger, d *desk, change ...func(*Options)) (*replica, error) {
	r := &replica{desk: d}
	key, err := audit.NewKey(ops.Secret(strings.Repeat("0123456789abcdef", 4)))
	if err != nil {
		return nil, err
	}
	r.Store, err = store.Open(ctx, store.Options{
		URL: ops.Secret(url), AuditKey: key, Version: "test",
		Enqueue: func(ctx context.Context, tx pgx.Tx, work []approval.Work) error { return r.Enqueue(ctx, tx, work) },
		Worker:  func() int64 { return r.Worker() },
	})
	if err != nil {
		return nil, err
	}
	o := Options{
		Pool: r.Store.Pool(), Direct: ops.Secret(url), Store: requests{r.Store}, Desk: d, Host: "test", Version: "test",
		Grace: time.Second, Log: log, Registry: prometheus.NewRegistry(),
	}
	for _, c := range change {
		c(&o)
	}
	if r.Queue, err = New(o); err != nil {
		return nil, err
	}
	if !*real {
		r.pace = quick
	}
	d.queue = r
	return r, nil
}

// start runs a replica until the test's end, or its stop.
func (h *house) start(d *desk, change ...func(*Options)) *replica {
	h.Helper()
	return h.startAt(h.url, d, change...)
}

func (h *house) startAt(url string, d *desk, change ...func(*Options)) *replica {
	h.Helper()
	r := h.openAt(url, d, change...)
	h.run(r)
	return r
}

func (h *house) run(r *replica) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	r.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	h.Cleanup(func() { _ = r.stop() }) // a test that cares has looked at it
	h.eventually("a replica lives", func() bool { _, err := r.lease.hold(); return err == nil })
}

// requests is the store as the queue wants it; cmd has the same.
type requests struct{ *store.Store }

func (r requests) Strays(ctx context.Context) (Strays, error) {
	s, err := r.Store.Strays(ctx)
	out := Strays{Running: s.Running, Approved: s.Approved, Overdue: s.Overdue, Messages: s.Messages}
	for _, in := range s.Invocations {
		out.Invocations = append(out.Invocations, in.Key)
	}
	return out, err
}

// ask makes a request for which nobody has to agree, on a server of that name.
func (h *house) ask(r *replica, server string, change ...func(*approval.Request)) approval.ID {
	h.Helper()
	wish := wish(server)
	for _, c := range change {
		c(&wish)
	}
	wish.Digest = approval.Digest(wish.Command, wish.Server, wish.Plan)
	made, created, err := r.Store.Create(h.Context(), func(now time.Time) (approval.Move, error) { return approval.New(wish, now) })
	if err != nil || !created {
		h.Fatal(made.ID, created, err)
	}
	return made.ID
}

var wishes struct {
	sync.Mutex
	n int
}

func wish(server string) approval.Request {
	wishes.Lock()
	defer wishes.Unlock()
	wishes.n++
	key := fmt.Sprintf("wish %d %d", wishes.n, os.Getpid())
	return approval.Request{
		Key: key, Command: "migrate up", Words: "migrate up orders", Risk: ops.Change, Target: ops.Target{Database: "orders", Environment: "staging"},
		Server: approval.Server{System: server, Database: "orders"}, Requester: ops.PersonID{Team: "T0DEMO", User: "U0ANA"},
		Origin: approval.Place{Channel: "C0ORDERS"}, Plan: fmt.Appendf(nil, "{%q: 1}", key), Shown: []byte("{}"),
	}
}

// until waits for a request to be in one of these states.
func (h *house) until(r *replica, id approval.ID, states ...approval.State) (found approval.Request) {
	h.Helper()
	h.eventually(fmt.Sprintf("%s is %v", id, states), func() (ok bool) {
		var err error
		if found, err = r.Store.Get(h.Context(), id); err != nil {
			h.Fatal(err)
		}
		for _, s := range states {
			ok = ok || found.State == s
		}
		return ok
	})
	return found
}

const patience = 60 * time.Second

func (h *house) eventually(what string, true func() bool) {
	h.Helper()
	deadline := time.Now().Add(patience)
	for !true() {
		if time.Now().After(deadline) {
			h.Fatal("it never came to pass that ", what)
		}
		pause(h.Context(), 5*time.Millisecond)
	}
}

// effects are what was really done for a request, by whom.
func (h *house) effects(r *replica, id approval.ID) (workers []int64) {
	h.Helper()
	rows, err := r.Store.Pool().Query(h.Context(), "SELECT worker FROM public.effects WHERE request = $1 ORDER BY at", id)
	if err == nil {
		workers, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	}
	if err != nil {
		h.Fatal(err)
	}
	return workers
}

// onSignal is the context of a worker process: SIGTERM ends it, a second one the process. It says when that is so.
func onSignal() (context.Context, func()) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	context.AfterFunc(ctx, func() { stop(); fmt.Println("stopping") })
	return ctx, stop
}
