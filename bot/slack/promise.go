package slack

import (
	"context"
	"errors"
	"sync"
	"time"

	"dbbot/bot"
	"dbbot/commands"
	"dbbot/ops"
)

// promise is an act that must be certain before its ack: stored, or decided. An ack without a fault means that it is so.
type promise struct {
	intake   *intake
	socket   *socket
	envelope envelope
	act      bot.Act
	at       time.Time
}

// What is said of an act that was to be certain.
const (
	unsureText  = "dbbot cannot tell yet whether this was accepted: its state database is slow. Look at the request before you try again."
	overText    = "dbbot was too busy to accept this in time, and nothing was done. Try again."
	afterAll    = "This was accepted after all. It only took longer than Slack waits."
	maxFault    = 600 // characters of a fault, in a message
	unconfirmed = "dbbot failed here, and cannot say whether this was accepted. Look at the request before you try again."
)

// certainly puts an act to the workers that wait for nothing else. What is left to do after a typed change is reading,
// like a question's, and has its place among those; after a click or a form it is a call or two of Slack's, and is done
// at once: a form has to open within three seconds of the press.
func (in *intake) certainly(p promise) {
	typed := p.act.Invoke != nil
	if typed && !in.work.reserve() {
		in.turnAway(p.socket, p.envelope, p.act, p.at)
		return
	}
	if !in.first.reserve() {
		if typed {
			in.work.release()
		}
		in.turnAway(p.socket, p.envelope, p.act, p.at)
		return
	}
	in.first.submit(func() {
		rest := func() {}
		if typed {
			defer func() { in.work.submit(rest) }() // in any case: see accept
		}
		then := p.keep()
		if then == nil {
			return
		}
		rest = func() { in.do(p.act, then) }
		if !typed {
			rest()
		}
	})
}

// keep lets the act become certain, acks it, and gives back what is left to do. Slack waits for three seconds: should
// the handler ignore its context for so long, the ack says that nobody knows, and a message follows with what is true.
func (p promise) keep() (then func(context.Context)) {
	var once sync.Once
	inTime := false
	late := time.AfterFunc(time.Until(p.at.Add(p.intake.client.bounds.unsure)), func() {
		once.Do(func() { p.acknowledge(unsureText) })
	})
	taken := p.take()
	late.Stop()
	once.Do(func() { inTime = true; p.acknowledge(taken.Fault) })
	if !inTime {
		p.intake.client.metrics.late.Inc()
		p.tell(commands.View{Title: "About what you just did", Lead: commands.Say(firstOf(ops.Printable(taken.Fault, maxFault), afterAll))})
	}
	return taken.Then
}

// take is the handler's, in what is left of its time. A panic is a fault.
func (p promise) take() (taken bot.Taken) {
	ctx, cancel := context.WithDeadline(p.intake.context, p.at.Add(p.intake.client.bounds.take))
	defer cancel()
	defer func() {
		if what := recover(); what != nil {
			said := ops.Explain(errors.New("panic"), p.intake.client.panicked("a handler", what))
			taken = bot.Taken{Fault: unconfirmed + " " + said.Hint}
		}
	}()
	if ctx.Err() != nil { // it waited for so long
		p.intake.client.metrics.busy.Inc()
		return bot.Taken{Fault: overText}
	}
	return p.intake.handler.Take(ctx, p.act)
}

// acknowledge writes the ack, and says the fault where people see it.
func (p promise) acknowledge(fault string) {
	says := inAck(p.envelope, p.act, fault)
	p.intake.ack(p.socket, p.envelope, p.at, says)
	ops.Reached("acked")
	if says == nil && fault != "" {
		p.tell(commands.View{Lead: commands.Say(ops.Printable(fault, maxFault))})
	}
}

func (p promise) tell(v commands.View) { p.intake.say(p.act, bot.Post{View: v}) }
