package slack

import (
	"context"
	"fmt"

	"dbbot/bot"
	"dbbot/bot/blockkit"
	"dbbot/ops"
)

// run hands an act that was acked already to the handler's method for it.
func run(ctx context.Context, h Handler, a bot.Act) {
	switch {
	case a.Invoke != nil:
		h.Invoke(ctx, *a.Invoke)
	case a.Click != nil:
		h.Click(ctx, *a.Click)
	case a.Home != nil:
		h.Home(ctx, *a.Home)
	}
}

// answer says something to the person who acted, where they acted; after a form, in their own channel with the bot.
func answer(ctx context.Context, chat bot.Chat, a bot.Act, post bot.Post) error {
	switch {
	case a.Invoke != nil:
		return chat.Answer(ctx, a.Invoke.Who, a.Invoke.Origin, post)
	case a.Click != nil:
		return chat.Answer(ctx, a.Click.Who, a.Click.Origin, post)
	case a.Submit != nil:
		return chat.Answer(ctx, a.Submit.Who, bot.Origin{Team: a.Submit.Who.Team}, post)
	case a.Home != nil:
		return chat.ShowHome(ctx, a.Home.Who, post)
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

// maxFieldError is as much as people read below a field, in characters.
const maxFieldError = 300

// inAck is how an ack says text; nil where Slack shows nothing that an ack says.
func inAck(e envelope, a bot.Act, text string) *reply {
	switch {
	case text == "" || !e.Accepts:
		return nil
	case a.Submit != nil:
		return wrongInForm(text)
	case a.Invoke != nil && e.Type == typeCommand:
		return &reply{Type: "ephemeral", Text: blockkit.Plain(text)}
	}
	return nil
}

// wrongInForm keeps the form open and says why.
func wrongInForm(text string) *reply {
	return &reply{Action: "errors", Errors: map[string]string{formField: ops.Printable(text, maxFieldError)}}
}
