package workspace

import (
	"encoding/json"
	"slices"
)

// place is where an interactive element is: in a message or in a view, as one person sees it.
type place struct {
	app     *app
	person  *Person
	channel *channel // nil in a view
	message *Message // nil in a view
	view    *view    // nil in a message
}

// placeOf finds what a person acts on. Callers hold mu.
func (s *Server) placeOf(p *Person, viewID, channelID, ts string) (place, error) {
	if viewID != "" {
		v := s.views[viewID]
		if v == nil || v.person != p {
			return place{}, fail("view_not_found")
		}
		return place{app: v.app, person: p, view: v}, nil
	}
	c, err := s.channelFor(p, channelID)
	if err != nil {
		return place{}, err
	}
	m := c.find(ts)
	if m == nil || !m.shown(p.ID) {
		return place{}, fail("message_not_found")
	}
	a := s.appByID(m.AppID)
	if a == nil {
		return place{}, fail("message_is_not_an_apps")
	}
	return place{app: a, person: p, channel: c, message: m}, nil
}

// blocks are the blocks of the place, those of attachments included.
func (at place) blocks() []map[string]any {
	var out []map[string]any
	add := func(raw json.RawMessage) {
		value, _ := decodeJSON(raw)
		list, _ := value.([]any)
		for _, item := range list {
			if block, ok := item.(map[string]any); ok {
				out = append(out, block)
			}
		}
	}
	if at.view != nil {
		add(at.view.body["blocks"])
		return out
	}
	add(at.message.Blocks)
	var attachments []struct{ Blocks json.RawMessage }
	_ = json.Unmarshal(at.message.Attachments, &attachments) // checked when it was posted
	for _, attachment := range attachments {
		add(attachment.Blocks)
	}
	return out
}

// element finds the element that an action names, and its block. An element of a nested block may be named by the
// outermost one, and without any block_id the first with that action_id is meant.
func (at place) element(blockID, actionID string) (block, element map[string]any) {
	for _, block := range at.blocks() {
		for _, one := range elementsIn(block) {
			here := blockID == "" || one.block["block_id"] == blockID || one.outer["block_id"] == blockID
			if here && actionID != "" && one.element["action_id"] == actionID {
				return one.block, one.element
			}
		}
	}
	return nil, nil
}

// act sends block_actions: a person pressed or chose something. Callers hold mu; an error was not sent.
func (s *Server) act(at place, action map[string]any, state json.RawMessage, settled func(*envelope)) error {
	blockID, _ := action["block_id"].(string)
	actionID, _ := action["action_id"].(string)
	block, element := at.element(blockID, actionID)
	switch {
	case element == nil:
		return fail("element_not_found")
	case !at.app.Interactivity:
		return fail("interactivity_is_off")
	case at.channel != nil && at.channel.Archived:
		return fail("is_archived")
	}
	sent := map[string]any{}
	for name, value := range action {
		sent[name] = value
	}
	sent["type"], sent["block_id"], sent["action_id"], sent["action_ts"] = element["type"], block["block_id"], actionID, s.ts()
	if element["type"] == "button" || element["type"] == "workflow_button" { // what a button carries is not the page's to say
		for _, name := range []string{"value", "text", "style", "url"} {
			delete(sent, name)
			if value, found := element[name]; found {
				sent[name] = value
			}
		}
	}
	if !choose(element, sent) {
		return fail("option_not_offered")
	}
	payload := s.interaction("block_actions", at, state)
	payload["actions"] = []any{sent}
	payload["trigger_id"] = s.trigger(at.app, at.person, at.view)
	if at.message != nil {
		hook := s.openResponse(at.app, at.person, at.channel)
		hook.original = at.message
		payload["response_url"] = at.app.base + hook.path
	}
	s.interactive(at, payload, false, func(e *envelope) {
		if at.message != nil { // a view itself shows what went wrong
			s.clickFailed(at, e.Outcome)
		}
		if settled != nil {
			settled(e)
		}
	})
	return nil
}

// clickFailed tells a person that the app has not heard of a click, or has not answered.
func (s *Server) clickFailed(at place, outcome Outcome) {
	switch outcome {
	case NoSocket:
		s.notice(at.person, at.channel, at.app.Name+` did not get your click: "dispatch_failed"`)
	case Timeout:
		s.notice(at.person, at.channel, at.app.Name+` did not answer your click: "operation_timeout"`)
	}
}

// choose puts the element's own options in the place of what was chosen, known by their values: what an option says is
// not the page's to say. It reports whether all are offered; an element that asks elsewhere offers none of its own.
func choose(element, sent map[string]any) bool {
	options := offeredOptions(element)
	if len(options) == 0 {
		return true
	}
	own := func(choice any) (any, bool) {
		picked, _ := choice.(map[string]any)
		i := slices.IndexFunc(options, func(option any) bool {
			given, _ := option.(map[string]any)
			return given["value"] == picked["value"]
		})
		if i < 0 {
			return nil, false
		}
		return options[i], true
	}
	if choice, ok := sent["selected_option"].(map[string]any); ok {
		if sent["selected_option"], ok = own(choice); !ok {
			return false
		}
	}
	choices, _ := sent["selected_options"].([]any)
	choices = slices.Clone(choices)
	for i, choice := range choices {
		var ok bool
		if choices[i], ok = own(choice); !ok {
			return false
		}
	}
	if choices != nil {
		sent["selected_options"] = choices
	}
	return true
}

// interaction is what all interactive payloads have in common.
func (s *Server) interaction(kind string, at place, state json.RawMessage) fields {
	p := at.person
	payload := fields{
		"type": kind, "token": verificationToken, "api_app_id": at.app.ID, "enterprise": nil, "is_enterprise_install": false,
		"team": fields{"id": s.cfg.Team.ID, "domain": s.cfg.Team.Domain},
		"user": fields{"id": p.ID, "username": p.Name, "name": p.Name, "team_id": p.TeamID},
	}
	if at.view != nil {
		if state != nil {
			at.view.state = state
		}
		payload["view"] = at.view.wire(s)
		payload["container"] = fields{"type": "view", "view_id": at.view.id}
		return payload
	}
	c, m := at.channel, at.message
	container := fields{"type": "message", "message_ts": m.TS, "channel_id": c.ID, "is_ephemeral": m.to != ""}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	payload["container"] = container
	payload["channel"] = fields{"id": c.ID, "name": c.payloadName()}
	if m.to == "" { // Slack keeps no ephemeral messages, and so cannot send them back
		payload["message"] = m.wire(false)
	}
	if state == nil {
		state = emptyState
	}
	payload["state"] = state
	return payload
}

// interactive delivers an interactive payload. Callers hold mu.
func (s *Server) interactive(at place, payload fields, answers bool, settled func(*envelope)) {
	body, err := json.Marshal(payload)
	if err != nil {
		panic("workspace: an interaction is not JSON: " + err.Error())
	}
	s.deliver(at.app, &envelope{Type: "interactive", Payload: body, Answers: answers, settled: settled})
}

// suggest asks the app for the options of an external select. Callers hold mu.
func (s *Server) suggest(at place, blockID, actionID, value string, settled func(*envelope)) error {
	block, element := at.element(blockID, actionID)
	if element == nil {
		return fail("element_not_found")
	}
	payload := s.interaction("block_suggestion", at, nil)
	payload["block_id"], payload["action_id"], payload["value"] = block["block_id"], actionID, value
	s.interactive(at, payload, true, settled)
	return nil
}
