package bot

import (
	"context"
	"errors"
	"time"

	"dbbot/ops"
	"dbbot/ops/store"
)

// redrawAgain is how long after a home tab could not be drawn it is tried again.
const redrawAgain = 5 * time.Second

var errUnknownPerson = errors.New("the directory did not say who this is")

// Redraw brings all open home tabs up to date: those of which something that they show has changed. A positive again is
// when to call it once more; err is the state database's alone.
func (b *Bot) Redraw(ctx context.Context) (again time.Duration, err error) {
	state, err := b.State()
	if err != nil {
		return 0, err
	}
	homes, err := state.Homes(ctx)
	if err != nil || len(homes) == 0 {
		return 0, err
	}
	all, err := readBoard(ctx, state)
	if err != nil {
		return 0, err
	}
	for _, home := range homes {
		wait, err := b.redraw(ctx, state, home, &all)
		if err != nil || ctx.Err() != nil {
			return 0, err
		}
		again = max(again, wait)
	}
	return again, nil
}

// redraw draws one home tab, if what it would show is not what it shows. Its person is looked up for that alone: most
// changes change nothing for most people.
func (b *Bot) redraw(ctx context.Context, state State, home store.Home, all *board) (again time.Duration, err error) {
	if all == nil {
		now, err := readBoard(ctx, state)
		if err != nil {
			return 0, err
		}
		all = &now
	}
	now := b.tabOf(*all, home.Who, b.people.read(ctx))
	if now.digest() == home.Digest {
		return 0, nil
	}
	if wait := b.budget.take(time.Now(), false); wait > 0 {
		return wait, nil
	}
	r := b.begin(ctx, "redraw", home.Who, Origin{Team: home.Who.Team}, time.Now())
	defer r.end()
	if r.err = r.drawHome(&now, state); r.err != nil {
		return redrawAgain, nil
	}
	ops.Reached("redrawn")
	return 0, state.HomeShown(ctx, home.Who, now.digest())
}

// drawHome draws the tab with the databases as they are now. Who may see nothing any more reads that instead; of whom
// nothing is known, the tab stays as it is.
func (r *request) drawHome(mine *tab, state State) error {
	if _, fresh := r.bot.people.persons.get(r.ctx, r.who); !fresh {
		return errUnknownPerson
	}
	post, err := guard(r, func() (Post, error) {
		may, err := r.authorise("status")
		if err != nil {
			return Post{View: explanation(ops.Explain(err, r.ref))}, nil
		}
		mine.addTokens(r.ctx, r, state)
		said, err := r.read(may)
		if err != nil {
			said.view.Lead = explanation(ops.Explain(err, r.ref)).Lead
		}
		return Post{View: homeTab(said.view, *mine)}, nil
	})
	if err != nil {
		return err
	}
	return r.send(r.bot.showHome, post)
}
