package workspace

import (
	"encoding/json"
	"slices"
)

// viewAnswer is what the ack of a view_submission says.
type viewAnswer struct {
	Action string            `json:"response_action"`
	Errors map[string]string `json:"errors"`
	View   json.RawMessage   `json:"view"`
}

// submit sends a modal that a person has filled in. done gets what the page must know, with mu held: the response
// action, the errors of the fields, or why it failed. Callers hold mu.
func (s *Server) submit(v *view, state json.RawMessage, done func(*envelope, fields, error)) error {
	if string(v.body["type"]) != `"modal"` || !v.app.Interactivity {
		return fail("interactivity_is_off")
	}
	at := place{app: v.app, person: v.person, view: v}
	payload := s.interaction("view_submission", at, state)
	delete(payload, "container")
	payload["trigger_id"] = s.trigger(v.app, v.person, v)
	payload["response_urls"] = s.responseURLs(at)
	s.interactive(at, payload, true, func(e *envelope) {
		out, err := s.submitted(v, e)
		done(e, out, err)
	})
	return nil
}

// submitted does what the app answered.
func (s *Server) submitted(v *view, e *envelope) (fields, error) {
	switch e.Outcome {
	case NoSocket:
		return nil, fail("dispatch_failed")
	case Timeout:
		return nil, fail("operation_timeout")
	}
	var answer viewAnswer
	if len(e.Response) > 0 && json.Unmarshal(e.Response, &answer) != nil {
		return nil, fail("invalid_response_action")
	}
	if s.views[v.id] != v { // closed in the meantime
		return fields{"response_action": answer.Action}, nil
	}
	switch answer.Action {
	case "":
		s.pop(v)
		s.showView("close", v)
	case "clear":
		s.clear(v.key())
		s.showView("clear", v)
	case "errors":
		return s.fieldErrors(v, answer.Errors)
	case "update", "push":
		body, err := readView(answer.View, "modal")
		if err != nil {
			return nil, err
		}
		if answer.Action == "push" {
			_, err = s.pushed(v, body)
		} else if err = s.write(v, body); err == nil {
			s.showView("update", v)
		}
		return fields{"response_action": answer.Action}, err
	default:
		return nil, fail("invalid_response_action")
	}
	return fields{"response_action": answer.Action}, nil
}

// fieldErrors takes the errors that an app found. Each must name an input of the view.
func (s *Server) fieldErrors(v *view, errors map[string]string) (fields, error) {
	inputs := map[string]bool{}
	for _, block := range (place{view: v}).blocks() {
		id, _ := block["block_id"].(string)
		inputs[id] = block["type"] == "input"
	}
	for id := range errors {
		if !inputs[id] {
			return nil, fail("invalid_response_action")
		}
	}
	if len(errors) == 0 {
		return nil, fail("invalid_response_action")
	}
	return fields{"response_action": "errors", "errors": errors}, nil
}

// dismiss closes a modal that a person no longer wants, or with whole all of its stack: the cross does, and any way of
// closing where the app set clear_on_close. An app that asked for it is told of each, the highest first.
func (s *Server) dismiss(v *view, whole bool) {
	whole = whole || v.yes("clear_on_close")
	closed := []*view{v}
	if whole {
		closed = slices.Clone(s.stacks[v.key()])
		slices.Reverse(closed)
		s.clear(v.key())
		s.showView("clear", v)
	} else {
		s.pop(v)
		s.showView("close", v)
	}
	for _, each := range closed {
		if !each.yes("notify_on_close") {
			continue
		}
		at := place{app: each.app, person: each.person, view: each}
		payload := s.interaction("view_closed", at, nil)
		delete(payload, "container")
		payload["is_cleared"] = whole
		s.interactive(at, payload, false, nil)
	}
}

// responseURLs gives a submission one response URL for each chosen conversation whose select asked for it.
func (s *Server) responseURLs(at place) []fields {
	out := []fields{}
	var state struct {
		Values map[string]map[string]struct {
			Channel      string `json:"selected_channel"`
			Conversation string `json:"selected_conversation"`
		}
	}
	if json.Unmarshal(at.view.state, &state) != nil {
		return out
	}
	for _, block := range at.blocks() {
		for _, one := range elementsIn(block) {
			if one.element["response_url_enabled"] != true {
				continue
			}
			blockID, _ := one.block["block_id"].(string)
			actionID, _ := one.element["action_id"].(string)
			chosen := state.Values[blockID][actionID]
			c := s.channels.byID[chosen.Channel+chosen.Conversation]
			if c == nil || !c.visibleTo(at.person) {
				continue
			}
			hook := s.openResponse(at.app, at.person, c)
			out = append(out, fields{"block_id": blockID, "action_id": actionID, "channel_id": c.ID, "response_url": at.app.base + hook.path})
		}
	}
	return out
}
