package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/postgres/cluster/clustertest"
)

const nightly = "0 3 * * * UTC"

var three = time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)

// due is a slot and the request that it becomes.
func due(at time.Time) (Slot, func(time.Time) (approval.Move, error)) {
	return Slot{"backup orders", at}, wish(consentless, func(r *approval.Request) { r.Key = "schedule/orders/" + at.Format(time.RFC3339) })
}

func scheduled(t *testing.T, s *Store, key, expression string) (since, now time.Time) {
	t.Helper()
	since, now, err := s.Scheduled(t.Context(), key, expression)
	if err != nil {
		t.Fatal(err)
	}
	return since, now
}

// lastSlot is the newest slot that was seen to; nil where none was. It asks again where the connection has died with a
// server that the test crashed.
func lastSlot(t *testing.T, s *Store, key string) (last *time.Time) {
	t.Helper()
	until(t, "the schedule is read", func() bool {
		return s.pool.QueryRow(t.Context(), "SELECT last FROM dbbot.schedules WHERE key = $1", key).Scan(&last) == nil
	})
	return last
}

// A schedule is seen to from when it came to stand in the file, and a slot of it once.
func TestScheduled(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL)
	first, now := scheduled(t, s, "backup orders", nightly)
	if first.After(now) || now.Sub(first) > time.Minute {
		t.Errorf("new: since %v, now %v", first, now)
	}
	if again, later := scheduled(t, opened(t, databaseURL), "backup orders", nightly); !again.Equal(first) || !later.After(now) {
		t.Errorf("a restart: %v, %v", again, later)
	}
	slot := Slot{"backup orders", now.Add(time.Hour)}
	for range 2 {
		if err := s.SeenTo(t.Context(), slot); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SeenTo(t.Context(), Slot{"backup orders", now}); err != nil { // an older one changes nothing
		t.Fatal(err)
	}
	if since, _ := scheduled(t, s, "backup orders", nightly); !since.Equal(slot.Due.Truncate(time.Microsecond)) {
		t.Errorf("after a slot: %v, want %v", since, slot.Due)
	}
}

// Two replicas with different files, during a deploy, lose no slot by it: what one sees as new began a moment ago.
func TestTwoFilesLoseNoSlot(t *testing.T) {
	s := opened(t, fresh(t))
	for n := range 6 {
		since, now := scheduled(t, s, "backup orders", fmt.Sprint(n%2, " 3 * * * UTC"))
		if now.Sub(since) > 3*time.Minute || n > 0 && now.Sub(since) < time.Minute {
			t.Errorf("%d: since %s ago", n, now.Sub(since))
		}
	}
}

