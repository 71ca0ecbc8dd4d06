package slack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestTheAckComesBeforeTheWork(t *testing.T) {
	r := newRig(t, nil)
	acked := make(chan struct{})
	r.desk.during = func(context.Context) { receive(t, acked, "the ack, while the handler runs") }
	r.run()
	p := r.socket()
	p.command("e1", "status orders")
	p.acked()
	close(acked)
	i := receive(t, r.desk.invokes, "the command")
	if i.Text != "status orders" || i.Key != "command:t-e1" || i.At.IsZero() {
		t.Errorf("the command is %+v", i)
	}
	if n := testutil.CollectAndCount(r.metrics.ack); n != 1 {
		t.Errorf("the histogram has %d series", n)
	}
}

// What a good Slack never sends costs neither the socket nor a command.
func TestBadFrames(t *testing.T) {
	huge := strings.Repeat("x", 10<<20)
	for name, c := range map[string]struct {
		frame  string
		acked  bool
		reason string
	}{
		"no JSON":              {frame: `{"envelope_id":`, reason: malformed},
		"not an object":        {frame: `[1,2]`, reason: malformed},
		"null":                 {frame: `null`, reason: malformed},
		"empty":                {frame: ``, reason: malformed},
		"no id":                {frame: `{"type":"slash_commands","payload":{}}`, reason: malformed},
		"null payload":         {frame: `{"envelope_id":"e","type":"slash_commands","payload":null}`, acked: true, reason: malformed},
		"no payload":           {frame: `{"envelope_id":"e","type":"interactive"}`, acked: true, reason: malformed},
		"payload of a kind":    {frame: `{"envelope_id":"e","type":"events_api","payload":"text"}`, acked: true, reason: malformed},
		"unknown type":         {frame: `{"envelope_id":"e","type":"telepathy","payload":{}}`, acked: true, reason: unknownType},
		"deep nesting":         {frame: `{"envelope_id":"e","type":"interactive","payload":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, reason: malformed},
		"10 MB, id first":      {frame: `{"envelope_id":"e","accepts_response_payload":true,"type":"slash_commands","payload":{"text":"` + huge + `"}}`, acked: true, reason: oversized},
		"10 MB, id afterwards": {frame: `{"payload":"` + huge + `","envelope_id":"e"}`, reason: oversized},
		"10 MB of nothing":     {frame: huge, reason: oversized},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil).run()
			p := r.socket()
			p.send(c.frame)
			if c.acked {
				if a := p.acked(); a.ID != "e" {
					t.Errorf("acked %+v", a)
				}
			}
			p.command("next", "status")
			if a := p.acked(); a.ID != "next" {
				t.Errorf("acked %+v, want the command that followed", a)
			}
			receive(t, r.desk.invokes, "the command that followed")
			if n := testutil.ToFloat64(r.metrics.refused.WithLabelValues(c.reason)); n != 1 {
				t.Errorf("counted %v times as %s, want once", n, c.reason)
			}
		})
	}
}

func TestWhenAllAreBusyACommandIsToldInItsAck(t *testing.T) {
	r, p, free := busyRig(t)
	p.command("e9", "status")
	a := p.acked()
	if a.Answer == nil || a.Answer.Text != busyText || a.Answer.Type != "ephemeral" {
		t.Errorf("the ack is %+v", a)
	}
	if n := testutil.ToFloat64(r.metrics.busy); n != 1 {
		t.Errorf("counted %v", n)
	}
	if n := testutil.ToFloat64(r.metrics.waiting); n != 2 {
		t.Errorf("the queue's depth is shown as %v, want 2", n)
	}
	close(free)
	until(t, "there is room again", func() bool { return testutil.ToFloat64(r.metrics.waiting) == 0 })
	p.command("e10", "status")
	if a := p.acked(); a.Answer != nil {
		t.Errorf("refused although there is room: %+v", a.Answer)
	}
}

// As it is configured: as many at once as bot answers, a few that wait, and "busy" for everybody else.
func TestHowManyAreTakenOn(t *testing.T) {
	r := newRig(t, nil)
	free := make(chan struct{})
	r.desk.during = func(context.Context) { <-free }
	r.run()
	defer close(free)
	p := r.socket()
	const at, waiting = 64, 16
	for n := range at + waiting {
		p.command(fmt.Sprint("e", n), "status")
		if a := p.acked(); a.Answer != nil {
			t.Fatalf("command %d was refused", n+1)
		}
	}
	for range at {
		receive(t, r.desk.invokes, "a command that is handled at the same time")
	}
	p.command("last", "status")
	if a := p.acked(); a.Answer == nil || a.Answer.Text != busyText {
		t.Errorf("the ack of the one too many is %+v", a)
	}
}

func TestWhenAllAreBusyAClickIsAnsweredByAMessage(t *testing.T) {
	r, p, free := busyRig(t)
	defer close(free)
	p.click("e9", "1.1")
	if a := p.acked(); a.Answer != nil {
		t.Errorf("the ack of a click carries %+v", a.Answer)
	}
	until(t, "the message was sent", func() bool { return r.called("answer") == 1 })
	if said := r.sent("answer")[0]; !strings.Contains(said, "busy") {
		t.Errorf("said %s", said)
	}
}

func TestAFloodOfClicksDoesNotBecomeAFloodOfMessages(t *testing.T) {
	r, p, free := busyRig(t)
	defer close(free)
	slow := make(chan struct{})
	r.set("answer", func(http.ResponseWriter, *http.Request) { <-slow })
	defer close(slow)
	const flood = apologists + apologyQueue + 10
	for i := range flood {
		p.click(fmt.Sprint("e", i), fmt.Sprint(i))
		p.acked()
	}
	until(t, "the rest was given up", func() bool { return testutil.ToFloat64(r.metrics.unsaid) == 10 })
}

// busyRig has one worker and one place in the queue, both taken until free is closed.
func busyRig(t *testing.T) (*rig, *peer, chan struct{}) {
	r := newRig(t, func(c *Config, _ *bounds) { c.Workers, c.Queue = 1, 1 })
	free := make(chan struct{})
	r.desk.during = func(context.Context) { <-free }
	r.run()
	p := r.socket()
	for _, id := range []string{"e1", "e2"} {
		p.command(id, "status")
		p.acked()
	}
	return r, p, free
}

func TestAPanicCostsOneCommand(t *testing.T) {
	r := newRig(t, nil)
	r.desk.during = func(context.Context) { panic("password=hunter2 in postgres://u:hunter2@h/db") }
	r.run()
	p := r.socket()
	p.command("e1", "status")
	p.acked()
	until(t, "the person was told", func() bool { return r.called("answer") == 1 })
	r.desk.during = func(context.Context) {}
	p.command("e2", "status")
	p.acked()
	receive(t, r.desk.invokes, "the first command")
	receive(t, r.desk.invokes, "the second command")
	r.stop()
	log := r.log.String()
	if strings.Contains(log, "hunter2") || !strings.Contains(log, "panicked") {
		t.Errorf("the log is\n%s", log)
	}
	_, after, _ := strings.Cut(log, "reference=")
	reference, _, _ := strings.Cut(after, " ")
	if said := r.sent("answer")[0]; len(reference) != 8 || !strings.Contains(said, reference) {
		t.Errorf("the reference %q is not in %s", reference, said)
	}
}

func TestAnAckWhoseSocketDiedGoesOutOnAnother(t *testing.T) {
	r := newRig(t, func(c *Config, _ *bounds) { c.Sockets = 2 }).run()
	one, two := r.socket(), r.socket()
	until(t, "both are open", func() bool { return r.State().Open == 2 })
	dead := r.status.all()[0]
	dead.conn.CloseNow()
	(&intake{client: r.Client}).ack(dead, envelope{ID: "orphan"}, time.Now(), nil)
	select {
	case a := <-one.acks:
		if a.ID != "orphan" {
			t.Errorf("acked %q", a.ID)
		}
	case a := <-two.acks:
		if a.ID != "orphan" {
			t.Errorf("acked %q", a.ID)
		}
	case <-time.After(patience):
		t.Error("not acked at all")
	}
}

func TestStoppingFinishesTheWorkAndSaysGoodbye(t *testing.T) {
	r := newRig(t, nil)
	free := make(chan struct{})
	r.desk.during = func(context.Context) { <-free }
	r.run()
	p := r.socket()
	p.command("e1", "status")
	p.acked()
	receive(t, r.desk.invokes, "the command")
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	var told bool
	for i := 0; !told; i++ {
		p.command(fmt.Sprint("late", i), "status")
		a := p.acked()
		told = a.Answer != nil && a.Answer.Text == stoppingText
	}
	close(free)
	if err := receive(t, stopped, "the end"); err != nil {
		t.Errorf("Run gave %v", err)
	}
	if status := receive(t, p.over, "the end of the socket"); status != websocket.StatusNormalClosure {
		t.Errorf("closed with %v, want a close frame", status)
	}
}

func TestAHandlerThatHangsDoesNotHoldUpTheStop(t *testing.T) {
	r := newRig(t, func(_ *Config, b *bounds) { b.drain = 0 })
	ended := make(chan error, 1)
	r.desk.during = func(ctx context.Context) { <-ctx.Done(); ended <- ctx.Err() }
	r.run()
	p := r.socket()
	p.command("e1", "status")
	receive(t, r.desk.invokes, "the command")
	if err := r.stop(); err != nil {
		t.Errorf("Run gave %v", err)
	}
	receive(t, ended, "the handler's context to end")
}
