package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// see looks at a session that must be there.
func see(tb testing.TB, r *Reader, pid int) Backend {
	tb.Helper()
	b, found, err := r.Backend(tb.Context(), "orders", pid)
	if err != nil || !found {
		tb.Fatalf("session %d: found %v, %v", pid, found, err)
	}
	return b
}

// seeUntil looks again and again until something is seen.
func seeUntil(tb testing.TB, r *Reader, pid int, seen func(Backend) bool) Backend {
	tb.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		b := see(tb, r, pid)
		if seen(b) {
			return b
		}
		if time.Now().After(deadline) {
			tb.Fatalf("never seen; the last look was %+v", b)
		}
	}
}

func TestBackend(t *testing.T) {
	eachServer(t, func(t *testing.T, c *cluster.Cluster) {
		url := shop(t, c)
		app := role(t, url, "shop_app")
		do(t, clustertest.Connect(t, url), "GRANT SELECT, UPDATE ON orders TO shop_app")
		r := reader(t, Database{URL: ops.Secret(url)})
		forgotten, behind := clustertest.Connect(t, app+"&application_name=web"), clustertest.Connect(t, url)
		do(t, forgotten, "SET TimeZone = 'Asia/Kolkata'", "BEGIN", "UPDATE orders SET note = 'the customer''s secret' WHERE id = 1")
		inBackground(t, behind, "UPDATE orders SET note = '' WHERE id = 1")
		b := seeUntil(t, r, pid(forgotten), func(b Backend) bool { return len(b.Blocked) == 1 })
		if !b.Here || b.Own || b.Superuser || !b.Signal || b.Wraparound || b.Kind != "client backend" {
			t.Errorf("what it is: %+v", b)
		}
		if b.User != "shop_app" || b.Application != "web" || b.Client == "" || b.State != "idle in transaction" {
			t.Errorf("who it is: %+v", b)
		}
		if b.Query != "UPDATE orders SET note = ? WHERE id = ?" {
			t.Errorf("its query: %s", b.Query)
		}
		if b.Started == nil || b.Transaction == nil || b.Asked == nil || b.Changed == nil || b.Transaction.Before(*b.Started) || b.Started.Location() != time.UTC {
			t.Errorf("since when: %v, %v, %v, %v", b.Started, b.Transaction, b.Asked, b.Changed)
		}
		if b.Blocked[0].PID != pid(behind) || b.Unseen != nil {
			t.Errorf("whom it blocks: %+v, %v", b.Blocked, b.Unseen)
		}
		if b.System == "" || !strings.HasPrefix(b.Database, "shop_") || b.Role == "" {
			t.Errorf("where: %q %q %q", b.System, b.Database, b.Role)
		}
		do(t, forgotten, "SELECT 1 -- (to prevent wraparound)") // words alone protect nobody
		if liar := see(t, r, pid(forgotten)); liar.Wraparound || liar.Refusal(Terminate) != nil {
			t.Errorf("a client that calls itself an autovacuum: %+v, %v", liar, liar.Refusal(Terminate))
		}
		if again := see(t, r, pid(forgotten)); !again.Started.Equal(*b.Started) || again.System != b.System {
			t.Errorf("it was %v of %s, and is %v of %s", b.Started, b.System, again.Started, again.System)
		}
	})
}

func TestNoSuchBackend(t *testing.T) {
	r := reader(t, Database{URL: ops.Secret(shop(t, anyServer(t)))})
	if b, found, err := r.Backend(t.Context(), "orders", 1); found || err != nil {
		t.Errorf("session 1 is %+v, %v", b, err)
	}
	if _, _, err := r.Backend(t.Context(), "payments", 1); err == nil || err.Error() != `No database called "payments" is configured.` {
		t.Errorf("got %v", err)
	}
}

func TestBackendOfADatabaseThatIsDown(t *testing.T) {
	r := reader(t, Database{URL: "postgres://nobody@127.0.0.1:1/nowhere"})
	_, _, err := r.Backend(t.Context(), "orders", 1)
	marked, ok := errors.AsType[*ops.Error](err)
	if !ok || !errors.Is(err, ErrUnread) || marked.Message != "orders is not there: nothing listens at the address in its URL." {
		t.Errorf("got %v", err)
	}
	fate, err := r.End(t.Context(), "orders", Aim{PID: 1}, func() { t.Error("a signal was sent to nobody") })
	if fate != "" || !errors.Is(err, ErrUnread) || errors.Is(err, ErrUnsure) {
		t.Errorf("end: %q, %v", fate, err)
	}
}

// The whole plan is read in one round trip.
func TestBackendInOneRoundTrip(t *testing.T) {
	url := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(url)})
	var turns atomic.Int64
	wrap(r, func(conn net.Conn) net.Conn { return &turning{Conn: conn, turns: &turns} })
	other := clustertest.Connect(t, url)
	see(t, r, pid(other)) // dials
	before := turns.Load()
	see(t, r, pid(other))
	if n := turns.Load() - before; n != 1 {
		t.Errorf("%d round trips", n)
	}
}

