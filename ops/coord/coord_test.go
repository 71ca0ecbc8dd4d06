package coord

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbbot/ops"

	"github.com/alicebob/miniredis/v2"
)

var (
	ana = ops.PersonID{Team: "T0DEMO", User: "U0ANA"}
	ben = ops.PersonID{Team: "T0DEMO", User: "U0BEN"}
)

// Replicas behave the same whether they are one process, or share an embedded or a real Redis.
func TestReplicas(t *testing.T) {
	kinds := map[string]func(t *testing.T) (one, other *Coord){
		"one process": func(t *testing.T) (_, _ *Coord) { c := connect(t, ""); return c, c },
		"embedded":    func(t *testing.T) (_, _ *Coord) { url := embedded(t); return connect(t, url), connect(t, url) },
		"redis-server": func(t *testing.T) (_, _ *Coord) {
			url := start(t, 0).url
			return connect(t, url), connect(t, url)
		},
	}
	for name, open := range kinds {
		t.Run(name, func(t *testing.T) {
			one, other := open(t)
			t.Run("first", func(t *testing.T) { testFirst(t, one, other) })
			t.Run("keep", func(t *testing.T) { testKeep(t, one, other) })
			t.Run("allow", func(t *testing.T) { testAllow(t, one, other) })
		})
	}
}

func testFirst(t *testing.T, one, other *Coord) {
	ctx := t.Context()
	if !one.First(ctx, "Ev1") || one.First(ctx, "Ev1") || other.First(ctx, "Ev1") {
		t.Error("Ev1 is not first exactly once")
	}
	if !other.First(ctx, "Ev2") || one.First(ctx, "Ev2") {
		t.Error("Ev2 is not first exactly once")
	}
}

func testKeep(t *testing.T, one, other *Coord) {
	ctx := t.Context()
	one.Keep(ctx, "token", []byte("status orders"))
	for _, c := range []*Coord{one, other} {
		if value, found := c.Recall(ctx, "token"); !found || string(value) != "status orders" {
			t.Errorf("recalled %q, %v", value, found)
		}
	}
	other.Keep(ctx, "token", []byte("status reporting"))
	if value, _ := one.Recall(ctx, "token"); string(value) != "status reporting" {
		t.Errorf("recalled %q after it was kept anew", value)
	}
	if _, found := one.Recall(ctx, "another"); found {
		t.Error("recalled what nobody kept")
	}
	one.Keep(ctx, "large", make([]byte, maxValue+1))
	if _, found := one.Recall(ctx, "large"); found {
		t.Error("kept a value beyond the bound")
	}
}

func testAllow(t *testing.T, one, other *Coord) {
	allowed := 0
	for i := range burst + 5 {
		c := []*Coord{one, other}[i%2]
		if wait := c.Allow(t.Context(), ana); wait == 0 {
			allowed++
		} else if wait < 0 || wait > interval {
			t.Errorf("told to wait %v", wait)
		}
	}
	// On a slow machine one or two more may have become due meanwhile.
	if allowed < burst || allowed > burst+3 {
		t.Errorf("%d of a burst of %d allowed", allowed, burst)
	}
	if wait := other.Allow(t.Context(), ben); wait != 0 {
		t.Errorf("somebody else has to wait %v", wait)
	}
}

func TestTimesInOneProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, ctx := connect(t, ""), t.Context()
		c.First(ctx, "Ev1")
		c.Keep(ctx, "token", []byte("x"))
		for range burst {
			if wait := c.Allow(ctx, ana); wait != 0 {
				t.Fatalf("within the burst: wait %v", wait)
			}
		}
		if wait := c.Allow(ctx, ana); wait != interval {
			t.Errorf("after the burst: wait %v, want %v", wait, interval)
		}
		time.Sleep(interval)
		if first, next := c.Allow(ctx, ana), c.Allow(ctx, ana); first != 0 || next != interval {
			t.Errorf("after waiting: %v, then %v", first, next)
		}
		time.Sleep(firstFor - interval - 1)
		if c.First(ctx, "Ev1") {
			t.Error("first again before its time")
		}
		time.Sleep(time.Nanosecond)
		if !c.First(ctx, "Ev1") {
			t.Error("not first again after its time")
		}
		time.Sleep(keptFor - firstFor - 1)
		if _, found := c.Recall(ctx, "token"); !found {
			t.Error("gone before its time")
		}
		time.Sleep(time.Nanosecond)
		if _, found := c.Recall(ctx, "token"); found {
			t.Error("kept beyond its time")
		}
	})
}

