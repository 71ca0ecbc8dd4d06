package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// sleeping begins a query that takes for ever, and gives the session once it runs. said gets what came of the query.
func sleeping(tb testing.TB, r *Reader, url string) (conn *pgx.Conn, b Backend, said chan error) {
	tb.Helper()
	conn, said = clustertest.Connect(tb, url), make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), "SELECT pg_sleep(600), 'swordfish'")
		said <- err
	}()
	b = seeUntil(tb, r, pid(conn), func(b Backend) bool { return b.State == "active" && strings.Contains(string(b.Query), "pg_sleep") })
	return conn, b, said
}

func TestCancelQuery(t *testing.T) {
	eachServer(t, func(t *testing.T, c *cluster.Cluster) {
		url := shop(t, c)
		r := reader(t, Database{URL: ops.Secret(url)})
		conn, b, said := sleeping(t, r, url)
		sent := 0
		fate, err := r.End(t.Context(), "orders", b.Aim(CancelQuery), func() { sent++ })
		if fate != Over || err != nil || sent != 1 {
			t.Errorf("got %s, %v, sent %d times", fate, err, sent)
		}
		if err := <-said; sqlState(err) != queryCanceled {
			t.Errorf("the query ended with %v", err)
		}
		do(t, conn, "SELECT 1") // the session lives on
	})
}

func TestTerminate(t *testing.T) {
	eachServer(t, func(t *testing.T, c *cluster.Cluster) {
		url := shop(t, c)
		r := reader(t, Database{URL: ops.Secret(url)})
		conn, b, said := sleeping(t, r, url)
		if fate, err := r.End(t.Context(), "orders", b.Aim(Terminate), func() {}); fate != Gone || err != nil {
			t.Errorf("got %s, %v", fate, err)
		}
		if err := <-said; sqlState(err) != "57P01" {
			t.Errorf("the query ended with %v", err)
		}
		if _, found, err := r.Backend(t.Context(), "orders", pid(conn)); found || err != nil {
			t.Errorf("it is still there: %v, %v", found, err)
		}
	})
}

// Nothing is hit but what was aimed at, whatever has its pid, its session or its name by now.
func TestOnlyWhatWasAimedAt(t *testing.T) {
	eachServer(t, func(t *testing.T, c *cluster.Cluster) {
		url := shop(t, c)
		r := reader(t, Database{URL: ops.Secret(url)})
		conn, b, said := sleeping(t, r, url)
		before := func(at *time.Time) *time.Time { return new(at.Add(-time.Microsecond)) }
		tests := map[string]struct {
			aim     func() Aim
			fate    Fate
			message string
		}{
			"a reused pid": {func() Aim {
				a := b.Aim(Terminate)
				a.Started = *before(b.Started)
				return a
			}, Gone, "has ended by itself."},
			"a reused pid, its query": {func() Aim {
				a := b.Aim(CancelQuery)
				a.Started = *before(b.Started)
				return a
			}, Gone, "has ended by itself."},
			"another query": {func() Aim {
				a := b.Aim(CancelQuery)
				a.Since = before(b.Asked)
				return a
			}, Over, "The query of session " + text(pid(conn)) + " has ended by itself."},
			"another transaction": {func() Aim {
				a := b.Aim(Terminate)
				a.Since = before(b.Transaction)
				return a
			}, Over, "is in another transaction than the one that was meant."},
			"no transaction then": {func() Aim {
				a := b.Aim(Terminate)
				a.Since = nil
				return a
			}, Over, "is in another transaction than the one that was meant."},
			"another server": {func() Aim {
				a := b.Aim(Terminate)
				a.System = "1"
				return a
			}, Elsewhere, "Another server or database answers here than the one that was meant."},
			"another database": {func() Aim {
				a := b.Aim(Terminate)
				a.Database = "postgres"
				return a
			}, Elsewhere, "Another server or database answers here than the one that was meant."},
		}
		for name, test := range tests {
			fate, err := r.End(t.Context(), "orders", test.aim(), func() { t.Errorf("%s: a signal was sent", name) })
			if fate != test.fate || err == nil || !strings.HasSuffix(err.Error(), test.message) {
				t.Errorf("%s: got %s, %v", name, fate, err)
			}
			// Not even where the look saw what was aimed at, and it changed before the signal.
			found, err := r.databases["orders"].send(t.Context(), r.databases["orders"].own, test.aim())
			if found || err != nil {
				t.Errorf("%s: the signal found somebody: %v", name, err)
			}
		}
		select {
		case err := <-said:
			t.Errorf("the query was hit: %v", err)
		default:
		}
		if got := see(t, r, pid(conn)); !got.Started.Equal(*b.Started) || !got.Asked.Equal(*b.Asked) {
			t.Errorf("the session was %+v and is %+v", b, got)
		}
		if fate, err := r.End(t.Context(), "orders", b.Aim(Terminate), func() {}); fate != Gone || err != nil { // a microsecond was all that saved it
			t.Errorf("got %s, %v", fate, err)
		}
		<-said
	})
}

