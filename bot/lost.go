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

// lostBound is for telling one person that their command was lost.
const lostBound = 10 * time.Second

// Lost is called for a command that was received by a process which is gone, and of which nothing is known. Either it had
// become a request, which speaks for itself, or nothing came of it, and whoever typed it reads that.
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
		return state.Settle(ctx, key, "request "+made.String())
	}
	if err := b.tellLost(ctx, in); err != nil {
		return err
	}
	dropped := audit.Entry{
		Team: in.Who.Team, User: in.Who.User, Event: audit.CommandDropped, Channel: in.Channel, Origin: key,
		Detail: "the process that received it is gone",
	}
	if err := state.Note(ctx, dropped); err != nil {
		return err
	}
	return state.Settle(ctx, key, "lost, and said so")
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

// tellLost says it once, also where it was begun before and nobody knows whether it arrived.
func (b *Bot) tellLost(ctx context.Context, in store.Invocation) error {
	to, key := Address{Channel: in.Who.User}, "lost:"+in.Key
	if _, found, err := b.Room.Find(ctx, to, key, in.At); err == nil && found {
		return nil
	}
	post := Post{View: commands.View{
		Title: "A command was lost",
		Lead: commands.Text{
			{Text: "dbbot was restarted before it came to what you typed: "},
			{Kind: commands.Literal, Text: in.Words},
			{Text: ". Nothing was done. Type it again if you still want it."},
		},
	}}
	_, err := b.Room.Post(ctx, to, key, post)
	return err
}
