package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/postgres/cluster/clustertest"

	"github.com/jackc/pgx/v5"
)

// A command is kept once, however often it is delivered and to whom, and settled once.
func TestInbox(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL, func(o *Options) { o.Worker = func() int64 { return 7 } })
	peer := opened(t, databaseURL)
	in := Invocation{Key: "T1.7", Who: ana, Words: "terminate 4242 orders -- password=swordfish", Channel: "C0ORDERS", Thread: "17.0"}
	var kept, repeated atomic.Int64
	var all sync.WaitGroup
	for _, s := range []*Store{s, s, s, s} {
		all.Go(func() {
			switch err := s.Receive(t.Context(), in); {
			case err == nil:
				kept.Add(1)
			case errors.Is(err, approval.ErrRepeated):
				repeated.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if kept.Load() != 1 || repeated.Load() != 3 {
		t.Errorf("kept %d times, repeated %d", kept.Load(), repeated.Load())
	}
	got, err := peer.Invocation(t.Context(), in.Key)
	if got.At.IsZero() || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	got.At = in.At
	in.Words, in.Worker = "terminate 4242 orders -- password=***", 7
	if got != in {
		t.Errorf("got %+v, want %+v", got, in)
	}
	if err := peer.Settle(t.Context(), in.Key, "request #1"); err != nil {
		t.Error(err)
	}
	if err := s.Settle(t.Context(), in.Key, "lost"); !errors.Is(err, approval.ErrRepeated) {
		t.Error(err)
	}
	if got, err := s.Invocation(t.Context(), in.Key); err != nil || got.Outcome != "request #1" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, err := range []error{s.Settle(t.Context(), "T1.8", "x"), ignoreValue(s.Invocation(t.Context(), "T1.8"))} {
		if !errors.Is(err, approval.ErrUnknown) {
			t.Error(err)
		}
	}
	// A click with the key of a command is another act.
	if _, err := s.Decide(t.Context(), approval.Press{Key: in.Key, Token: "x"}, nil); !errors.Is(err, approval.ErrUnknown) {
		t.Error(err)
	}
}

// A command that nobody came to is dropped once, whoever finds it: it is settled, said and in the audit, or none of these.
func TestDrop(t *testing.T) {
	databaseURL := fresh(t)
	var work, message atomic.Int64
	var away atomic.Bool
	enqueue := func(o *Options) {
		o.Enqueue = func(_ context.Context, _ pgx.Tx, all []approval.Work) error {
			if away.Load() {
				return errors.New("no queue")
			}
			work.Add(int64(len(all)))
			message.Store(all[0].ID)
			return nil
		}
	}
	one, two := opened(t, databaseURL, enqueue), opened(t, databaseURL, enqueue)
	if err := one.Receive(t.Context(), Invocation{Key: "T1.7", Who: ana, Words: "terminate 1"}); err != nil {
		t.Fatal(err)
	}
	say := Message{Key: "lost T1.7", Kind: Direct, To: ana.User, Body: []byte("{}")}
	drop := func(s *Store, key string) error {
		return s.Drop(t.Context(), key, say, audit.Entry{User: ana.User, Event: audit.CommandDropped, Origin: key})
	}
	away.Store(true)
	if err := drop(one, "T1.7"); err == nil {
		t.Fatal("dropped without anybody to say so")
	}
	if in, err := one.Invocation(t.Context(), "T1.7"); err != nil || in.Outcome != "" || last(t, one).Event != "" {
		t.Errorf("half of it was kept: %+v, %v", in, err)
	}
	away.Store(false)
	var dropped atomic.Int64
	var all sync.WaitGroup
	for _, s := range []*Store{one, two, one, two} {
		all.Go(func() {
			if err := drop(s, "T1.7"); err == nil {
				dropped.Add(1)
			} else if !errors.Is(err, approval.ErrRepeated) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	m, r, ok := lease(t, one, message.Load(), minute)
	if dropped.Load() != 1 || work.Load() != 1 || !ok || m.To != ana.User || m.Request != 0 || r.ID != 0 {
		t.Errorf("dropped %d times, %d to do, said %+v", dropped.Load(), work.Load(), m)
	}
	if noted := slices.Collect(facts(t, one)); len(noted) != 1 || noted[0].Event != audit.CommandDropped || noted[0].User != ana.User {
		t.Errorf("%+v", noted)
	}
	if err := one.Unsayable(t.Context(), m, "user_disabled"); err != nil || last(t, one).Event != audit.Undeliverable {
		t.Errorf("%v, %+v", err, last(t, one))
	}
	if err := drop(one, "never seen"); !errors.Is(err, approval.ErrRepeated) {
		t.Error(err)
	}
}

// Keys that begin alike are different, however long; what PostgreSQL could not keep is kept as something that it can.
func TestKeys(t *testing.T) {
	s := opened(t, fresh(t))
	long := strings.Repeat("k", 500)
	for _, key := range []string{long + "1", long + "2", strings.Repeat("\u200b", 32), "\x00", "\xff", "", "1700.1"} {
		if err := s.Receive(t.Context(), Invocation{Key: key}); err != nil {
			t.Errorf("%.20q: %v (%v)", key, err, causeOf(err))
		}
		if err := s.Receive(t.Context(), Invocation{Key: key}); !errors.Is(err, approval.ErrRepeated) {
			t.Errorf("%.20q again: %v", key, err)
		}
	}
}

func ignoreValue[T any](_ T, err error) error { return err }

// Home tabs are known by who opened them last; their tokens count for one person and one request, and stay the same.
func TestHomes(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL)
	first, second := made(t, s), made(t, s)
	for _, who := range []ops.PersonID{ana, lee.ID, ana} {
		if err := s.HomeOpened(t.Context(), who); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.HomeShown(t.Context(), ana, "d1"); err != nil {
		t.Fatal(err)
	}
	homes, err := s.Homes(t.Context())
	if err != nil || text(homes) != text([]Home{{ana, "d1"}, {lee.ID, ""}}) {
		t.Errorf("%+v, %v", homes, err)
	}
	if err := s.HomeOpened(t.Context(), ana); err != nil {
		t.Fatal(err)
	}
	if homes, _ = s.Homes(t.Context()); homes[0].Digest != "" {
		t.Error("what was just opened is believed to be drawn")
	}
	clustertest.Exec(t, databaseURL, "UPDATE dbbot.homes SET opened = opened - interval '8 days' WHERE member = 'U0LEE'")
	if homes, _ = s.Homes(t.Context()); len(homes) != 1 {
		t.Errorf("%+v", homes)
	}

	tokens, err := s.HomeTokens(t.Context(), lee.ID, []approval.ID{first.ID, second.ID, 99})
	if err != nil || len(tokens) != 2 || tokens[first.ID] == tokens[second.ID] || len(tokens[first.ID]) != 26 {
		t.Fatalf("%v, %v", tokens, err)
	}
	again, err := s.HomeTokens(t.Context(), lee.ID, []approval.ID{first.ID})
	if err != nil || again[first.ID] != tokens[first.ID] {
		t.Errorf("%v, then %v, %v", tokens, again, err)
	}
	hers, err := s.HomeTokens(t.Context(), mia.ID, []approval.ID{first.ID})
	if err != nil || hers[first.ID] == tokens[first.ID] {
		t.Errorf("Mia's is %v, %v", hers, err)
	}
	if none, err := s.HomeTokens(t.Context(), mia.ID, nil); err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
}
