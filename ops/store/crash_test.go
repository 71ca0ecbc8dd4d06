package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/postgres/cluster/clustertest"

	"github.com/jackc/pgx/v5"
)

// killBackend kills a session's process with SIGKILL, after which PostgreSQL ends all others, recovers and comes back.
func killBackend(t *testing.T, pid uint32) {
	t.Helper()
	if err := syscall.Kill(int(pid), syscall.SIGKILL); err != nil {
		t.Error(err)
	}
}

// backend is the process of a connection to another database of the same server.
func backend(t *testing.T, databaseURL string) uint32 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, databaseURL)
		if err == nil {
			t.Cleanup(func() { _ = conn.Close(context.Background()) })
			return conn.PgConn().PID()
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

// The server crashes in the middle of a step, wherever that is: the step is done once it is back, and once only.
func TestCrashInTheMiddle(t *testing.T) {
	databaseURL := clustertest.Start(t, nil).URL("postgres")
	s := opened(t, databaseURL)
	crash := func() { killBackend(t, backend(t, databaseURL)) }
	t.Run("before anything is kept", func(t *testing.T) {
		r := made(t, s)
		var once sync.Once
		got, err := s.Move(t.Context(), r.ID, func(r approval.Request, now time.Time) (approval.Move, error) {
			once.Do(crash)
			return r.Vote(lee, true, "", now)
		})
		if err != nil || got.State != approval.Approved {
			t.Fatalf("%s, %v (%v)", got.State, err, causeOf(err))
		}
		if kept := read(t, s, r.ID); kept.Version != 2 || len(kept.Votes) != 1 {
			t.Errorf("kept: version %d, votes %+v", kept.Version, kept.Votes)
		}
	})
	t.Run("at the commit", func(t *testing.T) {
		r := made(t, s)
		whenCommitting(t, crash)
		got, err := s.Move(t.Context(), r.ID, agree(lee))
		if err != nil || got.State != approval.Approved {
			t.Fatalf("%s, %v (%v)", got.State, err, causeOf(err))
		}
		if kept := read(t, s, r.ID); kept.Version != 2 || len(kept.Votes) != 1 {
			t.Errorf("kept: version %d, votes %+v", kept.Version, kept.Votes)
		}
	})
	t.Run("while it is created", func(t *testing.T) {
		whenCommitting(t, crash)
		r := made(t, s)
		if all, err := s.List(t.Context(), approval.Filter{}); err != nil || all[0].ID != r.ID || len(all) != 3 {
			t.Errorf("%d requests, %v", len(all), err)
		}
	})
	facts(t, s)
}

// Two processes work while the server crashes again and again: what they were told is what is kept, the chain is whole,
// and both heal by themselves.
func TestCrashesUnderLoad(t *testing.T) {
	databaseURL := clustertest.Start(t, nil).URL("postgres")
	stores := []*Store{opened(t, databaseURL), opened(t, databaseURL)}
	crashes := 3
	if testing.Short() {
		crashes = 1
	}
	ctx, stop := context.WithCancel(t.Context())
	var told sync.Map // id of each request that was approved, as the caller heard
	var yes, no, unsureOf atomic.Int64
	var working sync.WaitGroup
	for n := range 6 {
		working.Go(func() {
			for ctx.Err() == nil {
				s := stores[n%2]
				r, _, err := s.Create(t.Context(), wish())
				if err != nil {
					no.Add(1)
					continue
				}
				switch _, err = s.Move(t.Context(), r.ID, agree(lee)); {
				case err == nil:
					told.Store(r.ID, approval.Approved)
					yes.Add(1)
				case errors.Is(err, ErrUnsure):
					unsureOf.Add(1)
				default:
					told.Store(r.ID, approval.Pending)
					no.Add(1)
				}
			}
		})
	}
	for range crashes {
		before := yes.Load()
		until(t, "work goes on", func() bool { return yes.Load() > before+20 })
		killBackend(t, backend(t, databaseURL))
	}
	before := yes.Load()
	until(t, "it heals", func() bool { return yes.Load() > before+20 })
	stop()
	working.Wait()

	told.Range(func(id, want any) bool {
		if got := read(t, stores[0], id.(approval.ID)).State; got != want {
			t.Errorf("%v is %s, and somebody was told that it is %s", id, got, want)
		}
		return true
	})
	var agreed int64
	for e := range facts(t, stores[0]) {
		if e.Event == string(approval.Agreed) {
			agreed++
		}
	}
	if agreed < yes.Load() || agreed > yes.Load()+unsureOf.Load() {
		t.Errorf("%d in the audit, %d told yes, %d unsure", agreed, yes.Load(), unsureOf.Load())
	}
	t.Logf("%d crashes: %d steps told yes, %d no, %d unsure", crashes, yes.Load(), no.Load(), unsureOf.Load())
}

// Sessions that an administrator ends are no reason to bother anybody.
func TestEndedSessions(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL)
	for range 10 {
		r := made(t, s)
		clustertest.Exec(t, databaseURL, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dbbot'")
		moved(t, s, r.ID, agree(lee))
	}
	if n := len(gathered(facts(t, s))); n != 20 {
		t.Errorf("%d facts", n)
	}
	if err := s.Note(t.Context(), audit.Entry{Event: audit.Stopped, Detail: "done"}); err != nil {
		t.Error(err)
	}
}
