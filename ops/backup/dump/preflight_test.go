package dump

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster/clustertest"
)

func TestLockTextIsTheLock(t *testing.T) {
	if lockText != strconv.FormatInt(ops.DatabaseLock, 10) {
		t.Error(ops.DatabaseLock)
	}
}

func TestReady(t *testing.T) {
	w := newWorld(t, newDatabase(t, shop...))
	got, err := Preflight(t.Context(), w.Options)
	if err != nil || got.Server.Major != 15 || got.Role != "postgres" || got.Tables != 5 || got.Bytes < 10000 || got.Recipients != 1 || !got.Passwords || got.Parallel != 1 ||
		got.Location != "file://"+w.dir || !strings.HasPrefix(got.Client, "pg_dump (PostgreSQL) 15.") || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "one key alone") {
		t.Errorf("%+v, %v", got, err)
	}
	w.clean(t)
	w.Recipients = nil
	if got, err = Preflight(t.Context(), w.Options); err != nil || got.Passwords || got.Recipients != 0 || !strings.Contains(got.Notes[0], "not be encrypted") {
		t.Errorf("%+v, %v", got, err)
	}
}

// weak makes a role that may do little, and gives the database's URL for it.
func weak(t *testing.T, past, role string, grants ...string) string {
	t.Helper()
	clustertest.Exec(t, past, append([]string{"CREATE ROLE " + role + " LOGIN PASSWORD 'swordfish'"}, grants...)...)
	return clustertest.As(t, past, role, "swordfish")
}

// All that is in the way is said at once.
func TestAllFaultsAtOnce(t *testing.T) {
	past := newDatabase(t, append(shop, "CREATE SEQUENCE alone", "CREATE TABLE secret (id int)", "ALTER TABLE secret ENABLE ROW LEVEL SECURITY", "CREATE SCHEMA shut", "CREATE TABLE shut.up (id int)")...)
	w := newWorld(t, weak(t, past, "weak", "GRANT SELECT ON secret, empty, shut.up TO weak"))
	w.Recipients = []string{"AGE-SECRET-KEY-1HUNTER2", w.Recipients[0], "age1nonsense"}
	w.Store = odd{Store: w.Store, file: "probe", put: after(0, full)}
	_, err := Preflight(t.Context(), w.Options)
	faults, ok := errors.AsType[Faults](err)
	if !ok || len(faults) != 6 {
		t.Fatalf("%d: %v", len(faults), err)
	}
	for _, want := range []string{
		"No backup of orders can be taken: Key 1 of encrypt_to is no age public key. Key 3 of encrypt_to is no age public key.",
		`Role weak may not read 8 of the tables and sequences`, `Odd "one".a.b c`, "and 3 more.",
		"Row security would hide rows of 1 table from role weak: public.secret.", "Role weak may not read 2 large objects.", "There is no room left.",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q: %v", want, err)
		}
	}
	if hint := ops.Explain(err, "").Hint; !strings.Contains(hint, "GRANT pg_read_all_data TO weak") || !strings.Contains(hint, "BYPASSRLS") || strings.Contains(err.Error()+hint, "HUNTER2") {
		t.Error(hint)
	}
	w.Recipients, w.Options.Store = w.Recipients[1:2], w.Store.(odd).Store
	w.fails(t, t.Context(), "Row security", "may not read")
}

// A role that may read everything, and nothing else, is enough. One without pg_authid takes no passwords along.
func TestAReadingRoleIsEnough(t *testing.T) {
	past := newDatabase(t, append(shop, "CREATE TABLE secret (id int)", "ALTER TABLE secret ENABLE ROW LEVEL SECURITY", "INSERT INTO secret VALUES (1)")...)
	clustertest.Exec(t, past, "SELECT lo_unlink(oid) FROM pg_largeobject_metadata")
	w := newWorld(t, weak(t, past, "reader", "GRANT pg_read_all_data TO reader", "ALTER ROLE reader BYPASSRLS"))
	if m := w.take(t); m.Globals == nil || !m.Passwords || m.Contents.LargeObjects != 0 {
		t.Errorf("%+v", m)
	}
	w = newWorld(t, weak(t, past, "granted", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO granted", "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO granted",
		`DROP SCHEMA "Odd ""one""" CASCADE`, "ALTER ROLE granted BYPASSRLS"))
	if m := w.take(t); m.Globals == nil || m.Passwords {
		t.Errorf("%+v", m)
	}
}

