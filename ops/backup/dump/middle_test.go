package dump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/postgres/cluster/clustertest"
)

// busy starts a backup that stands in the middle of its archive until it is let go.
func (w *world) busy(t *testing.T, ctx context.Context) (result <-chan error, letGo func()) {
	t.Helper()
	reached, goOn, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	o := w.Options
	o.Store = odd{Store: w.Store, file: "archive", put: func(ctx context.Context, s backup.Store, name string, r io.Reader) (int64, error) {
		return s.Put(ctx, name, io.MultiReader(io.LimitReader(r, 50000), &gate{reached, goOn, ctx}, r), 0)
	}}
	go func() {
		_, err := Take(ctx, o, w.told)
		done <- err
	}()
	select {
	case <-reached:
	case err := <-done:
		t.Fatalf("it ended: %v", err)
	}
	return done, func() { close(goOn) }
}

// gate ends, as a reader, when it is let go.
type gate struct {
	reached, goOn chan struct{}
	ctx           context.Context
}

func (g *gate) Read([]byte) (int, error) {
	close(g.reached)
	select {
	case <-g.goOn:
		return 0, io.EOF
	case <-g.ctx.Done():
		return 0, context.Cause(g.ctx)
	}
}

// dumping gives the pids of pg_dump's that we have started.
func dumping(t *testing.T) (pids []int) {
	t.Helper()
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, _ := os.ReadFile(path)
		var pid, parent int
		var name, state string
		if _, err := fmt.Sscan(string(text), &pid, &name, &state, &parent); err == nil && parent == os.Getpid() && name == "(pg_dump)" && state != "Z" {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestCancelledInTheMiddle(t *testing.T) {
	url := newDatabase(t, large...)
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	w := newWorld(t, url)
	ctx, cancel := context.WithCancelCause(t.Context())
	result, _ := w.busy(t, ctx)
	cancel(errors.New("Ana asked"))
	w.failed(t, <-result, "The backup of orders was stopped. Nothing of it is kept.")
	if left := dumping(t); len(left) != 0 {
		t.Errorf("pg_dump lives: %v", left)
	}
}

// Once pg_dump has the snapshot and all is counted, nobody else holds VACUUM back.
func TestTheSnapshotIsGivenBack(t *testing.T) {
	url := newDatabase(t, large...)
	w := newWorld(t, url)
	result, letGo := w.busy(t, t.Context())
	conn, sessions := clustertest.Connect(t, url), ""
	for n := 0; n < 500 && sessions != "1 1"; n++ {
		sessions = ask(t, conn, `SELECT concat(count(*) FILTER (WHERE query LIKE 'COPY%'), ' ', count(*) FILTER (WHERE query NOT LIKE 'COPY%'))
			FROM pg_stat_activity WHERE application_name LIKE 'dbbot backup o%' AND datname = current_database()`)
		wait(t.Context(), 10*time.Millisecond) // between two looks
	}
	if sessions != "1 1" {
		t.Errorf("sessions of the dump and others: %s", sessions)
	}
	letGo()
	if err := <-result; err != nil {
		t.Error(err)
	}
}

func TestKilledChild(t *testing.T) {
	w := newWorld(t, newDatabase(t, large...))
	result, letGo := w.busy(t, t.Context())
	pids := dumping(t)
	if len(pids) != 1 {
		t.Fatalf("pg_dump's: %v", pids)
	}
	if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	letGo()
	w.failed(t, <-result, "pg_dump was ended from outside, by the signal killed.")
}

// Sessions are ended by hand, one kind after another; and then the whole server.
func TestLostConnections(t *testing.T) {
	url := newDatabase(t, large...)
	for name, which := range map[string]string{"dump": "query LIKE 'COPY%'", "guard": "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')", "all": "true"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, url)
			result, letGo := w.busy(t, t.Context())
			clustertest.Exec(t, url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'dbbot backup o%' AND datname = current_database() AND "+which)
			letGo()
			w.failed(t, <-result, "The connection to orders was lost during the backup.", "Nothing of it is kept.")
		})
	}
}

