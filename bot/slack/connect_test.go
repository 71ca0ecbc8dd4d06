package slack

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dbbot/ops"
)

func TestAWarnedSocketIsReadAndAckedWhileItsSuccessorIsOpen(t *testing.T) {
	r := newRig(t, nil).run()
	old := r.socket()
	old.send(`{"type":"disconnect","reason":"warning"}`)
	next := r.socket()
	old.command("late", "status")
	if a := old.acked(); a.ID != "late" {
		t.Errorf("the old socket acked %q", a.ID)
	}
	next.command("new", "status")
	if a := next.acked(); a.ID != "new" {
		t.Errorf("the new socket acked %q", a.ID)
	}
	receive(t, r.desk.invokes, "the first command")
	receive(t, r.desk.invokes, "the second command")
	if len(old.over) != 0 {
		t.Error("the warned socket was closed before Slack closed it")
	}
	r.stop()
	if strings.Contains(r.log.String(), "no connection") {
		t.Error("the log calls an ordinary recycling a fault")
	}
}

func TestAWarnedSocketThatSlackForgetsIsClosedInTheEnd(t *testing.T) {
	r := newRig(t, func(_ *Config, b *bounds) { b.farewell = time.Millisecond }).run()
	old := r.socket()
	old.send(`{"type":"disconnect","reason":"warning"}`)
	r.socket()
	if status := receive(t, old.over, "the end"); status != websocket.StatusNormalClosure {
		t.Errorf("closed with %v, want a close frame", status)
	}
}

func TestALostSocketIsReplaced(t *testing.T) {
	for name, lose := range map[string]func(*peer){
		"without a close frame": func(p *peer) { p.conn.CloseNow() },
		"with a close frame":    func(p *peer) { p.conn.Close(websocket.StatusGoingAway, "") },
		"with link_disabled":    func(p *peer) { p.send(`{"type":"disconnect","reason":"link_disabled"}`) },
		"with a broken frame":   func(p *peer) { p.conn.Write(t.Context(), websocket.MessageText, make([]byte, maxFrame+1)) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil).run()
			lose(r.socket())
			next := r.socket()
			next.command("e1", "status")
			next.acked()
			receive(t, r.desk.invokes, "the command")
			until(t, "the fault is over", func() bool { s := r.State(); return s.Open >= 1 && s.Fault == "" })
		})
	}
}

func TestASilentSocketIsDead(t *testing.T) {
	r := newRig(t, func(_ *Config, b *bounds) { b.silence = 30 * time.Millisecond }).run()
	first := r.socket()
	if status := receive(t, first.over, "the end of the silent socket"); status != -1 {
		t.Errorf("closed with %v; a dead peer gets no close frame", status)
	}
	r.socket()
	r.stop()
	if !strings.Contains(r.log.String(), "went silent") {
		t.Error("the log does not say why")
	}
}

func TestPingsAreSignsOfLife(t *testing.T) {
	const silence = 1500 * time.Millisecond
	r := newRig(t, func(_ *Config, b *bounds) { b.silence = silence }).run()
	p := r.socket()
	for began := time.Now(); time.Since(began) < 2*silence; {
		if err := p.conn.Ping(t.Context()); err != nil {
			t.Fatalf("the socket died although it was pinged: %v", err)
		}
	}
}

func TestASocketWithoutAHelloIsGivenUp(t *testing.T) {
	r := newRig(t, func(_ *Config, b *bounds) { b.open = 30 * time.Millisecond })
	r.greet = false
	r.run()
	receive(t, r.socket().over, "the end of the first")
	r.socket()
	until(t, "the fault is said", func() bool { return strings.Contains(r.State().Fault, "said nothing") })
	if s := r.State(); s.Open != 0 {
		t.Errorf("the state is %+v", s)
	}
}

func TestAHungConnectionsOpenIsGivenUp(t *testing.T) {
	r := newRig(t, func(_ *Config, b *bounds) { b.open = 30 * time.Millisecond })
	r.does("apps.connections.open", func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() },
		func(w http.ResponseWriter, q *http.Request) {
			r.set("apps.connections.open", nil)
			r.ServeHTTP(w, q)
		})
	r.run()
	r.socket()
	r.stop()
	if log := r.log.String(); !strings.Contains(log, `could not be reached." cause="apps.connections.open: `) {
		t.Errorf("the log does not say why:\n%s", log)
	}
}