// However many see that something is due, it becomes one request.
func TestCreateDueOnce(t *testing.T) {
	databaseURL := fresh(t)
	stores := []*Store{opened(t, databaseURL), opened(t, databaseURL)}
	scheduled(t, stores[0], "backup orders", nightly)
	slot, ask := due(three)
	var made atomic.Int64
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			_, created, err := stores[n%2].CreateDue(t.Context(), slot, ask)
			if err != nil {
				t.Errorf("%v (%v)", err, causeOf(err))
			}
			if created {
				made.Add(1)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 || len(gathered(facts(t, stores[0]))) != 1 {
		t.Errorf("made %d times, %d facts", made.Load(), len(gathered(facts(t, stores[0]))))
	}
	if since, _ := scheduled(t, stores[1], "backup orders", nightly); !since.Equal(three) && since.Before(three) {
		t.Errorf("seen to until %v", since)
	}
	slot, ask = due(three.Add(-24 * time.Hour)) // an older one is no more
	if _, created, err := stores[0].CreateDue(t.Context(), slot, ask); created || err != nil {
		t.Errorf("%v, %v", created, err)
	}
}

// A wish that is open already stands in the way: it is given, and the slot is not seen to by that.
func TestCreateDueBesideAnother(t *testing.T) {
	s := opened(t, fresh(t))
	scheduled(t, s, "backup orders", nightly)
	slot, ask := due(three)
	first, _, err := s.Create(t.Context(), func(now time.Time) (approval.Move, error) {
		m, err := ask(now)
		m.After.Key = "typed"
		return m, err
	})
	if err != nil {
		t.Fatal(err)
	}
	r, created, err := s.CreateDue(t.Context(), slot, ask)
	if r.ID != first.ID || created || err != nil {
		t.Errorf("%v, %v, %v", r.ID, created, err)
	}
	if last := lastSlot(t, s, slot.Key); last != nil {
		t.Errorf("seen to: %v", last)
	}
	moved(t, s, first.ID, claim(1), start, finish)
	if r, created, err := s.CreateDue(t.Context(), slot, ask); r.ID == first.ID || !created || err != nil {
		t.Errorf("%v, %v, %v", r.ID, created, err)
	}
}

// Whatever happens between the slot and its request, both are kept or neither is: who comes next makes the one that is missing,
// and none twice.
func TestCrashBetweenSlotAndRequest(t *testing.T) {
	databaseURL := clustertest.Start(t, nil).URL("postgres")
	s, next := opened(t, databaseURL), opened(t, databaseURL)
	scheduled(t, s, "backup orders", nightly)
	crash := func() { killBackend(t, backend(t, databaseURL)) }
	gone := errors.New("the process is gone")
	for n, die := range []func(time.Time) (context.Context, func(time.Time) (approval.Move, error)){
		func(at time.Time) (context.Context, func(time.Time) (approval.Move, error)) { // after the slot, before the request
			return t.Context(), func(time.Time) (approval.Move, error) { return approval.Move{}, gone }
		},
		func(at time.Time) (context.Context, func(time.Time) (approval.Move, error)) { // the server dies there, and comes back
			_, ask := due(at)
			var once sync.Once
			return t.Context(), func(now time.Time) (approval.Move, error) { once.Do(crash); return ask(now) }
		},
		func(at time.Time) (context.Context, func(time.Time) (approval.Move, error)) { // the process is told to stop in the middle
			_, ask := due(at)
			ctx, cancel := context.WithCancel(t.Context())
			return ctx, func(now time.Time) (approval.Move, error) { cancel(); return ask(now) }
		},
		func(at time.Time) (context.Context, func(time.Time) (approval.Move, error)) { // the answer to the commit is lost
			_, ask := due(at)
			whenCommitting(t, crash)
			return t.Context(), ask
		},
	} {
		at := three.Add(time.Duration(n) * 24 * time.Hour)
		slot, ask := due(at)
		ctx, dying := die(at)
		_, _, _ = s.CreateDue(ctx, slot, dying)
		r, _, err := next.CreateDue(t.Context(), slot, ask)
		if err != nil {
			t.Fatalf("%d: %v (%v)", n, err, causeOf(err))
		}
		if all, err := s.List(t.Context(), approval.Filter{}); err != nil || len(all) != n+1 {
			t.Fatalf("%d: %d requests, %v (the second try gave %v)", n, len(all), err, r.ID)
		}
		if last := lastSlot(t, s, slot.Key); last == nil || !last.Equal(at) {
			t.Fatalf("%d: seen to %v", n, last)
		}
		all, _ := s.List(t.Context(), approval.Filter{Limit: 1})
		moved(t, s, all[0].ID, claim(1), start, finish)
	}
}

// What is asked nowhere has no card, until something is to be said.
func TestCardLater(t *testing.T) {
	s := opened(t, fresh(t), func(o *Options) {
		o.Announce = func(m approval.Move) []Message {
			if m.Event != approval.Finished {
				return nil
			}
			return []Message{{Key: "card " + m.After.ID.String(), Kind: Card, To: "C0ORDERS"}}
		}
	})
	nowhere := func(r *approval.Request) { r.Origin = approval.Place{} }
	r := made(t, s, consentless, nowhere)
	moved(t, s, r.ID, claim(1), start)
	if _, err := s.Card(t.Context(), r.ID); !errors.Is(err, approval.ErrUnknown) {
		t.Errorf("there is a card: %v", err)
	}
	moved(t, s, r.ID, finish)
	card, err := s.Card(t.Context(), r.ID)
	if err != nil || card.To != "C0ORDERS" || card.Wanted != 1 || len(card.Token) < 26 {
		t.Errorf("%+v, %v", card, err)
	}
	if _, drawn, ok := lease(t, s, card.ID, minute); !ok || drawn.State != approval.Succeeded {
		t.Errorf("drawn %s, %v", drawn.State, ok)
	}
}

// A summary is said once for its slot.
func TestSay(t *testing.T) {
	s := opened(t, fresh(t))
	scheduled(t, s, "digest orders", "0 9 * * 1 UTC")
	for range 3 {
		if err := s.Say(t.Context(), Slot{"digest orders", three}, Message{Key: "digest", Kind: Notice, To: "C0ORDERS", Body: []byte(`{}`)}, audit.Entry{Event: audit.Summed}); err != nil {
			t.Fatal(err)
		}
	}
	var messages int
	if err := s.pool.QueryRow(t.Context(), "SELECT count(*) FROM dbbot.messages WHERE kind = 'notice' AND request = 0").Scan(&messages); err != nil || messages != 1 {
		t.Errorf("%d messages, %v", messages, err)
	}
	if n := len(gathered(facts(t, s))); n != 1 {
		t.Errorf("%d facts", n)
	}
}
