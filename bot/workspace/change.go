package workspace

import "slices"

// rewrite puts other content into a message, as an app does: its text goes where only blocks are given, and its
// blocks go where only text is given. Metadata stays unless it is replaced. Callers hold mu.
func (s *Server) rewrite(c *channel, m *Message, what content) {
	before := m.wire(true)
	what.into(m)
	if m.Blocks == nil && m.to == "" { // with blocks there is no "edited" mark
		m.Edited = &Edit{User: m.User, TS: s.ts()}
	}
	s.announce("changed", c, m)
	s.changeEvents(c, "message_changed", m, &before)
}

// remove takes a message away, and with it its place in a thread. Callers hold mu.
func (s *Server) remove(c *channel, m *Message) {
	i := slices.Index(c.messages, m)
	if i < 0 {
		return
	}
	before := m.wire(true)
	if len(m.replies) > 0 { // a thread outlives its first message, which leaves a tombstone
		m.Subtype, m.Text, m.Blocks, m.Attachments, m.Files = "tombstone", "This message was deleted.", nil, nil, nil
		m.User, m.BotID, m.AppID, m.Username = slackbot, "", "", ""
		s.announce("changed", c, m)
	} else {
		c.messages = slices.Delete(c.messages, i, i+1)
		s.hub.publish("deleted", audience{user: m.to, channel: c}, func() any { return fields{"channel": c.ID, "ts": m.TS} })
	}
	if parent := c.find(m.ThreadTS); parent != nil && parent != m {
		parent.replies = slices.DeleteFunc(parent.replies, func(r *Message) bool { return r == m })
		parent.recount()
		s.announce("changed", c, parent)
	}
	s.changeEvents(c, "message_deleted", m, &before)
}