func TestConnectionsThatWillNotDo(t *testing.T) {
	past := newDatabase(t)
	clustertest.Exec(t, past, "DROP ROLE IF EXISTS pooled", "CREATE ROLE pooled LOGIN SUPERUSER PASSWORD 'swordfish'")
	for name, test := range map[string]struct{ url, words string }{
		"a pooler":       {behindPgBouncer(t, past), "leads through a pooler"},
		"Prisma's words": {past + "&pgbouncer=true", "leads through a pooler"},
		"no database":    {at(past, "nowhere"), "no database of the configured name"},
		"no server":      {"postgres://a:hunter2@127.0.0.1:1/x", "cannot be reached for a backup"},
		"nonsense":       {"postgres://a:hunter2@:x:/", "cannot be understood"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.url)
			_, err := Preflight(t.Context(), w.Options)
			if said, ok := errors.AsType[*ops.Error](err); !ok || !strings.Contains(said.Message, test.words) || strings.Contains(said.Message+said.Hint, "hunter2") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestNoRoomBeside(t *testing.T) {
	w := newWorld(t, newDatabase(t))
	s := examine(t.Context(), w.Options)
	s.close()
	w.Parallel = 2
	s.ready.Bytes = 1 << 60
	s.add(s.room(w.Options))
	if err := s.fault(w.Options); err == nil || !strings.Contains(err.Error(), "MB free; the tables have 1099511627776 MB") {
		t.Errorf("%v", err)
	}
	t.Setenv("TMPDIR", "/nowhere")
	if _, err := Preflight(t.Context(), w.Options); err == nil || !strings.Contains(err.Error(), "temporary files, which parallel: needs, cannot be looked at") {
		t.Errorf("%v", err)
	}
}

// What lacks connections half way would fail half way.
func TestNoConnectionsLeft(t *testing.T) {
	server := clustertest.Start(t, map[string]string{"max_connections": "8", "superuser_reserved_connections": "2", "max_wal_senders": "0"})
	w := newWorld(t, server.URL("postgres"))
	holding(t, server.URL("postgres"), "SELECT 1")
	w.Parallel = 3
	w.take(t)
	w = newWorld(t, w.URL.Reveal())
	w.Parallel = 4
	w.fails(t, t.Context(), "The server has 6 connections left, and a backup needs 7.", "max_connections")
}

// A locked table stands in nobody's way before the dump.
func TestALockedTableIsEstimated(t *testing.T) {
	past := newDatabase(t, append(shop, "ANALYZE")...)
	w := newWorld(t, past)
	before, err := Preflight(t.Context(), w.Options)
	if err != nil {
		t.Fatal(err)
	}
	holding(t, past, "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
	got, err := Preflight(t.Context(), w.Options)
	if err != nil || got.Bytes < before.Bytes/2 || got.Bytes > before.Bytes {
		t.Errorf("%d, before %d, %v", got.Bytes, before.Bytes, err)
	}
}

// behindPgBouncer starts PgBouncer in front of a database, and gives the URL through it.
func behindPgBouncer(t *testing.T, past string) string {
	t.Helper()
	const program = "/usr/sbin/pgbouncer"
	if _, err := os.Stat(program); err != nil {
		t.Skip("PgBouncer is not installed (Debian: apt-get install pgbouncer)")
	}
	server, err := url.Parse(past)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "dbbot-dump-") // that of t.TempDir lies in one that only we may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port, name := l.Addr().(*net.TCPAddr).Port, strings.TrimPrefix(server.Path, "/")
	l.Close()
	for file, text := range map[string]string{
		"users.txt": `"pooled" "swordfish"` + "\n",
		"pgbouncer.ini": fmt.Sprintf("[databases]\n%s = host=127.0.0.1 port=%s dbname=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\n"+
			"auth_type = plain\nauth_file = %s/users.txt\npool_mode = session\nignore_startup_parameters = extra_float_digits\n", name, server.Port(), name, port, dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, filepath.Join(dir, "pgbouncer.ini"))
	cmd.Dir = "/"
	if os.Getuid() == 0 { // it refuses to run as root
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	server.User, server.Host = url.UserPassword("pooled", "swordfish"), net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for {
		conn, err := net.Dial("tcp", server.Host)
		if err == nil {
			_ = conn.Close()
			return server.String()
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
}

// A store that a person may not write to is known before anything is dumped.
func TestAFolderThatIsAFile(t *testing.T) {
	w := newWorld(t, newDatabase(t))
	if err := os.WriteFile(w.dir+"/orders", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Preflight(t.Context(), w.Options)
	if err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("%v", err)
	}
}
