package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"dbbot/ops"
	"dbbot/ops/audit"
	"dbbot/ops/postgres/cluster/clustertest"

	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
)

// Replicas that start at once on an empty database make its tables once; a later start finds nothing to do.
func TestManyOpenAtOnce(t *testing.T) {
	databaseURL := clustertest.Database(t)
	var all sync.WaitGroup
	stores := make([]*Store, 5)
	for i := range stores {
		all.Go(func() {
			s, err := Open(t.Context(), Options{URL: ops.Secret(databaseURL), AuditKey: key(t)})
			if err != nil {
				t.Errorf("replica %d: %v (%v)", i, err, causeOf(err))
				return
			}
			stores[i] = s
		})
	}
	all.Wait()
	for _, s := range stores {
		if s != nil {
			defer s.Close()
			made(t, s)
		}
	}
	s := opened(t, databaseURL)
	var version, river int
	var dirty bool
	if err := s.pool.QueryRow(t.Context(), "SELECT version, dirty, (SELECT max(version) FROM dbbot.river_migration) FROM dbbot.schema_migrations").Scan(&version, &dirty, &river); err != nil {
		t.Fatal(err)
	}
	if version != newest(t) || dirty || river < 6 {
		t.Errorf("version %d, dirty %v, River's %d", version, dirty, river)
	}
	var locks int
	if err := s.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(&locks); err != nil || locks != 0 {
		t.Errorf("%d advisory locks are left, %v", locks, err)
	}
}

// newest is the last version of the schema that this program knows.
func newest(t *testing.T) int {
	t.Helper()
	version, err := newestOf(must(iofs.New(schema, "schema")))
	if err != nil {
		t.Fatal(err)
	}
	return int(version)
}

// During a rolling deploy an older program goes on beside a newer schema, unless that says it cannot.
func TestNewerSchema(t *testing.T) {
	databaseURL := clustertest.Database(t)
	opened(t, databaseURL)
	clustertest.Exec(t, databaseURL, "UPDATE dbbot.schema_migrations SET version = 99", "ALTER TABLE dbbot.requests ADD COLUMN later text",
		"INSERT INTO dbbot.river_migration (line, version) VALUES ('main', 99)")
	s := opened(t, databaseURL)
	moved(t, s, made(t, s).ID, agree(lee))
	clustertest.Exec(t, databaseURL, fmt.Sprint("UPDATE dbbot.compatible SET since = ", newest(t)+1))
	_, err := Open(t.Context(), Options{URL: ops.Secret(databaseURL), AuditKey: key(t)})
	said(t, err, "dbbot's own database was prepared by a newer dbbot, which this version cannot work beside.")
}

