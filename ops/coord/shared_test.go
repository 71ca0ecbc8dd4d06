package coord

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// counter counts how often it was read; the value says which reading it was.
type counter struct{ n atomic.Int64 }

func (r *counter) read(context.Context) ([]byte, error) {
	return fmt.Appendf(nil, "reading %d", r.n.Add(1)), nil
}

// whole is a freshness that no test outlives.
const whole = time.Hour

// askAtOnce asks a hundred times, by turns of the replicas, and gives what they were told.
func askAtOnce(t *testing.T, read func(context.Context) ([]byte, error), replicas ...*Coord) map[string]int {
	t.Helper()
	var mu sync.Mutex
	told, all, begin := map[string]int{}, sync.WaitGroup{}, make(chan struct{})
	for i := range 100 {
		all.Go(func() {
			<-begin
			value, err := replicas[i%len(replicas)].Shared(t.Context(), "status orders", whole, read)
			mu.Lock()
			told[fmt.Sprintf("%s %v", value, err)]++
			mu.Unlock()
		})
	}
	close(begin)
	all.Wait()
	return told
}

// A hundred people who ask two replicas at once cost one reading; so do a hundred more while it is fresh.
func TestAHundredAskersCostOneReading(t *testing.T) {
	for name, url := range map[string]func(t *testing.T) string{
		"embedded":     embedded,
		"redis-server": func(t *testing.T) string { return start(t, 0).url },
	} {
		t.Run(name, func(t *testing.T) {
			at := url(t)
			one, other := connect(t, at), connect(t, at)
			var r counter
			for range 2 {
				if told := askAtOnce(t, r.read, one, other); told["reading 1 <nil>"] != 100 {
					t.Errorf("told %v", told)
				}
			}
			late := connect(t, at) // a replica that has just started
			if value, err := late.Shared(t.Context(), "status orders", whole, r.read); string(value) != "reading 1" || err != nil {
				t.Errorf("told %q, %v", value, err)
			}
			if value, _ := late.Shared(t.Context(), "status reporting", whole, r.read); string(value) != "reading 2" {
				t.Errorf("another key was told %q", value)
			}
		})
	}
}

// Without Redis, with one that is down and without a common secret, each replica reads once for its own.
func TestEachReadsForItselfWhereNothingIsShared(t *testing.T) {
	down, dials := refusing(quiet)
	t.Cleanup(func() { down.Close() })
	down.secret = "a secret"
	url := embedded(t)
	bare, second := connect(t, url), connect(t, url)
	bare.secret, second.secret = "", ""
	for name, replicas := range map[string][]*Coord{
		"no Redis": {connect(t, ""), connect(t, "")}, "down": {down}, "silent": {connect(t, silent(t))}, "no secret": {bare, second},
	} {
		var r counter
		told := askAtOnce(t, r.read, replicas...)
		if int(r.n.Load()) != len(replicas) || told["reading 1 <nil>"] < 100/len(replicas) {
			t.Errorf("%s: told %v", name, told)
		}
	}
	if n := dials.Load(); n > 1 {
		t.Errorf("%d attempts to connect", n)
	}
}

func TestWhatIsSharedRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, "")
		var r counter
		for i, want := range []string{"reading 1", "reading 1", "reading 2"} {
			if value, _ := c.Shared(t.Context(), "k", 2*time.Second, r.read); string(value) != want {
				t.Errorf("after %d s: %s", i, value)
			}
			time.Sleep(time.Second)
		}
	})
	server := miniredis.RunT(t)
	var r counter
	if _, err := connect(t, "redis://"+server.Addr()).Shared(t.Context(), "k", time.Minute, r.read); err != nil {
		t.Fatal(err)
	}
	server.FastForward(59 * time.Second)
	if value, _ := connect(t, "redis://"+server.Addr()).Shared(t.Context(), "k", time.Minute, r.read); string(value) != "reading 1" {
		t.Errorf("after 59 s: %s", value)
	}
	server.FastForward(time.Second)
	if value, _ := connect(t, "redis://"+server.Addr()).Shared(t.Context(), "k", time.Minute, r.read); string(value) != "reading 2" {
		t.Errorf("after 60 s: %s", value)
	}
}