// Forty sessions wait behind one; each is counted once, however they stand in line.
func TestFortyBlockedSessions(t *testing.T) {
	c := clustertest.Start(t, map[string]string{"max_connections": "70"})
	url := c.URL("postgres")
	clustertest.Exec(t, url, "CREATE TABLE orders (id int PRIMARY KEY, note text)", "INSERT INTO orders VALUES (1, '')")
	r := reader(t, Database{URL: ops.Secret(url)})
	root := clustertest.Connect(t, url)
	do(t, root, "BEGIN", "UPDATE orders SET note = 'x' WHERE id = 1")
	for range 40 {
		inBackground(t, clustertest.Connect(t, url), "UPDATE orders SET note = 'y' WHERE id = 1")
	}
	b := seeUntil(t, r, pid(root), func(b Backend) bool { return len(b.Blocked) == 40 })
	seen := map[int]bool{}
	for _, w := range b.Blocked {
		seen[w.PID] = true
	}
	if len(seen) != 40 || seen[pid(root)] {
		t.Errorf("it blocks %v", seen)
	}
	if fate, err := r.End(t.Context(), "orders", b.Aim(Terminate), func() {}); fate != Gone || err != nil {
		t.Errorf("ended: %s, %v", fate, err)
	}
	eventually(t, r, func(s Status) bool { return s.Locks.Value.Waiting == 0 })
}

