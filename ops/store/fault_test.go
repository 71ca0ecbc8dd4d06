package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/postgres/cluster/clustertest"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// Ways in which a connection goes bad: what one side says is swallowed until the toxic is taken away; then it breaks.
const (
	noReply   = `{"name": "bad", "type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}}`
	noRequest = `{"name": "bad", "type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}`
)

// proxied is a Store that reaches its database through a proxy; direct leads past it.
func proxied(tb testing.TB) (s *Store, proxy *toxiproxy.Proxy, direct *Store) {
	tb.Helper()
	databaseURL := fresh(tb)
	u := must(url.Parse(databaseURL))
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	proxy = toxiproxy.NewProxy(api, "postgres", "127.0.0.1:0", u.Host)
	if err := proxy.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(proxy.Stop)
	direct = opened(tb, databaseURL)
	u.Host = proxy.Listen
	return opened(tb, u.String()), proxy, direct
}

func toxic(tb testing.TB, p *toxiproxy.Proxy, what string) {
	tb.Helper()
	if _, err := p.Toxics.AddToxicJson(strings.NewReader(what)); err != nil {
		tb.Error(err)
	}
}

func heal(tb testing.TB, p *toxiproxy.Proxy) {
	tb.Helper()
	if err := p.Toxics.RemoveToxic(context.Background(), "bad"); err != nil {
		tb.Error(err)
	}
}

// whenCommitting runs what the first time that a COMMIT is about to be sent.
func whenCommitting(tb testing.TB, what func()) {
	var once sync.Once
	ops.OnReached = func(step string) {
		if step == "committing" {
			once.Do(what)
		}
	}
	tb.Cleanup(func() { ops.OnReached = nil })
}

// until looks again and again until something is so.
func until(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); {
		if time.Now().After(deadline) {
			tb.Fatalf("never: %s", what)
		}
	}
}

// The answer to a COMMIT is lost with its connection. Whether it was kept is looked up, and the caller hears the truth;
// where it was not, it is done again.
func TestLostCommit(t *testing.T) {
	for name, swallowed := range map[string]string{"its answer is lost": noReply, "it is lost itself": noRequest} {
		t.Run(name, func(t *testing.T) {
			s, proxy, direct := proxied(t)
			r := made(t, s, needs(2))
			var broken sync.WaitGroup
			whenCommitting(t, func() {
				toxic(t, proxy, swallowed)
				broken.Go(func() {
					if swallowed == noReply {
						until(t, "the commit arrives", func() bool { return read(t, direct, r.ID).Version == 2 })
					}
					heal(t, proxy)
				})
			})
			got, err := s.Move(t.Context(), r.ID, agree(lee))
			broken.Wait()
			if err != nil || got.Version != 2 {
				t.Fatalf("version %d, %v (%v)", got.Version, err, causeOf(err))
			}
			if kept := read(t, direct, r.ID); len(kept.Votes) != 1 || kept.Version != 2 {
				t.Errorf("kept: version %d, votes %+v", kept.Version, kept.Votes)
			}
			if n := len(gathered(facts(t, direct))); n != 2 {
				t.Errorf("%d facts", n)
			}
		})
	}
}

// Where nobody can look either, the caller is told that it is not known, within its time and half a second.
func TestUnknownCommit(t *testing.T) {
	s, proxy, direct := proxied(t)
	r := made(t, s)
	whenCommitting(t, func() { toxic(t, proxy, noReply) })
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := s.Move(ctx, r.ID, agree(lee))
	if !errors.Is(err, ErrUnsure) || !strings.Contains(err.Error(), "not known yet") {
		t.Errorf("got %v (%v)", err, causeOf(err))
	}
	if got := read(t, direct, r.ID); got.State != approval.Approved { // here it was kept; the card will show it
		t.Errorf("it is %s", got.State)
	}
	heal(t, proxy)
	if _, err := s.Move(t.Context(), r.ID, claim(1)); err != nil { // the store heals
		t.Errorf("afterwards: %v (%v)", err, causeOf(err))
	}
}

