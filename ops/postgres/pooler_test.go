package postgres

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster/clustertest"
)

// pooler starts PgBouncer before a server of the test's own, in transaction mode with a pool of two, and gives the URL
// of the database through it for a role with pg_monitor, and the superuser's past it.
func pooler(t *testing.T) (through, past string) {
	t.Helper()
	program := pgbouncer(t)
	past = shop(t, clustertest.Start(t, map[string]string{"shared_preload_libraries": "pg_stat_statements"}))
	do(t, clustertest.Connect(t, past), "CREATE ROLE pooled LOGIN PASSWORD 'swordfish' IN ROLE pg_monitor", "GRANT SELECT ON schema_migrations TO pooled")
	server := must(url.Parse(past))
	dir, err := os.MkdirTemp("", "dbbot-pgbouncer-") // that of t.TempDir lies in one that only we may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	port, users, config := freePort(t), filepath.Join(dir, "users.txt"), filepath.Join(dir, "pgbouncer.ini")
	for file, text := range map[string]string{
		users: "\"pooled\" \"swordfish\"\n\"stranger\" \"swordfish\"\n",
		config: fmt.Sprintf(`[databases]
%[1]s = host=127.0.0.1 port=%[2]s dbname=%[1]s
gone = host=127.0.0.1 port=%[2]s dbname=gone
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %[3]s
unix_socket_dir =
auth_type = plain
auth_file = %[4]s
pool_mode = transaction
default_pool_size = 2
`, strings.TrimPrefix(server.Path, "/"), server.Port(), port, users),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bouncer := exec.Command(program, config)
	bouncer.Dir, bouncer.SysProcAttr = "/", asPostgres(t, dir) // it refuses to run as root
	launch(t, bouncer, "process up", syscall.SIGTERM)
	server.User, server.Host = url.UserPassword("pooled", "swordfish"), net.JoinHostPort("127.0.0.1", port)
	return server.String(), past
}

func pgbouncer(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	t.Skip("PgBouncer is not installed (Debian: apt-get install pgbouncer)")
	return ""
}

// A transaction pooler hands each transaction to another session: all of a status is one, and leaves nothing behind.
func TestBehindAPooler(t *testing.T) {
	through, past := pooler(t)
	r := reader(t, Database{URL: ops.Secret(through), Migrations: GolangMigrate})
	var turns atomic.Int64
	wrap(r, func(conn net.Conn) net.Conn { return &turning{Conn: conn, turns: &turns} })
	lookNow(t, r) // connects
	before := turns.Load()
	s := lookNow(t, r)
	if got := turns.Load() - before; got != 1 {
		t.Errorf("the whole status took %d round trips", got)
	}
	if all := faults(s); all != nil || !s.Server.Value.Pooled || s.Server.Value.User != "pooled" || !s.Server.Value.SeesAll {
		t.Errorf("%+v, not read: %v", s.Server, all)
	}

	var askers sync.WaitGroup
	for range 20 {
		own := reader(t, Database{URL: ops.Secret(through), Migrations: GolangMigrate})
		askers.Go(func() {
			for range 3 {
				for _, r := range []*Reader{own, r} { // one's own connection, and one that everybody shares
					s := r.Status(context.Background(), "orders")
					if all := faults(s); s.Down != nil || all != nil || !s.Server.Value.Pooled {
						t.Errorf("%+v, %+v, not read: %v", s.Down, s.Server, all)
					}
				}
			}
		})
	}
	askers.Wait()

	if others, fresh := settingsOf(t, through), settingsOf(t, past); others != fresh {
		t.Errorf("the next client of the pool finds %s, a fresh session %s", others, fresh)
	}
}

// settingsOf a session are those that a status changes for itself.
func settingsOf(t *testing.T, databaseURL string) (all string) {
	t.Helper()
	conn := clustertest.Connect(t, databaseURL+"&default_query_exec_mode=exec")
	if err := conn.QueryRow(t.Context(), `SELECT concat_ws(', ', current_setting('statement_timeout'), current_setting('lock_timeout'),
		current_setting('idle_in_transaction_session_timeout'), current_setting('search_path'), current_setting('jit'),
		current_setting('transaction_read_only'))`).Scan(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// PgBouncer up to 1.18 gives one SQLSTATE to all it refuses, also to what the server refused.
func TestRefusedByAPooler(t *testing.T) {
	through, _ := pooler(t)
	named := func(database string) string {
		u := must(url.Parse(through))
		u.Path = "/" + database
		return u.String()
	}
	for name, test := range map[string]struct{ url, message string }{
		"wrong password":       {as(t, through, "pooled", "catfish"), "orders refused dbbot's password."},
		"unknown to it":        {as(t, through, "nobody_here", "swordfish"), "orders refused dbbot's password."},
		"unknown to server":    {as(t, through, "stranger", "swordfish"), "orders refused dbbot's password."},
		"no such database":     {named("nonesuch"), "orders has no database of the configured name."},
		"gone from the server": {named("gone"), "orders has no database of the configured name."},
		"a setting too many":   {through + "&nonsense=1", "orders does not understand the connection's settings."},
	} {
		t.Run(name, func(t *testing.T) {
			down := reader(t, Database{URL: ops.Secret(test.url)}).Status(t.Context(), "orders").Down
			if down == nil || down.Message != test.message {
				t.Errorf("got %+v, because of %v", down, down.Cause)
			}
		})
	}

	// Both connections of the pool are taken: it answers nobody, and says nothing.
	for range 2 {
		do(t, clustertest.Connect(t, through+"&default_query_exec_mode=exec"), "BEGIN", "SELECT 1")
	}
	down := reader(t, Database{URL: ops.Secret(through)}).Status(t.Context(), "orders").Down
	if down == nil || down.Message != "orders does not answer." || !strings.Contains(down.Hint, "pooler") {
		t.Errorf("when its pool is taken: %+v", down)
	}
}
