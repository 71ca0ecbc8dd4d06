package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"dbbot/ops"
	"dbbot/ops/store"
)

const (
	// maxRefusals is how often Slack may refuse a message before another place is tried: a refusal is seldom an accident.
	maxRefusals = 3
	// maxWaits is the same for what should come by itself: the card of a reply, Slack's word on who is in a user group.
	maxWaits = 8
	// patience is how long something is tried to be said while Slack does not answer. What is older is history: the card,
	// the home tab and /db request tell it.
	patience = 24 * time.Hour
	// Pauses between tries: doubled each time, from the first to the last; a wish of Slack's counts up to the longest.
	firstTry, lastTry, longestWish = time.Second, time.Minute, 5 * time.Minute
)

// failed decides what becomes of a message that could not be said.
func (d *delivery) failed(ctx context.Context, err error) (more bool, again time.Duration, _ error) {
	d.log("a message could not be delivered", err)
	if !d.m.Created.IsZero() && d.now.Sub(d.m.Created) > patience {
		return false, 0, d.box.Unsayable(ctx, d.m, "Slack did not take it for a day")
	}
	later, wished := errors.AsType[*Later](err)
	switch {
	case wished:
		pause := min(max(later.After, firstTry), longestWish)
		if !later.One {
			d.bot.budget.hold(d.now, pause)
		}
		return false, pause, d.box.Postpone(ctx, d.m, causes(err))
	case errors.Is(err, errNotSaid):
		return false, 0, d.box.Unsayable(ctx, d.m, err.Error())
	case unclear(err):
		return false, d.pause(), d.box.Postpone(ctx, d.m, causes(err))
	case !errors.Is(err, ErrGone) && !errors.Is(err, errOutsiders) && d.m.Attempts < tries(err):
		return false, d.pause(), d.box.Postpone(ctx, d.m, causes(err))
	}
	return d.elsewhere(ctx, err)
}

// tries are how often an error is taken for an accident.
func tries(err error) int {
	if errors.Is(err, errNoCard) || errors.Is(err, errRoster) {
		return maxWaits
	}
	return maxRefusals
}

// pause before the next try. The first is long enough for Slack to show what it took without saying so.
func (d *delivery) pause() time.Duration {
	return min(lastTry, firstTry<<min(d.m.Attempts, 10))
}

// elsewhere sends it to the next place where it may be said: a card that was deleted is posted anew in the same place.
func (d *delivery) elsewhere(ctx context.Context, why error) (more bool, again time.Duration, err error) {
	if d.m.Stamp != "" {
		return true, 0, d.box.Redirect(ctx, d.m, d.m.To)
	}
	places := d.places()
	next := slices.Index(places, d.m.To) + 1
	if next == len(places) {
		return false, 0, d.box.Unsayable(ctx, d.m, causes(why))
	}
	return true, 0, d.box.Redirect(ctx, d.m, places[next])
}

// places are where a message may stand, best first. What is said of a request ends with its requester, if nowhere else.
func (d *delivery) places() (places []string) {
	all := []string{d.m.To}
	switch d.m.Kind {
	case store.Card:
		all = []string{d.r.Origin.Channel, d.bot.channelOf(d.r.Target.Database), d.r.Requester.User}
	case store.Reply:
		all = []string{d.r.Origin.Channel, d.r.Requester.User}
	}
	for _, place := range all {
		if place != "" && place != ops.Itself && !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	return places
}
