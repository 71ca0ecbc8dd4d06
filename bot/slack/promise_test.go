package slack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"dbbot/bot"
)

// certainRig takes every act before its ack, as the test says.
func certainRig(t *testing.T, take func(context.Context, bot.Act) bot.Taken) (*rig, *peer) {
	r := newRig(t, nil)
	r.desk.first = func(bot.Act) bool { return true }
	r.desk.take = take
	r.run()
	return r, r.socket()
}

func (p *peer) form(id string) {
	p.send(fmt.Sprintf(`{"envelope_id":%q,"type":"interactive","accepts_response_payload":true,"payload":%s}`, id, goodForm))
}

func TestWhatMustBeCertainIsTakenBeforeItsAck(t *testing.T) {
	free := make(chan struct{})
	then := make(chan struct{})
	r, p := certainRig(t, func(context.Context, bot.Act) bot.Taken {
		<-free
		return bot.Taken{Then: func(context.Context) { <-then }}
	})
	for name, send := range map[string]func(){
		"command": func() { p.command("e", "terminate 7 orders") },
		"click":   func() { p.click("e", "1.1") },
		"form":    func() { p.form("e") },
	} {
		send()
		receive(t, r.desk.taken, name)
		if len(p.acks) != 0 {
			t.Errorf("a %s was acked before it was certain", name)
		}
		free <- struct{}{}
		if a := p.acked(); a.Answer != nil {
			t.Errorf("the ack of a %s says %+v", name, a.Answer)
		}
		then <- struct{}{} // what is left to do comes after the ack
	}
}

// A fault is seen: in the ack of a command, below the field of a form, and in a message to whoever pressed a button or
// mentioned the bot.
func TestFaultsAreShown(t *testing.T) {
	const fault = "Lee rejected this at 14:02; <!here> nothing runs."
	r, p := certainRig(t, func(context.Context, bot.Act) bot.Taken { return bot.Taken{Fault: fault} })
	p.command("e1", "terminate 7 orders")
	if a := p.acked(); a.Answer == nil || a.Answer.Type != "ephemeral" || a.Answer.Text != strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(fault) {
		t.Errorf("the ack of a command says %+v", a.Answer)
	}
	p.form("e2")
	if a := p.acked(); a.Answer == nil || a.Answer.Action != "errors" || a.Answer.Errors[formField] != fault {
		t.Errorf("the ack of a form says %+v", a.Answer)
	}
	p.click("e3", "1.1")
	if a := p.acked(); a.Answer != nil {
		t.Errorf("the ack of a click says %+v", a.Answer)
	}
	until(t, "the click is answered", func() bool { return r.called("answer") == 1 })
	p.send(envelopeOf(typeEvent, goodMention))
	if a := p.acked(); a.Answer != nil {
		t.Errorf("the ack of a mention says %+v", a.Answer)
	}
	until(t, "the mention is answered", func() bool { return r.called("chat.postEphemeral") == 1 })
	for _, said := range []string{r.sent("answer")[0], r.sent("chat.postEphemeral")[0]} {
		if !strings.Contains(said, "Lee+rejected") && !strings.Contains(said, "Lee rejected") || strings.Contains(said, "<!here>") {
			t.Errorf("said %s", said)
		}
	}
}

// What hangs keeps nobody from deciding: neither questions, nor what is left to do after changes that were typed.
func TestHangingWorkDoesNotDelayADecision(t *testing.T) {
	r := newRig(t, nil)
	free := make(chan struct{})
	defer close(free)
	r.desk.during = func(context.Context) { <-free }
	r.desk.first = func(a bot.Act) bool { return a.Invoke == nil || strings.HasPrefix(a.Invoke.Text, "terminate") }
	r.desk.take = func(_ context.Context, a bot.Act) bot.Taken {
		if a.Invoke != nil {
			return bot.Taken{Then: func(context.Context) { <-free }}
		}
		return bot.Taken{}
	}
	r.run()
	p := r.socket()
	for n := range 100 {
		p.command(fmt.Sprint("q", n), []string{"status", "terminate 7 orders"}[n%2])
		p.acked()
	}
	p.click("e", "1.1")
	if a := p.acked(); a.ID != "e" || a.Answer != nil {
		t.Errorf("acked %+v", a)
	}
}

// Clicks that are turned away are told, and a place that was only reserved is given back.
func TestTooManyDecisions(t *testing.T) {
	free := make(chan struct{})
	r, p := certainRig(t, func(context.Context, bot.Act) bot.Taken { <-free; return bot.Taken{} })
	for n := range deciders + decisions {
		p.click(fmt.Sprint("c", n), fmt.Sprint(n))
	}
	until(t, "all places are taken", func() bool { return testutil.ToFloat64(r.metrics.deciding) == deciders+decisions })
	p.click("one-too-many", "9")
	if a := p.acked(); a.ID != "one-too-many" {
		t.Errorf("acked %+v", a)
	}
	until(t, "it is told", func() bool { return r.called("answer") == 1 })
	p.form("form-too-many")
	if a := p.acked(); a.Answer == nil || a.Answer.Errors[formField] != busyText {
		t.Errorf("the ack of a form says %+v", a.Answer)
	}
	p.command("command-too-many", "terminate 7 orders")
	if a := p.acked(); a.Answer == nil || a.Answer.Text != busyText {
		t.Errorf("the ack of a command is %+v", a)
	}
	close(free)
	until(t, "all is over", func() bool {
		return testutil.ToFloat64(r.metrics.deciding) == 0 && testutil.ToFloat64(r.metrics.waiting) == 0
	})
}

