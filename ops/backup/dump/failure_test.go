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
	"dbbot/ops/client"
	"dbbot/ops/postgres/cluster/clustertest"
)

// odd is a store that does something else with one file.
type odd struct {
	backup.Store
	file string // its name contains this
	put  func(ctx context.Context, s backup.Store, name string, r io.Reader) (int64, error)
	list func([]backup.Object) []backup.Object
	keep bool // deletes nothing
}

func (o odd) Put(ctx context.Context, name string, r io.Reader, estimate int64) (int64, error) {
	if o.put != nil && strings.Contains(name, o.file) {
		return o.put(ctx, o.Store, name, r)
	}
	return o.Store.Put(ctx, name, r, estimate)
}

func (o odd) List(ctx context.Context, prefix string) ([]backup.Object, error) {
	all, err := o.Store.List(ctx, prefix)
	if o.list != nil && strings.Contains(prefix, o.file) {
		all = o.list(all)
	}
	return all, err
}

func (o odd) Delete(ctx context.Context, name string) error {
	if o.keep && strings.Contains(name, o.file) {
		return errors.New("no")
	}
	return o.Store.Delete(ctx, name)
}

// large adds more data than all pipes and buffers hold.
var large = append(shop, `CREATE TABLE large AS SELECT n, repeat(md5(n::text), 30) AS text FROM generate_series(1, 20000) n`)

var errFull = &ops.Error{Message: "There is no room left.", Hint: "Make room."}

// after passes some bytes on, and then does what it should.
func after(n int64, then func(ctx context.Context) error) func(context.Context, backup.Store, string, io.Reader) (int64, error) {
	return func(ctx context.Context, s backup.Store, name string, r io.Reader) (int64, error) {
		return s.Put(ctx, name, io.MultiReader(io.LimitReader(r, n), failing{ctx, then}), 0)
	}
}

type failing struct {
	ctx  context.Context
	then func(context.Context) error
}

func (f failing) Read([]byte) (int, error) { return 0, f.then(f.ctx) }

func full(context.Context) error { return errFull }

func stalls(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }

// Whatever a store does, a backup is there wholly or not at all, and it is said who is to blame.
func TestStoresThatFail(t *testing.T) {
	url := newDatabase(t, large...)
	for name, test := range map[string]struct {
		store odd
		words []string
	}{
		"full in the middle":    {odd{file: "archive", put: after(100000, full)}, []string{"did not take the backup of orders: There is no room left. Nothing of it is kept.", "Make room."}},
		"full at once":          {odd{file: "archive", put: after(0, full)}, []string{"There is no room left."}},
		"full for the globals":  {odd{file: "globals", put: after(10, full)}, []string{"There is no room left."}},
		"full for the manifest": {odd{file: "manifest", put: after(10, full)}, []string{"There is no room left."}},
		"stalls":                {odd{file: "archive", put: after(100000, stalls)}, []string{"took nothing for 300ms", "Nothing of it is kept."}},
		"stalls at the start":   {odd{file: "globals", put: after(0, stalls)}, []string{"took nothing for 300ms"}},
		"leaves early": {odd{file: "archive", put: func(ctx context.Context, s backup.Store, name string, r io.Reader) (int64, error) {
			return s.Put(ctx, name, io.LimitReader(r, 5000), 0)
		}}, []string{"did not take"}},
		"says less": {odd{file: "archive", put: func(ctx context.Context, s backup.Store, name string, r io.Reader) (int64, error) {
			n, err := s.Put(ctx, name, r, 0)
			return n - 1, err
		}}, []string{"did not take"}},
		"shows less":        {odd{file: "orders-", list: func(all []backup.Object) []backup.Object { all[0].Size--; return all }}, []string{"did not take"}},
		"shows nothing":     {odd{file: "orders-", list: func([]backup.Object) []backup.Object { return nil }}, []string{"did not take"}},
		"cannot be written": {odd{file: "probe", put: after(0, full)}, []string{"No backup of orders can be taken: The store file://", "cannot be written: There is no room left."}},
		"does not show":     {odd{file: "probe", list: func([]backup.Object) []backup.Object { return nil }}, []string{"does not show what was written to it"}},
	} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			w := newWorld(t, url)
			if strings.HasPrefix(name, "stalls") {
				w.bounds.stall = 300 * time.Millisecond
			}
			test.store.Store = w.Store
			w.Store = test.store
			w.fails(t, t.Context(), test.words...)
		})
	}
}

