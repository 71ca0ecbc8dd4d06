package slack

import (
	"context"
	"errors"
	"slices"

	slackgo "github.com/slack-go/slack"

	"dbbot/bot"
	"dbbot/bot/blockkit"
	"dbbot/commands"
	"dbbot/ops"
)

var (
	_ bot.Chat      = (*Client)(nil)
	_ bot.Directory = (*Client)(nil)
)

// message is a post as drawn: blocks, and the text that says the same.
type message struct {
	text   string
	blocks []slackgo.Block
}

func draw(post bot.Post) message {
	blocks, text := blockkit.Message(post)
	return message{text, blocks}
}

func drawForm(form bot.Form) slackgo.ModalViewRequest { return blockkit.FormView(form) }

// Answer says it to one person, by the first way that works: the response URL, a message that only they see, a direct
// message. Between saying it twice and not at all, an answer that only one person sees is rather said twice.
func (c *Client) Answer(ctx context.Context, who ops.PersonID, to bot.Origin, post bot.Post) error {
	m := draw(post)
	var failed []error
	if to.Respond != "" {
		err := c.respondWith(ctx, to, m, slackgo.ResponseTypeEphemeral, false)
		if err == nil {
			return nil
		}
		failed = append(failed, err)
	}
	if to.Channel != "" && ctx.Err() == nil {
		err := c.whisper(ctx, who, to, m)
		if err == nil {
			return nil
		}
		failed = append(failed, err)
	}
	if ctx.Err() == nil {
		err := c.post(ctx, who.User, "", draw(elsewhere(post, to)))
		if err == nil {
			return nil
		}
		failed = append(failed, err)
	}
	return failed[len(failed)-1]
}

// whisper is a message in the channel for one person; in the person's own channel with the bot, which has no other
// reader, it is an ordinary one, because that stays.
func (c *Client) whisper(ctx context.Context, who ops.PersonID, to bot.Origin, m message) error {
	if to.Direct {
		return c.post(ctx, to.Channel, to.Thread, m)
	}
	return c.plainly("chat.postEphemeral", m, func(m message) error {
		at, err := c.web.PostEphemeralContext(ctx, to.Channel, who.User, m.options(to.Thread)...)
		return arrived("chat.postEphemeral", at, err)
	})
}

// elsewhere tells the reader of a direct message why it is not where they asked.
func elsewhere(post bot.Post, to bot.Origin) bot.Post {
	if to.Channel == "" || to.Direct {
		return post
	}
	note := commands.Text{
		{Text: "You asked in "},
		{Kind: commands.Channel, Text: to.Channel},
		{Text: ", where dbbot cannot answer you alone. Invite it there: "},
		{Kind: commands.Literal, Text: "/invite @dbbot"},
	}
	post.View.Notes = append(slices.Clone(post.View.Notes), note)
	return post
}

// Replace puts post in the place of the message whose button was pressed. A message for one person alone can only be
// replaced through its response URL; once that is used up, a new one is sent. A home tab is drawn anew.
func (c *Client) Replace(ctx context.Context, who ops.PersonID, at bot.Origin, post bot.Post) error {
	if at.Channel == "" {
		return c.ShowHome(ctx, who, post)
	}
	m := draw(post)
	if at.Respond != "" {
		if err := c.respondWith(ctx, at, m, "", true); err == nil {
			return nil
		}
	}
	if at.Ephemeral || at.Message == "" {
		at.Respond = ""
		return c.Answer(ctx, who, at, post)
	}
	return c.plainly("chat.update", m, func(m message) error {
		_, stamp, _, err := c.web.UpdateMessageContext(ctx, at.Channel, at.Message, m.options("")...)
		return arrived("chat.update", stamp, err)
	})
}

// Share says it to everybody. It is said once: when Slack leaves open whether it was, that is the error.
func (c *Client) Share(ctx context.Context, to bot.Origin, post bot.Post) error {
	m := draw(post)
	if to.Respond != "" {
		err := c.respondWith(ctx, to, m, slackgo.ResponseTypeInChannel, false)
		if err == nil || code(err) == "" {
			return unsure(err)
		}
	}
	return unsure(c.post(ctx, to.Channel, to.Thread, m))
}

// unsure marks a failure after which the message may be there all the same: no code of Slack's came back.
func unsure(err error) error {
	if err == nil || code(err) != "" {
		return err
	}
	return &ops.Error{
		Message: "Slack did not say whether the message was posted.",
		Hint:    "Look in the channel before you share it again.", Cause: err,
	}
}

// ShowHome draws somebody's home tab, and draws it plainly when Slack refuses the first drawing: for views its word for
// that is invalid_arguments.
func (c *Client) ShowHome(ctx context.Context, who ops.PersonID, post bot.Post) error {
	publish := func(post bot.Post) error {
		_, err := c.web.PublishViewContext(ctx, slackgo.PublishViewContextRequest{UserID: who.User, View: blockkit.HomeView(post)})
		return explain("views.publish", err)
	}
	err := publish(post)
	if code(err) == "invalid_arguments" || slices.Contains(aboutBlocks, code(err)) {
		c.reasons("views.publish", err)
		return publish(plain(post))
	}
	return err
}

// post is chat.postMessage, which is never repeated blindly (see caller.Do). A person's id as the channel means their
// own channel with the bot.
func (c *Client) post(ctx context.Context, channel, thread string, m message) error {
	return c.plainly("chat.postMessage", m, func(m message) error {
		_, at, err := c.web.PostMessageContext(ctx, channel, m.options(thread)...)
		return arrived("chat.postMessage", at, err)
	})
}

// respondWith goes through the response URL of a command or a click.
func (c *Client) respondWith(ctx context.Context, to bot.Origin, m message, kind string, replace bool) error {
	return c.plainly("response_url", m, func(m message) error {
		no := false
		body := &slackgo.WebhookMessage{Text: m.text, ResponseType: kind, ReplaceOriginal: replace, UnfurlLinks: &no, UnfurlMedia: &no}
		if !replace {
			body.ThreadTimestamp = to.Thread
		}
		if m.blocks != nil {
			body.Blocks = &slackgo.Blocks{BlockSet: m.blocks}
		}
		return c.respond(ctx, to.Respond, body)
	})
}

// options are those of every message: our text is escaped already, and links are not unfurled, because a link in a
// database's name is not an invitation to fetch it.
func (m message) options(thread string) []slackgo.MsgOption {
	options := []slackgo.MsgOption{slackgo.MsgOptionText(m.text, false), slackgo.MsgOptionDisableLinkUnfurl(), slackgo.MsgOptionDisableMediaUnfurl()}
	if m.blocks != nil {
		options = append(options, slackgo.MsgOptionBlocks(m.blocks...))
	}
	if thread != "" {
		options = append(options, slackgo.MsgOptionTS(thread))
	}
	return options
}

// arrived wants the timestamp as proof: slack-go takes ok:false without a code for success.
func arrived(method, timestamp string, err error) error {
	if err == nil && timestamp == "" {
		err = errors.New("the answer has no timestamp")
	}
	return explain(method, err)
}
