package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

var errStop = errors.New("stopped by Lee")

// Stopped at any step, a run says truly what stands, and leaves no lock.
func TestStoppedAtAnyStep(t *testing.T) {
	folders := map[string]files{
		"transaction": {"0001_first.up.sql": first, "0002_next.up.sql": "CREATE TABLE a (); CREATE TABLE b ();"},
		"alone":       {"0001_first.up.sql": first, "0002_next.up.sql": "CREATE TABLE a (); VACUUM orders; CREATE TABLE b ();"},
	}
	for mode, all2 := range folders {
		for _, step := range []string{"migrated", "begun", "statement", "written", "committed", "marked", "alone", "outside"} {
			t.Run(mode+" "+step, func(t *testing.T) {
				url, f := clustertest.Database(t), folder(t, migrate.GolangMigrate, all2)
				ctx, stop := context.WithCancelCause(t.Context())
				defer stop(nil)
				reached(t, step, func() { stop(errStop) })
				c := open(t, url, f.Tool, 1)
				steps := plan(t, c, f, all)
				if err := c.Lock(ctx, quiet); err != nil {
					t.Fatal(err)
				}
				report, err := c.Run(ctx, steps, func(string, int64, int64) {})
				c.Close()
				if err != nil && !errors.Is(err, errStop) {
					t.Errorf("got %s", explained(err))
				}
				journal := state2(t, url)
				tables := ask(t, url, "SELECT count(*)::text FROM pg_tables WHERE tablename IN ('a', 'b')")
				switch n := len(report.Done); {
				case n == 2 && (err != nil || journal != "2" || tables != "2"),
					n == 1 && report.Failure == nil && (err == nil || journal != "1" || tables != "0"),
					n == 0 && (err == nil || journal != "none" || tables != "0"):
					t.Errorf("%d done, %v, the journal says %s, %s tables are there", n, err, journal, tables)
				case n == 1 && report.Failure != nil && report.Failure.Nothing != (tables == "0" && journal == "1"),
					n == 1 && report.Failure != nil && !report.Failure.Nothing && journal != "2 dirty":
					t.Errorf("%+v: the journal says %s, %s tables are there", report.Failure, journal, tables)
				}
				unlocked(t, url)
			})
		}
	}
}

// state2 is state where the table may be missing.
func state2(tb testing.TB, url string) string {
	tb.Helper()
	if ask(tb, url, "SELECT (to_regclass('schema_migrations') IS NULL)::text") == "true" {
		return "none"
	}
	return state(tb, url)
}

// A statement that runs is stopped by PostgreSQL, and the session goes on.
func TestStoppedInTheMiddle(t *testing.T) {
	url := clustertest.Database(t)
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	f := folder(t, migrate.GolangMigrate, files{"0001_first.up.sql": first, "0002_long.up.sql": "CREATE TABLE a (); SELECT pg_sleep(600);"})
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	c := open(t, url, f.Tool, 1)
	steps := plan(t, c, f, all)
	if err := c.Lock(ctx, quiet); err != nil {
		t.Fatal(err)
	}
	report, err := c.Run(ctx, steps, func(phase string, _, _ int64) {
		if strings.Contains(phase, "0002_long: SELECT, statement 2 of 2") {
			time.AfterFunc(10*time.Millisecond, func() { stop(errStop) })
		}
	})
	if !errors.Is(err, errStop) || report.Failure == nil || !report.Failure.Nothing || report.Failure.Code != queryCanceled {
		t.Fatalf("%+v, %v", report.Failure, err)
	}
	if want := "It was stopped. Nothing of 0002_long remains. Before it, 1 migration of this run went through and stays."; err.Error() != want {
		t.Errorf("got %s", err)
	}
	if c.work.IsClosed() {
		t.Error("the session is gone")
	}
}

func TestALockIsTriedAgain(t *testing.T) {
	for name, sql := range map[string]string{"transaction": "ALTER TABLE orders ADD note text;", "alone": "ALTER TABLE orders ADD note text; VACUUM;", "as written": "BEGIN; ALTER TABLE orders ADD note text; COMMIT;"} {
		t.Run(name, func(t *testing.T) {
			url := clustertest.Database(t)
			f := folder(t, migrate.GolangMigrate, files{"0001_first.up.sql": first, "0002_next.up.sql": sql})
			if _, err := carry(t, url, 1, f, func(v migrate.Survey) ([]migrate.Step, error) { return v.Up(1, "") }); err != nil {
				t.Fatal(err)
			}
			reader := clustertest.Connect(t, url)
			if _, err := reader.Exec(t.Context(), "SET application_name = 'shop'; BEGIN; SELECT * FROM orders"); err != nil {
				t.Fatal(err)
			}
			c := open(t, url, f.Tool, 2)
			c.lockTimeout = 700 * time.Millisecond
			var said []string
			if err := c.Lock(t.Context(), quiet); err != nil {
				t.Fatal(err)
			}
			_, err := c.Run(t.Context(), plan(t, c, f, all), func(phase string, _, _ int64) {
				if strings.Contains(phase, "was not free") {
					said = append(said, phase)
					_, _ = reader.Exec(context.Background(), "COMMIT")
				}
			})
			if err != nil || len(said) != 1 || !strings.Contains(said[0], "it waits for session ") || !strings.Contains(said[0], "(shop)") {
				t.Errorf("%v, said %q", err, said)
			}
			if got := state(t, url); got != "2" {
				t.Errorf("the journal says %s", got)
			}
		})
	}
}

func TestALockThatIsNeverFree(t *testing.T) {
	url := clustertest.Database(t)
	f := folder(t, migrate.GolangMigrate, files{"0001_first.up.sql": first, "0002_next.up.sql": "CREATE TABLE a (); ALTER TABLE orders ADD note text;"})
	if _, err := carry(t, url, 1, f, func(v migrate.Survey) ([]migrate.Step, error) { return v.Up(1, "") }); err != nil {
		t.Fatal(err)
	}
	reader := clustertest.Connect(t, url)
	if _, err := reader.Exec(t.Context(), "SET application_name = 'shop'; BEGIN; SELECT * FROM orders"); err != nil {
		t.Fatal(err)
	}
	c := open(t, url, f.Tool, 2)
	c.lockTimeout, c.patience = 700*time.Millisecond, 2*time.Second
	if err := c.Lock(t.Context(), quiet); err != nil {
		t.Fatal(err)
	}
	report, err := c.Run(t.Context(), plan(t, c, f, all), func(string, int64, int64) {})
	if err == nil || report.Failure == nil || report.Failure.Code != lockNotAvailable || !report.Failure.Nothing || report.Failure.Statement != 1 {
		t.Errorf("%+v, %v", report.Failure, err)
	}
	pid := reader.PgConn().PID()
	if message := fmt.Sprintf("0002_next.up.sql, line 1: a lock was not given, as session %d (shop) of ", pid); !strings.HasPrefix(err.Error(), message) || !strings.Contains(err.Error(), " UTC has it. Nothing of 0002_next remains.") {
		t.Errorf("got %s", err)
	}
	if want := fmt.Sprintf("Try again later, or end that session: /db terminate %d %s.", pid, c.options.Name); report.Failure.Hint != want {
		t.Errorf("got %s", report.Failure.Hint)
	}
}
