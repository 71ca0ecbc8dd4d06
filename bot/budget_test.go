package bot

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)

// However it is asked, no more is said in a minute than is promised, progress takes its smaller part of it, and whoever
// waits as long as they are told to gets through.
func TestBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, now := newBudget(), start
		said, bars := 0, 0
		for range rapid.IntRange(1, 500).Draw(t, "tries") {
			progress := rapid.Bool().Draw(t, "progress")
			wait := b.take(now, progress)
			if wait == 0 {
				said++
				if progress {
					bars++
				}
			}
			pause := time.Duration(rapid.IntRange(0, 300).Draw(t, "pause")) * time.Millisecond
			now = now.Add(max(wait, pause))
			if wait > 0 && b.take(now, progress) > time.Millisecond {
				t.Fatalf("waited %s, and still had to wait", wait)
			} else if wait > 0 {
				said++
				if progress {
					bars++
				}
			}
		}
		passed := now.Sub(start).Seconds()
		if float64(said) > saidBurst+saidRate*passed+1 || float64(bars) > progressBurst+progressRate*passed+1 {
			t.Fatalf("%d said, %d of them bars, in %.1f s", said, bars, passed)
		}
	})
}

// When Slack asks for silence, all is silent; a shorter wish does not shorten a longer one.
func TestBudgetIsHeld(t *testing.T) {
	b := newBudget()
	b.hold(start, time.Minute)
	b.hold(start, time.Second)
	for at, want := range map[time.Duration]time.Duration{0: time.Minute, 59 * time.Second: time.Second, time.Minute: 0} {
		if got := b.take(start.Add(at), false); got != want {
			t.Errorf("after %s: %s, want %s", at, got, want)
		}
	}
}

// Bars use up what is theirs, and leave the rest.
func TestBarsLeaveRoomForStates(t *testing.T) {
	b := newBudget()
	for range 50 {
		b.take(start, true)
	}
	if wait := b.take(start, true); wait == 0 {
		t.Error("bars have no bound")
	}
	if wait := b.take(start, false); wait != 0 {
		t.Errorf("a state waits for %s", wait)
	}
}