// Between plan and run the session goes on with its work: the new query is not the one that was meant.
func TestQueryChangedMeanwhile(t *testing.T) {
	url := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(url)})
	canceller := reader(t, Database{URL: ops.Secret(url)})
	conn, b, said := sleeping(t, r, url)
	first := b.Aim(CancelQuery)
	if fate, err := canceller.End(t.Context(), "orders", first, func() {}); fate != Over || err != nil {
		t.Fatalf("got %s, %v", fate, err)
	}
	<-said
	go func() {
		_, err := conn.Exec(context.Background(), "SELECT pg_sleep(600)")
		said <- err
	}()
	second := seeUntil(t, r, pid(conn), func(b Backend) bool { return b.State == "active" && !b.Asked.Equal(*first.Since) })
	fate, err := r.End(t.Context(), "orders", first, func() { t.Error("the second query got the signal") })
	if fate != Over || err == nil {
		t.Errorf("got %s, %v", fate, err)
	}
	if fate, err := r.End(t.Context(), "orders", second.Aim(CancelQuery), func() {}); fate != Over || err != nil {
		t.Errorf("the second itself: %s, %v", fate, err)
	}
	<-said
}

func TestEndedMeanwhile(t *testing.T) {
	url := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(url)})
	conn := clustertest.Connect(t, url)
	do(t, conn, "BEGIN")
	aim := seeUntil(t, r, pid(conn), func(b Backend) bool { return b.Transaction != nil }).Aim(Terminate)
	_ = conn.Close(context.Background())
	eventually(t, r, func(s Status) bool { return s.Activity.Value.InTransaction == 0 })
	if fate, err := r.Fate(t.Context(), "orders", aim); fate != Gone || err != nil {
		t.Errorf("its fate: %s, %v", fate, err)
	}
	fate, err := r.End(t.Context(), "orders", aim, func() { t.Error("a signal was sent to nobody") })
	if fate != Gone || err == nil || errors.Is(err, ErrUnsure) {
		t.Errorf("got %s, %v", fate, err)
	}
}

// A look after a crash waits no longer than it is given, and says that it is still there.
func TestFateOfWhatIsStillThere(t *testing.T) {
	url := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(url)})
	_, b, said := sleeping(t, r, url)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if fate, err := r.Fate(ctx, "orders", b.Aim(Terminate)); fate != There || err != nil {
		t.Errorf("got %s, %v", fate, err)
	}
	for _, s := range []Signal{CancelQuery, Terminate} {
		aim := b.Aim(s)
		aim.System = "1"
		if fate, err := r.Fate(t.Context(), "orders", aim); fate != Elsewhere || err != nil {
			t.Errorf("of another server: %s, %v", fate, err)
		}
	}
	if fate, err := r.End(t.Context(), "orders", b.Aim(CancelQuery), func() {}); fate != Over || err != nil {
		t.Errorf("got %s, %v", fate, err)
	}
	<-said
}

// Who wants it stopped before the signal is in time, and nothing is sent.
func TestStoppedBeforeTheSignal(t *testing.T) {
	url := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(url)})
	_, b, said := sleeping(t, r, url)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.End(ctx, "orders", b.Aim(Terminate), func() { t.Error("a signal was sent") }); err == nil || errors.Is(err, ErrUnsure) {
		t.Errorf("got %v", err)
	}
	if fate, err := r.End(t.Context(), "orders", b.Aim(CancelQuery), func() {}); fate != Over || err != nil {
		t.Errorf("got %s, %v", fate, err)
	}
	<-said
}

// Once it was asked to end, a session leaves its transaction before it is gone; only gone is the end of it.
func TestSettled(t *testing.T) {
	for fate, want := range map[Fate][2]bool{There: {false, false}, Over: {true, false}, Gone: {true, true}, Elsewhere: {true, true}, "": {false, false}} {
		got := [2]bool{Aim{Signal: CancelQuery}.settled(fate), Aim{Signal: Terminate}.settled(fate)}
		if got != want {
			t.Errorf("%q: got %v, want %v", fate, got, want)
		}
	}
}

// Whatever a session is busy with, it is gone when End says so.
func TestTerminatedSessionsAreGone(t *testing.T) {
	url := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(url)})
	for range 20 {
		conn := clustertest.Connect(t, url)
		do(t, conn, "BEGIN", "INSERT INTO orders SELECT n, 'x' FROM generate_series(10000, 20000) n")
		b := seeUntil(t, r, pid(conn), func(b Backend) bool { return b.State == "idle in transaction" })
		if fate, err := r.End(t.Context(), "orders", b.Aim(Terminate), func() {}); fate != Gone || err != nil {
			t.Fatalf("got %s, %v", fate, err)
		}
		if _, found, err := r.Backend(t.Context(), "orders", pid(conn)); found || err != nil {
			t.Fatalf("it is there: %v", err)
		}
	}
}