// What another replica read is fresh for as long as it was, not from the moment when it was fetched.
func TestFetchingDoesNotRefresh(t *testing.T) {
	server := miniredis.RunT(t)
	one, other := connect(t, "redis://"+server.Addr()), connect(t, "redis://"+server.Addr())
	var r counter
	if _, err := one.Shared(t.Context(), "k", whole, r.read); err != nil {
		t.Fatal(err)
	}
	server.FastForward(whole - time.Nanosecond*1e6)
	if value, _ := other.Shared(t.Context(), "k", whole, r.read); string(value) != "reading 1" {
		t.Fatalf("told %s", value)
	}
	other.mu.Lock()
	defer other.mu.Unlock()
	if _, found := other.local.shared("k", time.Now().Add(time.Second)); found {
		t.Error("kept beyond its time")
	}
}

// An error goes to all who waited, and the next who asks reads again, on the other replica too and without waiting there.
func TestAFailedReadingIsNotKept(t *testing.T) {
	url := start(t, 0).url
	one, other := connect(t, url), connect(t, url)
	broken := errors.New("no answer")
	if _, err := one.Shared(t.Context(), "k", whole, func(context.Context) ([]byte, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if n, err := one.client.Exists(t.Context(), sharedNames("k")...).Result(); n != 0 || err != nil {
		t.Errorf("%d keys are left, %v", n, err)
	}
	var r counter
	if value, err := other.Shared(t.Context(), "k", whole, r.read); string(value) != "reading 1" || err != nil {
		t.Errorf("got %q, %v", value, err)
	}
	// And what panics is a failure like others.
	if _, err := one.Shared(t.Context(), "p", whole, func(context.Context) ([]byte, error) { panic("oops") }); err == nil {
		t.Error("a panic is no error")
	}
}

// While one replica reads, the other waits for what it reads.
func TestTheOtherReplicaWaits(t *testing.T) {
	url := embedded(t)
	one, other := connect(t, url), connect(t, url)
	reading, finish, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_, err := one.Shared(t.Context(), "k", whole, func(context.Context) ([]byte, error) {
			close(reading)
			<-finish
			return []byte("of one"), nil
		})
		if err != nil {
			t.Error(err)
		}
	}()
	<-reading
	time.AfterFunc(2*lookAgain, func() { close(finish) })
	value, err := other.Shared(t.Context(), "k", whole, func(context.Context) ([]byte, error) { return []byte("of the other"), nil })
	if string(value) != "of one" || err != nil {
		t.Errorf("got %q, %v", value, err)
	}
	<-done
}

// A replica that died while it read, or takes too long, holds nobody up for longer than the lease.
func TestALeaseWhoseHolderIsGone(t *testing.T) {
	server := miniredis.RunT(t) // its clock stands still: the lease never runs out by itself
	c := connect(t, "redis://"+server.Addr())
	if err := server.Set(sharedNames("k")[1], "of the dead"); err != nil {
		t.Fatal(err)
	}
	var r counter
	ctx, cancel := context.WithTimeout(t.Context(), readFor)
	defer cancel()
	if value, err := c.Shared(ctx, "k", whole, r.read); string(value) != "reading 1" || err != nil {
		t.Errorf("got %q, %v", value, err)
	}
	if held, err := server.Get(sharedNames("k")[1]); held != "of the dead" || err != nil {
		t.Errorf("somebody else's lease was given back: %q, %v", held, err)
	}
	if value, _ := connect(t, "redis://"+server.Addr()).Shared(ctx, "k", whole, r.read); string(value) != "reading 1" {
		t.Errorf("what was read without the lease is not shared: %q", value)
	}
}

func TestHowLongAnotherIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got := waitFor(t.Context()); got != lease {
			t.Errorf("without a deadline: %v", got)
		}
		for within, want := range map[time.Duration]time.Duration{time.Minute: lease, 1500 * time.Millisecond: 500 * time.Millisecond} {
			ctx, cancel := context.WithTimeout(t.Context(), within)
			if got := waitFor(ctx); got != want {
				t.Errorf("of %v: %v", within, got)
			}
			cancel()
		}
	})
}

