package apply

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// crash lets a server lose one of its processes, whereupon it ends all sessions at once and recovers from its log, as
// after an immediate shutdown. It returns when the server answers again.
func crash(t *testing.T, server *cluster.Cluster) {
	t.Helper()
	pid, _ := strconv.Atoi(ask(t, server.URL("postgres"), "SELECT pid::text FROM pg_stat_activity WHERE backend_type = 'checkpointer'"))
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(20 * time.Second); ; {
		conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
		if err == nil {
			var now int
			err = conn.QueryRow(t.Context(), "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'").Scan(&now)
			_ = conn.Close(t.Context())
			if err == nil && now != pid {
				return
			}
		}
		if time.Now().After(late) {
			t.Fatalf("the server does not come back: %v", err)
		}
	}
}

// The server restarts at once in the middle of a migration. What is said and what stands agree, and whoever looks later
// finds the same.
func TestARestartInTheMiddle(t *testing.T) {
	server := clustertest.Start(t, nil) // with synchronous_commit = off, as some have it
	transaction := files{"0001_first.up.sql": first, "0002_next.up.sql": "CREATE TABLE a ();\nCREATE TABLE b ();"}
	alone := files{"0001_first.up.sql": first, "0002_next.up.sql": "CREATE TABLE a ();\nVACUUM orders;\nCREATE TABLE b ();"}
	written := files{"0001_first.up.sql": first, "0002_next.up.sql": "BEGIN; CREATE TABLE a (); COMMIT;"}
	for n, test := range []struct {
		step   string
		at     int // the how many-th time the step is reached
		folder files
		fate   Fate
		state  string
		tables string
	}{
		{"statement", 3, transaction, Partly, "1", "0"},
		{"committed", 2, transaction, Whole, "2", "2"},
		{"alone", 1, alone, Unclear, "2 dirty", "1"},
		{"outside", 1, written, Unclear, "2 dirty", "1"},
	} {
		t.Run(test.step+" "+strconv.Itoa(n), func(t *testing.T) {
			url := fresh(t, server, "restart_"+strconv.Itoa(n))
			f, left := folder(t, migrate.GolangMigrate, test.folder), test.at
			again(t, test.step, func() {
				if left--; left == 0 {
					crash(t, server)
				}
			})
			report, err := carry(t, url, 1, f, all)
			if test.fate != Whole && err == nil {
				t.Errorf("it went through: %+v", report)
			}
			found, lookErr := Look(t.Context(), options(url, f.Tool, 1), 2)
			if lookErr != nil || found.Fate != test.fate {
				t.Errorf("found %+v, %v", found, lookErr)
			}
			if got := state2(t, url); got != test.state {
				t.Errorf("the journal says %s", got)
			}
			if got := ask(t, url, "SELECT count(*)::text FROM pg_tables WHERE tablename IN ('a', 'b')"); got != test.tables {
				t.Errorf("%s tables are there", got)
			}
			if f := report.Failure; f != nil && f.Nothing && test.tables != "0" || errors.Is(err, ErrUnclear) && test.fate == Whole {
				t.Errorf("said %v, of %+v", err, f)
			}
			unlocked(t, url)
		})
	}
}

// After a failover the name may lead to what is a replica now: nothing can be run there, and that is said.
func TestAFailoverToAReplica(t *testing.T) {
	server := clustertest.Start(t, nil)
	url, f := fresh(t, server, "orders"), folder(t, migrate.GolangMigrate, files{"0001_first.up.sql": first, "0002_next.up.sql": "CREATE TABLE a ();"})
	signal := filepath.Join(server.Dir, "data", "standby.signal")
	left := 2
	again(t, "begun", func() {
		if left--; left > 0 {
			return
		}
		owner, err := os.Stat(filepath.Join(server.Dir, "data"))
		if err == nil {
			err = os.WriteFile(signal, nil, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if s := owner.Sys().(*syscall.Stat_t); os.Getuid() == 0 {
			_ = os.Chown(signal, int(s.Uid), int(s.Gid))
		}
		crash(t, server)
	})
	report, err := carry(t, url, 1, f, all)
	if err == nil || len(report.Done) != 1 || !report.Failure.Nothing {
		t.Errorf("%+v, %v", report, err)
	}
	if got := ask(t, url, "SELECT pg_is_in_recovery()::text"); got != "true" {
		t.Fatal("it is no replica")
	}
	_, err = Open(t.Context(), options(url, f.Tool, 2))
	if err == nil || !strings.Contains(err.Error(), "is a replica now, and cannot be changed") {
		t.Errorf("got %v", err)
	}
	if _, err := Look(t.Context(), options(url, f.Tool, 1), 2); err == nil || !strings.Contains(err.Error(), "is a replica now") {
		t.Errorf("got %v", err)
	}
	clustertest.Exec(t, url, "SELECT pg_promote()")
	found, err := Look(t.Context(), options(url, f.Tool, 1), 2)
	if err != nil || found.Fate != Partly || state(t, url) != "1" {
		t.Errorf("found %+v, %v", found, err)
	}
}

// again does something each time that a step is reached.
func again(t *testing.T, step string, do func()) {
	t.Helper()
	ops.OnReached = func(at string) {
		if at == step {
			do()
		}
	}
	t.Cleanup(func() { ops.OnReached = nil })
}
