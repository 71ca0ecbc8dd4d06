package slack

import (
	"context"
	"fmt"
	"time"

	slackgo "github.com/slack-go/slack"

	"dbbot/bot"
	"dbbot/ops"
)

var _ bot.Room = (*Client)(nil)

const (
	// roomBound is for one step of saying something, a short pause that Slack asks for included. Longer pauses are given
	// back as *bot.Later: whoever delivers has other messages to deliver meanwhile.
	roomBound = 8 * time.Second
	// linkBound is for asking where people find a message: worth having, and not worth waiting for.
	linkBound = 2 * time.Second
	// markEvent names our metadata. Whoever reads the channel can read it, so that it holds no secret.
	markEvent = "dbbot"
	markKey   = "key"
)

// Post says something new, with its key in the metadata, where Find looks for it. A person's id as the channel means
// their own channel with the bot, and Posted names that.
func (c *Client) Post(ctx context.Context, to bot.Address, key string, post bot.Post) (bot.Posted, error) {
	const method = "chat.postMessage"
	ctx, cancel := context.WithTimeout(ctx, roomBound)
	defer cancel()
	mark := slackgo.MsgOptionMetadata(slackgo.SlackMetadata{EventType: markEvent, EventPayload: map[string]any{markKey: key}})
	var at bot.Posted
	err := c.plainly(method, draw(post), func(m message) (err error) {
		at.Channel, at.Stamp, err = c.web.PostMessageContext(ctx, to.Channel, append(m.options(to.Thread), mark)...)
		return arrived(method, at.Stamp, err)
	})
	if err != nil {
		return bot.Posted{}, prospect(err)
	}
	at.Link = c.link(ctx, at)
	return at, nil
}

// Edit replaces what stands there; its metadata stays. After bot.ErrUnsure it may be done again as it is: twice the same
// is the same.
func (c *Client) Edit(ctx context.Context, at bot.Posted, post bot.Post) error {
	const method = "chat.update"
	ctx, cancel := context.WithTimeout(ctx, roomBound)
	defer cancel()
	return prospect(c.plainly(method, draw(post), func(m message) error {
		_, stamp, _, err := c.web.UpdateMessageContext(ctx, at.Channel, at.Stamp, m.options("")...)
		return arrived(method, stamp, err)
	}))
}

// Open shows a form. The trigger works once, and for three seconds after the press.
func (c *Client) Open(ctx context.Context, trigger ops.Secret, form bot.Form) error {
	const method = "views.open"
	ctx, cancel := context.WithTimeout(ctx, roomBound)
	defer cancel()
	opened, err := c.web.OpenViewContext(ctx, trigger.Reveal(), drawForm(form))
	if err == nil && opened.View.ID == "" { // slack-go takes ok:false without a code for success
		err = fmt.Errorf("the answer has no view")
	}
	return prospect(explain(method, err))
}

// link is the address of a message for people; empty where Slack does not say it in time.
func (c *Client) link(ctx context.Context, at bot.Posted) string {
	ctx, cancel := context.WithTimeout(ctx, linkBound)
	defer cancel()
	link, err := c.web.GetPermalinkContext(ctx, &slackgo.PermalinkParameters{Channel: at.Channel, Ts: at.Stamp})
	if err != nil {
		c.log.Warn("slack: a message has no link", "cause", ops.Redact(err.Error()))
		return ""
	}
	return link
}
