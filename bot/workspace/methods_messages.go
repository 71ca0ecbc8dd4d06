package workspace

import (
	"net/http"
	"slices"
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
	m := r.app.message(s)
	if err := r.dress(m); err != nil {
		return nil, err
	}
	if err := s.thread(c, m, r.text("thread_ts"), false); err != nil {
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

// chatGetPermalink gives the address that the message would have at Slack.
func chatGetPermalink(s *Server, r *request) (fields, error) {
	c := s.channels.byID[r.text("channel")]
	if c == nil || !c.has(r.app.BotUser) && c.Kind != Public {
		return nil, fail("channel_not_found")
	}
	m := c.find(r.text("message_ts"))
	if m == nil || m.to != "" {
		return nil, fail("message_not_found")
	}
	link := "https://" + s.cfg.Team.Domain + ".slack.com/archives/" + c.ID + "/p" + strings.Replace(m.TS, ".", "", 1)
	if m.reply() {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + c.ID
	}
	return fields{"channel": c.ID, "permalink": link}, nil
}

// reactionMost bounds the different emoji under one message, as Slack does.
const reactionMost = 50

// reactionsAdd and reactionsRemove act as the bot, which must be in the channel.
func reactionsAdd(s *Server, r *request) (fields, error) {
	c, m, name, err := s.reactable(r)
	if err != nil {
		return nil, err
	}
	return nil, s.react(c, m, r.app.BotUser, name)
}

func reactionsRemove(s *Server, r *request) (fields, error) {
	c, m, name, err := s.reactable(r)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(m.Reactions, func(one Reaction) bool { return one.Name == name })
	if i < 0 || !slices.Contains(m.Reactions[i].Users, r.app.BotUser) {
		return nil, fail("no_reaction")
	}
	users := without(m.Reactions[i].Users, []string{r.app.BotUser})
	m.Reactions = slices.Clone(m.Reactions)
	m.Reactions[i].Users, m.Reactions[i].Count = users, len(users)
	if len(users) == 0 {
		m.Reactions = slices.Delete(m.Reactions, i, i+1)
	}
	s.announce("changed", c, m)
	s.reactionEvents(c, m, "reaction_removed", r.app.BotUser, name)
	return nil, nil
}

func (s *Server) reactable(r *request) (*channel, *Message, string, error) {
	c := s.channels.byID[r.text("channel")]
	if c == nil || !c.has(r.app.BotUser) && c.Kind != Public {
		return nil, nil, "", fail("channel_not_found")
	}
	m, name := c.find(r.text("timestamp")), strings.Trim(r.text("name"), ":")
	switch {
	case name == "":
		return nil, nil, "", fail("invalid_name")
	case m == nil || m.to != "":
		return nil, nil, "", fail("message_not_found")
	case c.Archived:
		return nil, nil, "", fail("is_archived")
	case !c.has(r.app.BotUser):
		return nil, nil, "", fail("not_in_channel")
	}
	return c, m, name, nil
}

// react puts somebody's emoji under a message. Callers hold mu.
func (s *Server) react(c *channel, m *Message, user, name string) error {
	i := slices.IndexFunc(m.Reactions, func(one Reaction) bool { return one.Name == name })
	switch {
	case i >= 0 && slices.Contains(m.Reactions[i].Users, user):
		return fail("already_reacted")
	case i < 0 && len(m.Reactions) >= reactionMost:
		return fail("too_many_emoji")
	}
	m.Reactions = slices.Clone(m.Reactions)
	if i < 0 {
		m.Reactions = append(m.Reactions, Reaction{Name: name})
		i = len(m.Reactions) - 1
	}
	m.Reactions[i].Users = append(slices.Clone(m.Reactions[i].Users), user)
	m.Reactions[i].Count = len(m.Reactions[i].Users)
	s.announce("changed", c, m)
	s.reactionEvents(c, m, "reaction_added", user, name)
	return nil
}

// reactionEvents tells the apps in the channel whose message got or lost which emoji. Callers hold mu.
func (s *Server) reactionEvents(c *channel, m *Message, event, user, name string) {
	for _, a := range s.apps {
		if c.has(a.BotUser) {
			s.emit(a, c, event, fields{
				"type": event, "user": user, "reaction": name, "item_user": m.User,
				"item": fields{"type": "message", "channel": c.ID, "ts": m.TS}, "event_ts": s.ts(),
			})
		}
	}
}

// tooFast is Slack's refusal of a call that came too soon.
func tooFast(wait time.Duration) error {
	return &failure{code: "ratelimited", status: http.StatusTooManyRequests, retry: wait}
}
