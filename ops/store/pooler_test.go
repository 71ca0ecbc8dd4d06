package store

import (
	"bufio"
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
	"dbbot/ops/postgres/cluster/clustertest"
)

// Behind a pooler no session lasts, so locks and notices would be somebody else's: it is refused, in words.
func TestPooler(t *testing.T) {
	databaseURL := clustertest.Database(t)
	for _, mode := range []string{"transaction", "session"} {
		through := ops.Secret(pooled(t, databaseURL, mode))
		for range 2 { // the second attempt meets what the first one prepared on the server's side
			_, err := Open(t.Context(), Options{URL: through, AuditKey: key(t)})
			said(t, err, "dbbot's own database is behind a connection pooler.")
		}
	}
	var made bool
	if err := clustertest.Connect(t, databaseURL).QueryRow(t.Context(), "SELECT to_regnamespace('dbbot') IS NOT NULL").Scan(&made); err != nil || made {
		t.Errorf("tables were made through it, %v", err)
	}
}

// pooled runs PgBouncer before a database until the test's end.
func pooled(t *testing.T, databaseURL, mode string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/pgbouncer"); err != nil {
			t.Skip("PgBouncer is not installed (Debian: apt-get install pgbouncer)")
		}
	}
	server := must(url.Parse(databaseURL))
	password, _ := server.User.Password()
	dir := must(os.MkdirTemp("", "dbbot-pgbouncer-")) // that of t.TempDir lies in one that only we may enter
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close()
	config := filepath.Join(dir, "pgbouncer.ini")
	for file, text := range map[string]string{
		filepath.Join(dir, "users.txt"): fmt.Sprintf("%q %q\n", server.User.Username(), password),
		config: fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %s\nunix_socket_dir =\nauth_type = plain\nauth_file = %s/users.txt\npool_mode = %s\n",
			server.Port(), port, dir, mode),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bouncer := exec.Command(program, config)
	bouncer.Dir = "/"
	if os.Getuid() == 0 { // it refuses to run as root
		bouncer.SysProcAttr = &syscall.SysProcAttr{Credential: nobody(t, dir)}
	}
	log := must(bouncer.StderrPipe())
	if err := bouncer.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan bool)
	ready := make(chan bool, 1)
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if strings.Contains(lines.Text(), "process up") {
				ready <- true
			}
		}
		close(ready)
	}()
	t.Cleanup(func() {
		_ = bouncer.Process.Kill()
		<-ended
		_ = bouncer.Wait() // it was killed
	})
	if !<-ready {
		t.Fatal("PgBouncer ended before it was ready")
	}
	server.Host = net.JoinHostPort("127.0.0.1", port)
	return server.String()
}

func nobody(t *testing.T, dir string) *syscall.Credential {
	t.Helper()
	who := must(user.Lookup("nobody"))
	uid, gid := must(strconv.Atoi(who.Uid)), must(strconv.Atoi(who.Gid))
	for _, path := range append(must(filepath.Glob(filepath.Join(dir, "*"))), dir) {
		if err := os.Chown(path, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
