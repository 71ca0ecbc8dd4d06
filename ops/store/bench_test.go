package store

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"dbbot/ops/approval"
	"dbbot/ops/postgres/cluster/clustertest"

	"github.com/jackc/pgx/v5/pgxpool"
)

// BenchmarkDecide measures clicks that approve a request, each by two votes of which it is the second: with the inbox, the
// queue's row, a message, the card and a sealed entry of the audit, on two Stores as two replicas have them, with every
// commit on disk.
//
//	go test -run - -bench Decide ./ops/store
func BenchmarkDecide(b *testing.B) {
	databaseURL := clustertest.Start(b, map[string]string{"fsync": "on"}).URL("postgres")
	clustertest.Exec(b, databaseURL, queueTable)
	busy := func(o *Options) {
		o.Enqueue = inPublic
		o.Announce = func(m approval.Move) []Message {
			return []Message{{Key: m.After.ID.String() + string(m.Event), Kind: Direct, To: "U0ANA", Body: []byte(`{"said": "agreed"}`)}}
		}
	}
	stores := []*Store{opened(b, databaseURL, busy), opened(b, databaseURL, busy)}
	for name, clickers := range map[string]int{"one clicker": 1, "sixteen clickers": 16} {
		b.Run(name, func(b *testing.B) { decisions(b, stores, clickers) })
	}
}

func decisions(b *testing.B, stores []*Store, clickers int) {
	cards := make([]Message, b.N)
	for i := range cards {
		r, card := cardOf(b, stores[0], needs(2))
		placed(b, stores[0], card, r.ID.String(), 1)
		moved(b, stores[0], r.ID, agree(mia))
		cards[i] = card
	}
	var next atomic.Int64
	var clicking sync.WaitGroup
	b.ResetTimer()
	for n := range clickers {
		clicking.Go(func() {
			for i := next.Add(1); int(i) <= b.N; i = next.Add(1) {
				card := cards[i-1]
				press := approval.Press{Key: card.Token, Token: card.Token, Who: lee.ID, Name: "Lee", Button: "Approve", Channel: "C0ORDERS", Message: card.Request.String()}
				if r, err := stores[n%2].Decide(b.Context(), press, agree(lee)); err != nil || r.State != approval.Approved {
					b.Errorf("%s, %v", r.State, err)
				}
			}
		})
	}
	clicking.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
}

// turning counts how often the server is asked anew: a write after a read is another round trip.
type turning struct {
	net.Conn
	turns  *atomic.Int64
	spoken bool
}

func (c *turning) Write(p []byte) (int, error) {
	if !c.spoken {
		c.turns.Add(1)
	}
	c.spoken = true
	return c.Conn.Write(p)
}

func (c *turning) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.spoken = false
	return n, err
}

// A network is slow: how often each call crosses it is part of how it was made. (Enqueue is one more, the queue's.)
func TestRoundTrips(t *testing.T) {
	s := opened(t, fresh(t))
	var turns atomic.Int64
	config := s.pool.Config()
	config.MaxConns = 1
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &turning{Conn: conn, turns: &turns}, err
	}
	s.pool.Close()
	s.pool = must(pgxpool.NewWithConfig(t.Context(), config))
	everything(t, s) // statements are prepared where they are first used
	r, card := cardOf(t, s, needs(2))
	placed(t, s, card, "17.9", 1)
	for _, test := range []struct {
		call string
		want int64
		do   func()
	}{
		{"Get", 1, func() { read(t, s, r.ID) }},
		{"Decide", 5, func() {
			press := approval.Press{Key: "trip", Token: card.Token, Who: lee.ID, Channel: "C0ORDERS", Message: "17.9"}
			if _, err := s.Decide(t.Context(), press, agree(lee)); err != nil {
				t.Error(err)
			}
		}},
		{"Move", 5, func() { moved(t, s, r.ID, agree(mia)) }},
		{"Lease", 1, func() { card, _, _ = lease(t, s, card.ID, minute) }},
		{"Placed", 1, func() { placed(t, s, card, "17.9", 3) }},
		{"Create", 7, func() { made(t, s) }},
		{"Receive", 3, func() {
			if err := s.Receive(t.Context(), Invocation{Key: "trip"}); err != nil {
				t.Error(err)
			}
		}},
		{"Strays", 1, func() { straying(t, s) }},
	} {
		before := turns.Load()
		test.do()
		if got := turns.Load() - before; got != test.want {
			t.Errorf("%s takes %d round trips, not %d", test.call, got, test.want)
		}
	}
}
