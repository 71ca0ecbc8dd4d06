package postgres

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// own is a server that a test can stop and start again, which a cluster cannot.
type own struct {
	binaries cluster.Binaries
	dir      string
	port     string
	attrs    *syscall.SysProcAttr
}

func newOwn(t *testing.T, c *cluster.Cluster) own {
	t.Helper()
	dir, err := os.MkdirTemp("", "dbbot-restart-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := own{binaries: c.Binaries, dir: dir, port: freePort(t), attrs: asPostgres(t, dir)}
	initdb := exec.Command(c.Binaries.Path("initdb"), "--pgdata="+s.data(), "--username=postgres", "--auth=trust", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, s.attrs
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return s
}

func (s own) data() string { return filepath.Join(s.dir, "data") }

func (s own) url() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%s/postgres?sslmode=disable", s.port)
}

func (s own) start(t *testing.T) (stop func()) {
	t.Helper()
	server := exec.Command(s.binaries.Path("postgres"), "-D", s.data(), "-cport="+s.port, "-clisten_addresses=127.0.0.1",
		"-cunix_socket_directories="+s.dir, "-clog_destination=stderr", "-clogging_collector=off", "-clc_messages=C", "-cfsync=off")
	server.Dir, server.SysProcAttr = s.dir, s.attrs
	return launch(t, server, "ready to accept connections", syscall.SIGINT)
}

// A server that was restarted while the connection was kept is read again at the next question.
func TestRestartedServer(t *testing.T) {
	eachServer(t, func(t *testing.T, c *cluster.Cluster) {
		s := newOwn(t, c)
		stop := s.start(t)
		r := reader(t, Database{URL: ops.Secret(s.url())})
		first := lookNow(t, r)

		stop()
		stop = s.start(t)
		if second := lookNow(t, r); second.Server.Value.Backend == first.Server.Value.Backend {
			t.Errorf("after a restart: %+v", second.Server)
		}

		stop()
		if down := r.Status(t.Context(), "orders").Down; down == nil || down.Message != "orders is not there: nothing listens at the address in its URL." {
			t.Errorf("while it is stopped: %+v", down)
		}
		s.start(t)
		lookNow(t, r)

		crash(t, s.url())
		lookNow(t, r)
	})
}

// crash kills a session with SIGKILL, upon which PostgreSQL ends all others and recovers; it waits until it has.
func crash(t *testing.T, databaseURL string) {
	t.Helper()
	victim, witness := clustertest.Connect(t, databaseURL), clustertest.Connect(t, databaseURL)
	if err := syscall.Kill(pid(victim), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	watcher, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for witness.Ping(watcher) == nil { // until it has ended the others, new ones are still let in
	}
	for watcher.Err() == nil {
		if conn, err := pgx.Connect(watcher, databaseURL); err == nil {
			_ = conn.Close(watcher)
			return
		}
	}
	t.Fatal("the server did not come back")
}
