package slack

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// Whenever anybody asks, and whatever Slack's pauses are: no window has more attempts than allowed, and no attempt
// lies within a pause.
func TestPaceKeepsItsPromise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &pace{most: rapid.IntRange(1, 10).Draw(t, "most"), window: 10 * time.Second}
		clock := now
		var taken []time.Time
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			clock = clock.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			wait := p.take(clock)
			if wait < 0 || wait > p.window {
				t.Fatalf("asked to wait %v", wait)
			}
			if wait == 0 {
				taken = append(taken, clock)
			} else if p.take(clock.Add(wait)) == 0 { // who waits as long as told is let through
				clock = clock.Add(wait)
				taken = append(taken, clock)
			} else {
				t.Fatalf("waited %v in vain", wait)
			}
		}
		for i := p.most; i < len(taken); i++ {
			if gap := taken[i].Sub(taken[i-p.most]); gap < p.window {
				t.Fatalf("%d attempts within %v", p.most+1, gap)
			}
		}
	})
}

func TestTheDefaultsStayBelowTheDesignsBound(t *testing.T) {
	if b := defaultBounds; b.attempts > 10 || b.window < 10*time.Second {
		t.Errorf("%d attempts in %v; the design allows ten in ten seconds", b.attempts, b.window)
	}
}

func TestManySocketsShareOnePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pace{most: 8, window: 10 * time.Second}
		began := time.Now()
		var mu sync.Mutex
		var at []time.Duration
		var all sync.WaitGroup
		for range 30 {
			all.Go(func() {
				if p.wait(t.Context()) == nil {
					mu.Lock()
					at = append(at, time.Since(began))
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if last := at[len(at)-1]; len(at) != 30 || last != 30*time.Second {
			t.Errorf("%d were let through, the last after %v; want 30 after 30s", len(at), last)
		}
	})
}

func TestAHeldPaceWaitsAndCanBeGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pace{most: 8, window: 10 * time.Second}
		p.hold(time.Minute)
		p.hold(time.Second) // a shorter pause does not end a longer one
		began := time.Now()
		if err := p.wait(t.Context()); err != nil || time.Since(began) != time.Minute {
			t.Errorf("let through after %v with %v", time.Since(began), err)
		}
		p.hold(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.wait(ctx); err == nil {
			t.Error("let through although the context had ended")
		}
	})
}

func TestBackoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		failures := rapid.IntRange(0, 10000).Draw(t, "failures")
		longest := time.Duration(rapid.IntRange(1, 60000).Draw(t, "ms")) * time.Millisecond
		pause := backoff(failures, longest)
		full := min(longest, firstPause<<min(max(failures-1, 0), 10))
		if failures == 0 && pause != 0 || failures > 0 && (pause > full || pause < full/2) {
			t.Fatalf("after %d failures %v, want between %v and %v", failures, pause, full/2, full)
		}
	})
}
