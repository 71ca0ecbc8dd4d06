package coord

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"dbbot/ops"

	"github.com/redis/go-redis/v9"
)

const (
	// readFor is how long a reading may go on for those who wait for it, where nobody said a deadline: as long as people
	// are promised an answer in.
	readFor = 3 * time.Second
	// lease is how long one replica is left alone to read for all. One that died with it, or is slower, costs the others
	// this much and no more.
	lease = time.Second
	// lookAgain is the pause between two looks at whether the other replica has finished.
	lookAgain = 50 * time.Millisecond
)

// Shared gives what read gives, at most fresh old, to everybody who asks for the same key at about the same time, in this
// process and in the others: a hundred people who ask cost one reading. What nobody has is read by one of them, while the
// others wait. With Redis down, each process reads for itself, once. An error of read goes to those who waited for it, and
// is not kept. The value belongs to all who got it: nobody may change it. ctx bounds the wait; the reading itself goes on
// for the others, until the deadline of whoever began it.
func (c *Coord) Shared(ctx context.Context, key string, fresh time.Duration, read func(context.Context) ([]byte, error)) ([]byte, error) {
	flight := c.flights.DoChan(key, func() (any, error) {
		until, bounded := ctx.Deadline()
		if !bounded {
			until = time.Now().Add(readFor)
		}
		ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), until)
		defer cancel()
		return c.fetch(ctx, key, fresh, read)
	})
	select {
	case landed := <-flight:
		value, _ := landed.Val.([]byte)
		return value, landed.Err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// fetch takes what this process has, else what another one has or is about to have, else reads.
func (c *Coord) fetch(ctx context.Context, key string, fresh time.Duration, read func(context.Context) ([]byte, error)) ([]byte, error) {
	if value, found := c.recent(key); found {
		return value, nil
	}
	mine := ops.Reference()
	value, found := c.await(ctx, key, mine)
	if found {
		return value, nil
	}
	value, err := c.guarded(ctx, read)
	if err == nil {
		c.mu.Lock()
		c.local.share(key, value, time.Now().Add(fresh), time.Now())
		c.mu.Unlock()
	}
	c.publish(ctx, key, mine, value, fresh, err)
	return value, err
}

func (c *Coord) recent(key string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.local.shared(key, time.Now())
}

// guarded makes a panic of read an error: a hundred people wait for it, and the process is not its own.
func (c *Coord) guarded(ctx context.Context, read func(context.Context) ([]byte, error)) (value []byte, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			c.log.Error("A shared reading panicked.", "panic", ops.Redact(fmt.Sprint(fault)), "stack", string(debug.Stack()))
			value, err = nil, errors.New("a shared reading panicked")
		}
	}()
	return read(ctx)
}

// look is one look at what is shared: the value and how long it lasts, or whether the lease is ours now.
var look = redis.NewScript(`
local value = redis.call('GET', KEYS[1])
if value then return {value, redis.call('PTTL', KEYS[1])} end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return {'', -1} end
return {'', 0}`)

// put keeps the value, where there is one, and gives the lease back if it is still ours.
var put = redis.NewScript(`
if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1`)

// await gives what another process has read, and waits for one that is reading. found is false when it is our turn, with
// the lease or, where Redis or the other process is too slow, without.
func (c *Coord) await(ctx context.Context, key, mine string) (value []byte, found bool) {
	if !c.sharing() {
		return nil, false
	}
	patient, cancel := context.WithTimeout(ctx, waitFor(ctx))
	defer cancel()
	pause := time.NewTicker(lookAgain)
	defer pause.Stop()
	for {
		var sealed string
		var lasts int64
		answered := c.ask(ctx, func(ctx context.Context) error {
			reply, err := look.Run(ctx, c.client, sharedNames(key), mine, lease.Milliseconds()).Slice()
			if err == nil && len(reply) == 2 {
				sealed, _ = reply[0].(string)
				lasts, _ = reply[1].(int64)
			}
			return err
		})
		if answered && lasts > 0 {
			if value, found = unseal(c.sharedToken(key), []byte(sealed)); found {
				c.mu.Lock()
				c.local.share(key, value, time.Now().Add(time.Duration(lasts)*time.Millisecond), time.Now())
				c.mu.Unlock()
			}
			return value, found // what somebody else put there is not ours: read, and put ours in its place
		}
		if !answered || lasts < 0 {
			return nil, false
		}
		select {
		case <-pause.C:
		case <-patient.Done():
			return nil, false
		}
	}
}

// waitFor is how long another process is waited for: most of the time that people have belongs to our own reading.
func waitFor(ctx context.Context) time.Duration {
	if until, bounded := ctx.Deadline(); bounded {
		return min(lease, time.Until(until)/3)
	}
	return lease
}

// publish gives the others what was read, sealed, and the lease back also where nothing was.
func (c *Coord) publish(ctx context.Context, key, mine string, value []byte, fresh time.Duration, failed error) {
	if !c.sharing() {
		return
	}
	var sealed []byte
	if failed == nil && len(value) <= maxValue {
		sealed = seal(c.sharedToken(key), value)
	}
	// The reading may have taken all the time there was; the others wait for what came of it.
	c.ask(context.WithoutCancel(ctx), func(ctx context.Context) error {
		return put.Run(ctx, c.client, sharedNames(key), mine, sealed, max(fresh.Milliseconds(), 1)).Err()
	})
}

// sharing is between processes that have the same secret.
func (c *Coord) sharing() bool { return c.client != nil && c.secret != "" }

// sharedToken is what a shared value is sealed with: keys are easily guessed, the secret is not.
func (c *Coord) sharedToken(key string) string { return "shared " + c.secret.Reveal() + " " + key }

// sharedNames are of the value and of the lease; the braces keep both on one node of a cluster.
func sharedNames(key string) []string {
	value := "dbbot:shared:{" + hashed(key) + "}"
	return []string{value, value + ":lease"}
}
