package coord

import (
	"context"
	"sync"
	"time"
)

const (
	// patience is what one use of Redis may take in all, connecting included. A command passes here up to four times
	// on its way and has three seconds; the breaker sees to it that only one of those waits.
	patience = 300 * time.Millisecond
	// rest is how long Redis is left alone after a failure, before one call tries again.
	rest = 5 * time.Second
)

// breaker remembers that Redis failed a moment ago.
type breaker struct {
	mu     sync.Mutex
	until  time.Time // zero: all is well
	trying bool      // one call is finding out whether it is well again
}

// pass says whether a call may use Redis now. After a rest it lets a single one through.
func (b *breaker) pass(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return true
	}
	if now.Before(b.until) || b.trying {
		return false
	}
	b.trying = true
	return true
}

// settle takes the outcome of a call that passed, and says whether that changed anything.
func (b *breaker) settle(failed bool, now time.Time) (changed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	down := !b.until.IsZero()
	b.trying = false
	if failed {
		b.until = now.Add(rest)
	} else {
		b.until = time.Time{}
	}
	return down != failed
}

// abandon takes a call back that says nothing about Redis: its caller gave up.
func (b *breaker) abandon() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
}

// ask uses Redis once, within patience, unless it failed a moment ago. It says whether Redis answered.
func (c *Coord) ask(ctx context.Context, do func(context.Context) error) bool {
	if c.client == nil || !c.breaker.pass(time.Now()) {
		return false
	}
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := do(bounded)
	if err != nil && over(ctx) {
		c.breaker.abandon()
		return false
	}
	if changed := c.breaker.settle(err != nil, time.Now()); changed {
		if err != nil {
			c.log.Warn("Redis does not answer; limits and repeats are kept by this process alone meanwhile.", "error", describe(err))
		} else {
			c.log.Info("Redis answers again.")
		}
	}
	return err == nil
}

// over says whether a caller has given up. A connection notices the end of a deadline a moment before its context does.
func over(ctx context.Context) bool {
	until, bounded := ctx.Deadline()
	return ctx.Err() != nil || bounded && !time.Now().Before(until)
}
