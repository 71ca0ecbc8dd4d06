package bot

import (
	"errors"
	"strings"
	"testing"
	"time"

	"dbbot/ops/store"
)

// Ana's command was stored, and then its process was killed.
func lostCommand(t *testing.T) *works {
	t.Helper()
	w := newWorks(t)
	in := Invoke{Key: "lost 1", Who: id("U0ANA"), Text: "up orders -- xoxb-1-secret", Origin: Origin{Team: team, Channel: "C0ORDERS"}, At: time.Now()}
	if taken := w.Take(t.Context(), Act{Invoke: &in}); taken.Fault != "" || taken.Then == nil {
		t.Fatalf("taken: %+v", taken)
	}
	return w
}

func TestALostCommandIsSaid(t *testing.T) {
	w := lostCommand(t)
	for range 2 { // another replica finds it too: she hears it once all the same
		if err := w.Lost(t.Context(), "lost 1"); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.state.dropped) != 1 {
		t.Fatalf("said %+v", w.state.dropped)
	}
	say := w.state.dropped[0]
	if say.To != "U0ANA" || say.Kind != store.Direct || say.Key != "lost lost 1" {
		t.Errorf("said %+v", say)
	}
	if !strings.HasPrefix(w.facts(), "command dropped U0ANA: the process") {
		t.Errorf("noted as %s", w.facts())
	}
}

// It goes through the outbox like everything that is said, although it is about no request: whoever cannot be reached is
// given up in the end.
func TestWhatWasLostIsDelivered(t *testing.T) {
	in := store.Invocation{Key: "lost 1", Who: ana, Words: "up orders -- ***"}
	happens(t, "in her own channel", func(t *testing.T, p *post) {
		p.box.add(lost(in))
		p.delivers(t)
		same(t, "ana hears", p.hall.in("U0ANA"),
			"A command was lost / dbbot was restarted before it came to what you typed: up orders -- ***. Nothing was done. Type it again if you still want it.")
	})
	happens(t, "nowhere", func(t *testing.T, p *post) {
		p.hall.fate = func(string, string) error { return ErrGone }
		p.box.add(lost(in))
		p.delivers(t)
		same(t, "given up", strings.Join(p.box.lost, "\n"), "direct to U0ANA: "+ErrGone.Error())
	})
}

// It had become a request before the process was killed: that speaks for itself.
func TestACommandThatBecameARequestIsNotLost(t *testing.T) {
	w := lostCommand(t)
	in := w.state.inbox["lost 1"]
	w.asks("U0ANA", "drop orders")
	state, _ := w.State()
	w.change(t.Context(), state, Invoke{Key: in.Key, Who: in.Who, Text: "up orders", Origin: Origin{Channel: in.Channel}, At: in.At})
	delete(w.state.became, "lost 1")
	if err := w.Lost(t.Context(), "lost 1"); err != nil || len(w.room.said) != 0 {
		t.Errorf("%v, said %q", err, w.room.said)
	}
	same(t, "settled", w.state.became["lost 1"], "request #2")
}

// What cannot be read or kept now is not settled: it is tried again.
func TestLostIsTriedAgain(t *testing.T) {
	away := errors.New("away")
	w := lostCommand(t)
	w.state.fail = away
	if err := w.Lost(t.Context(), "lost 1"); !errors.Is(err, away) {
		t.Errorf("the state: %v", err)
	}
	w.state.fail, w.state.down = nil, away
	if err := w.Lost(t.Context(), "lost 1"); !errors.Is(err, away) {
		t.Errorf("no state: %v", err)
	}
	w.state.down = nil
	if became, settled := w.state.became["lost 1"]; settled && became != "" {
		t.Errorf("settled as %q", became)
	}
	if err := w.Lost(t.Context(), "never seen"); err != nil || len(w.state.dropped) != 0 {
		t.Errorf("a key that nobody knows: %v, said %+v", err, w.state.dropped)
	}
}
