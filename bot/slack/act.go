package slack

import (
	"context"
	"fmt"

	"dbbot/bot"
)

// run hands the act to the handler's method for it.
func (a act) run(ctx context.Context, h Handler) {
	switch {
	case a.invoke != nil:
		h.Invoke(ctx, *a.invoke)
	case a.click != nil:
		h.Click(ctx, *a.click)
	case a.home != nil:
		h.Home(ctx, *a.home)
	}
}

// answer says something to the person who acted, where they acted.
func (a act) answer(ctx context.Context, chat bot.Chat, post bot.Post) error {
	switch {
	case a.invoke != nil:
		return chat.Answer(ctx, a.invoke.Who, a.invoke.Origin, post)
	case a.click != nil:
		return chat.Answer(ctx, a.click.Who, a.click.Origin, post)
	case a.home != nil:
		return chat.ShowHome(ctx, a.home.Who, post)
	}
	return nil
}

// known keeps the label of a metric to the types that Slack documents.
func known(kind string) string {
	switch kind {
	case typeHello, typeDisconnect, typeCommand, typeInteraction, typeEvent, typeOversized:
		return kind
	}
	return typeUnknown
}

// describe names what a handler panicked with.
func describe(what any) string { return fmt.Sprint(what) }