// Whoever asked first may leave: the others get their answer.
func TestTheFirstAskerLeaves(t *testing.T) {
	c := connect(t, "")
	ctx, leave := context.WithCancelCause(t.Context())
	reading, finish := make(chan struct{}), make(chan struct{})
	gone, told := make(chan error), make(chan string)
	go func() {
		_, err := c.Shared(ctx, "k", whole, func(ctx context.Context) ([]byte, error) {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("the reading has no bound")
			}
			close(reading)
			<-finish
			return []byte("a value"), ctx.Err()
		})
		gone <- err
	}()
	<-reading
	go func() {
		value, err := c.Shared(t.Context(), "k", whole, func(context.Context) ([]byte, error) { return nil, errors.New("read twice") })
		told <- fmt.Sprint(string(value), err)
	}()
	left := errors.New("left")
	leave(left)
	if err := <-gone; !errors.Is(err, left) {
		t.Errorf("the one who left: %v", err)
	}
	close(finish)
	if got := <-told; got != "a value<nil>" {
		t.Errorf("the other: %s", got)
	}
}

// Redis reads nothing of what is shared, and what somebody put or moved there is not taken for ours.
func TestWhatIsSharedIsSealed(t *testing.T) {
	url := embedded(t)
	one, other := connect(t, url), connect(t, url)
	var r counter
	for _, key := range []string{"orders", "payroll"} {
		if _, err := one.Shared(t.Context(), key, whole, r.read); err != nil {
			t.Fatal(err)
		}
	}
	sealed, err := one.client.Get(t.Context(), sharedNames("payroll")[0]).Result()
	if err != nil || strings.Contains(sealed, "reading") {
		t.Fatalf("Redis holds %q, %v", sealed, err)
	}
	for i, forged := range []string{"all is well", sealed, sealed[:8]} {
		if err := one.client.Set(t.Context(), sharedNames("orders")[0], forged, whole).Err(); err != nil {
			t.Fatal(err)
		}
		fresh := connect(t, url)
		if value, err := fresh.Shared(t.Context(), "orders", whole, r.read); string(value) != fmt.Sprintf("reading %d", 3+i) || err != nil {
			t.Errorf("forged %q: told %q, %v", forged, value, err)
		}
	}
	other.secret = "another secret"
	if value, _ := other.Shared(t.Context(), "payroll", whole, r.read); string(value) == "reading 2" {
		t.Error("another secret opens it")
	}
	if err := one.client.Get(t.Context(), "payroll").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("a key by its own name: %v", err)
	}
}

func TestWhatOneProcessSharesIsBounded(t *testing.T) {
	c := connect(t, "")
	read := func(size int) func(context.Context) ([]byte, error) {
		return func(context.Context) ([]byte, error) { return make([]byte, size), nil }
	}
	for i := range 2 * localShared {
		if _, err := c.Shared(t.Context(), fmt.Sprint(i), whole, read(1)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.local.read); n != localShared {
		t.Errorf("%d are kept", n)
	}
	one := connect(t, embedded(t))
	if value, err := one.Shared(t.Context(), "large", whole, read(maxValue+1)); len(value) != maxValue+1 || err != nil {
		t.Errorf("%d bytes, %v", len(value), err)
	}
	if len(one.local.read) != 0 || one.client.Exists(t.Context(), sharedNames("large")...).Val() != 0 {
		t.Error("a value beyond the bound is kept")
	}
}