func TestTheServerStops(t *testing.T) {
	server := clustertest.Start(t, nil)
	clustertest.Exec(t, server.URL("postgres"), large...)
	w := newWorld(t, server.URL("postgres"))
	result, letGo := w.busy(t, t.Context())
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	letGo()
	err := <-result
	if said, ok := errors.AsType[*ops.Error](err); !ok || !strings.Contains(said.Message, "The connection to orders was lost") {
		t.Errorf("%v, because %v", err, cause(err))
	}
	if left, _ := filepath.Glob(w.dir + "/*"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// holding lets a session do something and stay; its pid is what must be named.
func holding(t *testing.T, url string, sql string) (pid string, conn *pgx.Conn) {
	t.Helper()
	conn = clustertest.Connect(t, url)
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	return "session " + strconv.Itoa(int(conn.PgConn().PID())), conn
}

func TestALockThatDoesNotCome(t *testing.T) {
	url := newDatabase(t, shop...)
	w := newWorld(t, url)
	pid, conn := holding(t, url, "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
	w.fails(t, t.Context(), "A table of orders stayed locked for 1s", pid, "/db locks")
	if _, err := conn.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	w.take(t)
}

// No backup beside a migration: dbbot's own, or one by hand.
func TestMigrationsAreWaitedFor(t *testing.T) {
	url := newDatabase(t, shop...)
	name := url[strings.LastIndex(url, "/")+1:]
	name, _, _ = strings.Cut(name, "?")
	golang := &taking{options: Options{Migrations: "golang-migrate"}, survey: &survey{guard: clustertest.Connect(t, url)}}
	golang.survey.ready.Server.Catalog = name
	ids := golang.toolLocks(t.Context())
	if len(ids) != 2 {
		t.Fatal(ids)
	}
	for _, test := range []struct {
		tool string
		id   int64
		ours bool
	}{{"", ops.DatabaseLock, true}, {"golang-migrate", ids[0], false}, {"golang-migrate", ids[1], false}, {"prisma", prismaLock, false}} {
		w := newWorld(t, url)
		w.Migrations, w.bounds.lock = test.tool, 300*time.Millisecond
		pid, conn := holding(t, url, fmt.Sprintf("SELECT pg_advisory_lock(%d)", test.id))
		var waited []string
		_, err := Take(t.Context(), w.Options, func(phase string, _, _ int64) { waited = append(waited, phase) })
		if err == nil || !strings.Contains(err.Error(), pid+" ") || len(waited) < 2 || !strings.HasPrefix(waited[0], Waiting+pid) {
			t.Errorf("%+v: %v, %q", test, err, waited)
		}
		if left, err := Sweep(t.Context(), w.Options); err != nil || len(left) != 0 {
			t.Errorf("%q, %v", left, err)
		}
		w.bounds.lock = 20 * time.Second
		ctx, cancel := context.WithCancel(t.Context())
		_, err = Take(ctx, w.Options, func(phase string, _, _ int64) { cancel() })
		w2 := *w
		if _ = conn.Close(context.Background()); true {
			w2.failed(t, err, "was stopped")
		}
	}
}

// Writes go on while a backup is taken: what is counted is what is dumped.
func TestConsistent(t *testing.T) {
	url := newDatabase(t, large...)
	w := newWorld(t, url)
	result := make(chan backup.Manifest, 1)
	ctx, stop := context.WithCancel(t.Context())
	wrote := make(chan int, 1)
	conn := clustertest.Connect(t, url)
	go func() {
		n := 0
		for ctx.Err() == nil {
			if _, err := conn.Exec(t.Context(), "INSERT INTO orders (note) SELECT 'more' FROM generate_series(1, 10)"); err != nil {
				break
			}
			n++
		}
		wrote <- n
	}()
	go func() { defer stop(); result <- w.take(t) }()
	m := <-result
	if n := <-wrote; n == 0 {
		t.Error("nothing was written meanwhile")
	}
	restored := w.restore(t, m)
	for _, table := range m.Contents.Tables {
		if table.Name == "orders" && rows(t, restored, "orders")[0][:strings.Index(rows(t, restored, "orders")[0], " ")] != strconv.FormatInt(table.Rows, 10) {
			t.Errorf("counted %d, restored %v", table.Rows, rows(t, restored, "orders"))
		}
	}
}

// Settings that role and database have for others do not end a backup.
func TestImpatientSettings(t *testing.T) {
	url := newDatabase(t, large...)
	name, _, _ := strings.Cut(url[strings.LastIndex(url, "/")+1:], "?")
	clustertest.Exec(t, url, "ALTER DATABASE "+name+" SET idle_in_transaction_session_timeout = '20ms'", "ALTER DATABASE "+name+" SET idle_session_timeout = '20ms'",
		"ALTER DATABASE "+name+" SET statement_timeout = '150ms'", "ALTER DATABASE "+name+" SET default_transaction_isolation = 'serializable'")
	w := newWorld(t, url)
	result, letGo := w.busy(t, t.Context())
	if !wait(t.Context(), 300*time.Millisecond) { // longer than any of them
		t.Fatal("over")
	}
	letGo()
	if err := <-result; err != nil {
		t.Errorf("%v, because %v", err, cause(err))
	}
}
