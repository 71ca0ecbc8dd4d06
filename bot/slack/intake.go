package slack

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dbbot/bot"
	"dbbot/commands"
	"dbbot/ops"
)

// intake is where every envelope of one Run arrives and is checked. Most are acked and then put to a worker: an ack does
// not wait for work, and work does not begin before its ack was written. What must be certain before its ack goes to
// workers of its own (promise.go), which nothing that hangs can keep busy.
type intake struct {
	client   *Client
	handler  Handler
	me       self
	work     *pool
	first    *pool           // of what must be certain before its ack
	apology  *pool           // a small one of its own: it answers when the others are full
	context  context.Context // of all handlers
	stopping atomic.Bool
	readers  sync.WaitGroup // one for each socket
}

const (
	deciders     = 32               // each holds one short transaction: more would only wait for the state database
	decisions    = 64               // more of them that may wait; after two seconds they are turned away
	apologists   = 2                // enough to say that all others are busy
	apologyQueue = 32               // who finds even this full is counted, and hears nothing
	apologise    = 10 * time.Second // for one apology, Slack's rate limit included
)

// What is said when nothing is done. The texts are fixed: they go out in acks, without a drawing.
const (
	busyText     = "dbbot is busy and did not take this on. Try again in a few seconds."
	stoppingText = "dbbot is being restarted and did not take this on. Try again in a minute."
	garbledText  = "dbbot could not read this form, and nothing was done. Close it and press the button again."
)

func newIntake(ctx context.Context, c *Client, h Handler, me self) *intake {
	panicked := func(what any) { c.panicked("a worker", what) }
	depth := func(gauge prometheus.Gauge) func(int) { return func(taken int) { gauge.Set(float64(taken)) } }
	return &intake{
		client: c, handler: h, me: me, context: ctx,
		work:    newPool(c.config.Workers, c.config.Queue, depth(c.metrics.waiting), panicked),
		first:   newPool(deciders, decisions, depth(c.metrics.deciding), panicked),
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
		in.client.refused(&refusal{reason: malformed, detail: "a frame that is not an envelope"})
	case e.Type == typeHello:
		in.client.hello(s, e)
	case e.Type == typeDisconnect:
		in.client.log.Info("slack: a connection is being recycled", "reason", ops.Printable(e.Reason, 40))
		s.warned(firstOf(e.Reason, "disconnect"))
	case e.ID == "" && f.oversized:
		in.client.refused(&refusal{reason: oversized, detail: "larger than 1 MiB, and without an id before its payload"})
	case e.ID == "":
		in.client.refused(&refusal{reason: malformed, detail: "an envelope without an id"})
	default:
		in.accept(s, e, at)
	}
}

func (in *intake) accept(s *socket, e envelope, at time.Time) {
	me := in.me
	me.app = in.client.status.app()
	a, err := decode(e, me, at)
	e.Payload = nil // all that is needed of it is in a
	if refused, ok := errors.AsType[*refusal](err); ok {
		in.client.refused(refused)
		in.ack(s, e, at, refused.inAck(e))
		return
	}
	if a.Submit != nil || in.handler.First(a) {
		in.certainly(promise{intake: in, socket: s, envelope: e, act: a, at: at})
		return
	}
	if !in.work.reserve() {
		in.turnAway(s, e, a, at)
		return
	}
	// In any case: a place that is never filled is never free again.
	defer in.work.submit(func() { in.do(a, func(ctx context.Context) { run(ctx, in.handler, a) }) })
	in.ack(s, e, at, nil)
}

// inAck is what the ack of a refused envelope says: nothing, but to whoever sent a form, which would close as if it had
// been taken.
func (r *refusal) inAck(e envelope) *reply {
	if !r.form || !e.Accepts {
		return nil
	}
	return wrongInForm(garbledText)
}

// ack writes the ack on the socket that the envelope came on. If that has died meanwhile, another one takes it:
// Slack knows envelopes by their id.
func (in *intake) ack(s *socket, e envelope, at time.Time, says *reply) {
	a := ack{ID: e.ID, Answer: says}
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

// turnAway says visibly that nothing will be done: the pool is full, or closed because the program is being stopped.
func (in *intake) turnAway(s *socket, e envelope, a bot.Act, at time.Time) {
	text := busyText
	if in.stopping.Load() {
		in.client.refused(&refusal{reason: stopping, detail: "the program is being stopped"})
		text = stoppingText
	} else {
		in.client.metrics.busy.Inc()
		in.client.log.Warn("slack: busy", "type", known(e.Type))
	}
	says := inAck(e, a, text)
	in.ack(s, e, at, says)
	if says == nil {
		in.say(a, bot.Post{View: commands.View{Title: "Not now", Lead: commands.Say(text)}})
	}
}

// say answers outside the handler. It is bounded: a flood of clicks must not become a flood of messages.
func (in *intake) say(a bot.Act, post bot.Post) {
	if !in.apology.reserve() {
		in.client.metrics.unsaid.Inc()
		return
	}
	in.apology.submit(func() {
		ctx, cancel := context.WithTimeout(in.context, apologise)
		defer cancel()
		if err := answer(ctx, in.client, a, post); err != nil {
			in.client.log.Warn("slack: an apology could not be made", "cause", ops.Redact(err.Error()))
		}
	})
}

// do lets work be done, within its bound. A panic in it costs one act, and is answered like every failure.
func (in *intake) do(a bot.Act, work func(context.Context)) {
	ctx, cancel := context.WithTimeout(in.context, in.client.bounds.handle)
	defer cancel()
	defer func() {
		if what := recover(); what != nil {
			in.unanswered(a, in.client.panicked("a handler", what))
		}
	}()
	work(ctx)
}

// unanswered tells the person what their command came to.
func (in *intake) unanswered(a bot.Act, reference string) {
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

// stop waits for the work at hand, and says how many jobs were left when the time was over. Decisions come first: what
// is left to do after them is work.
func (in *intake) stop(ctx context.Context) (left int) {
	in.first.close()
	in.work.close()
	left = in.first.drain(ctx) + in.work.drain(ctx)
	in.apology.close()
	return left + in.apology.drain(ctx)
}

// await waits until all workers have ended, or ctx has.
func (in *intake) await(ctx context.Context) {
	for _, p := range []*pool{in.first, in.work, in.apology} {
		p.await(ctx)
	}
}
