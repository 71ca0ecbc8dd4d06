package apply

import (
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// cutter stands between dbbot and the server, and once it is told to lets nothing of the server's through any more, but
// still what dbbot sends.
func cutter(t *testing.T, past string) (through string, cut func()) {
	t.Helper()
	server, err := url.Parse(past)
	if err != nil {
		t.Fatal(err)
	}
	address := server.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var silent atomic.Bool
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", address)
			if err != nil {
				_ = near.Close()
				continue
			}
			go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
			go func() {
				defer near.Close()
				for buf := make([]byte, 1<<16); ; {
					n, err := far.Read(buf)
					if err != nil || silent.Load() {
						return
					}
					_, _ = near.Write(buf[:n])
				}
			}()
		}
	}()
	server.Host = l.Addr().String()
	return server.String(), func() { silent.Store(true) }
}

// The answer to the COMMIT never arrives: nobody knows, until somebody looks.
func TestTheAnswerToTheCommitIsLost(t *testing.T) {
	past := clustertest.Database(t)
	through, cut := cutter(t, past)
	f := folder(t, migrate.GolangMigrate, three)
	reached(t, "written", cut)
	report, err := carry(t, through, 1, f, all)
	if !errors.Is(err, ErrUnclear) || len(report.Done) != 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	found, err := Look(t.Context(), options(past, f.Tool, 1), 3)
	if err != nil || found.Fate != Partly || len(found.Done) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
	if got := state(t, past); got != "1" {
		t.Errorf("the journal says %s", got)
	}
}

// The session is ended by somebody, as when a server is shut down: before the commit, nothing stands.
func TestTheSessionIsEnded(t *testing.T) {
	for _, step := range []string{"begun", "statement", "written"} {
		t.Run(step, func(t *testing.T) {
			url, f := clustertest.Database(t), folder(t, migrate.GolangMigrate, three)
			reached(t, step, func() {
				clustertest.Exec(t, url, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE 'dbbot migration %' AND datname = current_database()")
			})
			report, err := carry(t, url, 1, f, all)
			if step == "written" != errors.Is(err, ErrUnclear) || err == nil || len(report.Done) != 0 {
				t.Errorf("%+v, %v", report, err)
			}
			if step != "written" && !strings.Contains(err.Error(), "Nothing of 0001_orders remains.") {
				t.Errorf("got %v", err)
			}
			if found, err := Look(t.Context(), options(url, f.Tool, 1), 3); err != nil || found.Fate != Nothing {
				t.Errorf("%+v, %v", found, err)
			}
		})
	}
}
