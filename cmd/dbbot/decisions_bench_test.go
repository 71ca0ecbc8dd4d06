package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/job"
	"dbbot/ops/postgres/cluster/clustertest"
	"dbbot/ops/store"

	"github.com/jackc/pgx/v5"
)

// BenchmarkDecisions measures clicks that approve a request on two replicas that share one PostgreSQL with every commit on
// disk: the inbox, the vote, the move, a message, the card, a sealed entry of the audit, and River's rows for running it.
func BenchmarkDecisions(b *testing.B) {
	url := clustertest.Start(b, map[string]string{"fsync": "on"}).URL("postgres")
	replicas := []*store.Store{replicaOf(b, url), replicaOf(b, url)}
	for _, clickers := range []int{1, 16} {
		b.Run(fmt.Sprintf("clickers=%d", clickers), func(b *testing.B) { decide(b, replicas, clickers) })
	}
}

// replicaOf is a store with the real queue, as serve makes them; nothing works the queue off.
func replicaOf(b *testing.B, url string) *store.Store {
	b.Helper()
	key, err := audit.NewKey(ops.Secret(strings.Repeat("only for tests. ", 4)))
	if err != nil {
		b.Fatal(err)
	}
	var queue *job.Queue
	s, err := store.Open(b.Context(), store.Options{
		URL: ops.Secret(url), AuditKey: key, Version: "bench",
		Announce: func(m approval.Move) []store.Message {
			return []store.Message{{Key: m.After.ID.String() + string(m.Event), Kind: store.Direct, To: "U0ANA", Body: []byte(`{}`)}}
		},
		Enqueue: func(ctx context.Context, tx pgx.Tx, work []approval.Work) error { return queue.Enqueue(ctx, tx, work) },
		Worker:  func() int64 { return 0 },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	if queue, err = job.New(job.Options{Pool: s.Pool(), Direct: ops.Secret(url), Log: slog.New(slog.DiscardHandler)}); err != nil {
		b.Fatal(err)
	}
	return s
}

var (
	benchSeries atomic.Int64 // so that no wish is the same as another
	lead        = approval.Voter{ID: ops.PersonID{Team: "T0DEMO", User: "U0LEE"}, Name: "Lee", Entitled: true}
)

func decide(b *testing.B, replicas []*store.Store, clickers int) {
	cards := make([]store.Message, b.N)
	for i := range cards {
		cards[i] = postedCard(b, replicas[0])
	}
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for n := range clickers {
		all.Go(func() {
			for i := next.Add(1); int(i) <= b.N; i = next.Add(1) {
				card := cards[i-1]
				press := approval.Press{
					Key: card.Token, Token: card.Token, Who: lead.ID, Name: lead.Name, Button: "Approve", Channel: card.Channel, Message: card.Stamp,
				}
				r, err := replicas[n%len(replicas)].Decide(b.Context(), press, func(r approval.Request, now time.Time) (approval.Move, error) {
					return r.Vote(lead, true, "", now)
				})
				if err != nil || r.State != approval.Approved {
					b.Errorf("%s, %v", r.State, err)
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
}

// postedCard asks for something, and lets its card stand in a channel.
func postedCard(b *testing.B, s *store.Store) store.Message {
	b.Helper()
	n := benchSeries.Add(1)
	server, plan := approval.Server{System: "7", Database: fmt.Sprint("d", n)}, []byte(`{}`)
	r, _, err := s.Create(b.Context(), func(now time.Time) (approval.Move, error) {
		return approval.New(approval.Request{
			Key: fmt.Sprint("bench", n), Command: "terminate", Words: "terminate 1 orders", Risk: ops.Destroy,
			Target: ops.Target{Database: "orders", Environment: "staging"}, Server: server,
			Requester: ops.PersonID{Team: "T0DEMO", User: "U0ANA"}, Origin: approval.Place{Channel: "C0ORDERS"},
			Plan: plan, Shown: plan, Digest: approval.Digest("terminate", server, plan),
			Terms: approval.Terms{By: []string{"leads"}, Count: 1, Within: time.Hour},
		}, now)
	})
	if err != nil {
		b.Fatal(err)
	}
	card, err := s.Card(b.Context(), r.ID)
	if err != nil {
		b.Fatal(err)
	}
	leased, _, _, err := s.Lease(b.Context(), card.ID, time.Minute)
	if err != nil {
		b.Fatal(err)
	}
	leased.Channel, leased.Stamp = "C0ORDERS", fmt.Sprintf("%d.1", n)
	if _, err := s.Placed(b.Context(), leased, leased.Wanted); err != nil {
		b.Fatal(err)
	}
	return leased
}
