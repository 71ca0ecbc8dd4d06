package apply

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

func TestMain(m *testing.M) {
	if todo := os.Getenv(childOf); todo != "" {
		child(todo)
		return
	}
	os.Exit(clustertest.Run(m))
}

// files of a folder, by path.
type files map[string]string

// folder writes files for a tool, and gives where they are.
func folder(tb testing.TB, tool migrate.Tool, all files) migrate.Folder {
	tb.Helper()
	dir := tb.TempDir()
	for name, sql := range all {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(sql), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return migrate.Folder{Tool: tool, Dir: dir}
}

// open connects for a request, with all locks.
func open(tb testing.TB, url string, tool migrate.Tool, request int64) *Conn {
	tb.Helper()
	c, err := Open(tb.Context(), options(url, tool, request))
	if err != nil {
		tb.Fatal(explained(err))
	}
	tb.Cleanup(c.Close)
	return c
}

func options(url string, tool migrate.Tool, request int64) Options {
	return Options{Name: "orders", URL: ops.Secret(url), Tool: tool, Request: request, Asked: time.Unix(1_700_000_000, 0).UTC()}
}

func explained(err error) string {
	all := []string{err.Error()}
	for e, ok := err.(interface{ Unwrap() error }); ok; e, ok = e.Unwrap().(interface{ Unwrap() error }) {
		if inner := e.Unwrap(); inner != nil {
			all = append(all, inner.Error())
		}
	}
	return strings.Join(all, " ← ")
}

// plan is what a wish means just now.
func plan(tb testing.TB, c *Conn, f migrate.Folder, wish func(migrate.Survey) ([]migrate.Step, error)) []Prepared {
	tb.Helper()
	set, err := f.Load()
	if err != nil {
		tb.Fatal(err)
	}
	j, err := c.Journal(tb.Context())
	if err != nil {
		tb.Fatal(explained(err))
	}
	steps, err := wish(set.Survey(j))
	if err != nil {
		tb.Fatal(explained(err))
	}
	return Prepare(steps)
}

func all(v migrate.Survey) ([]migrate.Step, error) { return v.Up(0, "") }

func down(n int) func(migrate.Survey) ([]migrate.Step, error) {
	return func(v migrate.Survey) ([]migrate.Step, error) { return v.Down(n) }
}

// carry plans a wish, locks and runs it in a session of its own.
func carry(tb testing.TB, url string, request int64, f migrate.Folder, wish func(migrate.Survey) ([]migrate.Step, error)) (Report, error) {
	tb.Helper()
	c := open(tb, url, f.Tool, request)
	defer c.Close()
	steps := plan(tb, c, f, wish)
	if err := c.Lock(tb.Context(), func(string) {}); err != nil {
		return Report{}, err
	}
	return c.Run(tb.Context(), steps, func(string, int64, int64) {})
}

func journal(tb testing.TB, url string, tool migrate.Tool) migrate.Journal {
	tb.Helper()
	c := open(tb, url, tool, 0)
	defer c.Close()
	j, err := c.Journal(context.Background())
	if err != nil {
		tb.Fatal(explained(err))
	}
	return j
}

// ask reads one text.
func ask(tb testing.TB, url, sql string) string {
	tb.Helper()
	conn := clustertest.Connect(tb, url)
	var text string
	if err := conn.QueryRow(tb.Context(), sql).Scan(&text); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
	_ = conn.Close(context.Background())
	return text
}
