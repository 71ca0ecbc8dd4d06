package store

import (
	"strconv"
	"testing"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/postgres/cluster/clustertest"

	"github.com/jackc/pgx/v5"
)

// live registers a process and holds its lock until die.
func live(tb testing.TB, s *Store, databaseURL string) (id int64, die func()) {
	tb.Helper()
	id, err := s.Worker(tb.Context(), "host\x00\n", "v1")
	if err != nil {
		tb.Fatal(err)
	}
	conn := clustertest.Connect(tb, databaseURL)
	if _, err := conn.Exec(tb.Context(), "SELECT pg_advisory_lock($1::int, $2::int)", LiveClass, id); err != nil {
		tb.Fatal(err)
	}
	return id, func() { ended(tb, s, conn) }
}

// ended closes a connection and waits until the server has noticed.
func ended(tb testing.TB, s *Store, conn *pgx.Conn) {
	tb.Helper()
	pid := conn.PgConn().PID()
	if err := conn.Close(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	until(tb, "the session ends", func() bool {
		var there bool
		if err := s.pool.QueryRow(tb.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", pid).Scan(&there); err != nil {
			tb.Fatal(err)
		}
		return !there
	})
}

func straying(tb testing.TB, s *Store) Strays {
	tb.Helper()
	found, err := s.Strays(tb.Context())
	if err != nil {
		tb.Fatalf("%v (%v)", err, causeOf(err))
	}
	for i := range found.Invocations {
		found.Invocations[i].At = time.Time{}
	}
	return found
}

func expect(tb testing.TB, s *Store, when string, want Strays) {
	tb.Helper()
	if got := straying(tb, s); text(got) != text(want) {
		tb.Errorf("%s: got %+v, want %+v", when, got, want)
	}
}

// aged makes everything older than any patience.
func aged(tb testing.TB, databaseURL string) {
	tb.Helper()
	clustertest.Exec(tb, databaseURL, "UPDATE dbbot.requests SET moved = moved - interval '6 seconds', expires = expires - interval '1 day'",
		"UPDATE dbbot.messages SET due = due - interval '11 seconds'")
}

// What a worker has is its own until its lock is free; then somebody takes it up.
func TestStraysOfTheDead(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL)
	worker, die := live(t, s, databaseURL)
	mine := opened(t, databaseURL, func(o *Options) { o.Worker = func() int64 { return worker } })
	running, claimed := made(t, s, consentless), made(t, s, consentless, on("stock"))
	moved(t, s, running.ID, claim(worker), start)
	moved(t, s, claimed.ID, claim(worker))
	in := Invocation{Key: "T1.7", Who: ana, Words: "terminate 1", Channel: "C0ORDERS", Worker: worker}
	for _, key := range []string{"T1.7", "T1.8"} {
		in.Key = key
		if err := mine.Receive(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if err := mine.Settle(t.Context(), "T1.8", "done"); err != nil {
		t.Fatal(err)
	}
	expect(t, s, "while it lives", Strays{})
	die()
	in.Key = "T1.7"
	expect(t, s, "as long as it may still be answered", Strays{Running: []approval.ID{running.ID}, Approved: []approval.ID{claimed.ID}})
	clustertest.Exec(t, databaseURL, "UPDATE dbbot.inbox SET received = received - interval '21 seconds'")
	expect(t, s, "after its death", Strays{Running: []approval.ID{running.ID}, Approved: []approval.ID{claimed.ID}, Invocations: []Invocation{in}})
}

// The lock of another class, of another database or shared by hand is nobody's life.
func TestLivesOnlyByItsLock(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL)
	r := made(t, s, consentless)
	moved(t, s, r.ID, claim(5), start)
	elsewhere := clustertest.Connect(t, fresh(t))
	if _, err := elsewhere.Exec(t.Context(), "SELECT pg_advisory_lock($1::int, 5)", LiveClass); err != nil {
		t.Fatal(err)
	}
	here := clustertest.Connect(t, databaseURL)
	if _, err := here.Exec(t.Context(), "SELECT pg_advisory_lock($1::int, 5), pg_advisory_lock($2::bigint)", LiveClass+1, int64(LiveClass)<<32|5); err != nil {
		t.Fatal(err)
	}
	if got := straying(t, s); len(got.Running) != 1 {
		t.Errorf("%+v", got)
	}
}

// What the queue lost comes back after a few seconds, but not what waits for another that runs.
func TestStraysOfTheQueue(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL)
	worker, _ := live(t, s, databaseURL)
	pending, approved := made(t, s, on("a")), made(t, s, consentless, on("b"))
	holder, waiting := made(t, s, consentless, on("c")), made(t, s, consentless, on("c"))
	moved(t, s, holder.ID, claim(worker), start)
	moved(t, s, waiting.ID, claim(worker), func(r approval.Request, now time.Time) (approval.Move, error) { return r.Wait(r.Fence, holder.ID, now) })
	expect(t, s, "at first", Strays{})
	aged(t, databaseURL)
	all := Strays{Approved: []approval.ID{approved.ID}, Overdue: []approval.ID{pending.ID}, Messages: []int64{1, 2, 3, 4}}
	expect(t, s, "later", all)

	m, _, _ := lease(t, s, 1, minute)
	all.Messages = []int64{2, 3, 4}
	expect(t, s, "while one is sent", all)
	if err := s.Unsayable(t.Context(), m, "gone"); err != nil {
		t.Fatal(err)
	}
	expect(t, s, "when one is given up", all)
	m, _, _ = lease(t, s, 2, minute)
	placed(t, s, m, "17.1", m.Wanted)
	m, _, _ = lease(t, s, 3, minute)
	if err := s.Postpone(t.Context(), m, "later"); err != nil {
		t.Fatal(err)
	}
	all.Messages = []int64{4}
	expect(t, s, "when one is sent and one postponed", all)

	clustertest.Exec(t, databaseURL, "UPDATE dbbot.messages SET due = due - interval '1 hour' WHERE id = 2")
	moved(t, s, approved.ID, claim(worker))
	all.Approved = nil
	expect(t, s, "when an old card has just got something new to show", all)

	moved(t, s, holder.ID, finish)
	aged(t, databaseURL)
	if got := straying(t, s).Approved; text(got) != text([]approval.ID{waiting.ID}) {
		t.Errorf("when the holder has ended: %v", got)
	}
}

