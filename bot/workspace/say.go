package workspace

import (
	"regexp"
	"strings"
)

// say is a person writing a message. The text is in Slack's own form, with <@U…> for people. Callers hold mu.
func (s *Server) say(p *Person, c *channel, thread, text string) (*Message, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return nil, fail("no_text")
	case c.Archived:
		return nil, fail("is_archived")
	case !c.has(p.ID):
		return nil, fail("not_in_channel")
	}
	if a := s.appOfDirect(c); a != nil {
		if !a.MessagesTab {
			return nil, fail("messages_tab_disabled")
		}
		if a.MessagesTabReadOnly {
			return nil, fail("messages_tab_read_only")
		}
	}
	m := &Message{User: p.ID, Team: p.TeamID, Text: text, ClientMsgID: uuid()}
	if err := s.thread(c, m, thread, false); err != nil {
		return nil, err
	}
	s.post(c, m)
	return m, nil
}

// appOfDirect finds the app whose bot a direct message is with.
func (s *Server) appOfDirect(c *channel) *app {
	for _, a := range s.apps {
		if c.Kind == Direct && c.has(a.BotUser) {
			return a
		}
	}
	return nil
}

// reference is a person, channel, group, broadcast or link in Slack's own form.
var reference = regexp.MustCompile(`<([@#!]?)([^>|]+)(?:\|([^>]*))?>`)

var unescaped = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// plain turns Slack's own form of a text into what the person typed: what a command without should_escape receives.
func (s *Server) plain(text string) string {
	text = reference.ReplaceAllStringFunc(text, func(whole string) string {
		part := reference.FindStringSubmatch(whole)
		kind, id, label := part[1], part[2], part[3]
		switch kind {
		case "@":
			if p := s.people.byID[id]; p != nil {
				return "@" + p.Name
			}
		case "#":
			if c := s.channels.byID[id]; c != nil {
				return "#" + c.Name
			}
		case "!":
			if label != "" {
				return "@" + strings.TrimPrefix(label, "@")
			}
			return "@" + id
		case "":
			return strings.TrimPrefix(id, "mailto:")
		}
		return whole
	})
	return unescaped.Replace(text)
}
