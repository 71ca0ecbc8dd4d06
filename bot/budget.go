package bot

import (
	"sync"
	"time"
)

// What this process says in a minute. Slack promises an app "several hundred" posts a minute in a workspace, and about
// fifty edits; beyond that it answers 429, which is honoured too. Progress gets the smaller part, so that a state that
// has changed never waits for a bar that moves.
const (
	saidRate, saidBurst         = 5.0, 100.0
	progressRate, progressBurst = 0.5, 10.0
)

// budget paces what is said.
type budget struct {
	mu       sync.Mutex
	said     bucket
	progress bucket
	held     time.Time // Slack asked for silence until then
}

func newBudget() *budget {
	return &budget{said: bucket{rate: saidRate, burst: saidBurst, left: saidBurst}, progress: bucket{rate: progressRate, burst: progressBurst, left: progressBurst}}
}

// take one message from the budget, or says how long to wait before asking again.
func (b *budget) take(now time.Time, progress bool) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	wait = max(b.held.Sub(now), b.said.lacks(now))
	if progress {
		wait = max(wait, b.progress.lacks(now))
	}
	if wait > 0 {
		return wait
	}
	if progress {
		b.progress.left--
	}
	b.said.left--
	return 0
}

// hold keeps everything back: what a 429 asks for.
func (b *budget) hold(now time.Time, pause time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := now.Add(pause); until.After(b.held) {
		b.held = until
	}
}

// bucket fills with so many a second, up to burst.
type bucket struct {
	rate, burst, left float64
	at                time.Time
}

// lacks says how long until there is one to take, in whole milliseconds and rounded up.
func (b *bucket) lacks(now time.Time) time.Duration {
	if !b.at.IsZero() && now.After(b.at) {
		b.left = min(b.burst, b.left+b.rate*now.Sub(b.at).Seconds())
	}
	b.at = now
	if b.left >= 1 {
		return 0
	}
	wait := time.Duration((1 - b.left) / b.rate * float64(time.Second))
	return wait.Truncate(time.Millisecond) + time.Millisecond
}