func TestTheTicketIsInNoText(t *testing.T) {
	r := newRig(t, nil)
	r.set("link", says(http.StatusForbidden, "no"))
	r.run()
	until(t, "the fault is known", func() bool { return r.State().Fault != "" })
	r.stop()
	if log := r.log.String(); strings.Contains(log, "top-secret") || !strings.Contains(log, "could not be opened") {
		t.Errorf("the log is\n%s", log)
	}
}

// A server that says hello and goodbye for ever made slack-go open 2,159 connections in three seconds.
func TestAFlappingServerIsNotHammered(t *testing.T) {
	const most, window = 10, 50 * time.Millisecond
	began := time.Now()
	r := newRig(t, func(c *Config, b *bounds) {
		c.Sockets = 3
		b.attempts, b.window = most, window
	}).run()
	flaps := 1000
	if testing.Short() {
		flaps = 100
	}
	for range flaps {
		p := r.socket()
		p.send(`{"type":"disconnect","reason":"warning"}`)
		p.conn.CloseNow()
	}
	r.stop()
	// Every attempt was let through between began and now, so this holds however the machine jitters.
	allowed := most * (int(time.Since(began)/window) + 1)
	if n := r.called("apps.connections.open"); n < flaps || n > allowed {
		t.Errorf("%d attempts, at least %d were made to happen and %d are allowed", n, flaps, allowed)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	r := newRig(t, nil)
	r.does("apps.connections.open", says(http.StatusTooManyRequests, "", "Retry-After", "1"), func(w http.ResponseWriter, q *http.Request) {
		r.set("apps.connections.open", nil)
		r.ServeHTTP(w, q)
	})
	r.run()
	r.socket()
	r.mu.Lock()
	defer r.mu.Unlock()
	if gap := r.opens[1].Sub(r.opens[0]); gap < time.Second {
		t.Errorf("asked again after %v, Slack had asked for one second", gap)
	}
}

func TestWhatNoRepetitionMendsEndsRun(t *testing.T) {
	for word, r := range remedies {
		if !r.fatal {
			continue
		}
		for _, method := range []string{"auth.test", "apps.connections.open"} {
			t.Run(method+" "+word, func(t *testing.T) {
				r := newRig(t, nil)
				r.set(method, says(http.StatusOK, `{"ok":false,"error":"`+word+`"}`))
				err := r.Run(t.Context(), r.desk)
				if e := asError(t, err); e.Hint == "" {
					t.Errorf("%q has no hint", e.Message)
				}
				if n := r.called(method); n != 1 {
					t.Errorf("asked %d times", n)
				}
			})
		}
	}
}

func TestAWrongAddressEndsRun(t *testing.T) {
	r := newRig(t, nil)
	r.set("auth.test", says(http.StatusNotFound, "nothing here"))
	if e := asError(t, r.Run(t.Context(), r.desk)); !strings.Contains(e.Hint, "SLACK_API_URL") {
		t.Errorf("the hint is %q", e.Hint)
	}
}

func TestTheTokensOfAnotherWorkspaceEndRun(t *testing.T) {
	r := newRig(t, func(c *Config, _ *bounds) { c.Team = "T0OTHER" })
	if e := asError(t, r.Run(t.Context(), r.desk)); !strings.Contains(e.Message, "T0DEMO") || !strings.Contains(e.Message, "T0OTHER") {
		t.Errorf("the message is %q", e.Message)
	}
}

func TestRunGoesOnAskingWhoWeAre(t *testing.T) {
	r := newRig(t, nil)
	r.does("auth.test", says(http.StatusInternalServerError, ""), says(http.StatusOK, `{"ok":false}`), standardly("auth.test"))
	r.run()
	r.socket()
}

func TestStrangersOnTheSameTokenAreNoticed(t *testing.T) {
	r := newRig(t, nil)
	r.greet = false
	r.run()
	r.socket().send(`{"type":"hello","num_connections":3,"connection_info":{"app_id":"A0DBBOT"}}`)
	until(t, "the hello was read", func() bool { return r.State().Open == 1 })
	if s := r.State(); s.Strangers != 2 || s.Connections != 3 || s.App != "A0DBBOT" {
		t.Errorf("the state is %+v", s)
	}
	r.stop()
	if !strings.Contains(r.log.String(), "something else is connected") {
		t.Error("the log does not say so")
	}
}

func asError(t *testing.T, err error) *ops.Error {
	t.Helper()
	e, ok := errors.AsType[*ops.Error](err)
	if !ok {
		t.Fatalf("%v (%T) is no *ops.Error", err, err)
	}
	return e
}
