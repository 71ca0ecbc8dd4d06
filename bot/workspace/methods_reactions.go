package workspace

import (
	"regexp"
	"slices"
	"strings"
)

// reactionMost bounds the different emoji under one message, as Slack does.
const reactionMost = 50

// reactionName is what Slack's emoji are called: white_check_mark, +1.
var reactionName = regexp.MustCompile(`^[a-z0-9_+'-]{1,100}$`)

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
	return nil, s.unreact(c, m, r.app.BotUser, name)
}

// reactable finds the message of a call and the emoji's name.
func (s *Server) reactable(r *request) (*channel, *Message, string, error) {
	c := s.channels.byID[r.text("channel")]
	if c == nil || !c.has(r.app.BotUser) && c.Kind != Public {
		return nil, nil, "", fail("channel_not_found")
	}
	m, name := c.find(r.text("timestamp")), strings.Trim(r.text("name"), ":")
	switch {
	case !reactionName.MatchString(name):
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

// unreact takes somebody's emoji away. Callers hold mu.
func (s *Server) unreact(c *channel, m *Message, user, name string) error {
	i := slices.IndexFunc(m.Reactions, func(one Reaction) bool { return one.Name == name })
	if i < 0 || !slices.Contains(m.Reactions[i].Users, user) {
		return fail("no_reaction")
	}
	users := without(m.Reactions[i].Users, []string{user})
	m.Reactions = slices.Clone(m.Reactions)
	m.Reactions[i].Users, m.Reactions[i].Count = users, len(users)
	if len(users) == 0 {
		m.Reactions = slices.Delete(m.Reactions, i, i+1)
	}
	s.announce("changed", c, m)
	s.reactionEvents(c, m, "reaction_removed", user, name)
	return nil
}

// personReacts puts a person's emoji under a message, or takes it away. Callers hold mu.
func (s *Server) personReacts(p *Person, channelID, ts, name string, on bool) error {
	c, err := s.channelFor(p, channelID)
	if err != nil {
		return err
	}
	m := c.find(ts)
	switch {
	case m == nil || m.to != "" || m.Subtype == "tombstone":
		return fail("message_not_found")
	case !reactionName.MatchString(name):
		return fail("invalid_name")
	case c.Archived:
		return fail("is_archived")
	case !c.has(p.ID):
		return fail("not_in_channel")
	case on:
		return s.react(c, m, p.ID, name)
	}
	return s.unreact(c, m, p.ID, name)
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
