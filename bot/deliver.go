package bot

import (
	"context"
	"errors"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/store"
)

// Outbox keeps what is to be said, and where it stands. ops/store is the one.
type Outbox interface {
	// Lease takes a message that has something to say, for so long, with its request as it is now. ok is false where there
	// is nothing to say, or another one is saying it.
	Lease(ctx context.Context, message int64, lease time.Duration) (m store.Message, r approval.Request, ok bool, err error)
	// Placed keeps where it stands (Channel, Stamp, Link) and what of Wanted it shows. again: it must show more by now.
	Placed(ctx context.Context, m store.Message, shown int64) (again bool, err error)
	// Postpone gives it back, to be tried again.
	Postpone(ctx context.Context, m store.Message, why string) error
	// Unsayable gives it up for good.
	Unsayable(ctx context.Context, m store.Message, why string) error
	// Redirect sends it to another channel or person, where it was never tried.
	Redirect(ctx context.Context, m store.Message, to string) error
	// Card gives the living message of a request; approval.ErrUnknown where there is none.
	Card(ctx context.Context, id approval.ID) (store.Message, error)
}

// Bounds of one delivery. A lease outlasts all that is done under it: when another one gets the message, nothing of ours
// is on its way any more, so that an old state never comes after a newer one.
const (
	leaseFor     = 30 * time.Second
	deliverBound = 20 * time.Second
	keepBound    = 5 * time.Second // for the state database, after Slack has taken the rest
	maxTurns     = 8               // states that one call shows, if the request moves on as fast as they are shown
)

// Deliver says one message of the outbox: it posts it, or brings what stands there up to date. A positive again is when
// to call it once more; err is the state database's alone.
func (b *Bot) Deliver(ctx context.Context, message int64) (again time.Duration, err error) {
	state, err := b.State()
	if err != nil {
		return 0, err
	}
	var before *approval.Request
	for range maxTurns {
		m, r, ok, err := state.Lease(ctx, message, leaseFor)
		if err != nil || !ok {
			return 0, err
		}
		d := &delivery{bot: b, box: state, m: m, r: r, before: before, now: time.Now()}
		if err := d.readRest(ctx, state); err != nil {
			return 0, err
		}
		more, again, err := d.turn(ctx)
		if err != nil || !more {
			return again, err
		}
		before = &d.r
	}
	return time.Second, nil
}

// delivery is one turn of one message.
type delivery struct {
	bot *Bot
	box Outbox
	m   store.Message
	r   approval.Request
	now time.Time

	before *approval.Request // as the turn before this one showed it; nil in the first
	card   store.Message     // of all others than the card: the request's card, as far as it stands somewhere
}

// readRest reads what a lease gives of cards alone: the request; and where the card stands. A command that was lost became
// no request, and has neither.
func (d *delivery) readRest(ctx context.Context, state State) (err error) {
	if d.m.Kind == store.Card || d.m.Request == 0 {
		return nil
	}
	if d.r, err = state.Get(ctx, d.m.Request); err != nil {
		return err
	}
	if d.card, err = state.Card(ctx, d.m.Request); errors.Is(err, approval.ErrUnknown) {
		return nil
	}
	return err
}

// turn says it once. more: it must show something newer already.
func (d *delivery) turn(ctx context.Context) (more bool, again time.Duration, err error) {
	talk, cancel := context.WithTimeout(ctx, deliverBound)
	defer cancel()
	wait := d.pace()
	var said error
	if wait == 0 {
		said = d.say(talk)
	}
	keep, done := context.WithTimeout(context.WithoutCancel(ctx), keepBound) // what Slack did must be kept, also at the end
	defer done()
	switch {
	case wait > 0:
		return false, wait, d.box.Postpone(keep, d.m, "")
	case said == nil:
		ops.Reached("posted")
		more, err = d.box.Placed(keep, d.m, d.m.Wanted)
		return more, 0, err
	}
	return d.failed(keep, said)
}

// editPause is the least time between two edits of a running request's card that show nothing but how far it is.
const editPause = 2 * time.Second

// pace says how long to wait before this may be said. A state that has changed is shown at once.
func (d *delivery) pace() time.Duration {
	progress := d.onlyProgress()
	if progress && d.m.Quiet < editPause {
		return editPause - d.m.Quiet
	}
	return d.bot.budget.take(d.now, progress)
}

// onlyProgress: nothing has changed since it was shown but how far it is. All these times are the state database's.
func (d *delivery) onlyProgress() bool {
	shown := d.m.SentAt
	switch {
	case d.m.Kind != store.Card || d.m.Stamp == "" || d.r.State != approval.Running || shown.IsZero():
		return false
	case !shown.After(d.r.Started) || d.before != nil && d.before.State != approval.Running:
		return false
	}
	return d.r.Cancel == nil || shown.After(d.r.Cancel.At)
}