// What a store does not let go of is named.
func TestWhatStaysIsNamed(t *testing.T) {
	w := newWorld(t, newDatabase(t, large...))
	inner := w.Store
	w.Store = odd{Store: odd{Store: inner, file: "globals", keep: true}, file: "manifest", put: after(0, full)}
	_, err := Take(t.Context(), w.Options, nil)
	if err == nil || !strings.Contains(err.Error(), "is no backup, and the next start removes it: orders/orders-") || !strings.Contains(err.Error(), "globals.sql.zst.age.") {
		t.Fatalf("%v", err)
	}
	w.Store = inner
	left, err := Sweep(t.Context(), w.Options)
	if err != nil || len(left) != 1 || !strings.Contains(left[0], "globals.sql.zst.age of a backup that was never completed") {
		t.Errorf("%q, %v", left, err)
	}
	w.clean(t)
}

// pretend puts a pg_dump (or pg_dumpall) before the real one; $REAL is that.
func pretend(t *testing.T, program, text string) {
	t.Helper()
	p, err := client.Find(15)
	if err != nil {
		t.Skip(err)
	}
	pretendAs(t, p, program, text)
}

func pretendAs(t *testing.T, p client.Programs, program, text string) {
	t.Helper()
	dir := t.TempDir()
	for name, real := range map[string]string{"pg_dump": p.Dump, "pg_dumpall": p.DumpAll, "pg_restore": p.Restore} {
		body := `exec "$REAL" "$@"`
		if name == program {
			body = text
		}
		script := "#!/bin/bash\nREAL=" + real + "\nif [ \"$1\" = --version ]; then exec \"$REAL\" --version; fi\n" + body + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// A pg_dump that says all is well is not believed.
func TestDumpsThatLie(t *testing.T) {
	url := newDatabase(t, large...)
	for name, test := range map[string]struct {
		program, text string
		parallel      int
		words         []string
	}{
		"nothing":         {"pg_dump", "exit 0", 0, []string{"pg_dump said that all is well, but it is not", "no archive", "Nothing of it is kept."}},
		"something else":  {"pg_dump", "echo hello; exit 0", 0, []string{"no archive"}},
		"half":            {"pg_dump", `"$REAL" "$@" | head -c 300000; exit 0`, 0, []string{"said that all is well, but it is not: unexpected EOF"}},
		"only the list":   {"pg_dump", `"$REAL" "$@" | head -c 2000; exit 0`, 0, []string{"said that all is well"}},
		"without a table": {"pg_dump", `exec "$REAL" "$@" --exclude-table=orders`, 0, []string{"nothing of table public.orders, which has 2000 rows"}},
		"without rows":    {"pg_dump", `exec "$REAL" "$@" --exclude-table-data=orders`, 0, []string{"nothing of table public.orders"}},
		"without objects": {"pg_dump", `exec "$REAL" "$@" --no-blobs`, 0, []string{"0 large objects, and the database has 2"}},
		"more":            {"pg_dump", `"$REAL" "$@"; echo more`, 0, []string{"pg_dump said that all is well, but it is not"}},
		"an empty folder": {"pg_dump", "exit 0", 2, []string{"no archive"}},
		"a file emptied":  {"pg_dump", `"$REAL" "$@"; for a; do case $a in --file=*) for f in "${a#--file=}"/*.dat*; do case $f in */toc.dat) ;; *) : >"$f";; esac; done;; esac; done`, 2, []string{"nothing of table"}},
		"no globals":      {"pg_dumpall", "echo 'pg_dumpall: error: no way' >&2; exit 1", 0, []string{"pg_dumpall failed: no way."}},
		"killed":          {"pg_dump", `"$REAL" "$@" | head -c 100000; kill -9 $$`, 0, []string{"pg_dump was ended from outside, by the signal killed. Nothing of it is kept."}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, url)
			w.Parallel = test.parallel
			pretend(t, test.program, test.text)
			w.fails(t, t.Context(), test.words...)
		})
	}
}

// busy starts a backup that stands in the middle of its archive until it is let go.
func (w *world) busy(t *testing.T, ctx context.Context) (result <-chan error, letGo func()) {
	t.Helper()
	reached, goOn, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	o := w.Options
	o.Store = odd{Store: w.Store, file: "archive", put: func(ctx context.Context, s backup.Store, name string, r io.Reader) (int64, error) {
		return s.Put(ctx, name, io.MultiReader(io.LimitReader(r, 50000), &gate{reached, goOn, ctx}, r), 0)
	}}
	go func() {
		_, err := Take(ctx, o, nil)
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
	if said, ok := err.(*ops.Error); !ok || !strings.Contains(said.Message, "The connection to orders was lost") {
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
