package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// turning counts how often the conversation turns from writing to reading: that is what latency multiplies.
type turning struct {
	net.Conn
	turns   *atomic.Int64
	writing atomic.Bool
}

func (c *turning) Write(b []byte) (int, error) {
	c.writing.Store(true)
	return c.Conn.Write(b)
}

func (c *turning) Read(b []byte) (int, error) {
	if c.writing.Swap(false) {
		c.turns.Add(1)
	}
	return c.Conn.Read(b)
}

// wrap puts something between the reader and the network.
func wrap(r *Reader, with func(net.Conn) net.Conn) {
	config := r.databases["orders"].own.config
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return with(conn), nil
	}
}

func TestOneRoundTrip(t *testing.T) {
	eachServer(t, func(t *testing.T, c *cluster.Cluster) {
		r := reader(t, Database{URL: ops.Secret(shop(t, c)), Migrations: GolangMigrate})
		var turns atomic.Int64
		wrap(r, func(conn net.Conn) net.Conn { return &turning{Conn: conn, turns: &turns} })
		lookNow(t, r) // connects
		for range 3 {
			before := turns.Load()
			if s := lookNow(t, r); faults(s) != nil {
				t.Fatal(faults(s))
			}
			if got := turns.Load() - before; got != 1 {
				t.Errorf("the whole status took %d round trips", got)
			}
		}
	})
}

// proxy stands before a server; through gives a URL that leads through it.
func proxy(tb testing.TB, c *cluster.Cluster) (p *toxiproxy.Proxy, through func(databaseURL string) string) {
	tb.Helper()
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	p = toxiproxy.NewProxy(api, "postgres", "127.0.0.1:0", net.JoinHostPort("127.0.0.1", text(c.Port)))
	if err := p.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.Stop)
	return p, func(databaseURL string) string {
		u := must(url.Parse(databaseURL))
		u.Host = p.Listen
		return u.String()
	}
}

func toxic(tb testing.TB, p *toxiproxy.Proxy, what string) {
	tb.Helper()
	if _, err := p.Toxics.AddToxicJson(strings.NewReader(what)); err != nil {
		tb.Fatal(err)
	}
}

// A server that takes connections and then says nothing.
const silence = `{"name": "silence", "type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}}`

func TestSilentServer(t *testing.T) {
	c := anyServer(t)
	p, through := proxy(t, c)
	r := reader(t, Database{URL: ops.Secret(through(shop(t, c)))})
	lookNow(t, r)
	toxic(t, p, silence)
	s := r.Status(t.Context(), "orders")
	if s.Down == nil || s.Down.Message != "orders does not answer." {
		t.Fatalf("of a server that fell silent it is said: %+v", s.Down)
	}
	if len(unread(s)) != len(r.databases["orders"].sections) {
		t.Errorf("something was read of a silent server: %v", unread(s))
	}
	fresh := reader(t, Database{URL: ops.Secret(through(c.URL("postgres")))})
	if s := fresh.Status(t.Context(), "orders"); s.Down == nil || s.Down.Message != "orders does not answer." {
		t.Errorf("of one that was silent from the beginning: %+v", s.Down)
	}
	if err := p.Toxics.RemoveToxic(t.Context(), "silence"); err != nil {
		t.Fatal(err)
	}
	for s.Down != nil { // the look under way has to give up first
		s = r.Status(t.Context(), "orders")
	}
	if all := faults(s); all != nil {
		t.Errorf("after the silence: %v", all)
	}
}

// What was read before a server fell silent is said; the rest is said to be missing.
func TestSilentInTheMiddle(t *testing.T) {
	c := anyServer(t)
	databaseURL := shop(t, c)
	p, through := proxy(t, c)
	r := reader(t, Database{URL: ops.Secret(through(databaseURL))})
	spoil(r, map[string]string{"statements": "SELECT pg_sleep(0.9)"})
	first := lookNow(t, r)
	seen := make(chan Status, 1)
	go func() { seen <- r.Status(context.Background(), "orders") }()
	watcher := clustertest.Connect(t, databaseURL)
	for asleep := false; !asleep; {
		if err := watcher.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep')",
			first.Server.Value.Backend).Scan(&asleep); err != nil {
			t.Fatal(err)
		}
	}
	toxic(t, p, silence)
	s := <-seen
	if s.Down != nil {
		t.Fatalf("down, though it had answered: %+v", s.Down)
	}
	got := unread(s)
	if !slices.Contains(got, "size") || slices.Contains(got, "server") {
		t.Errorf("not read: %v", faults(s))
	}
	if s.Size.Fault.Message != "not read in time" {
		t.Errorf("of the last section it is said: %s", s.Size.Fault.Message)
	}
}

