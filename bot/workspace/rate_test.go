package workspace

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// tries calls a method n times, and gives how many went through and the last Retry-After.
func (w *world) tries(n int, method, query string) (through int, retry string) {
	w.Helper()
	for range n {
		status, header, _ := w.send("POST", "/api/"+method+"?"+query, "", "Authorization", "Bearer "+botTokenOfShop)
		switch status {
		case 200:
			through++
		case 429:
			retry = header.Get("Retry-After")
		default:
			w.Fatalf("%s: HTTP status %d", method, status)
		}
	}
	return through, retry
}

func TestOneMessageASecondAndChannel(t *testing.T) {
	c := newClock()
	w := open(t, func(cfg *Config) { cfg.Now = c.Now })
	if n, retry := w.tries(5, "chat.postMessage", "channel=C0GENERAL&text=hi"); n != 3 || retry != "1" {
		t.Errorf("at once: %d messages, Retry-After %q, want 3 and 1", n, retry)
	}
	if n, _ := w.tries(1, "chat.postMessage", "channel=C0PARTNER&text=hi"); n != 1 {
		t.Error("another channel is limited with the first")
	}
	c.Pass(time.Second)
	if n, _ := w.tries(2, "chat.postMessage", "channel=C0GENERAL&text=hi"); n != 1 {
		t.Errorf("after a second: %d messages, want 1", n)
	}
	if got := len(w.Messages("C0GENERAL", "")); got != 4 {
		t.Errorf("%d messages are in the channel, want 4", got)
	}
	w.Jump(time.Minute)
	if n, _ := w.tries(5, "chat.postMessage", "channel=C0GENERAL&text=hi"); n != 3 {
		t.Errorf("after a minute: %d messages, want 3", n)
	}
}

func TestAWholeWorkspaceHasAnAllowance(t *testing.T) {
	c := newClock()
	w := open(t, func(cfg *Config) { cfg.Now = c.Now; cfg.Limits.MessagesPerSecond = -1 })
	if n, _ := w.tries(320, "chat.postMessage", "channel=C0GENERAL&text=hi"); n != 300 {
		t.Errorf("%d messages at once, want 300", n)
	}
}

func TestTiers(t *testing.T) {
	for method, want := range map[string]int{"conversations.list": 20, "conversations.info": 50, "users.info": 100} {
		c := newClock()
		w := open(t, func(cfg *Config) { cfg.Now = c.Now })
		query := "channel=C0GENERAL&user=U0ANA"
		n, retry := w.tries(want+5, method, query)
		if n != want || retry == "" {
			t.Errorf("%s: %d calls at once, Retry-After %q, want %d", method, n, retry, want)
		}
		seconds, err := strconv.Atoi(retry)
		if err != nil {
			t.Fatalf("Retry-After %q is no number of seconds", retry)
		}
		c.Pass(time.Duration(seconds) * time.Second)
		if n, _ := w.tries(1, method, query); n != 1 {
			t.Errorf("%s: refused after the wait that was asked for", method)
		}
	}
}

func TestARefusalIsSlacksOwn(t *testing.T) {
	c := newClock()
	w := open(t, func(cfg *Config) { cfg.Now = c.Now; cfg.Limits.TierBurst = 1 })
	w.api("users.info", "user", "U0ANA")
	if got := w.api("users.info", "user", "U0ANA"); got["ok"] != false || got["error"] != "ratelimited" {
		t.Errorf("the refusal is %v", got)
	}
	if got := w.api("users.list"); got["ok"] != true {
		t.Errorf("another method is limited with the first: %v", got)
	}
}

// Whatever the calls and the pauses, no span of time lets more through than burst + rate × span, and a call that comes
// after the wait it was told goes through.
func TestTheAllowanceHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newClock()
		cfg := shop()
		cfg.Now = c.Now
		s := New(cfg)
		rate := rapid.Float64Range(0.05, 20).Draw(rt, "rate")
		burst := rapid.IntRange(1, 10).Draw(rt, "burst")
		var taken []time.Time
		for i := range rapid.IntRange(1, 60).Draw(rt, "calls") {
			c.Pass(time.Duration(rapid.IntRange(0, 3000).Draw(rt, fmt.Sprint("pause", i))) * time.Millisecond)
			wait := s.take(rateKey{"A", "m"}, rate, burst)
			if wait > 0 && rapid.Bool().Draw(rt, fmt.Sprint("obey", i)) {
				c.Pass(wait)
				if again := s.take(rateKey{"A", "m"}, rate, burst); again > 0 {
					rt.Fatalf("told to wait %s, then %s more", wait, again)
				}
				wait = 0
			}
			if wait == 0 {
				taken = append(taken, c.Now())
			}
		}
		for from := range taken {
			for to := from; to < len(taken); to++ {
				span := taken[to].Sub(taken[from]).Seconds()
				if most := float64(burst) + rate*span + 1e-6; float64(to-from+1) > most {
					rt.Fatalf("%d calls in %.3f s, at most %.3f are allowed", to-from+1, span, most)
				}
			}
		}
	})
}
