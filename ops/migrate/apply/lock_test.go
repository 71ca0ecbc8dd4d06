package apply

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	migratelib "github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	pgxdriver "github.com/golang-migrate/migrate/v4/database/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// drivers are golang-migrate's as a program embeds it, and as its command line opens it.
func drivers(tb testing.TB, url string) map[string]database.Driver {
	tb.Helper()
	db, err := sql.Open("pgx/v5", url)
	if err != nil {
		tb.Fatal(err)
	}
	library, err := pgxdriver.WithInstance(db, &pgxdriver.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	line, err := (&pgxdriver.Postgres{}).Open("pgx5" + strings.TrimPrefix(url, "postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = library.Close(); _ = line.Close() })
	return map[string]database.Driver{"library": library, "command line": line}
}

func quiet(string) {}

func TestTheToolsKeepDbbotAway(t *testing.T) {
	url := clustertest.Database(t)
	for name, driver := range drivers(t, url) {
		t.Run(name, func(t *testing.T) {
			if err := driver.Lock(); err != nil {
				t.Fatal(err)
			}
			c := open(t, url, migrate.GolangMigrate, 1)
			c.lockWithin = 200 * time.Millisecond
			var said []string
			err := c.Lock(t.Context(), func(words string) { said = append(said, words) })
			if err == nil || !strings.HasPrefix(err.Error(), "Another migration runs in orders: session ") || !strings.Contains(err.Error(), " of ") || !strings.Contains(err.Error(), "there since ") {
				t.Errorf("got %v", err)
			}
			if len(said) == 0 || !strings.HasPrefix(said[0], "waiting for session ") {
				t.Errorf("said %q", said)
			}
			if held := ask(t, url, "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory'"); held != "1" {
				t.Errorf("%s locks are held after the refusal", held)
			}
			if _, err := c.Journal(t.Context()); err != nil {
				t.Errorf("the journal cannot be read meanwhile: %v", err)
			}
			if err := driver.Unlock(); err != nil {
				t.Fatal(err)
			}
			if err := c.Lock(t.Context(), quiet); err != nil {
				t.Error(err)
			}
			c.Close()
		})
	}
}

func TestDbbotKeepsTheToolsAway(t *testing.T) {
	url := clustertest.Database(t)
	tools := drivers(t, url)
	c := open(t, url, migrate.GolangMigrate, 1)
	if err := c.Lock(t.Context(), quiet); err != nil {
		t.Fatal(err)
	}
	got := make(chan error)
	for _, driver := range tools {
		go func() { got <- driver.Lock() }()
	}
	waiting(t, url, 2)
	c.Close()
	for range tools {
		if err := <-got; err != nil {
			t.Error(err)
		}
	}
}

// waiting returns once so many sessions wait for advisory locks.
func waiting(tb testing.TB, url string, want int) {
	tb.Helper()
	conn := clustertest.Connect(tb, url)
	for got := -1; got != want; {
		if err := conn.QueryRow(tb.Context(), "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").Scan(&got); err != nil {
			tb.Fatal(err)
		}
	}
	_ = conn.Close(context.Background())
}

func TestPrismasLock(t *testing.T) {
	url := clustertest.Database(t)
	engine := clustertest.Connect(t, url)
	if _, err := engine.Exec(t.Context(), "SET application_name = 'prisma'; SELECT pg_advisory_lock(72707369)"); err != nil {
		t.Fatal(err)
	}
	c := open(t, url, migrate.Prisma, 1)
	c.lockWithin = 100 * time.Millisecond
	if err := c.Lock(t.Context(), quiet); err == nil || !strings.Contains(err.Error(), " (prisma) ") {
		t.Errorf("got %v", err)
	}
}

// Two at once: one waits for the other, and then finds that its plan no longer holds.
func TestTwoRunnersAtOnce(t *testing.T) {
	url, f := clustertest.Database(t), folder(t, migrate.GolangMigrate, three)
	type end struct {
		report Report
		err    error
	}
	conns, plans := []*Conn{}, [][]Prepared{}
	for n := range int64(2) {
		conns = append(conns, open(t, url, f.Tool, n+1))
		plans = append(plans, plan(t, conns[n], f, all))
	}
	ends := make(chan end)
	for n, c := range conns {
		go func() {
			var e end
			if e.err = c.Lock(t.Context(), quiet); e.err == nil {
				e.report, e.err = c.Run(t.Context(), plans[n], func(string, int64, int64) {})
			}
			c.Close()
			ends <- e
		}()
	}
	good, late := <-ends, <-ends
	if good.err != nil || len(good.report.Done) != 3 {
		t.Errorf("%+v", good)
	}
	if late.err == nil || len(late.report.Done) != 0 || !strings.Contains(late.err.Error(), "not where it was") {
		t.Errorf("%+v", late)
	}
}

func TestARequestRunsOnce(t *testing.T) {
	url, f := clustertest.Database(t), folder(t, migrate.GolangMigrate, three)
	one := func(v migrate.Survey) ([]migrate.Step, error) { return v.Up(1, "") }
	if _, err := carry(t, url, 7, f, one); err != nil {
		t.Fatal(err)
	}
	if report, err := carry(t, url, 7, f, one); err == nil || len(report.Done) != 0 || !strings.Contains(err.Error(), "ran already") {
		t.Errorf("%+v, %v", report, err)
	}
}

// golang-migrate waits for its lock inside PostgreSQL, with a snapshot for which CREATE INDEX CONCURRENTLY waits.
func TestNoDeadlockWithAWaitingTool(t *testing.T) {
	url := clustertest.Database(t)
	f := folder(t, migrate.GolangMigrate, files{"0001_first.up.sql": first, "0002_index.up.sql": "CREATE INDEX CONCURRENTLY by_total ON orders (total);"})
	if _, err := carry(t, url, 1, f, func(v migrate.Survey) ([]migrate.Step, error) { return v.Up(1, "") }); err != nil {
		t.Fatal(err)
	}
	m := library(t, url, f)
	said := make(chan error, 1)
	reached(t, "marked", func() {
		go func() { said <- m.Up() }()
		waiting(t, url, 1)
	})
	if _, err := carry(t, url, 2, f, all); err != nil {
		t.Fatal(explained(err))
	}
	if err := <-said; err != nil && !errors.As(err, new(migratelib.ErrDirty)) && !errors.Is(err, migratelib.ErrNoChange) {
		t.Errorf("the library says %v", err)
	}
	if got := state(t, url); got != "2" {
		t.Errorf("the journal says %s", got)
	}
}

// reached does something when a step is reached for the first time.
func reached(tb testing.TB, step string, do func()) {
	tb.Helper()
	done := false
	ops.OnReached = func(at string) {
		if at == step && !done {
			done = true
			do()
		}
	}
	tb.Cleanup(func() { ops.OnReached = nil })
}

// unlocked waits, bounded, until no lock of anybody's is left: a session that was ended lets go of its own a moment after
// its client has noticed.
func unlocked(t *testing.T, url string) {
	t.Helper()
	const sql = "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory'"
	for late := time.Now().Add(5 * time.Second); ask(t, url, sql) != "0"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Errorf("%s locks are left", ask(t, url, sql))
			return
		}
	}
}
