package apply

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// behindPgBouncer starts PgBouncer in front of a database, and gives the URL through it.
func behindPgBouncer(t *testing.T, past, mode string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program = "/usr/sbin/pgbouncer"; !exists(program) {
			t.Skip("PgBouncer is not installed (Debian: apt-get install pgbouncer)")
		}
	}
	server, err := url.Parse(past)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "dbbot-apply-") // that of t.TempDir lies in one that only we may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	port, database := freePort(t), strings.TrimPrefix(server.Path, "/")
	write(t, filepath.Join(dir, "users.txt"), `"pooled" "swordfish"`+"\n")
	write(t, filepath.Join(dir, "pgbouncer.ini"), fmt.Sprintf("[databases]\n%s = host=127.0.0.1 port=%s dbname=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %s\n"+
		"unix_socket_dir =\nauth_type = plain\nauth_file = %s\npool_mode = %s\n", database, server.Port(), database, port, filepath.Join(dir, "users.txt"), mode))
	cmd := exec.Command(program, filepath.Join(dir, "pgbouncer.ini"))
	cmd.Dir, cmd.SysProcAttr = "/", asPostgres(t, dir) // it refuses to run as root
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	server.User, server.Host = url.UserPassword("pooled", "swordfish"), net.JoinHostPort("127.0.0.1", port)
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

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
}

func freePort(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// asPostgres lets a program run as another user than root, who may then read dir.
func asPostgres(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	owner, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// A pooler lends sessions: locks and settings would stay behind in them. No way through one is taken.
func TestAPoolerIsRefused(t *testing.T) {
	past := clustertest.Database(t)
	clustertest.Exec(t, past, "DROP ROLE IF EXISTS pooled", "CREATE ROLE pooled LOGIN SUPERUSER PASSWORD 'swordfish'")
	for _, mode := range []string{"transaction", "session", "statement"} {
		t.Run(mode, func(t *testing.T) {
			through := ops.Secret(behindPgBouncer(t, past, mode))
			for _, tool := range []migrate.Tool{migrate.GolangMigrate, migrate.Prisma} { // whose search path it does not take
				_, err := Open(t.Context(), Options{Name: "orders", URL: through, Tool: tool, Request: 1})
				if said, ok := errors.AsType[*ops.Error](err); !ok || !strings.Contains(said.Message, "leads through a pooler") || !strings.Contains(said.Hint, "migrate_url") {
					t.Errorf("%s: %v", tool, err)
				}
			}
			unlocked(t, past)
		})
	}
}
