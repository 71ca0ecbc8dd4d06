// Package coord is what replicas share through Redis: who was first with a delivery, how much a person may ask, and
// what the buttons of recent answers stand for. All of it may be lost. With Redis down, slow or not configured, each
// process plays the part alone (local.go), so that a call here never fails and waits at most once. It imports ops
// and the Redis client.
package coord

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"time"

	"dbbot/ops"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"
)

const (
	// firstFor is how long a delivery is remembered: Slack repeats one for up to five minutes.
	firstFor = 10 * time.Minute
	// keptFor is how long the buttons of an answer work, which is also how long Slack's response URLs do.
	keptFor = 30 * time.Minute
	// maxValue is the largest value that is kept, in bytes. What a button stands for is an answer as it was shown: a
	// few thousand.
	maxValue = 1 << 20
	// burst is how many commands one person may give at once, perMinute how many for long: more than anybody types,
	// and no more than Slack lets an app answer.
	burst     = 10
	perMinute = 30
)

// Coord is safe for use by many goroutines.
type Coord struct {
	client  redis.UniversalClient // nil: in this process alone
	secret  ops.Secret            // seals what is shared; empty: nothing is
	limiter *redis_rate.Limiter
	breaker breaker
	flights singleflight.Group
	log     *slog.Logger

	mu    sync.Mutex
	local local
}

// Open makes ready without any I/O. An empty URL means: in this process alone. A URL that cannot be read is an
// *ops.Error. The secret is one that all replicas
// have and Redis has not, Slack's bot token say: it seals what Shared passes on, and without one each process keeps that
// to itself.
func Open(url, secret ops.Secret, log *slog.Logger) (*Coord, error) {
	if url.Reveal() == "" {
		return open(nil, log), nil
	}
	options, err := options(url)
	if err != nil {
		return nil, err
	}
	c := open(options, log)
	c.secret = secret
	return c, nil
}

func open(options *redis.UniversalOptions, log *slog.Logger) *Coord {
	c := &Coord{log: log, local: newLocal()}
	if options != nil {
		redis.SetLogger(clientLog{log})
		c.client = redis.NewUniversalClient(bounded(options))
		c.limiter = redis_rate.NewLimiter(c.client)
	}
	return c
}

// Close ends the connections.
func (c *Coord) Close() error {
	if c.client == nil {
		return nil
	}
	return c.client.Close()
}

// First is true for the first caller with this key in ten minutes, among all replicas while Redis is there.
func (c *Coord) First(ctx context.Context, key string) bool {
	c.mu.Lock()
	first := c.local.first(key, time.Now())
	c.mu.Unlock()
	if !first {
		return false
	}
	c.ask(ctx, func(ctx context.Context) (err error) {
		taken, err := c.client.SetNX(ctx, name("first", key), 1, firstFor).Result()
		if err == nil {
			first = taken
		}
		return err
	})
	return first
}

// Allow takes one command from a person's allowance: zero, or how long to wait for the next.
func (c *Coord) Allow(ctx context.Context, who ops.PersonID) (wait time.Duration) {
	person := who.Team + "/" + who.User
	asked := c.ask(ctx, func(ctx context.Context) error {
		// The limiter puts "rate:" before the name, and a time to live on the key.
		result, err := c.limiter.Allow(ctx, name("allow", person), redis_rate.Limit{Rate: perMinute, Burst: burst, Period: time.Minute})
		if err == nil && result.Allowed == 0 {
			wait = result.RetryAfter
		}
		return err
	})
	if asked {
		return wait
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.local.allow(person, time.Now())
}

// Keep holds a value under a token for thirty minutes. One larger than maxValue is not kept. Redis gets it sealed
// (seal.go): answers hold names and statements of databases, and Redis has readers of its own.
func (c *Coord) Keep(ctx context.Context, token string, value []byte) {
	if len(value) > maxValue {
		c.log.Warn("A value is too large to be kept for its buttons.", "bytes", len(value), "limit", maxValue)
		return
	}
	c.mu.Lock()
	c.local.keep(token, value, time.Now())
	c.mu.Unlock()
	c.ask(ctx, func(ctx context.Context) error {
		return c.client.Set(ctx, name("kept", token), seal(token, value), keptFor).Err()
	})
}

// Recall gives back what Keep held, while it lasts. Redis knows best; what this process kept itself comes second.
func (c *Coord) Recall(ctx context.Context, token string) (value []byte, found bool) {
	c.ask(ctx, func(ctx context.Context) error {
		sealed, err := c.client.Get(ctx, name("kept", token)).Bytes()
		if errors.Is(err, redis.Nil) {
			return nil // an answer, not a failure
		}
		value, found = unseal(token, sealed)
		return err
	})
	if found {
		return value, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.local.recall(token, time.Now())
}

// name makes a key: ours by its beginning, and without anything about a person or a token in it, because keys are seen
// by everybody who may run MONITOR.
func name(kind, id string) string { return "dbbot:" + kind + ":" + hashed(id) }

func hashed(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:16])
}
