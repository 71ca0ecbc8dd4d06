package workspace

import (
	"encoding/json"
	"slices"
	"strings"
)

// Message is a message as Slack writes it.
type Message struct {
	Type        string          `json:"type"`
	Subtype     string          `json:"subtype,omitempty"`
	Channel     string          `json:"channel,omitempty"` // only on the page and in tests
	TS          string          `json:"ts"`
	ThreadTS    string          `json:"thread_ts,omitempty"`
	User        string          `json:"user,omitempty"`
	BotID       string          `json:"bot_id,omitempty"`
	AppID       string          `json:"app_id,omitempty"`
	Username    string          `json:"username,omitempty"`
	Icons       json.RawMessage `json:"icons,omitempty"`
	Team        string          `json:"team,omitempty"`
	ClientMsgID string          `json:"client_msg_id,omitempty"`
	Text        string          `json:"text"`
	Blocks      json.RawMessage `json:"blocks,omitempty"`
	Attachments json.RawMessage `json:"attachments,omitempty"`
	Files       []fields        `json:"files,omitempty"`
	Upload      bool            `json:"upload,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	Edited      *Edit           `json:"edited,omitempty"`
	Reactions   []Reaction      `json:"reactions,omitempty"`

	ParentUser  string   `json:"parent_user_id,omitempty"`
	ReplyCount  int      `json:"reply_count,omitempty"`
	ReplyUsers  []string `json:"reply_users,omitempty"`
	ReplyUserNo int      `json:"reply_users_count,omitempty"`
	LatestReply string   `json:"latest_reply,omitempty"`

	// Only on the page and in tests.
	Ephemeral   bool `json:"ephemeral,omitempty"`
	UnfurlLinks bool `json:"unfurl_links,omitempty"`
	UnfurlMedia bool `json:"unfurl_media,omitempty"`

	to        string
	replies   []*Message // newest last; of a thread's first message
	repliers  []string   // who wrote them
	broadcast bool       // a reply that is shown in the channel as well
}

// Edit says who changed a message, and when.
type Edit struct {
	User string `json:"user"`
	TS   string `json:"ts"`
}

// Reaction is one emoji under a message.
type Reaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
	Count int      `json:"count"`
}

// reply reports whether the message belongs into a thread and not into the channel.
func (m *Message) reply() bool { return m.ThreadTS != "" && m.ThreadTS != m.TS && !m.broadcast }

// shown reports whether a person sees the message in a channel that they see.
func (m *Message) shown(user string) bool { return m.to == "" || m.to == user }

// wire is the message as the Web API returns it: without what only the page needs.
func (m *Message) wire(metadata bool) Message {
	out := *m
	out.Channel, out.Ephemeral, out.UnfurlLinks, out.UnfurlMedia, out.replies = "", false, false, false, nil
	if !metadata {
		out.Metadata = nil
	}
	return out
}

// find looks a message up by its timestamp, ephemeral ones too; nil where there is none.
func (c *channel) find(ts string) *Message {
	i, found := slices.BinarySearchFunc(c.messages, ts, func(m *Message, ts string) int { return strings.Compare(m.TS, ts) })
	if !found {
		return nil
	}
	return c.messages[i]
}

// post puts a message into its channel, keeps the thread's counts, and tells pages and subscribed apps.
// It gives the message its timestamp. Callers hold mu.
func (s *Server) post(c *channel, m *Message) {
	m.Type, m.Channel, m.TS = "message", c.ID, s.ts()
	m.Ephemeral = m.to != ""
	c.messages = append(c.messages, m)
	if limit := s.cfg.Limits.Messages; len(c.messages) > limit+limit/10 {
		c.messages = slices.Clone(c.messages[len(c.messages)-limit:])
	}
	if parent := c.find(m.ThreadTS); parent != nil && parent != m && m.to == "" {
		parent.answered(m)
		s.announce("changed", c, parent)
	}
	s.announce("message", c, m)
	s.messageEvents(c, m)
}

func (m *Message) answered(reply *Message) {
	m.ThreadTS = m.TS
	m.replies = append(m.replies, reply)
	reply.ParentUser = m.User
	m.count(reply)
}

// count adds one reply to what a thread shows; a long thread must not make each reply slower.
func (m *Message) count(reply *Message) {
	m.ReplyCount++
	m.LatestReply = reply.TS
	if !slices.Contains(m.repliers, reply.User) {
		m.repliers = append(m.repliers, reply.User)
		m.ReplyUserNo = len(m.repliers)
		m.ReplyUsers = m.repliers[:min(m.ReplyUserNo, 5)] // Slack names up to five
	}
}

// recount derives the counts a thread shows from its replies.
func (m *Message) recount() {
	m.repliers, m.ReplyUsers, m.ReplyUserNo = nil, nil, 0
	m.ReplyCount, m.LatestReply = 0, ""
	for _, reply := range m.replies {
		m.count(reply)
	}
	if len(m.replies) == 0 {
		m.ThreadTS = ""
	}
}

// announce tells the pages of those who see it. Callers hold mu.
func (s *Server) announce(event string, c *channel, m *Message) {
	s.hub.publish(event, audience{user: m.to, channel: c}, func() any { return fields{"message": m} })
}
