package bot

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
)

// typed is a press on a button that types a command: the road goes on as if whoever pressed had typed it there.
func (r *request) typed(in Click) (func(context.Context), error) {
	value, found := r.bot.Coordinator.Recall(r.ctx, in.Token)
	var was kept
	if !found || json.Unmarshal(value, &was) != nil {
		return r.chosen(in)
	}
	if !was.Types {
		return nil, r.turnAway(in.Key, in.Button, surface{Channel: in.Origin.Channel, Message: in.Origin.Message}, errUnknownButton)
	}
	return r.says(in, was.Words)
}

// errSaid ends a decision that decides nothing: what was pressed types a command.
var errSaid = errors.New("a command is typed")

// chosen is a press on the card of a request that is over: Retry, or a choice that its outcome leaves. What such a button
// types stands in the request, for as long as that is kept.
func (r *request) chosen(in Click) (func(context.Context), error) {
	words, at := "", surface{Token: in.Token, Channel: in.Origin.Channel, Message: in.Origin.Message}
	d := decision{button: in.Button, tried: "press " + strings.ToLower(in.Button)}
	err := r.decide(in.Key, at, d, func(q approval.Request, _ approval.Voter, _ time.Time) (approval.Move, error) {
		if words = commands.Choice(q, in.Button); words == "" {
			return approval.Move{}, &approval.Refusal{Tried: d.tried, Code: "no such choice", Said: errNoChoice}
		}
		return approval.Move{}, errSaid
	})
	r.command = "" // the name of a button is anybody's
	switch {
	case errors.Is(err, errSaid):
		if in.Origin.Thread == in.Origin.Message { // below the card there are its details: the new card stands beside it
			in.Origin.Thread = ""
		}
		return r.says(in, words)
	case errors.Is(err, approval.ErrUnknown):
		return nil, errTooOld
	}
	return nil, err
}

var errNoChoice = &ops.Error{Message: "dbbot does not know this button here.", Hint: "The card shows what is possible now."}

// says goes on with words as if whoever pressed had typed them.
func (r *request) says(in Click, text string) (func(context.Context), error) {
	words := Invoke{Key: in.Key, Who: in.Who, Text: text, Origin: in.Origin, At: in.At}
	if r.bot.First(Act{Invoke: &words}) {
		return r.receive(words)
	}
	return func(ctx context.Context) { r.bot.Invoke(ctx, words) }, nil
}

// typing gives every button of a view that types a command a token of its own, under which the words are kept.
func (r *request) typing(ctx context.Context, view commands.View) commands.View {
	view.Buttons = r.tokens(ctx, view.Buttons)
	view.Parts = slices.Clone(view.Parts)
	for i, part := range view.Parts {
		if part.Section != nil && len(part.Section.Buttons) > 0 {
			section := *part.Section
			section.Buttons = r.tokens(ctx, section.Buttons)
			view.Parts[i].Section = &section
		}
	}
	return view
}

func (r *request) tokens(ctx context.Context, buttons []commands.Button) []commands.Button {
	buttons = slices.Clone(buttons)
	for i, b := range buttons {
		if b.Words == "" {
			continue
		}
		value, err := json.Marshal(kept{Words: b.Words, Who: r.who, Types: true})
		if err != nil { // plain strings: cannot fail
			continue
		}
		buttons[i].Token = newToken()
		r.bot.Coordinator.Keep(ctx, buttons[i].Token, value)
	}
	return buttons
}
