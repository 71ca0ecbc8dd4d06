package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// DBBOT_POSTGRES_BINARIES is a list of folders with server programs, one a version; without it the newest installed
// one is used.
const binariesVariable = "DBBOT_POSTGRES_BINARIES"

// running are the servers that the tests share, by folder of binaries.
var running = map[string]*cluster.Cluster{}

var databases atomic.Int64

func TestMain(m *testing.M) {
	code := m.Run()
	for _, c := range running {
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// eachServer runs a test on every version there is.
func eachServer(t *testing.T, test func(*testing.T, *cluster.Cluster)) {
	for _, b := range binaries(t) {
		t.Run(fmt.Sprintf("PostgreSQL %d", b.Major), func(t *testing.T) { test(t, shared(t, b)) })
	}
}

// anyServer is the last of them.
func anyServer(tb testing.TB) *cluster.Cluster {
	tb.Helper()
	all := binaries(tb)
	return shared(tb, all[len(all)-1])
}

func binaries(tb testing.TB) (all []cluster.Binaries) {
	tb.Helper()
	for _, dir := range filepath.SplitList(os.Getenv(binariesVariable)) {
		out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, cluster.Binaries{Dir: dir, Major: major(strings.TrimPrefix(string(out), "postgres (PostgreSQL) "))})
	}
	if len(all) > 0 {
		return all
	}
	found, err := cluster.Find(context.Background())
	if errors.Is(err, exec.ErrNotFound) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return []cluster.Binaries{found}
}

func shared(tb testing.TB, b cluster.Binaries) *cluster.Cluster {
	tb.Helper()
	if running[b.Dir] != nil {
		return running[b.Dir]
	}
	c, err := cluster.Start(context.Background(), cluster.Options{Binaries: b, Settings: map[string]string{
		"shared_preload_libraries": "pg_stat_statements", "shared_buffers": "16MB", "max_connections": "30",
		"max_prepared_transactions": "5", "wal_level": "logical", "track_activity_query_size": "16kB", "autovacuum": "off",
	}})
	if err != nil {
		tb.Fatal(err)
	}
	running[b.Dir] = c
	return c
}

// shop makes a database with a table, a migration table and pg_stat_statements, and gives its superuser's URL.
func shop(tb testing.TB, c *cluster.Cluster) string {
	tb.Helper()
	name := fmt.Sprintf("shop_%d", databases.Add(1))
	do(tb, clustertest.Connect(tb, c.URL("postgres")), "CREATE DATABASE "+name)
	tb.Cleanup(func() {
		conn := must(pgx.Connect(context.Background(), c.URL("postgres")))
		must(conn.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"))
		_ = conn.Close(context.Background())
	})
	do(tb, clustertest.Connect(tb, c.URL(name)), "CREATE EXTENSION pg_stat_statements",
		"CREATE TABLE orders (id int PRIMARY KEY, note text)", "INSERT INTO orders SELECT n, repeat('x', 200) FROM generate_series(1, 5000) n",
		"ANALYZE orders", "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)",
		"INSERT INTO schema_migrations VALUES (2, false)")
	return c.URL(name)
}

// must is for clean-ups, where no test is left to fail.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func do(tb testing.TB, conn *pgx.Conn, statements ...string) {
	tb.Helper()
	for _, sql := range statements {
		if _, err := conn.Exec(context.Background(), sql); err != nil {
			tb.Fatalf("%s: %v", sql, err)
		}
	}
}

// inBackground runs a statement that waits; the test's end cancels it.
func inBackground(tb testing.TB, conn *pgx.Conn, sql string) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = conn.Exec(ctx, sql) // it ends by being cancelled
	}()
	tb.Cleanup(func() { cancel(); <-done })
}

// as gives the URL for another role.
func as(tb testing.TB, databaseURL, role, password string) string {
	tb.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		tb.Fatal(err)
	}
	u.User = url.UserPassword(role, password)
	return u.String()
}

// role makes a role that may log in, and gives the URL of the same database for it.
func role(tb testing.TB, databaseURL, name string) string {
	tb.Helper()
	quoted := pgx.Identifier{name}.Sanitize()
	do(tb, clustertest.Connect(tb, databaseURL), "CREATE ROLE "+quoted+" LOGIN PASSWORD 'swordfish'")
	tb.Cleanup(func() {
		conn := must(pgx.Connect(context.Background(), databaseURL))
		must(conn.Exec(context.Background(), "DROP OWNED BY "+quoted))
		must(conn.Exec(context.Background(), "DROP ROLE "+quoted))
		_ = conn.Close(context.Background())
	})
	return as(tb, databaseURL, name, "swordfish")
}

// reader opens one database under the name orders.
func reader(tb testing.TB, d Database) *Reader {
	tb.Helper()
	d.Target = ops.Target{Database: "orders", Environment: "production"}
	r, err := Open([]Database{d}, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(r.Close)
	return r
}

func lookNow(tb testing.TB, r *Reader) Status {
	tb.Helper()
	s := r.Status(context.Background(), "orders")
	if s.Down != nil {
		tb.Fatalf("down: %s (%v)", s.Down.Message, s.Down.Cause)
	}
	return s
}

// eventually looks again and again until something is seen.
func eventually(tb testing.TB, r *Reader, seen func(Status) bool) Status {
	tb.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		s := lookNow(tb, r)
		if seen(s) {
			return s
		}
		if time.Now().After(deadline) {
			tb.Fatalf("never seen; the last look was %+v", s)
		}
	}
}

// faults lists the sections that could not be read.
func faults(s Status) (all []string) {
	for name, fault := range map[string]*ops.Error{
		"server": s.Server.Fault, "connections": s.Connections.Fault, "activity": s.Activity.Fault, "locks": s.Locks.Fault,
		"replication": s.Replication.Fault, "counters": s.Counters.Fault, "freeze": s.Freeze.Fault, "checkpoints": s.Checkpoints.Fault,
		"migrations": s.Migrations.Fault, "statements": s.Statements.Fault, "tables": s.Tables.Fault, "size": s.Size.Fault,
	} {
		if fault != nil {
			all = append(all, name+": "+fault.Message+" / "+fault.Hint+" / "+fmt.Sprint(fault.Cause))
		}
	}
	return all
}

func pid(conn *pgx.Conn) int { return int(conn.PgConn().PID()) }

func text(pid int) string { return strconv.Itoa(pid) }
