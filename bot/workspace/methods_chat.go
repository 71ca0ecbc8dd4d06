package workspace

import (
	"encoding/json"
)

// writable finds the channel that a message goes to: by id, by #name, or the direct message with a person.
func (s *Server) writable(r *request, field string) (*channel, error) {
	id := r.text(field)
	c := s.channels.byID[id]
	if c == nil && id != "" {
		if p := s.people.byID[id]; p != nil {
			if c = s.direct(r.app, id); c != nil && p.Kind == Deleted {
				return nil, fail("user_disabled")
			}
		} else {
			c = s.channels.named(id)
		}
	}
	bot := r.bot(s)
	switch {
	case id == "":
		return nil, fail("invalid_arguments")
	case c == nil, c.Kind != Public && !c.has(bot.ID):
		return nil, fail("channel_not_found")
	case c.Archived:
		return nil, fail("is_archived")
	case c.Kind == Direct && !r.app.MessagesTab:
		return nil, fail("messages_tab_disabled")
	case !c.has(bot.ID) && !r.app.granted("chat:write.public"):
		return nil, fail("not_in_channel")
	}
	return c, nil
}

// postMessage checks what it is to say before it looks at the rate: a message that could never be sent uses nothing up.
func postMessage(s *Server, r *request) (fields, error) {
	c, err := s.writable(r, "channel")
	if err != nil {
		return nil, err
	}
	what, err := readContent(r.arguments)
	if err != nil {
		return nil, err
	}
	if !what.says() {
		return nil, fail("no_text")
	}
	m, err := s.begin(r, c, r.yes("reply_broadcast"))
	if err != nil {
		return nil, err
	}
	if wait := s.takeMessage(r.app, c.ID); wait > 0 {
		return nil, tooFast(wait)
	}
	what.into(m)
	m.UnfurlLinks, m.UnfurlMedia = r.flag("unfurl_links", false), r.flag("unfurl_media", true)
	s.post(c, m)
	return fields{"channel": c.ID, "ts": m.TS, "message": m.wire(true)}, nil
}

// begin makes a message of the bot's, dressed as the call says and in its thread.
func (s *Server) begin(r *request, c *channel, broadcast bool) (*Message, error) {
	m := r.app.message(s)
	if err := r.dress(m); err != nil {
		return nil, err
	}
	return m, s.thread(c, m, r.text("thread_ts"), broadcast)
}

// dress gives a message another name or picture, which needs a scope of its own.
func (r *request) dress(m *Message) error {
	if !r.has("username") && !r.has("icon_emoji") && !r.has("icon_url") {
		return nil
	}
	if err := r.need("chat:write.customize"); err != nil {
		return err
	}
	m.Username, m.Subtype = r.text("username"), "bot_message"
	m.Icons = icons(r.text("icon_emoji"), r.text("icon_url"))
	return nil
}

// thread puts a message into a thread, which must be there.
func (s *Server) thread(c *channel, m *Message, ts string, broadcast bool) error {
	if ts == "" {
		return nil
	}
	parent := c.find(ts)
	if parent == nil || parent.to != "" {
		return fail("thread_not_found")
	}
	if parent.ThreadTS != "" { // a reply's own timestamp leads to the thread that it is in
		ts = parent.ThreadTS
	}
	m.ThreadTS, m.broadcast = ts, broadcast
	if broadcast {
		m.Subtype = "thread_broadcast"
	}
	return nil
}

// icons is the picture of a message that was dressed up.
func icons(emoji, url string) json.RawMessage {
	picture := map[string]string{}
	if emoji != "" {
		picture["emoji"] = emoji
	}
	if url != "" {
		picture["image_48"] = url
	}
	out, _ := json.Marshal(picture) // a map of strings is always JSON
	return out
}
