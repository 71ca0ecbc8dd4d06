package slack

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// pace lets attempts to open a connection through: at most so many in any window, and none before a time that
// Slack has named. One pace serves all sockets of a client, also when a server says hello and goodbye for ever.
type pace struct {
	most   int
	window time.Duration

	mu        sync.Mutex
	attempts  []time.Time // within the last window, oldest first
	notBefore time.Time
}

// wait returns when one more attempt may be made, which is then counted.
func (p *pace) wait(ctx context.Context) error {
	for {
		left := p.take(time.Now())
		if left <= 0 {
			return ctx.Err()
		}
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

// take counts an attempt now, or says how long to wait before asking again.
func (p *pace) take(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if left := p.notBefore.Sub(now); left > 0 {
		return left
	}
	for len(p.attempts) > 0 && now.Sub(p.attempts[0]) >= p.window {
		p.attempts = p.attempts[1:]
	}
	if len(p.attempts) >= p.most {
		return p.attempts[0].Add(p.window).Sub(now)
	}
	p.attempts = append(p.attempts, now)
	return 0
}

// hold lets nothing through for d: what Slack's Retry-After asks for.
func (p *pace) hold(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.notBefore) {
		p.notBefore = until
	}
}

// firstPause is what a second attempt waits for at most; every further one twice as long.
const firstPause = 500 * time.Millisecond

// backoff is the pause after so many failures in a row: doubled each time up to longest, and a random half of it
// taken off, so that replicas that failed together do not come back together.
func backoff(failures int, longest time.Duration) time.Duration {
	if failures == 0 {
		return 0
	}
	pause := min(longest, firstPause<<min(failures-1, 10))
	return pause - rand.N(pause/2+1)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
