package rehearse

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"dbbot/ops/postgres/cluster/clustertest"
)

// Whoever has little time hears what is known by then, and later the rest, without a second rehearsal.
func TestWhatIsKnownInTimeIsTold(t *testing.T) {
	url := shopped(t)
	o, r := beside(t, url), rooms(t)
	clustertest.Exec(t, url, "SELECT pg_advisory_lock(1)") // given back with the session: the gate below is another one
	gate := clustertest.Connect(t, o.Beside.Reveal())
	if _, err := gate.Exec(t.Context(), "SELECT pg_advisory_lock(77)"); err != nil {
		t.Fatal(err)
	}
	// Locks of two databases do not meet, so the files wait for one that they can see.
	files := steps("ALTER TABLE orders ADD a int", "DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 77) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$; ALTER TABLE orders ADD b int")
	var early Trace
	eventually(t, "the first file", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), margin+50*time.Millisecond)
		defer cancel()
		early = r.Rehearse(ctx, o, files)
		return len(early.Steps) == 2
	})
	if !early.Under || early.Failure != nil || len(told(early)) != 1 || early.Took != 0 {
		t.Errorf("%+v", early)
	}
	if len(scratches(t, url)) != 1 {
		t.Error("one rehearsal is enough for all who ask")
	}
	if _, err := gate.Exec(t.Context(), "SELECT pg_advisory_unlock(77)"); err != nil {
		t.Fatal(err)
	}
	whole := r.Rehearse(context.Background(), o, files)
	if whole.Under || whole.Stopped != "" || len(told(whole)) != 3 || whole.Took == 0 {
		t.Errorf("%+v", whole)
	}
	r.all.Wait()

	// The same files on the same schema are not rehearsed again; on another they are.
	again := r.Rehearse(context.Background(), o, files)
	r.all.Wait()
	if again.Took != whole.Took || !slices.Equal(told(again), told(whole)) {
		t.Errorf("%+v", again)
	}
	clustertest.Exec(t, url, "ALTER TABLE orders ADD a int")
	changed := r.Rehearse(context.Background(), o, files)
	r.all.Wait()
	if changed.Failure == nil || !changed.Failure.Certain || changed.Failure.Code != "42701" {
		t.Errorf("%+v", changed)
	}
}

func TestClosingEndsRehearsals(t *testing.T) {
	url := shopped(t)
	o, r := beside(t, url), New(quiet())
	done := make(chan Trace, 1)
	go func() { done <- r.Rehearse(context.Background(), o, steps("SELECT pg_sleep(600)")) }()
	eventually(t, "the statement", func() bool {
		return ask(t, url, "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' AND datname LIKE 'dbbot_scratch_%'") == "1"
	})
	r.Close()
	if got := <-done; got.Stopped != "dbbot is ending." || got.Failure != nil {
		t.Errorf("%+v", got)
	}
	if left := scratches(t, url); len(left) > 0 {
		t.Errorf("%q stay behind", left)
	}
	if got := r.Rehearse(context.Background(), o, steps("SELECT 1")); got.Refused == "" {
		t.Errorf("after the end: %+v", got)
	}
}

func TestARehearsalThatFillsTheDiskIsStopped(t *testing.T) {
	url := shopped(t)
	r := rooms(t)
	r.weighEvery, r.tooMuch = 10*time.Millisecond, 1<<20
	got := r.Rehearse(context.Background(), beside(t, url), steps("CREATE TABLE rows AS SELECT repeat('x', 1000), generate_series(1, 100000000)"))
	r.all.Wait()
	if got.Stopped != "It wrote more than 1 GB." || got.Failure != nil {
		t.Errorf("%+v", got)
	}
	if left := scratches(t, url); len(left) > 0 {
		t.Errorf("%q stay behind", left)
	}
}

// A statement that waits for a lock, or asks for more time than there is, says nothing about the file.
func TestWhatTheServerStopsIsNoFailureOfTheFile(t *testing.T) {
	url := shopped(t)
	got := rehearsed(t, beside(t, url), "SET LOCAL statement_timeout = '20ms'; SELECT pg_sleep(60)")
	if got.Failure != nil || got.Stopped != "The server for rehearsals stopped it." {
		t.Errorf("%+v", got)
	}
	if strings.Contains(strings.Join(got.Missing, ""), "rows") {
		t.Errorf("%q", got.Missing)
	}
}