func TestAPanicInTakeIsAFault(t *testing.T) {
	r, p := certainRig(t, func(context.Context, bot.Act) bot.Taken { panic("password=hunter2") })
	p.form("e1")
	a := p.acked()
	if a.Answer == nil || !strings.HasPrefix(a.Answer.Errors[formField], unconfirmed) || strings.Contains(fmt.Sprint(a.Answer), "hunter2") {
		t.Errorf("the ack says %+v", a.Answer)
	}
	r.desk.take = func(context.Context, bot.Act) bot.Taken {
		return bot.Taken{Then: func(context.Context) { panic("after the ack") }}
	}
	p.click("e2", "1.1")
	p.acked()
	until(t, "the person is told", func() bool { return r.called("answer") == 1 })
	if n := testutil.ToFloat64(r.metrics.panics); n != 2 {
		t.Errorf("counted %v panics", n)
	}
}

// bubble is a promise of a form, without a socket: for tests in synthetic time.
func bubble(t *testing.T, take func(context.Context, bot.Act) bot.Taken) promise {
	c := mustNew(t, Config{BotToken: testBot, AppToken: testApp}, defaultBounds)
	desk := newDesk()
	desk.take = take
	in := newIntake(t.Context(), c, desk, us)
	t.Cleanup(func() { in.stop(t.Context()); in.await(t.Context()) })
	return promise{intake: in, act: bot.Act{Submit: &bot.Submit{Who: ana}}, at: time.Now(), envelope: envelope{Accepts: true}}
}

// Slack waits for three seconds: a handler that heeds its context has its say before they are over.
func TestTakeHasTwoSecondsAndABit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		p := bubble(t, func(ctx context.Context, _ bot.Act) bot.Taken { <-ctx.Done(); return bot.Taken{Fault: "too slow"} })
		if taken := p.take(); taken.Fault != "too slow" || time.Since(began) != defaultBounds.take {
			t.Errorf("%+v after %v", taken, time.Since(began))
		}
		if taken := p.take(); taken.Fault != overText { // now its time was over before it began
			t.Errorf("%+v for what waited too long", taken)
		}
	})
}

// The way of an act whose handler takes no notice of its context: the ack does not wait, and what is true follows.
func TestAHandlerThatHeedsNoContext(t *testing.T) {
	for name, c := range map[string]struct{ fault, said string }{
		"accepted after all": {"", "accepted after all"},
		"refused after all":  {"Lee was faster.", "Lee was faster."},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(_ *Config, b *bounds) { b.unsure = time.Millisecond })
			free := make(chan struct{})
			r.desk.take = func(context.Context, bot.Act) bot.Taken { <-free; return bot.Taken{Fault: c.fault} }
			r.does("chat.postMessage", says(http.StatusOK, standard["chat.postMessage"]))
			r.run()
			p := r.socket()
			p.form("e1")
			if a := p.acked(); a.Answer == nil || a.Answer.Errors[formField] != unsureText {
				t.Errorf("the ack says %+v", a.Answer)
			}
			close(free)
			until(t, "the truth is told", func() bool { return r.called("chat.postMessage") == 1 })
			if said := strings.ReplaceAll(r.sent("chat.postMessage")[0], "+", " "); !strings.Contains(said, c.said) {
				t.Errorf("said %s", said)
			}
			if n := testutil.ToFloat64(r.metrics.late); n != 1 || len(p.acks) != 0 {
				t.Errorf("%v late acks, %d more acks", n, len(p.acks))
			}
		})
	}
}

// While the program stops, decisions at hand are still taken, and new ones are told to come again.
func TestStoppingFinishesDecisions(t *testing.T) {
	free := make(chan struct{})
	done := make(chan struct{})
	r, p := certainRig(t, func(context.Context, bot.Act) bot.Taken {
		<-free
		return bot.Taken{Then: func(context.Context) { close(done) }}
	})
	p.command("e1", "terminate 7 orders")
	receive(t, r.desk.taken, "the command")
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	for told := false; !told; {
		p.form("late")
		a := p.acked()
		told = a.Answer != nil && a.Answer.Errors[formField] == stoppingText
	}
	close(free)
	if a := p.acked(); a.ID != "e1" || a.Answer != nil {
		t.Errorf("acked %+v", a)
	}
	receive(t, done, "what was left to do")
	receive(t, stopped, "the end")
}
