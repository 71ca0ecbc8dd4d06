package workspace

import (
	"encoding/json"
	"strings"
)

// slashPayload is the payload of a slash command. Not a map: it is made for every command.
type slashPayload struct {
	Token       string `json:"token"`
	TeamID      string `json:"team_id"`
	TeamDomain  string `json:"team_domain"`
	ChannelID   string `json:"channel_id"`
	ChannelName string `json:"channel_name"`
	UserID      string `json:"user_id"`
	UserName    string `json:"user_name"`
	Command     string `json:"command"`
	Text        string `json:"text"`
	AppID       string `json:"api_app_id"`
	Enterprise  string `json:"is_enterprise_install"` // a string here, a boolean elsewhere
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

// verificationToken stands in the old `token` field of payloads; Socket Mode apps have no use for it.
const verificationToken = "verification-token"

// slash sends a typed command to its app. done is called with mu held once the app has answered, or has not.
// Callers hold mu. An error was not sent; it is for the person.
func (s *Server) slash(p *Person, c *channel, thread, line string, done func(*envelope)) (*envelope, error) {
	name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
	a, command := s.appOfCommand(name)
	switch {
	case thread != "":
		return nil, fail("slash_commands_not_in_threads")
	case a == nil:
		return nil, fail("unknown_command")
	case p.Kind == External:
		return nil, fail("not_allowed_for_external_people")
	case c.Archived:
		return nil, fail("is_archived")
	}
	text = strings.TrimSpace(text)
	if !command.ShouldEscape {
		text = s.plain(text)
	}
	hook := s.openResponse(a, p, c)
	hook.command = true
	payload, err := json.Marshal(slashPayload{
		Token: verificationToken, TeamID: s.cfg.Team.ID, TeamDomain: s.cfg.Team.Domain,
		ChannelID: c.ID, ChannelName: c.payloadName(), UserID: p.ID, UserName: p.Name,
		Command: name, Text: text, AppID: a.ID, Enterprise: "false",
		ResponseURL: a.base + hook.path, TriggerID: s.trigger(a, p, nil),
	})
	if err != nil {
		return nil, err
	}
	e := &envelope{Type: "slash_commands", Payload: payload, Answers: true}
	e.settled = func(e *envelope) {
		s.slashAnswered(e, name, line, hook)
		if done != nil {
			done(e)
		}
	}
	s.deliver(a, e)
	return e, nil
}

// slashAnswered shows what the ack said, or that there was none.
func (s *Server) slashAnswered(e *envelope, name, line string, hook *answerURL) {
	switch e.Outcome {
	case NoSocket:
		s.notice(hook.person, hook.channel, name+` failed with the error "dispatch_failed"`)
	case Timeout:
		s.notice(hook.person, hook.channel, name+` failed with the error "operation_timeout"`)
	case Acked:
		if err := s.respondToCommand(hook, e.Response, line); err != nil {
			s.notice(hook.person, hook.channel, name+` failed with the error "`+codeOf(err)+`"`)
		}
	}
}

func (c *channel) payloadName() string {
	switch c.Kind {
	case Direct:
		return "directmessage"
	case Private:
		return "privategroup"
	}
	return c.Name
}

// Notice is what Slack itself tells one person: that a command failed, say.
type Notice struct {
	User    string `json:"user"`
	Channel string `json:"channel"`
	Text    string `json:"text"`
}

func (s *Server) notice(p *Person, c *channel, text string) {
	n := Notice{User: p.ID, Text: text}
	if c != nil {
		n.Channel = c.ID
	}
	s.notices.add(n)
	s.hub.publish("notice", audience{user: p.ID}, func() any { return n })
}
