package apply

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"go.uber.org/goleak"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// old opens a transaction that CREATE INDEX CONCURRENTLY has to wait for, as it may still need what the index lacks.
func old(tb testing.TB, url string) *pgx.Conn {
	tb.Helper()
	conn := clustertest.Connect(tb, url)
	if _, err := conn.Exec(tb.Context(), "SET application_name = 'report'; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM orders"); err != nil {
		tb.Fatal(err)
	}
	return conn
}

// indexing plans the building of an index beside such a transaction.
func indexing(tb testing.TB) (url string, f migrate.Folder, c *Conn, steps []Prepared) {
	tb.Helper()
	url = clustertest.Database(tb)
	f = folder(tb, migrate.GolangMigrate, files{"0001_first.up.sql": first, "0002_index.up.sql": "SELECT 1;\nCREATE INDEX CONCURRENTLY by_total ON orders (total);"})
	if _, err := carry(tb, url, 1, f, func(v migrate.Survey) ([]migrate.Step, error) { return v.Up(1, "") }); err != nil {
		tb.Fatal(err)
	}
	c = open(tb, url, f.Tool, 2)
	steps = plan(tb, c, f, all)
	if err := c.Lock(tb.Context(), quiet); err != nil {
		tb.Fatal(err)
	}
	return url, f, c, steps
}

func TestWhomAnIndexWaitsFor(t *testing.T) {
	clustertest.Database(t) // the server that all tests share is there from now on
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	url, _, c, steps := indexing(t)
	reader, end := old(t, url), sync.Once{}
	_, err := c.Run(t.Context(), steps, func(phase string, done, total int64) {
		if strings.Contains(phase, "waits for session ") && strings.Contains(phase, "(report)") && strings.Contains(phase, "whose transaction began at ") && done == 1 && total == 2 {
			end.Do(func() { _, _ = reader.Exec(context.Background(), "COMMIT") })
		}
	})
	if err != nil {
		t.Fatal(explained(err))
	}
	if got := ask(t, url, "SELECT indisvalid::text FROM pg_index WHERE indexrelid = 'by_total'::regclass"); got != "true" {
		t.Errorf("valid: %s", got)
	}
}

func TestAnIndexIsStopped(t *testing.T) {
	url, _, c, steps := indexing(t)
	old(t, url)
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	report, err := c.Run(ctx, steps, func(phase string, _, _ int64) {
		if strings.Contains(phase, "waits for session ") {
			stop(errStop)
		}
	})
	if !errors.Is(err, errStop) || report.Failure == nil || report.Failure.Applied != 1 || report.Failure.Nothing || strings.Join(report.Failure.Invalid, " ") != "public.by_total" {
		t.Fatalf("%+v, %v", report.Failure, err)
	}
	if want := "It was stopped. The index public.by_total was left behind half built; DROP INDEX CONCURRENTLY removes it. 1 statement of 0002_index went through and stays."; err.Error() != want {
		t.Errorf("got %s", err)
	}
	if got := state(t, url); got != "2 dirty" {
		t.Errorf("the journal says %s", got)
	}
}
