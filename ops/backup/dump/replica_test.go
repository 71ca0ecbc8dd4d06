package dump

import (
	"errors"
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

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/client"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// A replica may cancel a dump, and knows nothing of the locks of the primary.
func TestAReplicaIsRefused(t *testing.T) {
	primary := clustertest.Start(t, nil)
	w := newWorld(t, replicaOf(t, primary))
	_, err := Preflight(t.Context(), w.Options)
	if said, ok := errors.AsType[*ops.Error](err); !ok || !strings.Contains(said.Message, "leads to a replica") || !strings.Contains(said.Hint, "target_session_attrs=read-write") {
		t.Errorf("%v", err)
	}
	w.clean(t)
	// With both in one URL the primary is found, and pg_dump goes there too.
	u, err := url.Parse(w.URL.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	u.Host += ",127.0.0.1:" + strconv.Itoa(primary.Port)
	w.URL = ops.Secret(u.String() + "&target_session_attrs=read-write")
	w.take(t)
}

// replicaOf starts a streaming replica, and gives the URL of its database postgres.
func replicaOf(t *testing.T, primary *cluster.Cluster) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dbbot-replica-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	programs, err := client.Find(primary.Binaries.Major)
	if err != nil {
		t.Skip(err)
	}
	past := primary.URL("postgres")
	copied := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(programs.Dump), "pg_basebackup"), "--pgdata="+dir+"/data", "--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname="+past)
	if _, err := os.Stat(copied.Path); err != nil {
		t.Skip(err)
	}
	if out, err := copied.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	server := exec.Command(primary.Binaries.Path("postgres"), "-D", dir+"/data", "-cport="+port, "-clisten_addresses=127.0.0.1", "-cunix_socket_directories="+dir, "-cmax_connections=60")
	server.Dir, server.SysProcAttr = dir, asPostgres(t, dir)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Signal(syscall.SIGINT); _ = server.Wait() })
	u, err := url.Parse(past)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = address
	for {
		conn, err := pgx.Connect(t.Context(), u.String())
		if err == nil {
			_ = conn.Close(t.Context())
			return u.String()
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
}

// asPostgres lets a server run as another user than root, who owns its folder.
func asPostgres(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
	}
	owner, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	err = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, uid, gid)
	})
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT, Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}
