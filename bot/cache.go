package bot

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"dbbot/ops"
)

const (
	freshFor = time.Minute // people and rosters are believed this long; older ones may only refuse
	// lookupBound is how long the directory may take: people and rosters are read at once, and most of the three
	// seconds belongs to the answer itself.
	lookupBound = time.Second
	maxKnown    = 5000 // entries of one cache; beyond that it starts anew, which costs a lookup each
)

// cache keeps what was looked up, with the time at which the lookup began. Lookups of the same thing are joined.
type cache[K comparable, V any] struct {
	read   func(context.Context, K) (V, error)
	log    *slog.Logger
	flight singleflight.Group
	mu     sync.Mutex
	known  map[K]entry[V]
}

func newCache[K comparable, V any](log *slog.Logger, read func(context.Context, K) (V, error)) *cache[K, V] {
	return &cache[K, V]{read: read, log: log, known: map[K]entry[V]{}}
}

type entry[V any] struct {
	value V
	at    time.Time
}

// get gives what is known, and whether that is fresh; where it is not, the directory did not answer.
func (c *cache[K, V]) get(ctx context.Context, key K) (value V, fresh bool) {
	last := c.last(key)
	if !last.at.IsZero() && time.Since(last.at) < freshFor {
		return last.value, true
	}
	lookup := c.flight.DoChan(fmt.Sprint(key), func() (any, error) { return c.look(context.WithoutCancel(ctx), key) })
	select {
	case result := <-lookup:
		last = c.last(key)
		return last.value, result.Err == nil
	case <-ctx.Done():
		return last.value, false
	}
}

// look asks the directory, within a bound of its own: others may have joined who have more time left.
func (c *cache[K, V]) look(ctx context.Context, key K) (value V, err error) {
	defer func() {
		if p := recover(); p != nil { // singleflight would end the process
			err = fmt.Errorf("panic in a lookup: %v", p)
		}
		if err != nil {
			c.log.Warn("the directory did not answer", "key", key, "error", ops.Redact(err.Error()))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, lookupBound)
	defer cancel()
	begun := time.Now()
	if value, err = c.read(ctx, key); err != nil {
		return value, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxKnown {
		clear(c.known)
	}
	c.known[key] = entry[V]{value, begun}
	return value, nil
}

func (c *cache[K, V]) last(key K) entry[V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[key]
}
