package bot

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"dbbot/commands"
	"dbbot/ops"
)

// request is one act of one person on its way along the road: what the log and the metrics will say of it.
type request struct {
	bot     *Bot
	ctx     context.Context // ends when reading must
	cancel  context.CancelFunc
	whole   context.Context // what ctx was made from; sending has a bound of its own
	who     ops.PersonID
	origin  Origin
	ref     string
	log     *slog.Logger
	arrived time.Time // at our socket: what the three seconds count from
	state   State     // of what changes something; nil otherwise
	command string    // path of the command; empty until it is understood
	err     error     // why there was no answer
}

// sender says a post to somebody somewhere: the methods of Chat, seen as one.
type sender func(ctx context.Context, who ops.PersonID, origin Origin, post Post) error

// begin puts a question, a click on an answer or a home tab on the road: three seconds are promised for them.
func (b *Bot) begin(ctx context.Context, act string, who ops.PersonID, origin Origin, arrived time.Time) *request {
	return b.beginWithin(ctx, readBound, act, who, origin, arrived)
}

// beginWithin puts an act on the road that has something to say when bound has passed since its arrival.
func (b *Bot) beginWithin(ctx context.Context, bound time.Duration, act string, who ops.PersonID, origin Origin, arrived time.Time) *request {
	r := &request{bot: b, whole: ctx, who: who, origin: origin, ref: ops.Reference(), arrived: arrived}
	r.ctx, r.cancel = context.WithDeadline(ctx, arrived.Add(bound))
	r.log = b.Log.With("reference", r.ref, "act", act, "team", who.Team, "user", who.User, "channel", origin.Channel)
	return r
}

// reply makes a post and sends it. Whatever goes wrong on the way is told to the person instead, by explain, and
// if even that cannot be sent, to the log. Only a repeat ends in silence: the first one has its answer.
func (r *request) reply(make func() (Post, error), send, explain sender) {
	post, err := guard(r, make)
	if err == nil {
		err = r.send(send, post)
	}
	r.err = err
	if err == nil || errors.Is(err, errRepeat) {
		return
	}
	r.tell(explain, explanation(ops.Explain(r.err, r.ref)))
}

// tell says something without buttons. Where not even that can be said, the log has it.
func (r *request) tell(send sender, view commands.View) (told bool) {
	err := r.send(send, Post{View: view})
	if err != nil {
		r.log.Error("the person could not be told", "error", causes(err))
	}
	return err == nil
}

// send has a bound of its own, and goes on when the program is asked to stop: people are owed an answer.
func (r *request) send(send sender, post Post) error {
	ctx, cancel := r.afterwards()
	defer cancel()
	_, err := guard(r, func() (struct{}, error) { return struct{}{}, send(ctx, r.who, r.origin, post) })
	return err
}

// afterwards is for what follows the reading, which may have taken all of its own time.
func (r *request) afterwards() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.whole), sendBound)
}

// end logs and counts the request. Words of people are not logged: a password may be among them.
func (r *request) end() {
	r.cancel()
	ended, took := outcomeOf(r.err), time.Since(r.arrived)
	attrs := []any{"command", r.command, "outcome", string(ended), "took", took}
	level := slog.LevelInfo
	if ended == answered {
		r.bot.done.Add(1)
	}
	if r.err != nil && ended != misunderstood { // that error repeats the words
		attrs = append(attrs, "error", causes(r.err))
	}
	if ended == failed || ended == slow || ended == busy {
		level = slog.LevelWarn
	}
	r.log.Log(r.whole, level, "request", attrs...)
	r.bot.metrics.count(r.command, ended, took)
}

// causes writes an error with what it hides from people, for the log.
func causes(err error) string {
	text := err.Error()
	for marked, ok := errors.AsType[*ops.Error](err); ok && marked.Cause != nil; marked, ok = errors.AsType[*ops.Error](marked.Cause) {
		text += ": " + marked.Cause.Error()
	}
	return ops.Redact(text)
}
