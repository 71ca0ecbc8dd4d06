package coord

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dbbot/ops"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"
)

// refusing is a Redis that refuses every connection; dials counts the attempts.
func refusing(log *slog.Logger) (c *Coord, dials *atomic.Int64) {
	dials = new(atomic.Int64)
	return open(&redis.UniversalOptions{Addrs: []string{"nowhere:0"}, Dialer: func(context.Context, string, string) (net.Conn, error) {
		dials.Add(1)
		return nil, errors.New("connection refused")
	}}, log), dials
}

// With Redis down, every answer is what a single process would say, and Redis is tried once, not once a call.
func TestWithoutRedisEverythingStillAnswers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		broken, dials := refusing(quiet)
		defer broken.Close()
		alone := open(nil, quiet)
		ctx := context.Background()
		for range rapid.IntRange(1, 40).Draw(t, "calls") {
			key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
			var got, want any
			switch rapid.IntRange(0, 3).Draw(t, "call") {
			case 0:
				got, want = broken.First(ctx, key), alone.First(ctx, key)
			case 1:
				person := ops.PersonID{Team: "T", User: key}
				got, want = broken.Allow(ctx, person) == 0, alone.Allow(ctx, person) == 0
			case 2:
				broken.Keep(ctx, key, []byte(key))
				alone.Keep(ctx, key, []byte(key))
			default:
				a, foundA := broken.Recall(ctx, key)
				b, foundB := alone.Recall(ctx, key)
				got, want = fmt.Sprint(a, foundA), fmt.Sprint(b, foundB)
			}
			if got != want {
				t.Fatalf("%v, and %v in one process", got, want)
			}
		}
		if n := dials.Load(); n > 1 {
			t.Fatalf("%d attempts to connect", n)
		}
	})
}

// After a rest one call tries again, whatever the number of callers; it is said once that Redis is gone.
func TestTheBreakerTriesAgainAfterARest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		c, dials := refusing(slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelInfo})))
		defer c.Close()
		for round := range int64(4) {
			for i := range 20 {
				c.First(t.Context(), fmt.Sprint(round, i))
			}
			if n := dials.Load(); n != round+1 {
				t.Fatalf("%d attempts to connect in %d rounds", n, round+1)
			}
			time.Sleep(rest)
		}
		if n := strings.Count(said.String(), "does not answer"); n != 1 {
			t.Errorf("said %d times:\n%s", n, &said)
		}
	})
}

func TestBreaker(t *testing.T) {
	var b breaker
	now := time.Now()
	step := func(name string, got, want bool) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	step("all is well", b.pass(now), true)
	step("a failure changes that", b.settle(true, now), true)
	step("during the rest", b.pass(now.Add(rest-1)), false)
	step("after it", b.pass(now.Add(rest)), true)
	step("one at a time", b.pass(now.Add(rest)), false)
	b.abandon()
	step("the one gave up", b.pass(now.Add(rest)), true)
	step("a second failure is no news", b.settle(true, now.Add(rest)), false)
	step("again during the rest", b.pass(now.Add(rest)), false)
	step("again after it", b.pass(now.Add(2*rest)), true)
	step("it answers", b.settle(false, now.Add(2*rest)), true)
	step("all is well again", b.pass(now.Add(2*rest)), true)
	step("for everybody", b.pass(now.Add(2*rest)), true)
}

// late is a context whose deadline has passed, and which has not noticed yet.
type late struct{ context.Context }

func (late) Deadline() (time.Time, bool) { return time.Now().Add(-time.Nanosecond), true }

func TestADeadlineThatHasJustPassed(t *testing.T) {
	soon, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	gone, giveUp := context.WithCancel(t.Context())
	giveUp()
	for ctx, want := range map[context.Context]bool{t.Context(): false, soon: false, gone: true, late{t.Context()}: true} {
		if got := over(ctx); got != want {
			t.Errorf("%v: %v", ctx, got)
		}
	}
}

func TestACallerThatGivesUpSaysNothingAboutRedis(t *testing.T) {
	ctx, giveUp := context.WithCancel(t.Context())
	c := open(&redis.UniversalOptions{Addrs: []string{"nowhere:0"}, Dialer: func(context.Context, string, string) (net.Conn, error) {
		giveUp()
		return nil, errors.New("connection refused")
	}}, quiet)
	defer c.Close()
	if !c.First(ctx, "Ev1") {
		t.Error("not first")
	}
	if !c.breaker.pass(time.Now()) {
		t.Error("a caller that gave up was counted against Redis")
	}
}

// A server that takes connections and drops them at once is not asked again and again.
func TestRedisDropsConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, dials := counted(l.Addr().String())
	defer c.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	for i := range 20 {
		if key := fmt.Sprint(i); !c.First(t.Context(), key) || c.First(t.Context(), key) {
			t.Errorf("%s is not first exactly once", key)
		}
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("%d connections, not one", n)
	}
}

// counted is a Coord that counts its attempts to connect.
func counted(addr string) (c *Coord, dials *atomic.Int64) {
	dials = new(atomic.Int64)
	return open(&redis.UniversalOptions{Addrs: []string{addr}, Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}, quiet), dials
}

func TestRedisKilledMidRun(t *testing.T) {
	port := freePort(t)
	running := start(t, port)
	c, ctx := connect(t, running.url), t.Context()
	c.First(ctx, "before")
	c.Keep(ctx, "token", []byte("kept before"))
	running.kill()

	if c.First(ctx, "before") || !c.First(ctx, "after") || c.First(ctx, "after") {
		t.Error("deliveries are not told apart without Redis")
	}
	if value, found := c.Recall(ctx, "token"); !found || string(value) != "kept before" {
		t.Errorf("recalled %q, %v", value, found)
	}
	if c.Allow(ctx, ana) != 0 {
		t.Error("nobody may ask anything")
	}
	if err := c.Ping(ctx); err == nil {
		t.Error("a dead Redis answers")
	}

	start(t, port)
	c.breaker.mu.Lock()
	c.breaker.until = time.Now() // the rest is over
	c.breaker.mu.Unlock()
	eventually(t, "Redis is used again", func() bool {
		c.Keep(ctx, "later", []byte("kept after"))
		_, found := connect(t, running.url).Recall(ctx, "later")
		return found
	})
}

// A server that accepts and then says nothing costs one wait, not one a call.
func TestRedisHangs(t *testing.T) {
	upstream := embedded(t)
	control := &toxiproxy.ApiServer{Metrics: toxiproxy.NewMetricsContainer(nil)}
	control.Logger = zero(control.Logger)
	proxy := toxiproxy.NewProxy(control, "redis", "127.0.0.1:0", strings.TrimPrefix(upstream, "redis://"))
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(`{"type":"timeout","stream":"downstream","attributes":{"timeout":0}}`)); err != nil {
		t.Fatal(err)
	}
	c, dials := counted(proxy.Listen)
	t.Cleanup(func() { c.Close() })
	ctx := t.Context()
	for i := range 50 {
		key := fmt.Sprint("key", i)
		if !c.First(ctx, key) || c.First(ctx, key) {
			t.Fatalf("%s is not first exactly once", key)
		}
		c.Keep(ctx, key, []byte(key))
		if _, found := c.Recall(ctx, key); !found {
			t.Fatalf("%s was not kept", key)
		}
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("%d connections, not one", n)
	}
}

// zero makes what a nil pointer could point to: here a logger that writes nowhere.
func zero[T any](*T) *T { return new(T) }
