package bot

import (
	"context"
	"errors"
	"time"

	"dbbot/commands"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/store"
)

// lostBound is for finding out what became of one command.
const lostBound = 10 * time.Second

// Lost is called for a command that was received by a process which is gone, and of which nothing is known. Either it had
// become a request, which speaks for itself, or nothing came of it: then its person is told, through the outbox, so that
// they hear it once, however many replicas find it.
func (b *Bot) Lost(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, lostBound)
	defer cancel()
	state, err := b.State()
	if err != nil {
		return err
	}
	in, err := state.Invocation(ctx, key)
	if errors.Is(err, approval.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	made, err := madeOf(ctx, state, in)
	if err != nil {
		return err
	}
	if made != 0 {
		err = state.Settle(ctx, key, "request "+made.String())
	} else {
		err = state.Drop(ctx, key, lost(in), audit.Entry{
			Team: in.Who.Team, User: in.Who.User, Event: audit.CommandDropped, Channel: in.Channel, Origin: key,
			Detail: "the process that received it is gone",
		})
	}
	if errors.Is(err, approval.ErrRepeated) { // somebody else was faster
		return nil
	}
	return err
}

// madeOf finds the request that a command had become; zero where it had not.
func madeOf(ctx context.Context, state State, in store.Invocation) (approval.ID, error) {
	requests, err := state.List(ctx, approval.Filter{Requester: in.Who, Since: in.At.Add(-time.Minute), Limit: 200})
	for _, q := range requests {
		if q.Key == in.Key {
			return q.ID, nil
		}
	}
	return 0, err
}

// lost is what its person reads.
func lost(in store.Invocation) store.Message {
	said := Said{View: commands.View{
		Title: "A command was lost",
		Lead: commands.Text{
			{Text: "dbbot was restarted before it came to what you typed: "},
			{Kind: commands.Literal, Text: in.Words},
			{Text: ". Nothing was done. Type it again if you still want it."},
		},
	}}
	return store.Message{Key: "lost " + in.Key, Kind: store.Direct, To: in.Who.User, Body: said.body()}
}
