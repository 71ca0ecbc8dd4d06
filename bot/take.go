package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
)

// First says whether an act must be certain before Slack is told that it arrived: what changes something, and what
// decides about it. It reads nothing.
func (b *Bot) First(a Act) (first bool) {
	defer func() {
		if recover() != nil {
			first = false // the ordinary road falls over it again, and answers
		}
	}()
	switch {
	case b.State == nil:
		return false
	case a.Click != nil:
		return !strings.EqualFold(a.Click.Button, commands.Refresh) && !strings.EqualFold(a.Click.Button, commands.Share)
	case a.Invoke != nil:
		call, err := b.Catalogue.Find(a.Invoke.Text)
		return err == nil && call.Change != nil
	}
	return a.Submit != nil
}

// Take makes an act certain before the ack, within ctx: with a Fault it has not happened and never will; without one it is
// stored, or decided. A panic is a Fault.
func (b *Bot) Take(ctx context.Context, a Act) Taken {
	switch {
	case a.Invoke != nil:
		in := *a.Invoke
		return b.take(ctx, "command", in.Who, in.Origin, in.At, func(r *request) (func(context.Context), error) { return r.receive(in) })
	case a.Click != nil:
		in := *a.Click
		return b.take(ctx, "click", in.Who, in.Origin, in.At, func(r *request) (func(context.Context), error) { return r.press(in) })
	case a.Submit != nil:
		in := *a.Submit
		return b.take(ctx, "form", in.Who, in.surface().origin(in.Who), in.At, func(r *request) (func(context.Context), error) { return nil, r.submit(in) })
	}
	return Taken{}
}

func (b *Bot) take(ctx context.Context, act string, who ops.PersonID, origin Origin, at time.Time, do func(*request) (func(context.Context), error)) Taken {
	r := b.begin(ctx, act, who, origin, at)
	defer r.end()
	then, err := guard(r, func() (then func(context.Context), err error) {
		if r.state, err = b.State(); err != nil {
			return nil, &stopped{busy, err}
		}
		return do(r)
	})
	if r.err = r.inWords(err); r.err == nil {
		return Taken{Then: then}
	}
	said := ops.Explain(r.err, r.ref)
	return Taken{Fault: strings.TrimSpace(said.Message + " " + said.Hint)}
}

// inWords gives what the state answered the words for a person. An error that has none means that the state did not do it,
// and by its contract will not.
func (r *request) inWords(err error) error {
	if refusal, ok := errors.AsType[*approval.Refusal](err); ok {
		return &stopped{refused, refusal}
	}
	_, marked := errors.AsType[*ops.Error](err)
	switch {
	case err == nil, marked, errors.Is(err, errPanic):
		return err
	case errors.Is(err, context.Canceled):
		return errStopping
	case errors.Is(err, approval.ErrUnknown):
		return errNoRequest
	case errors.Is(err, approval.ErrRepeated):
		return errTwice
	case errors.Is(err, approval.ErrConflict):
		return errCrowd
	}
	return notAccepted(err)
}

// receive stores a command as it was typed. What it comes to is found out after the ack.
func (r *request) receive(in Invoke) (func(context.Context), error) {
	if err := r.state.Receive(r.ctx, invocation(in)); err != nil {
		return nil, err
	}
	ops.Reached("received")
	state := r.state
	return func(ctx context.Context) { r.bot.change(ctx, state, in) }, nil
}