// A file that fails, or a process that dies in it, leaves nothing behind: no half schema, no "dirty".
func TestFailedMigrationLeavesNothing(t *testing.T) {
	databaseURL := clustertest.Database(t)
	conn := clustertest.Connect(t, databaseURL)
	files := fstest.MapFS{
		"schema/0001_good.up.sql": {Data: []byte("CREATE TABLE dbbot.good (id int); INSERT INTO dbbot.good VALUES (1)")},
		"schema/0002_bad.up.sql":  {Data: []byte("CREATE TABLE dbbot.bad (id int); SELECT 1/0")},
	}
	apply := func() error {
		return pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error { return migrateOwn(&driver{ctx: t.Context(), tx: tx}, files) })
	}
	if err := apply(); err == nil {
		t.Fatal("a division by zero was applied")
	}
	var left int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('dbbot')").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d tables are left, %v", left, err)
	}
	files["schema/0002_bad.up.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE dbbot.bad (id int)")}
	for range 2 { // the second has nothing to do
		if err := apply(); err != nil {
			t.Fatal(err)
		}
	}
	if version, dirty, err := (&driver{ctx: t.Context(), tx: must(conn.Begin(t.Context()))}).Version(); version != 2 || dirty || err != nil {
		t.Errorf("version %d, dirty %v, %v", version, dirty, err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// What is wrong with the database is said in words, with what to do; and doing that helps.
func TestRights(t *testing.T) {
	databaseURL := clustertest.Database(t)
	name := strings.ToLower("r" + rand.Text()[:10])
	clustertest.Exec(t, databaseURL, "CREATE ROLE "+name+" LOGIN PASSWORD 'swordfish'")
	own := clustertest.As(t, databaseURL, name, "swordfish")
	_, err := Open(t.Context(), Options{URL: ops.Secret(own), AuditKey: key(t)})
	said(t, err, "dbbot's own database does not give dbbot the right to make its tables.")
	if e, _ := errors.AsType[*ops.Error](err); e == nil || !strings.Contains(e.Hint, "CREATE SCHEMA dbbot AUTHORIZATION") {
		t.Errorf("the hint is %+v", e)
	}
	clustertest.Exec(t, databaseURL, "CREATE SCHEMA dbbot AUTHORIZATION "+name)
	s := opened(t, own)
	moved(t, s, made(t, s).ID, agree(lee))
}

func TestRefusedAtOpen(t *testing.T) {
	databaseURL := clustertest.Database(t)
	with := func(more string) string { return databaseURL + "&" + more }
	nonesuch := databaseURL[:strings.LastIndex(databaseURL, "/")] + "/nonesuch" + databaseURL[strings.Index(databaseURL, "?"):]
	for name, test := range map[string]struct{ url, message string }{
		"no URL":         {"postgres://user:pa ss@host:x/", "The URL of dbbot's own database cannot be understood."},
		"wrong password": {clustertest.As(t, databaseURL, "postgres", "wrong"), "dbbot's own database refused the password."},
		"no database":    {nonesuch, "dbbot's own database has no database of the configured name."},
		"only readable":  {with("default_transaction_read_only=on"), "dbbot's own database may only be read."},
		"nobody there":   {"postgres://postgres@127.0.0.1:1/x?sslmode=disable", "dbbot's own database cannot be reached."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), Options{URL: ops.Secret(test.url), AuditKey: key(t)})
			said(t, err, test.message)
			if e, ok := errors.AsType[*ops.Error](err); !ok || e.Hint == "" {
				t.Errorf("there is no hint: %+v", err)
			}
		})
	}
	_, err := Open(t.Context(), Options{URL: ops.Secret(databaseURL)})
	said(t, err, "The audit has no key.")
}

// Somebody who holds the lock of the schema and does not let go is waited for only as long as there is time.
func TestLockedSchema(t *testing.T) {
	databaseURL := clustertest.Database(t)
	holder := clustertest.Connect(t, databaseURL)
	if _, err := holder.Exec(t.Context(), "SELECT pg_advisory_lock($1)", int64(schemaLock)); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := Open(short, Options{URL: ops.Secret(databaseURL), AuditKey: key(t)})
	said(t, err, "dbbot's own database is being prepared by another dbbot that does not finish.")
	if err := holder.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := opened(t, databaseURL)
	if err := s.Note(t.Context(), audit.Entry{Event: audit.Started}); err != nil {
		t.Fatal(err)
	}
}

// A session is bounded and known by name, and settings of the role that would undo what moves rely on do not hold here.
func TestSession(t *testing.T) {
	databaseURL := clustertest.Database(t)
	name := strings.ToLower("r" + rand.Text()[:10])
	clustertest.Exec(t, databaseURL, "CREATE ROLE "+name+" LOGIN SUPERUSER PASSWORD 'swordfish'", "ALTER ROLE "+name+" SET default_transaction_isolation = 'serializable'",
		"ALTER ROLE "+name+" SET synchronous_commit = off", "ALTER ROLE "+name+" SET search_path = evil")
	s := opened(t, clustertest.As(t, databaseURL, name, "swordfish"))
	for setting, want := range map[string]string{
		"application_name": "dbbot", "statement_timeout": "10s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "5s",
		"default_transaction_isolation": "read committed", "synchronous_commit": "on", "search_path": "pg_catalog", "tcp_keepalives_idle": "15",
		"client_connection_check_interval": "1s",
	} {
		var got string
		if err := s.pool.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, want %s, %v", setting, got, want, err)
		}
	}
	if got := s.pool.Config().MaxConns; got != connections {
		t.Errorf("%d connections", got)
	}
	if got := opened(t, databaseURL+"&pool_max_conns=3").pool.Config().MaxConns; got != 3 {
		t.Errorf("%d connections where three were asked for", got)
	}
}
