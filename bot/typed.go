package bot

import (
	"context"
	"encoding/json"
	"slices"

	"dbbot/commands"
)

// typed is a press on a button that types a command: the road goes on as if whoever pressed had typed it there.
func (r *request) typed(in Click) (func(context.Context), error) {
	value, found := r.bot.Coordinator.Recall(r.ctx, in.Token)
	var was kept
	at := surface{Channel: in.Origin.Channel, Message: in.Origin.Message}
	if !found || json.Unmarshal(value, &was) != nil {
		return nil, r.turnAway(in.Key, in.Button, at, errTooOld)
	}
	if !was.Types {
		return nil, r.turnAway(in.Key, in.Button, at, errUnknownButton)
	}
	words := Invoke{Key: in.Key, Who: in.Who, Text: was.Words, Origin: in.Origin, At: in.At}
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