// Old things go; what people may ask for stays.
func TestPrune(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL, func(o *Options) {
		o.Announce = func(m approval.Move) []Message {
			return []Message{{Key: m.After.ID.String() + string(m.Event), Kind: Notice, To: "C0DBOPS"}}
		}
	})
	worker, _ := live(t, s, databaseURL)
	gone, err := s.Worker(t.Context(), "gone", "v0")
	if err != nil {
		t.Fatal(err)
	}
	r, open := made(t, s, consentless), made(t, s)
	for _, key := range []string{"old", "unsettled"} {
		if err := s.Receive(t.Context(), Invocation{Key: key}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Settle(t.Context(), "old", "done"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.HomeTokens(t.Context(), ana, []approval.ID{r.ID, open.ID}); err != nil {
		t.Fatal(err)
	}
	if err := s.HomeOpened(t.Context(), ana); err != nil {
		t.Fatal(err)
	}
	for id := range int64(2) {
		m, _, _ := lease(t, s, id+1, minute)
		placed(t, s, m, "17.1", m.Wanted)
	}
	moved(t, s, r.ID, claim(worker), start, finish)
	before := counts(t, s)
	if err := s.Prune(t.Context()); err != nil || counts(t, s) != before {
		t.Errorf("fresh things went: %s, then %s, %v", before, counts(t, s), err)
	}
	clustertest.Exec(t, databaseURL, "UPDATE dbbot.inbox SET settled = settled - interval '31 days'", "UPDATE dbbot.messages SET sent_at = sent_at - interval '31 days'",
		"UPDATE dbbot.requests SET ended = ended - interval '31 days'", "UPDATE dbbot.homes SET opened = opened - interval '31 days'", "UPDATE dbbot.workers SET started = started - interval '31 days'")
	if err := s.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Of the messages only the notice that was sent is gone, of the tokens the one in the home tab for what is over.
	if got, want := counts(t, s), "inbox 1, messages 6, tokens 3, homes 0, workers 1, requests 2"; got != want {
		t.Errorf("left: %s, want %s (%s before, worker %d lives, %d does not)", got, want, before, worker, gone)
	}
}

func counts(tb testing.TB, s *Store) (all string) {
	tb.Helper()
	if err := s.pool.QueryRow(tb.Context(), `SELECT format('inbox %s, messages %s, tokens %s, homes %s, workers %s, requests %s', (SELECT count(*) FROM dbbot.inbox),
		(SELECT count(*) FROM dbbot.messages), (SELECT count(*) FROM dbbot.tokens), (SELECT count(*) FROM dbbot.homes), (SELECT count(*) FROM dbbot.workers),
		(SELECT count(*) FROM dbbot.requests))`).Scan(&all); err != nil {
		tb.Fatal(err)
	}
	return all
}

// Whoever runs a request hears at once that somebody wants it to stop, and of nothing else.
func TestCancelIsHeard(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL)
	ear := clustertest.Connect(t, databaseURL)
	if _, err := ear.Exec(t.Context(), "LISTEN dbbot_cancel"); err != nil {
		t.Fatal(err)
	}
	r := made(t, s, consentless)
	moved(t, s, r.ID, claim(1), start, func(r approval.Request, now time.Time) (approval.Move, error) { return r.AskCancel(lee, "enough", now) })
	heard, err := ear.WaitForNotification(t.Context())
	if err != nil || heard.Payload != strconv.FormatInt(int64(r.ID), 10) {
		t.Fatalf("%+v, %v", heard, err)
	}
	wish, err := s.Report(t.Context(), r.ID, 1, approval.Progress{Phase: "ending\x00"})
	if err != nil || wish == nil || wish.By != lee.ID || wish.Why != "enough" || wish.At.IsZero() {
		t.Errorf("%+v, %v", wish, err)
	}
}