// A connection that was forgotten on the way is replaced within the same look.
func TestForgottenConnection(t *testing.T) {
	r := reader(t, Database{URL: ops.Secret(shop(t, anyServer(t)))})
	var first sync.Once
	var deaf *muted
	wrap(r, func(conn net.Conn) net.Conn {
		first.Do(func() { deaf = &muted{Conn: conn}; conn = deaf })
		return conn
	})
	before := lookNow(t, r).Server.Value.Backend
	deaf.mute.Store(true)
	if after := lookNow(t, r).Server.Value.Backend; after == before {
		t.Error("a silent connection answered")
	}
}

// muted hears nothing any more, though it still takes what is said to it.
type muted struct {
	net.Conn
	mute atomic.Bool
}

func (c *muted) Write(b []byte) (int, error) {
	if c.mute.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// A session that the server has ended is replaced within the same look.
func TestEndedSession(t *testing.T) {
	databaseURL := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(databaseURL)})
	before := lookNow(t, r).Server.Value.Backend
	if _, err := clustertest.Connect(t, databaseURL).Exec(t.Context(), "SELECT pg_terminate_backend($1, 10000)", before); err != nil {
		t.Fatal(err)
	}
	if after := lookNow(t, r).Server.Value.Backend; after == before {
		t.Error("an ended session answered")
	}
}

// Everybody who asks while a look is under way gets that look; who leaves early takes nothing away.
func TestLooksAreJoined(t *testing.T) {
	databaseURL := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(databaseURL)})
	lookNow(t, r)
	holder := clustertest.Connect(t, databaseURL)
	do(t, holder, "SELECT pg_advisory_lock(1)")
	spoil(r, map[string]string{"size": "SELECT pg_advisory_lock_shared(1)"}) // waits for lock_timeout: long enough to join

	var readers sync.WaitGroup
	var started atomic.Int64
	seen := make([]Status, 20)
	for i := range seen {
		readers.Go(func() {
			started.Add(1)
			seen[i] = r.Status(context.Background(), "orders")
		})
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	for started.Load() == 0 {
	}
	if s := r.Status(impatient, "orders"); s.Took <= 0 {
		t.Errorf("who leaves at once gets %+v", s)
	}
	readers.Wait()
	at := map[int64]bool{}
	for _, s := range seen {
		at[s.At.UnixNano()] = true
		if len(faults(s)) != 1 {
			t.Errorf("not read: %v", faults(s))
		}
	}
	if len(at) > 2 { // all but those who came after the first look had ended
		t.Errorf("20 at once made %d looks", len(at))
	}
}

// What a server may make us hold is bounded: the connection is given up, and what had been heard stays.
func TestMessageBeyondTheBound(t *testing.T) {
	r := reader(t, Database{URL: ops.Secret(shop(t, anyServer(t)))})
	before := lookNow(t, r).Server.Value.Backend
	spoil(r, map[string]string{"tables": fmt.Sprintf("SELECT repeat('x', %d)", maxMessage)})
	s := lookNow(t, r)
	if got := unread(s); !slices.Equal(got, []string{"size", "tables"}) || s.Size.Fault.Message != "not read: the connection was lost" {
		t.Errorf("not read: %v", faults(s))
	}
	spoil(r, map[string]string{"tables": "SELECT 1"})
	if s := lookNow(t, r); faults(s) != nil || s.Server.Value.Backend == before {
		t.Errorf("afterwards: %v", faults(s))
	}
}

// Whoever closes the reader knows that its looks end: the log is about faults.
func TestCloseIsNoFault(t *testing.T) {
	c := anyServer(t)
	p, through := proxy(t, c)
	r := reader(t, Database{URL: ops.Secret(through(shop(t, c)))})
	var log strings.Builder
	r.databases["orders"].log = slog.New(slog.NewTextHandler(&log, nil))
	toxic(t, p, silence)
	gone, leave := context.WithCancel(t.Context())
	leave()
	r.Status(gone, "orders") // begins a look, and does not wait for it
	r.Close()
	if log.Len() > 0 {
		t.Errorf("logged: %s", log.String())
	}

	refused := reader(t, Database{URL: "postgres://bot@127.0.0.1:1/orders"})
	refused.databases["orders"].log = slog.New(slog.NewTextHandler(&log, nil))
	refused.Status(t.Context(), "orders")
	if !strings.Contains(log.String(), "database not read") {
		t.Errorf("of a real fault the log says: %s", log.String())
	}
}