// What lies in Redis says nothing about people and tokens, carries our name, and runs out.
func TestKeysInRedis(t *testing.T) {
	redis := miniredis.RunT(t)
	c, ctx := connect(t, "redis://"+redis.Addr()), t.Context()
	c.First(ctx, "Ev0SECRET")
	c.Keep(ctx, "t0ken", []byte("x"))
	c.Allow(ctx, ana)
	want := map[string]time.Duration{"dbbot:first:": firstFor, "dbbot:kept:": keptFor, "rate:dbbot:allow:": interval}
	if keys := redis.Keys(); len(keys) != len(want) {
		t.Errorf("keys %q", keys)
	}
	for _, key := range redis.Keys() {
		prefix := key[:strings.LastIndex(key, ":")+1]
		if lasts, known := want[prefix]; !known || redis.TTL(key) != lasts {
			t.Errorf("%s lasts %v, want %v", key, redis.TTL(key), lasts)
		}
		for _, private := range []string{"U0ANA", "T0DEMO", "t0ken", "SECRET"} {
			if strings.Contains(key, private) {
				t.Errorf("%s holds %s", key, private)
			}
		}
	}
}

// A Redis that lost its memory does not make a process forget its own.
func TestRedisForgets(t *testing.T) {
	redis := miniredis.RunT(t)
	c, ctx := connect(t, "redis://"+redis.Addr()), t.Context()
	c.First(ctx, "Ev1")
	c.Keep(ctx, "token", []byte("x"))
	redis.FlushAll()
	if c.First(ctx, "Ev1") {
		t.Error("the same delivery is first twice")
	}
	if _, found := c.Recall(ctx, "token"); !found {
		t.Error("the button's meaning is gone")
	}
}

func TestABadURLIsSaidWithoutThePassword(t *testing.T) {
	for _, url := range []string{"redis://ana:s3cret@host:63a79/0", "redis://ana:s3/cret@host", "http://:s3cret@host", "s3cret", "redis://:s3cret@host/x"} {
		_, err := Open(ops.Secret(url), "", quiet)
		var marked *ops.Error
		if !errors.As(err, &marked) || marked.Hint == "" {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if all := fmt.Sprintf("%v %+v %v", err, *marked, marked.Unwrap()); strings.Contains(all, "s3") {
			t.Errorf("%s: %s", url, all)
		}
	}
}

func TestLocalMemoryIsBounded(t *testing.T) {
	now := time.Now()
	l := newLocal()
	for i := range localKeys + 100 {
		l.first(fmt.Sprint("key", i), now)
		l.allow(fmt.Sprint("person", i), now)
	}
	if len(l.seen.items) != localKeys || len(l.people.items) != localKeys {
		t.Errorf("%d keys and %d people remembered", len(l.seen.items), len(l.people.items))
	}
	value := bytes.Repeat([]byte("x"), maxValue)
	for i := range 2 * localBytes / maxValue {
		l.keep(fmt.Sprint("token", i), value, now)
	}
	if l.kept.used != localBytes || len(l.kept.items) != localBytes/maxValue || l.kept.order.Len() != len(l.kept.items) {
		t.Errorf("%d bytes of %d values kept", l.kept.used, len(l.kept.items))
	}
	if _, found := l.recall("token0", now); found {
		t.Error("the oldest is still there")
	}
	for range 3 {
		l.keep("token0", value, now)
	}
	if l.kept.order.Len() != len(l.kept.items) || l.kept.used != len(l.kept.items)*maxValue {
		t.Errorf("%d bytes of %d values after the same was kept again", l.kept.used, len(l.kept.items))
	}
	l.keep("later", nil, now.Add(keptFor))
	if len(l.kept.items) != 1 || l.kept.used != 0 {
		t.Errorf("%d values that ran out are still there", len(l.kept.items)-1)
	}
}
