package slack

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	slackgo "github.com/slack-go/slack"

	"dbbot/bot"
)

const (
	findPage  = 200 // messages; Slack recommends no more
	findPages = 5   // a thousand messages since the post was begun is a channel where nothing is found again
	// findSkew is how far Slack's clock may be behind that of whoever says since when.
	findSkew = time.Minute
)

// Find looks for a message that Post has left, by its key, among what the bot has said there since. Without a thread it
// looks in the channel itself. It gives false only when it has seen all of it.
func (c *Client) Find(ctx context.Context, to bot.Address, key string, since time.Time) (bot.Posted, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, roomBound)
	defer cancel()
	us, err := c.team(ctx)
	if err != nil {
		return bot.Posted{}, false, unseen(err)
	}
	channel, err := c.channelOf(ctx, to.Channel)
	if err != nil {
		return bot.Posted{}, false, unseen(err)
	}
	search := search{client: c, channel: channel, thread: to.Thread, oldest: stampOf(since.Add(-findSkew))}
	for range findPages {
		messages, err := search.page(ctx)
		if err != nil {
			return bot.Posted{}, false, unseen(err)
		}
		for _, m := range messages {
			if m.User == us.BotUser && m.Metadata.EventType == markEvent && m.Metadata.EventPayload[markKey] == key {
				at := bot.Posted{Channel: channel, Stamp: m.Timestamp}
				at.Link = c.link(ctx, at)
				return at, true, nil
			}
		}
		if search.cursor == "" {
			return bot.Posted{}, false, nil
		}
	}
	return bot.Posted{}, false, mark(bot.ErrUnsure, fmt.Errorf("not among the last %d messages", findPage*findPages))
}

// unseen is prospect for a look. What nobody may look at, because a scope is missing, does not become clear by waiting:
// then it is as good as not said.
func unseen(err error) error {
	if fatal(err) {
		return mark(bot.ErrUnsure, err)
	}
	return prospect(err)
}

// channelOf gives the channel itself: for a person, their own with the bot.
func (c *Client) channelOf(ctx context.Context, id string) (string, error) {
	if !isPerson(id) {
		return id, nil
	}
	const method = "conversations.open"
	channel, _, _, err := c.web.OpenConversationContext(ctx, &slackgo.OpenConversationParameters{Users: []string{id}})
	if err == nil && channel.ID == "" {
		err = errors.New("the answer names no channel")
	}
	if err != nil {
		return "", explain(method, err)
	}
	return channel.ID, nil
}

// isPerson tells people from channels by their id, as Slack's documentation of chat.postMessage does.
func isPerson(id string) bool { return id != "" && (id[0] == 'U' || id[0] == 'W') }

// search reads a conversation page by page, newest first in a channel and oldest first in a thread.
type search struct {
	client                  *Client
	channel, thread, oldest string
	cursor                  string
}

func (s *search) page(ctx context.Context) ([]slackgo.Message, error) {
	if s.thread != "" {
		messages, _, next, err := s.client.web.GetConversationRepliesContext(ctx, &slackgo.GetConversationRepliesParameters{
			ChannelID: s.channel, Timestamp: s.thread, Cursor: s.cursor, Oldest: s.oldest, Limit: findPage, IncludeAllMetadata: true,
		})
		s.cursor = next
		return messages, explain("conversations.replies", err)
	}
	answer, err := s.client.web.GetConversationHistoryContext(ctx, &slackgo.GetConversationHistoryParameters{
		ChannelID: s.channel, Cursor: s.cursor, Oldest: s.oldest, Limit: findPage, IncludeAllMetadata: true,
	})
	if err != nil {
		return nil, explain("conversations.history", err)
	}
	if !answer.Ok { // slack-go takes ok:false without a code for success
		return nil, explain("conversations.history", errors.New("the answer is not ok"))
	}
	s.cursor = answer.ResponseMetaData.NextCursor
	return answer.Messages, nil
}

// stampOf is a time as Slack writes it.
func stampOf(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) + ".000000" }
