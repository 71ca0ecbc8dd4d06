package slack

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"dbbot/bot/workspace"
)

func TestASocketCutLikeACable(t *testing.T) {
	w := newTown(t, nil)
	for range 5 {
		if err := w.Kill(""); err != nil {
			t.Fatal(err)
		}
		// The other socket takes over at once; nothing has to be waited for.
		w.asked("U0ANA", "C0ORDERS", "/db status")
		w.ready()
		until(t, "there are two again", func() bool { return w.alive() == 2 })
	}
}

func TestSocketModeTurnedOffAndOn(t *testing.T) {
	w := newTown(t, nil)
	if err := w.DisableLink("", true); err != nil {
		t.Fatal(err)
	}
	until(t, "the fault is said", func() bool {
		s := w.client.State()
		return s.Open == 0 && strings.Contains(s.Fault, "Socket Mode is turned off") && !s.Since.IsZero()
	})
	if err := w.DisableLink("", false); err != nil {
		t.Fatal(err)
	}
	w.ready().asked("U0ANA", "C0ORDERS", "/db status")
}

func TestConnectionsOpenHangs(t *testing.T) {
	w := newTown(t, func(_ *workspace.Config, _ *Config, b *bounds) { b.open = 100 * time.Millisecond })
	w.FailCalls(workspace.CallFault{Method: "apps.connections.open", Hang: true, Times: 2})
	for range 2 {
		if err := w.Kill(""); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "both are open again", func() bool { return w.alive() == 2 })
	w.asked("U0ANA", "C0ORDERS", "/db status")
}

func TestTheTokenIsRevokedWhileRunning(t *testing.T) {
	w := newTown(t, nil)
	if err := w.RevokeToken("", "app", true); err != nil {
		t.Fatal(err)
	}
	if err := w.Kill(""); err != nil {
		t.Fatal(err)
	}
	until(t, "the client gives up", func() bool { return len(w.Sockets()) == 0 })
	if e := asError(t, w.stop()); e.Hint == "" {
		t.Errorf("%q has no hint", e.Message)
	}
}

func TestEnvelopesThatAreNotForUs(t *testing.T) {
	w := newTown(t, nil)
	for reason, e := range map[string][2]string{
		unknownType: {"telepathy", `{"a":1}`},
		malformed:   {"interactive", `null`},
		wrongTeam:   {"slash_commands", strings.ReplaceAll(goodCommand, "T0DEMO", "T0OTHER")},
		wrongApp:    {"slash_commands", strings.ReplaceAll(goodCommand, "A0DBBOT", "A0OTHER")},
		oversized:   {"events_api", `{"text":"` + strings.Repeat("x", 10<<20) + `"}`},
	} {
		w.raw(e[0], e[1])
		if n := testutil.ToFloat64(w.client.metrics.refused.WithLabelValues(reason)); n != 1 {
			t.Errorf("refused %v as %s, want 1", n, reason)
		}
	}
	w.asked("U0ANA", "C0ORDERS", "/db status")
	if n := w.alive(); n != 2 {
		t.Errorf("%d sockets are left of 2", n)
	}
}

func TestABusyBotSaysSo(t *testing.T) {
	w := newTown(t, func(_ *workspace.Config, c *Config, _ *bounds) { c.Workers, c.Queue = 1, 1 })
	free := make(chan struct{})
	defer close(free)
	w.desk.during = func(context.Context) { <-free }
	w.types("U0ANA", "C0ORDERS", "/db one")
	w.types("U0ANA", "C0ORDERS", "/db two")
	if a := w.types("U0BEN", "C0ORDERS", "/db three"); a.Outcome != workspace.Acked {
		t.Fatal(a.Outcome)
	}
	if m := w.reads("U0BEN", "C0ORDERS", ""); !m.Ephemeral || m.Text != busyText {
		t.Errorf("Ben reads %+v", m)
	}
	if _, err := w.Say("U0LEE", "C0ORDERS", "", "<@U0DBBOT> four"); err != nil {
		t.Fatal(err)
	}
	until(t, "Lee is told, too", func() bool {
		all := w.Messages("C0ORDERS", "U0LEE")
		last := all[len(all)-1]
		return last.Ephemeral && strings.Contains(last.Text, "busy")
	})
}

func TestAPanicIsAnswered(t *testing.T) {
	w := newTown(t, nil)
	w.desk.during = func(context.Context) { panic("boom") }
	w.asked("U0ANA", "C0ORDERS", "/db status")
	until(t, "Ana is told", func() bool { return len(w.Messages("C0ORDERS", "U0ANA")) == 1 })
	if m := w.reads("U0ANA", "C0ORDERS", ""); !m.Ephemeral || strings.Contains(m.Text, "boom") {
		t.Errorf("Ana reads %+v", m)
	}
}

// An ack that comes too late is not the end: the person saw an error, and the answer still comes, once.
func TestALateAck(t *testing.T) {
	w := newTown(t, func(slack *workspace.Config, _ *Config, _ *bounds) { slack.Periods.Ack = time.Nanosecond })
	if a := w.types("U0ANA", "C0ORDERS", "/db status"); a.Outcome != workspace.Timeout {
		t.Skipf("the ack was faster than a nanosecond's timer: %s", a.Outcome)
	}
	until(t, "the late ack has come", func() bool { return w.Counts().LateAcks == 1 })
	i := receive(t, w.desk.invokes, "the command")
	if err := w.client.Answer(t.Context(), i.Who, i.Origin, hello); err != nil {
		t.Fatal(err)
	}
	if len(w.desk.invokes) != 0 || len(w.Messages("C0ORDERS", "U0ANA")) != 1 {
		t.Error("handled or answered more than once")
	}
}

// Slack delivers events again when an ack was late; the envelope's id may be another, the key is the same.
func TestARedeliveryHasTheSameKey(t *testing.T) {
	w := newTown(t, nil)
	first := w.asked("U0ANA", "C0ORDERS", "/db status")
	all := w.Deliveries()
	for _, fresh := range []bool{false, true} {
		if err := w.Redeliver(all[len(all)-1].ID, fresh); err != nil {
			t.Fatal(err)
		}
		if again := receive(t, w.desk.invokes, "the redelivery"); again.Key != first.Key {
			t.Errorf("new id %v: the key is %q, then %q", fresh, first.Key, again.Key)
		}
	}
}

func TestStoppingAClientAtWork(t *testing.T) {
	w := newTown(t, nil)
	const commands = 20
	for n := range commands {
		w.types("U0ANA", "C0ORDERS", fmt.Sprintf("/db status %d", n))
	}
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	if n := len(w.desk.invokes); n != commands {
		t.Errorf("%d of %d commands were handled before the end", n, commands)
	}
	until(t, "no socket is left", func() bool { return len(w.Sockets()) == 0 })
}
