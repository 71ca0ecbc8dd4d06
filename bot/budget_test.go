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
			if wait := b.take(now, progress); wait > 0 {
				now = now.Add(wait)
				if again := b.take(now, progress); again > 0 {
					t.Fatalf("waited %s, and had to wait %s more", wait, again)
				}
			}
			said++
			if progress {
				bars++
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "pause")) * time.Millisecond)
		}
		passed := now.Sub(start).Seconds()
		if float64(said) > saidBurst+saidRate*passed || float64(bars) > progressBurst+progressRate*passed {
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
