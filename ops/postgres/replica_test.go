package postgres

import (
	"context"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// replicaOf starts a streaming replica of the server of a URL, and gives the URL of the same database on it.
func replicaOf(t *testing.T, c *cluster.Cluster, databaseURL string) string {
	t.Helper()
	basebackup, err := exec.LookPath(c.Binaries.Path("pg_basebackup"))
	if err != nil {
		basebackup, err = exec.LookPath("pg_basebackup")
	}
	if err != nil {
		t.Skip(err)
	}
	if out, _ := exec.Command(basebackup, "--version").Output(); major(strings.TrimPrefix(string(out), "pg_basebackup (PostgreSQL) ")) != c.Binaries.Major {
		t.Skipf("%s is not of version %d", basebackup, c.Binaries.Major)
	}
	dir, err := os.MkdirTemp("", "dbbot-replica-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data := filepath.Join(dir, "data")
	copied := exec.CommandContext(t.Context(), basebackup, "--pgdata="+data, "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
		"--create-slot", "--slot=for_the_replica", "--dbname="+databaseURL)
	if out, err := copied.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	port := freePort(t)
	server := exec.Command(c.Binaries.Path("postgres"), "-D", data, "-cport="+port, "-clisten_addresses=127.0.0.1",
		"-cunix_socket_directories="+dir, "-clog_destination=stderr", "-clogging_collector=off", "-clc_messages=C", "-cshared_preload_libraries=pg_stat_statements",
		"-cmax_connections=30", "-cmax_prepared_transactions=5") // no less than the primary's
	server.Dir = dir
	server.SysProcAttr = asPostgres(t, dir)
	launch(t, server, "ready to accept read-only connections", syscall.SIGINT)
	u := must(url.Parse(databaseURL))
	u.Host = net.JoinHostPort("127.0.0.1", port)
	return u.String()
}

func TestReplica(t *testing.T) {
	c := anyServer(t)
	databaseURL := shop(t, c)
	t.Cleanup(func() { // after the replica has gone: slots outlive databases
		conn := must(pgx.Connect(context.Background(), c.URL("postgres")))
		must(conn.Exec(context.Background(), "SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots WHERE active_pid IS NOT NULL"))
		must(conn.Exec(context.Background(), "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"))
		_ = conn.Close(context.Background())
	})
	replicaURL := replicaOf(t, c, databaseURL)
	primary := reader(t, Database{URL: ops.Secret(databaseURL)})
	s := eventually(t, primary, func(s Status) bool { return len(s.Replication.Value.Replicas) == 1 })
	if v := s.Replication.Value; v.Replicas[0].Name != "walreceiver" || len(v.Slots) != 1 || !v.Slots[0].Active || v.Slots[0].Name != "for_the_replica" || v.Receiver != nil {
		t.Errorf("from the primary: %+v", v)
	}

	replica := reader(t, Database{URL: ops.Secret(replicaURL), Migrations: GolangMigrate})
	s = lookNow(t, replica)
	if all := faults(s); all != nil {
		t.Fatalf("not read on a replica: %v", all)
	}
	if v := s.Replication.Value.Receiver; !s.Server.Value.Replica || v == nil || v.Paused {
		t.Fatalf("on the replica: %+v", s.Replication.Value)
	}
	eventually(t, replica, func(s Status) bool {
		return s.Replication.Value.Receiver.Streaming && s.Replication.Value.Receiver.Lag() == 0
	})

	do(t, clustertest.Connect(t, databaseURL), "INSERT INTO orders VALUES (-1)")
	eventually(t, replica, func(s Status) bool { return s.Replication.Value.Receiver.Replayed > 0 })
	do(t, clustertest.Connect(t, replicaURL), "SELECT pg_wal_replay_pause()")
	do(t, clustertest.Connect(t, databaseURL), "INSERT INTO orders SELECT n, 'x' FROM generate_series(20000, 30000) n")
	s = eventually(t, replica, func(s Status) bool {
		return s.Replication.Value.Receiver.Paused && s.Replication.Value.Receiver.Bytes > 0
	})
	if v := s.Replication.Value.Receiver; v.Lag() <= 0 || v.Behind() != v.Lag().String() {
		t.Errorf("behind, and its lag is %+v", s.Replication.Value.Receiver)
	}
	eventually(t, primary, func(s Status) bool {
		return len(s.Replication.Value.Replicas) == 1 && s.Replication.Value.Replicas[0].Bytes > 0
	})
}
