package slack

import (
	"errors"
	"slices"

	slackgo "github.com/slack-go/slack"

	"dbbot/bot"
	"dbbot/commands"
	"dbbot/ops"
)

// aboutBlocks are Slack's ways of refusing how a message is drawn. New blocks reach workspaces one after another, so
// what Slack takes here it may refuse there.
var aboutBlocks = []string{"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "only_one_table_allowed"}

// plainly sends a message, and once more as plain text when Slack refuses its blocks: the text says the same.
func (c *Client) plainly(method string, m message, send func(message) error) error {
	err := send(m)
	if m.blocks == nil || !slices.Contains(aboutBlocks, code(err)) {
		return err
	}
	c.reasons(method, err)
	return send(message{text: m.text})
}

// plain is a post without anything that Slack could refuse to draw.
func plain(post bot.Post) bot.Post {
	return bot.Post{View: commands.View{Title: post.View.Title, Lead: commands.Say(post.View.Text())}}
}

// reasons logs which part of a message Slack did not like: JSON pointers, no words of the message.
func (c *Client) reasons(method string, err error) {
	refused, ok := errors.AsType[slackgo.SlackErrorResponse](err)
	if !ok {
		return
	}
	reasons := refused.ResponseMetadata.Messages
	for i, reason := range reasons {
		reasons[i] = ops.Redact(ops.Printable(reason, 300))
	}
	c.log.Error("slack: a message was refused as drawn", "method", method, "code", refused.Err, "reasons", reasons)
}
