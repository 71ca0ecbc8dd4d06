package rehearse

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/lint"
	"dbbot/ops/migrate/script"
	"dbbot/ops/postgres/cluster/clustertest"
)

func TestMain(m *testing.M) {
	if todo := os.Getenv(childOf); todo != "" {
		child(todo)
		return
	}
	os.Exit(clustertest.Run(m))
}

// steps are files in the order of their names.
func steps(files ...string) []lint.Parsed {
	var all []lint.Parsed
	for i, sql := range files {
		name := string(rune('1'+i)) + "_file"
		file := &migrate.File{Path: name + ".up.sql", SQL: []byte(sql), Sum: fmt.Sprintf("%x", sha256.Sum256([]byte(sql)))}
		all = append(all, lint.Parsed{Step: migrate.Step{Migration: migrate.Migration{Name: name, Up: file}}, Script: script.Parse(file.SQL)})
	}
	return all
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func rooms(tb testing.TB) *Rooms {
	tb.Helper()
	r := New(quiet())
	tb.Cleanup(r.Close)
	return r
}

// rehearsed waits for all of a rehearsal, and for the removal of its database.
func rehearsed(tb testing.TB, o Options, files ...string) Trace {
	tb.Helper()
	r := rooms(tb)
	t := r.Rehearse(context.Background(), o, steps(files...))
	r.all.Wait()
	return t
}

// beside rehearses on the server itself, by a role that may make databases and little else.
func beside(tb testing.TB, url string) Options {
	tb.Helper()
	clustertest.Exec(tb, url, "DO $$ BEGIN CREATE ROLE keeper LOGIN CREATEDB PASSWORD 'k'; EXCEPTION WHEN duplicate_object THEN END $$")
	return Options{Name: "orders", URL: ops.Secret(url), Beside: ops.Secret(clustertest.As(tb, url, "keeper", "k"))}
}

// scratches are the scratch databases of a server.
func scratches(tb testing.TB, url string) []string {
	tb.Helper()
	conn := clustertest.Connect(tb, url)
	var names []string
	err := conn.QueryRow(tb.Context(), `SELECT coalesce(array_agg(datname::text ORDER BY 1), '{}') FROM pg_database WHERE datname LIKE 'dbbot\_scratch\_%'`).Scan(&names)
	if err != nil {
		tb.Fatal(err)
	}
	_ = conn.Close(context.Background())
	return names
}

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

// eventually waits for something that another process does.
func eventually(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			tb.Fatal("never: " + what)
		}
	}
}

func listed(all []lint.Lock) string {
	var lines []string
	for _, l := range all {
		line := l.Relation + " " + l.Mode
		if l.Rewrite {
			line += " rewrite"
		}
		if l.Scan {
			line += " scan"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

// corpus is a file of the lint's tests.
func corpus(tb testing.TB, name string) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("..", "lint", "testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}