// A session of another database of the same server is not reached from here.
func TestSessionOfAnotherDatabase(t *testing.T) {
	c := anyServer(t)
	here, there := shop(t, c), shop(t, c)
	r := reader(t, Database{URL: ops.Secret(here)})
	conn := clustertest.Connect(t, there)
	b := see(t, r, pid(conn))
	if got := b.Refusal(Terminate); got == nil || got.Message != "Session "+text(pid(conn))+" is not connected to this database." {
		t.Errorf("got %+v", got)
	}
	found, err := r.databases["orders"].send(t.Context(), r.databases["orders"].own, b.Aim(Terminate))
	if found || err != nil {
		t.Errorf("the signal found somebody: %v", err)
	}
	do(t, conn, "SELECT 1")
}

func TestOwnSession(t *testing.T) {
	url := shop(t, anyServer(t))
	r, other := reader(t, Database{URL: ops.Secret(url)}), reader(t, Database{URL: ops.Secret(url)})
	mine, theirs := lookNow(t, r).Server.Value.Backend, lookNow(t, other).Server.Value.Backend
	named := clustertest.Connect(t, url+"&application_name=dbbot:42")
	almost := clustertest.Connect(t, url+"&application_name=dbbotnet")
	renamed := reader(t, Database{URL: ops.Secret(url + "&application_name=shopwatch")})
	itself := see(t, renamed, int(lookNow(t, renamed).Server.Value.Backend))
	if got := itself.Refusal(Terminate); got == nil || !strings.HasSuffix(got.Message, "is dbbot's own.") {
		t.Errorf("the session that asks: %+v", got)
	}
	aim := itself.Aim(Terminate)
	aim.Since = nil // it is in another transaction each time it looks
	if found, err := renamed.databases["orders"].send(t.Context(), renamed.databases["orders"].own, aim); found || err != nil {
		t.Errorf("it signalled itself: %v", err)
	}
	if fate, err := r.End(t.Context(), "orders", see(t, r, pid(named)).Aim(Terminate), func() { t.Error("dbbot's own session got a signal") }); fate != There || err == nil {
		t.Errorf("got %s, %v", fate, err)
	}
	for _, pid := range []int{int(mine), int(theirs), pid(named)} {
		if got := see(t, r, pid).Refusal(Terminate); got == nil || !strings.HasSuffix(got.Message, "is dbbot's own.") {
			t.Errorf("session %d: %+v", pid, got)
		}
	}
	if got := see(t, r, pid(almost)).Refusal(Terminate); got != nil {
		t.Errorf("somebody else's: %+v", got)
	}
}

// Where nothing runs, there is nothing to cancel: a signal now would be for whatever comes next.
func TestNothingToCancel(t *testing.T) {
	url := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(url)})
	conn := clustertest.Connect(t, url)
	do(t, conn, "SELECT 1")
	b := seeUntil(t, r, pid(conn), func(b Backend) bool { return b.State == "idle" })
	aim := b.Aim(CancelQuery)
	aim.Since = b.Asked
	if found, err := r.databases["orders"].send(t.Context(), r.databases["orders"].own, aim); found || err != nil {
		t.Errorf("an idle session got a signal: %v", err)
	}
}

// Rights that were taken away between plan and run.
func TestRightsTakenAway(t *testing.T) {
	url := shop(t, anyServer(t))
	monitor, app := role(t, url, "was_allowed"), role(t, url, "some_app")
	do(t, clustertest.Connect(t, url), "GRANT pg_monitor, pg_signal_backend TO was_allowed")
	r := reader(t, Database{URL: ops.Secret(monitor)})
	conn := clustertest.Connect(t, app)
	aim := see(t, r, pid(conn)).Aim(Terminate)
	do(t, clustertest.Connect(t, url), "REVOKE pg_signal_backend FROM was_allowed")
	_, err := r.End(t.Context(), "orders", aim, func() { t.Error("a signal was sent") })
	if marked, ok := errors.AsType[*ops.Error](err); !ok || marked.Hint != `GRANT pg_signal_backend TO "was_allowed";` {
		t.Errorf("got %v", err)
	}
	d := r.databases["orders"]
	_, err = d.send(t.Context(), d.own, aim) // what PostgreSQL itself says
	if marked, ok := errors.AsType[*ops.Error](err); !ok || marked.Hint != `GRANT pg_signal_backend TO "was_allowed";` || errors.Is(err, ErrUnread) {
		t.Errorf("got %v", err)
	}
	do(t, conn, "SELECT 1")
}
