package bot

import (
	"context"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/store"
)

// A Change is answered within ten seconds: it has become a request, or the asker reads why not.
const (
	askBound   = 9 * time.Second // a second is for sending the answer
	planBound  = 6 * time.Second // of those, until the plan must be there: keeping the request takes some time too
	planGiveUp = planBound + 500*time.Millisecond
	maxInWords = 8000 // characters of what was typed that are kept; Slack sends no more
)

// invocation is a command as it is kept before anything is known about it.
func invocation(in Invoke) store.Invocation {
	return store.Invocation{
		Key: in.Key, Who: in.Who, Words: ops.Redact(ops.Printable(in.Text, maxInWords)),
		Channel: in.Origin.Channel, Thread: in.Origin.Thread, At: in.At,
	}
}

// change turns a stored command into a request. The asker hears in private only what the request's card does not say.
func (b *Bot) change(ctx context.Context, state State, in Invoke) {
	r := b.beginWithin(ctx, askBound, "change", in.Who, in.Origin, in.At)
	r.state = state
	defer r.end()
	w := &wish{request: r, in: in}
	note, err := guard(r, w.ask)
	r.err = r.inWords(err)
	told := true
	switch {
	case r.err != nil:
		w.noteRefusal()
		told = r.tell(b.Chat.Answer, explanation(ops.Explain(r.err, r.ref)))
	case note != nil:
		told = r.tell(b.Chat.Answer, commands.View{Lead: note})
	}
	if told { // else it stays in the inbox, and whoever finds it there tells them
		w.settle()
	}
}

// wish is a Change on its way to become a request, with what is known of it so far.
type wish struct {
	*request
	in   Invoke
	seen seen
	call commands.Call
	kept approval.Request
}

// ask is the road of a Change: not too many, who is it, what do they want, may they, what would happen, and only then a
// request that others can agree to. It gives what the card does not say.
func (w *wish) ask() (commands.Text, error) {
	if err := w.allow(); err != nil {
		return nil, err
	}
	consent, err := w.authorise()
	if err != nil {
		return nil, err
	}
	place, moved, err := w.place()
	if err != nil {
		return nil, err
	}
	planned, err := w.plan()
	if err != nil {
		return nil, err
	}
	ops.Reached("planned")
	wanted, err := w.wanted(planned, consent, place)
	if err != nil {
		return nil, err
	}
	kept, created, err := w.state.Create(w.ctx, func(now time.Time) (approval.Move, error) {
		move, err := approval.New(wanted, now)
		move.Name = w.seen.persons[w.who].Name
		return move, err
	})
	if err != nil {
		return nil, err
	}
	ops.Reached("asked")
	w.kept = kept
	switch {
	case !created:
		return w.openAlready(), nil
	case moved:
		return commands.Text{
			{Text: "Your request " + kept.ID.String() + " stands in "},
			{Kind: commands.Channel, Text: place.Channel},
			{Text: ", where others can see it."},
		}, nil
	}
	return nil, nil
}

// openAlready points to the request that asks for the very same.
func (w *wish) openAlready() commands.Text {
	id := w.kept.ID.String()
	said := commands.Text{{Text: "The same is open already: "}, {Text: id}}
	if card, err := w.state.Card(w.ctx, w.kept.ID); err == nil && card.Link != "" {
		said[1] = commands.Span{Kind: commands.Link, Text: id, URL: card.Link}
	}
	return append(said, commands.Span{Text: ", asked for by "}, commands.Named(w.kept.Requester),
		commands.Span{Text: ". Nothing new was asked for."})
}
