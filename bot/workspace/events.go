package workspace

import (
	"encoding/json"
	"regexp"
	"slices"
)

// authorization names the installation that an event is delivered for.
type authorization struct {
	Enterprise *string `json:"enterprise_id"`
	Team       string  `json:"team_id"`
	User       string  `json:"user_id"`
	Bot        bool    `json:"is_bot"`
	OrgWide    bool    `json:"is_enterprise_install"`
}

// eventPayload is what an events_api envelope carries.
type eventPayload struct {
	Token          string          `json:"token"`
	Team           string          `json:"team_id"`
	ContextTeam    string          `json:"context_team_id"`
	ContextOrg     *string         `json:"context_enterprise_id"`
	App            string          `json:"api_app_id"`
	Event          fields          `json:"event"`
	Type           string          `json:"type"`
	ID             string          `json:"event_id"`
	Time           int64           `json:"event_time"`
	Authorizations []authorization `json:"authorizations"`
	Shared         bool            `json:"is_ext_shared_channel"`
	Context        string          `json:"event_context"`
}

// hears reports whether an app gets an event: it subscribed, and still has the scope that Slack asks for.
func (a *app) hears(subscription string) bool {
	scope := eventScopes[subscription]
	return slices.Contains(a.Events, subscription) && (scope == "" || a.granted(scope))
}

// emit delivers an event to an app that hears it, and again where no ack comes. Callers hold mu.
func (s *Server) emit(a *app, c *channel, subscription string, body fields) {
	if !a.hears(subscription) {
		return
	}
	in := eventPayload{
		Token: verificationToken, Team: s.cfg.Team.ID, ContextTeam: s.cfg.Team.ID, App: a.ID, Event: body,
		Type: "event_callback", ID: s.id("Ev"), Time: s.now().Unix(), Context: "4-" + secret(),
		Authorizations: []authorization{{Team: s.cfg.Team.ID, User: a.BotUser, Bot: true}},
	}
	if c != nil {
		in.Shared = c.shared()
	}
	payload, err := json.Marshal(in)
	if err != nil {
		panic("workspace: an event is not JSON: " + err.Error())
	}
	s.attempt(a, payload, 0, "")
}

// attempt sends an event; where it is not acked it is sent again after each of Periods.Retries.
func (s *Server) attempt(a *app, payload []byte, n int, reason string) {
	e := &envelope{Type: "events_api", Payload: payload, Attempt: n, Reason: reason}
	e.settled = func(e *envelope) {
		if e.Outcome == Acked || n >= len(s.cfg.Periods.Retries) {
			return
		}
		reason := "timeout"
		if e.Outcome == NoSocket {
			reason = "connection_failed"
		}
		s.after(s.cfg.Periods.Retries[n], func() { s.attempt(a, payload, n+1, reason) })
	}
	s.deliver(a, e)
}

// mention finds who is mentioned in a text.
var mention = regexp.MustCompile(`<@([UW][A-Z0-9]+)(?:\|[^>]*)?>`)

// messageEvents tells the apps about a new message, as far as they subscribed and may read there. Callers hold mu.
func (s *Server) messageEvents(c *channel, m *Message) {
	if m.to != "" {
		return
	}
	for _, a := range s.apps {
		if !c.has(a.BotUser) {
			continue
		}
		body := s.messageBody(c, m)
		if c.Kind != Direct && m.BotID == "" && mentions(m.Text, a.BotUser) {
			called := fields{"type": "app_mention"}
			for name, value := range body {
				if name != "type" && name != "channel_type" && name != "subtype" {
					called[name] = value
				}
			}
			s.emit(a, c, "app_mention", called)
		}
		s.emit(a, c, c.subscription(), body)
	}
}

func mentions(text, user string) bool {
	return slices.ContainsFunc(mention.FindAllStringSubmatch(text, -1), func(found []string) bool { return found[1] == user })
}

// subscription is the event that an app subscribes to for messages of a channel.
func (c *channel) subscription() string {
	switch c.Kind {
	case Direct:
		return "message.im"
	case Private:
		return "message.groups"
	}
	return "message.channels"
}

// messageBody is a message as an event says it.
func (s *Server) messageBody(c *channel, m *Message) fields {
	body := fields{
		"type": "message", "channel": c.ID, "ts": m.TS, "event_ts": m.TS, "text": m.Text, "user": m.User, "team": m.Team,
		"channel_type": c.eventType(),
	}
	for name, value := range map[string]string{
		"subtype": m.Subtype, "thread_ts": m.ThreadTS, "parent_user_id": m.ParentUser,
		"bot_id": m.BotID, "app_id": m.AppID, "client_msg_id": m.ClientMsgID, "username": m.Username,
	} {
		if value != "" {
			body[name] = value
		}
	}
	if m.Blocks != nil {
		body["blocks"] = m.Blocks
	}
	if m.Attachments != nil {
		body["attachments"] = m.Attachments
	}
	if m.Files != nil {
		body["files"] = m.Files
	}
	if person := s.people.byID[m.User]; person != nil && person.Kind == External { // their own team, as Slack Connect says it
		body["user_team"], body["source_team"] = person.TeamID, person.TeamID
	}
	return body
}

func (c *channel) eventType() string {
	switch c.Kind {
	case Direct:
		return "im"
	case Private:
		return "group"
	}
	return "channel"
}

// changeEvents tells the apps that a message was changed or deleted. Callers hold mu.
func (s *Server) changeEvents(c *channel, subtype string, m *Message, before *Message) {
	if m.to != "" {
		return
	}
	for _, a := range s.apps {
		if !c.has(a.BotUser) || !a.hears(c.subscription()) {
			continue
		}
		body := fields{
			"type": "message", "subtype": subtype, "hidden": true, "channel": c.ID, "channel_type": c.eventType(),
			"ts": s.ts(), "previous_message": before,
		}
		body["event_ts"] = body["ts"]
		if subtype == "message_deleted" {
			body["deleted_ts"] = m.TS
		} else {
			body["message"] = m.wire(false)
		}
		s.emit(a, c, c.subscription(), body)
	}
}
