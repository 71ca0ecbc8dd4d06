package store

import (
	"errors"
	"sync"
	"testing"
	"time"

	"dbbot/ops/approval"
)

// A move that was made from something else than what is kept is not kept, whichever of the three differs.
func TestOnlyFromWhatIsKept(t *testing.T) {
	s := opened(t, fresh(t))
	r := made(t, s)
	for name, spoil := range map[string]func(*approval.Request){
		"version": func(r *approval.Request) { r.Version-- },
		"state":   func(r *approval.Request) { r.State = approval.Approved },
		"fence":   func(r *approval.Request) { r.Fence++ },
	} {
		_, err := s.Move(t.Context(), r.ID, func(r approval.Request, now time.Time) (approval.Move, error) {
			m, err := r.Vote(lee, true, "", now)
			spoil(&m.Before)
			return m, err
		})
		if !errors.Is(err, approval.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := read(t, s, r.ID); got.Version != 1 || len(got.Votes) != 0 {
		t.Errorf("version %d, votes %+v", got.Version, got.Votes)
	}
	if n := len(gathered(facts(t, s))); n != 1 {
		t.Errorf("%d facts", n)
	}
}

// An act that fails leaves no trace, and its own error comes back as it is.
func TestActFails(t *testing.T) {
	s := opened(t, fresh(t))
	r := made(t, s)
	oops := errors.New("oops")
	if _, err := s.Move(t.Context(), r.ID, func(approval.Request, time.Time) (approval.Move, error) { return approval.Move{}, oops }); !errors.Is(err, oops) {
		t.Error(err)
	}
	if _, _, err := s.Create(t.Context(), func(time.Time) (approval.Move, error) { return approval.Move{}, oops }); !errors.Is(err, oops) {
		t.Error(err)
	}
	if n := len(gathered(facts(t, s))); n != 1 {
		t.Errorf("%d facts", n)
	}
}

// The same wish, asked for by many at once in two processes, becomes one request; numbers are not used up meanwhile.
func TestOneWish(t *testing.T) {
	databaseURL := fresh(t)
	stores := []*Store{opened(t, databaseURL), opened(t, databaseURL)}
	ask := wish()
	var ids sync.Map
	var asking sync.WaitGroup
	for n := range 12 {
		asking.Go(func() {
			r, _, err := stores[n%2].Create(t.Context(), ask)
			if err != nil {
				t.Errorf("%v (%v)", err, causeOf(err))
			}
			ids.Store(r.ID, true)
		})
	}
	asking.Wait()
	ids.Range(func(id, _ any) bool {
		if id != approval.ID(1) {
			t.Errorf("it is %v too", id)
		}
		return true
	})
	for range 5 { // one after the other, they cost no number
		if r, created, err := stores[0].Create(t.Context(), ask); r.ID != 1 || created || err != nil {
			t.Errorf("%s, %v, %v", r.ID, created, err)
		}
	}
	before := made(t, stores[0])
	_, _, _ = stores[0].Create(t.Context(), ask) // it is there
	if after := made(t, stores[1]); after.ID != before.ID+1 {
		t.Errorf("after %s comes %s", before.ID, after.ID)
	}
}

// Waiting for another and the other's end meet at once, again and again: whoever waits is never forgotten.
func TestNobodyIsForgotten(t *testing.T) {
	databaseURL := fresh(t)
	s, peer := opened(t, databaseURL, func(o *Options) { o.Enqueue = inPublic }), opened(t, databaseURL, func(o *Options) { o.Enqueue = inPublic })
	for range 25 {
		holder, waiting := made(t, s, consentless), made(t, s, consentless)
		moved(t, s, holder.ID, claim(1), start)
		moved(t, s, waiting.ID, claim(2))
		taken(t, s)
		var both sync.WaitGroup
		both.Go(func() {
			if _, err := s.Move(t.Context(), holder.ID, finish); err != nil {
				t.Errorf("%v (%v)", err, causeOf(err))
			}
		})
		both.Go(func() {
			if _, err := peer.Move(t.Context(), waiting.ID, func(r approval.Request, now time.Time) (approval.Move, error) {
				return r.Wait(r.Fence, holder.ID, now)
			}); err != nil {
				t.Errorf("%v (%v)", err, causeOf(err))
			}
		})
		both.Wait()
		turns := 0
		for _, w := range taken(t, s) {
			if w.Kind == approval.ToRun && w.ID == int64(waiting.ID) {
				turns++
			}
		}
		if turns != 1 {
			t.Fatalf("%s has its turn %d times", waiting.ID, turns)
		}
		moved(t, s, waiting.ID, claim(1), start, finish)
	}
}