func TestWhoWaitsBehind(t *testing.T) {
	wait := func(pid int, waited Age, blockers ...int) Wait {
		return Wait{PID: pid, Waited: waited, Blockers: blockers}
	}
	tests := map[string]struct {
		waits []Wait
		want  string
	}{
		"nobody":              {nil, "[]"},
		"others":              {[]Wait{wait(2, 9, 3)}, "[]"},
		"directly":            {[]Wait{wait(2, 9, 1)}, "[2]"},
		"through others":      {[]Wait{wait(4, 1, 3), wait(3, 2, 2), wait(2, 3, 1)}, "[2 3 4]"},
		"one way or another":  {[]Wait{wait(3, 5, 9, 2), wait(2, 7, 9, 1)}, "[2 3]"},
		"in a circle with it": {[]Wait{wait(1, 3, 2), wait(2, 2, 1)}, "[2]"},
		"longest first":       {[]Wait{wait(2, 1, 1), wait(3, 5, 1)}, "[3 2]"},
	}
	for name, test := range tests {
		pids := []int{}
		for _, w := range (Locks{Waits: test.waits}).Behind(1) {
			pids = append(pids, w.PID)
		}
		if got := fmt.Sprint(pids); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

func TestRefusal(t *testing.T) {
	fine := Backend{PID: 42, Here: true, Kind: "client backend", State: "active", Signal: true, Started: new(time.Now()), Role: "dbbot"}
	tests := map[string]struct {
		spoil         func(*Backend)
		message, hint string
	}{
		"another database": {func(b *Backend) { b.Here = false }, "Session 42 is not connected to this database.", "Name the database"},
		"own":              {func(b *Backend) { b.Own = true }, "Session 42 is dbbot's own.", "Cancel button"},
		"helper":           {func(b *Backend) { b.Kind, b.Leader = "parallel worker", 7 }, "Session 42 works for session 7.", "Ask for 7 instead"},
		"replica":          {func(b *Backend) { b.Kind = "walsender" }, "Session 42 feeds a replica.", "has to stop it there"},
		"wraparound":       {func(b *Backend) { b.Kind, b.Wraparound = "autovacuum worker", true }, "Session 42 is an autovacuum that prevents transaction ids from running out.", "Let it finish"},
		"autovacuum": {
			func(b *Backend) { b.Kind, b.Signal, b.Superuser = "autovacuum worker", false, true },
			`Session 42 is an autovacuum, and dbbot's role "dbbot" is no superuser.`, "gives way by itself",
		},
		"part of it": {func(b *Backend) { b.Kind = "checkpointer" }, "Session 42 is part of the server: checkpointer.", "Only sessions of clients"},
		"superuser":  {func(b *Backend) { b.Signal, b.Superuser = false, true }, `Session 42 belongs to a superuser, and dbbot's role "dbbot" is none.`, "SELECT pg_cancel_backend(42);"},
		"no right":   {func(b *Backend) { b.Signal = false }, `dbbot's role "dbbot" may not signal sessions of other roles.`, `GRANT pg_signal_backend TO "dbbot";`},
		"not seen":   {func(b *Backend) { b.Started = nil }, `dbbot's role "dbbot" may not see enough of Session 42 to be sure whom it would hit.`, `GRANT pg_monitor TO "dbbot";`},
		"idle":       {func(b *Backend) { b.State = "idle in transaction" }, "Session 42 runs no query at this moment.", "/db terminate 42"},
	}
	for name, test := range tests {
		b := fine
		test.spoil(&b)
		got := b.Refusal(CancelQuery)
		if got == nil || got.Message != test.message || !strings.Contains(got.Hint, test.hint) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	idle := fine
	idle.State = "idle"
	vacuum := fine
	vacuum.Kind = "autovacuum worker"
	if fine.Refusal(CancelQuery) != nil || idle.Refusal(Terminate) != nil || vacuum.Refusal(CancelQuery) != nil {
		t.Error("a fine session is refused")
	}
}

// What a role may do to whose session, as PostgreSQL itself decides it.
func TestWhoMaySignal(t *testing.T) {
	eachServer(t, func(t *testing.T, c *cluster.Cluster) {
		url := shop(t, c)
		monitor, app := role(t, url, "may_monitor"), role(t, url, "may_app")
		do(t, clustertest.Connect(t, url), "GRANT pg_monitor TO may_monitor")
		r := reader(t, Database{URL: ops.Secret(monitor)})
		theirs, supers, ours := clustertest.Connect(t, app), clustertest.Connect(t, url), clustertest.Connect(t, monitor)

		refused := func(conn *pgx.Conn, want string) {
			t.Helper()
			b := see(t, r, pid(conn))
			got := b.Refusal(Terminate)
			if got == nil || got.Message != want {
				t.Errorf("got %+v, want %s", got, want)
			}
			if said := fmt.Sprint(clustertest.Connect(t, monitor).QueryRow(context.Background(), "SELECT pg_terminate_backend($1)", pid(conn)).Scan(new(bool))); !strings.Contains(said, "42501") {
				t.Errorf("PostgreSQL itself says %s", said)
			}
		}
		refused(theirs, `dbbot's role "may_monitor" may not signal sessions of other roles.`)
		refused(supers, `Session `+text(pid(supers))+` belongs to a superuser, and dbbot's role "may_monitor" is none.`)
		if got := see(t, r, pid(ours)).Refusal(Terminate); got != nil {
			t.Errorf("a session of its own role: %+v", got)
		}
		do(t, clustertest.Connect(t, url), "GRANT pg_signal_backend TO may_monitor")
		refused(supers, `Session `+text(pid(supers))+` belongs to a superuser, and dbbot's role "may_monitor" is none.`)
		b := see(t, r, pid(theirs))
		if got := b.Refusal(Terminate); got != nil {
			t.Fatalf("with pg_signal_backend: %+v", got)
		}
		if fate, err := r.End(t.Context(), "orders", b.Aim(Terminate), func() {}); fate != Gone || err != nil {
			t.Errorf("got %s, %v", fate, err)
		}
	})
}

// Without pg_monitor nothing of other roles' sessions is seen, so nobody can be sure whom a pid means.
func TestBackendNotPermittedToSee(t *testing.T) {
	url := shop(t, anyServer(t))
	blind, app := role(t, url, "blind"), role(t, url, "seen_app")
	do(t, clustertest.Connect(t, url), "GRANT pg_signal_backend TO blind")
	r := reader(t, Database{URL: ops.Secret(blind)})
	b := see(t, r, pid(clustertest.Connect(t, app)))
	if got := b.Refusal(Terminate); got == nil || got.Hint != `GRANT pg_monitor TO "blind";` {
		t.Errorf("got %+v of %+v", got, b)
	}
}

// Where url's role may not, migrate_url's does it; and the same is read over both.
func TestSignalOverMigrateURL(t *testing.T) {
	url := shop(t, anyServer(t))
	monitor, app := role(t, url, "watcher"), role(t, url, "shop_owner")
	do(t, clustertest.Connect(t, url), "GRANT pg_monitor TO watcher")
	theirs, supers := clustertest.Connect(t, app), clustertest.Connect(t, url)
	r := reader(t, Database{URL: ops.Secret(monitor), MigrateURL: ops.Secret(app)})
	b := see(t, r, pid(theirs))
	if got := b.Refusal(Terminate); got != nil || b.Role != "shop_owner" {
		t.Fatalf("got %+v as %s", got, b.Role)
	}
	if got := see(t, r, pid(supers)).Refusal(Terminate); got == nil || !strings.Contains(got.Message, `role "watcher" is none`) {
		t.Errorf("a superuser's: %+v", got)
	}
	if fate, err := r.End(t.Context(), "orders", b.Aim(Terminate), func() {}); fate != Gone || err != nil {
		t.Errorf("got %s, %v", fate, err)
	}
	able := reader(t, Database{URL: ops.Secret(url), MigrateURL: ops.Secret(app)})
	if got := see(t, able, pid(supers)).Refusal(Terminate); got != nil || able.databases["orders"].owner.conn != nil {
		t.Errorf("where url's role may, migrate_url's is left alone: %+v", got)
	}
}
