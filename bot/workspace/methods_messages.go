package workspace

import (
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// postEphemeral shows a message to one person in a channel. It is gone when they leave, and cannot be updated.
func postEphemeral(s *Server, r *request) (fields, error) {
	c, err := s.writable(r, "channel")
	if err != nil {
		return nil, err
	}
	p := s.people.byID[r.text("user")]
	if p == nil || p.Kind == Deleted {
		return nil, fail("user_not_found")
	}
	if !c.has(p.ID) {
		return nil, fail("user_not_in_channel")
	}
	if len(r.text("text")) > maxUpdateText { // bytes here, code points elsewhere
		return nil, fail("msg_too_long")
	}
	what, err := readContent(r.arguments)
	if err != nil {
		return nil, err
	}
	if !what.says() {
		return nil, fail("no_text")
	}
	m, err := s.begin(r, c, false)
	if err != nil {
		return nil, err
	}
	what.into(m)
	m.to, m.Metadata = p.ID, nil
	s.post(c, m)
	return fields{"message_ts": m.TS}, nil
}

// chatUpdate changes a message of the app's own. Text without blocks takes the blocks away.
func chatUpdate(s *Server, r *request) (fields, error) {
	c, m, err := s.own(r, "cant_update_message")
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(r.text("text")) > maxUpdateText {
		return nil, fail("msg_too_long")
	}
	what, err := readContent(r.arguments)
	if err != nil {
		return nil, err
	}
	if !what.says() && len(m.Files) == 0 {
		return nil, fail("no_text")
	}
	if what.attachments == nil { // only an empty list takes attachments away
		what.attachments = m.Attachments
	}
	s.rewrite(c, m, what)
	return fields{"channel": c.ID, "ts": m.TS, "text": m.Text, "message": m.wire(true)}, nil
}

// own finds the message that an app wants to change: one of its own, and not an ephemeral one. Names and people are no
// channels here.
func (s *Server) own(r *request, refusal string) (*channel, *Message, error) {
	c := s.channels.byID[r.text("channel")]
	switch {
	case c == nil || c.Kind != Public && !c.has(r.app.BotUser):
		return nil, nil, fail("channel_not_found")
	case c.Archived:
		return nil, nil, fail("is_archived")
	}
	m := c.find(r.text("ts"))
	switch {
	case m == nil || m.to != "":
		return nil, nil, fail("message_not_found")
	case m.AppID != r.app.ID || m.Subtype == "tombstone":
		return nil, nil, fail(refusal)
	}
	return c, m, nil
}

// chatDelete takes away a message of the app's own.
func chatDelete(s *Server, r *request) (fields, error) {
	c, m, err := s.own(r, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	s.remove(c, m)
	return fields{"channel": c.ID, "ts": m.TS}, nil
}

// chatGetPermalink gives the address of a message: Slack's path, on the host of this workspace.
func chatGetPermalink(s *Server, r *request) (fields, error) {
	c := s.channels.byID[r.text("channel")]
	if c == nil || !c.has(r.app.BotUser) && c.Kind != Public {
		return nil, fail("channel_not_found")
	}
	m := c.find(r.text("message_ts"))
	if m == nil || m.to != "" {
		return nil, fail("message_not_found")
	}
	link := r.base + "/archives/" + c.ID + "/p" + strings.Replace(m.TS, ".", "", 1)
	if m.reply() {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + c.ID
	}
	return fields{"channel": c.ID, "permalink": link}, nil
}

// tooFast is Slack's refusal of a call that came too soon.
func tooFast(wait time.Duration) error {
	return &failure{code: "ratelimited", status: http.StatusTooManyRequests, retry: wait}
}
