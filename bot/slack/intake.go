package slack

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"dbbot/bot"
	"dbbot/commands"
	"dbbot/ops"
)

// intake is where every envelope of one Run arrives: it is checked, acked and put to a worker, in this order. An
// ack never waits for work, and work never begins before its ack was written.
type intake struct {
	client   *Client
	handler  Handler
	me       self
	work     *pool
	apology  *pool           // a small one of its own: it answers when the other is full
	context  context.Context // of all handlers
	stopping atomic.Bool
	readers  sync.WaitGroup // one for each socket
}

const (
	apologists   = 2                // enough to say that all others are busy
	apologyQueue = 32               // who finds even this full is counted, and hears nothing
	apologise    = 10 * time.Second // for one apology, Slack's rate limit included
)

// What is said when nothing is done. The texts are fixed: they go out in acks, without a drawing.
const (
	busyText     = "dbbot is busy and did not take this on. Try again in a few seconds."
	stoppingText = "dbbot is being restarted and did not take this on. Try again in a minute."
)

func newIntake(ctx context.Context, c *Client, h Handler, me self) *intake {
	panicked := func(what any) { c.panicked("a worker", what) }
	return &intake{
		client: c, handler: h, me: me, context: ctx,
		work:    newPool(c.config.Workers, c.config.Queue, func(taken int) { c.metrics.waiting.Set(float64(taken)) }, panicked),
		apology: newPool(apologists, apologyQueue, func(int) {}, panicked),
	}
}

// take is called by each socket's reader for each of its frames. It must not block for long: Slack's pings are
// answered by the same reader. A panic in it costs one frame, and not the socket.
func (in *intake) take(s *socket, f frame) {
	defer func() {
		if what := recover(); what != nil {
			in.client.panicked("the reader", what)
		}
	}()
	at := time.Now()
	e, err := f.open()
	in.client.metrics.envelopes.WithLabelValues(known(e.Type)).Inc()
	switch {
	case err != nil:
		in.client.refused(&refusal{malformed, "a frame that is not an envelope"})
	case e.Type == typeHello:
		in.client.hello(s, e)
	case e.Type == typeDisconnect:
		in.client.log.Info("slack: a connection is being recycled", "reason", ops.Printable(e.Reason, 40))
		s.warned(firstOf(e.Reason, "disconnect"))
	case e.ID == "" && f.oversized:
		in.client.refused(&refusal{oversized, "larger than 1 MiB, and without an id before its payload"})
	case e.ID == "":
		in.client.refused(&refusal{malformed, "an envelope without an id"})
	default:
		in.accept(s, e, at)
	}
}

func (in *intake) accept(s *socket, e envelope, at time.Time) {
	me := in.me
	me.app = in.client.status.app()
	a, err := decode(e, me, at)
	if refused, ok := errors.AsType[*refusal](err); ok {
		in.client.refused(refused)
		in.ack(s, e, at, "")
		return
	}
	if in.work.reserve() {
		defer in.work.submit(func() { in.do(a) }) // in any case: a place that is never filled is never free again
		in.ack(s, e, at, "")
		return
	}
	// The pool is full, or closed because the program is being stopped.
	text := busyText
	if in.stopping.Load() {
		in.client.refused(&refusal{stopping, "the program is being stopped"})
		text = stoppingText
	} else {
		in.client.metrics.busy.Inc()
		in.client.log.Warn("slack: busy", "type", known(e.Type))
	}
	in.turnAway(s, e, a, at, text)
}

// ack writes the ack on the socket that the envelope came on. If that has died meanwhile, another one takes it:
// Slack knows envelopes by their id.
func (in *intake) ack(s *socket, e envelope, at time.Time, text string) {
	a := ack{ID: e.ID}
	if text != "" && e.Accepts {
		a.Answer = &answer{Type: "ephemeral", Text: text}
	}
	err := s.write(a)
	for _, other := range in.client.status.others(s) {
		if err == nil {
			break
		}
		err = other.write(a)
	}
	if err != nil {
		in.client.log.Warn("slack: an ack could not be written", "cause", ops.Redact(err.Error()))
		return
	}
	in.client.metrics.ack.Observe(time.Since(at).Seconds())
}

// turnAway says visibly that nothing will be done: in the ack, where that is shown, else in a message.
func (in *intake) turnAway(s *socket, e envelope, a act, at time.Time, text string) {
	in.ack(s, e, at, text)
	if e.Accepts && e.Type == typeCommand {
		return
	}
	in.say(a, bot.Post{View: commands.View{Title: "Not now", Lead: commands.Say(text)}})
}

// say answers outside the handler. It is bounded: a flood of clicks must not become a flood of messages.
func (in *intake) say(a act, post bot.Post) {
	if !in.apology.reserve() {
		in.client.metrics.unsaid.Inc()
		return
	}
	in.apology.submit(func() {
		ctx, cancel := context.WithTimeout(in.context, apologise)
		defer cancel()
		if err := a.answer(ctx, in.client, post); err != nil {
			in.client.log.Warn("slack: an apology could not be made", "cause", ops.Redact(err.Error()))
		}
	})
}

// do runs the handler. A panic in it costs one command, and is answered like every failure.
func (in *intake) do(a act) {
	ctx, cancel := context.WithTimeout(in.context, in.client.bounds.handle)
	defer cancel()
	defer func() {
		if what := recover(); what != nil {
			in.unanswered(a, in.client.panicked("a handler", what))
		}
	}()
	a.run(ctx, in.handler)
}

// unanswered tells the person what their command came to.
func (in *intake) unanswered(a act, reference string) {
	said := ops.Explain(errors.New("panic"), reference)
	in.say(a, bot.Post{View: commands.View{
		Title: "No answer", Verdict: commands.Bad,
		Lead: commands.Say(said.Message), Notes: []commands.Text{commands.Say(said.Hint)},
	}})
}

// panicked counts and logs a panic, under a reference that people can be given.
func (c *Client) panicked(where string, what any) (reference string) {
	reference = ops.Reference()
	c.metrics.panics.Inc()
	c.log.Error("slack: "+where+" panicked", "reference", reference,
		"panic", ops.Redact(describe(what)), "stack", ops.Redact(string(debug.Stack())))
	return reference
}

// stop waits for the work at hand, and says how many jobs were left when the time was over.
func (in *intake) stop(ctx context.Context) int {
	in.work.close()
	left := in.work.drain(ctx)
	in.apology.close()
	return left + in.apology.drain(ctx)
}