// Whatever is slow: who is told no can rely on it, and who is told yes too. Nothing is kept afterwards.
func TestSlowDatabase(t *testing.T) {
	s, proxy, direct := proxied(t)
	yes, no := 0, 0
	for _, delay := range []int{0, 5, 20, 40, 60, 80, 120, 200, 400} {
		r := made(t, direct)
		toxic(t, proxy, fmt.Sprintf(`{"name": "bad", "type": "latency", "stream": "downstream", "attributes": {"latency": %d}}`, delay))
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		_, err := s.Move(ctx, r.ID, agree(lee))
		cancel()
		heal(t, proxy)
		until(t, "no transaction of ours is open", func() bool {
			var open int
			if err := direct.pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dbbot'
				AND pid <> pg_backend_pid() AND xact_start IS NOT NULL`).Scan(&open); err != nil {
				t.Fatal(err)
			}
			return open == 0
		})
		state := read(t, direct, r.ID).State
		switch {
		case err == nil && state == approval.Approved:
			yes++
		case err != nil && !errors.Is(err, ErrUnsure) && state == approval.Pending:
			no++
			said(t, err, "dbbot's own database does not answer in time.")
		case !errors.Is(err, ErrUnsure):
			t.Errorf("with %d ms it is %s, and the caller hears %v", delay, state, err)
		}
	}
	if yes == 0 || no == 0 {
		t.Errorf("told yes %d times, no %d times: both are wanted", yes, no)
	}
}

// A step that still goes on when somebody looks is ended: a COMMIT that is on its way finds nobody.
func TestLookEndsWhatGoesOn(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL)
	conn := clustertest.Connect(t, databaseURL)
	left := trace{sql: "SELECT EXISTS (SELECT FROM dbbot.homes)"}
	for _, sql := range []string{"BEGIN", "INSERT INTO dbbot.homes (team, member, opened) VALUES ('T0DEMO', 'U0ANA', now())"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.QueryRow(t.Context(), "SELECT pg_current_xact_id()::text").Scan(&left.xid); err != nil {
		t.Fatal(err)
	}
	if kept, err := s.wasKept(t.Context(), conn.PgConn().PID(), left); kept || err != nil {
		t.Errorf("kept %v, %v", kept, err)
	}
	if _, err := conn.Exec(t.Context(), "COMMIT"); err == nil {
		t.Error("it could still commit after somebody was told that it was not kept")
	}
	if homes, err := s.Homes(t.Context()); err != nil || len(homes) != 0 {
		t.Errorf("%+v, %v", homes, err)
	}
}

// A COMMIT whose answer could not be heard in time is not sent.
func TestTooLateToCommit(t *testing.T) {
	s := opened(t, fresh(t))
	r := made(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := s.once(ctx, func(ctx context.Context, tx *transaction) error {
		tx.trip = time.Hour
		soon, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		_, err := tx.decide(soon, r, approval.Press{}, time.Now(), agree(lee))
		return err
	})
	if !errors.Is(err, errSlow) {
		t.Error(err)
	}
	said(t, fault(err), "dbbot's own database does not answer in time.")
	if got := read(t, s, r.ID); got.State != approval.Pending {
		t.Errorf("it is %s", got.State)
	}
}

// The caller's no holds also while another step has the row: the wait is given up at the server too.
func TestLockedRow(t *testing.T) {
	s := opened(t, fresh(t))
	r := made(t, s)
	tx := must(s.pool.Begin(t.Context()))
	if _, err := tx.Exec(t.Context(), "SELECT FROM dbbot.requests WHERE id = $1 FOR UPDATE", r.ID); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := s.Move(ctx, r.ID, agree(lee)); err == nil {
		t.Error("it was moved past a lock")
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, r.ID); got.State != approval.Pending {
		t.Errorf("it is %s", got.State)
	}
}

// What the server says is told in words, and nothing of it that could be secret; the contract's own answers stay.
func TestFaults(t *testing.T) {
	said(t, fault(&net.OpError{Op: "dial", Err: errors.New("password=swordfish")}), "dbbot's own database cannot be reached.")
	said(t, fault(context.DeadlineExceeded), "dbbot's own database does not answer in time.")
	for _, err := range []error{nil, approval.ErrUnknown, approval.ErrRepeated, approval.ErrFence, &approval.Busy{Holder: 3}, context.Canceled, approval.Elsewhere(approval.Press{})} {
		if got := fault(err); !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
	s := opened(t, fresh(t))
	_, _, err := s.Create(t.Context(), wish(func(r *approval.Request) { r.Words = "terminate\x00" }))
	said(t, err, "dbbot's own database cannot keep a text with a zero byte or a broken character.")
	_, _, err = s.Create(t.Context(), wish(func(r *approval.Request) { r.Words = strings.Repeat("x", 20_000) }))
	said(t, err, "dbbot's own database does not take something that is so long.")
	_, _, err = s.Create(t.Context(), wish(func(r *approval.Request) { r.Plan = []byte(`"` + strings.Repeat("x", maxData) + `"`) }))
	said(t, err, "The plan is too large to be kept.")
	if e := last(t, s); e.Seq != 0 {
		t.Errorf("what was refused left %+v", e)
	}
	huge := made(t, s, consentless)
	moved(t, s, huge.ID, claim(1), start, func(r approval.Request, now time.Time) (approval.Move, error) {
		return r.Finish(r.Fence, approval.Failed, "It failed.", make([]byte, maxData+1), now)
	})
	if got := read(t, s, huge.ID); got.State != approval.Failed || got.Why != "It failed. What it reported was too long to be kept." || got.Outcome != nil {
		t.Errorf("%s: %s, %d bytes", got.State, got.Why, len(got.Outcome))
	}
	if e := last(t, s); e.Event != string(approval.Finished) || e.Outcome != "It failed. What it reported was too long to be kept." {
		t.Errorf("%+v", e)
	}
}
