package workspace

import (
	"encoding/json"
	"slices"
)

// stackKey is whose modals, or whose home tab, of which app.
type stackKey struct{ app, user string }

// view is a modal or a home tab of one person.
type view struct {
	id       string
	app      *app
	person   *Person
	hash     string
	root     string
	previous string
	body     map[string]json.RawMessage // what the app gave, with ids filled in
	state    json.RawMessage            // what the person has filled in
}

// emptyState is the state of a view that nobody has touched.
var emptyState = json.RawMessage(`{"values":{}}`)

// wire is the view as Slack writes it.
func (v *view) wire(s *Server) fields {
	out := fields{
		"id": v.id, "team_id": s.cfg.Team.ID, "app_id": v.app.ID, "bot_id": v.app.BotID, "app_installed_team_id": s.cfg.Team.ID,
		"hash": v.hash, "state": v.state, "root_view_id": v.root, "previous_view_id": nil,
		"private_metadata": "", "callback_id": "", "external_id": "",
		"title": nil, "close": nil, "submit": nil, "clear_on_close": false, "notify_on_close": false,
	}
	if v.previous != "" {
		out["previous_view_id"] = v.previous
	}
	for name, value := range v.body {
		out[name] = value
	}
	return out
}

func (v *view) text(name string) string {
	var out string
	_ = json.Unmarshal(v.body[name], &out) // absent is empty
	return out
}

func (v *view) yes(name string) bool { return string(v.body[name]) == "true" }

// readView checks a view that an app sent. Slack says invalid_arguments, with its reasons.
func readView(raw json.RawMessage, kind string) (map[string]json.RawMessage, error) {
	if raw == nil {
		return nil, failWith("invalid_arguments", []string{"[ERROR] missing required field: view"})
	}
	if len(raw) > viewSize {
		return nil, fail("view_too_large")
	}
	if reasons := validateView(raw); len(reasons) > 0 {
		return nil, failWith("invalid_arguments", reasons)
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, fail("invalid_arguments")
	}
	if string(body["type"]) != `"`+kind+`"` {
		return nil, failWith("invalid_arguments", []string{"[ERROR] must be of type " + kind + " [json-pointer:/view/type]"})
	}
	body["blocks"] = identified(body["blocks"])
	return body, nil
}

// fresh makes a view. Callers hold mu.
func (s *Server) fresh(a *app, p *Person, body map[string]json.RawMessage) (*view, error) {
	v := &view{app: a, person: p}
	if err := s.write(v, body); err != nil {
		return nil, err
	}
	v.id = s.id("V")
	v.root = v.id
	s.views[v.id] = v
	return v, nil
}

// write puts other content into a view, and gives it a new hash. Callers hold mu.
func (s *Server) write(v *view, body map[string]json.RawMessage) error {
	var external string
	_ = json.Unmarshal(body["external_id"], &external)
	if other := s.external(v.app, external); other != nil && other != v {
		return fail("duplicate_external_id")
	}
	v.body, v.state, v.hash = body, emptyState, stamp(s.now())+"."+randomID()
	return nil
}

// external finds an open view by the id that its app chose.
func (s *Server) external(a *app, id string) *view {
	if id == "" {
		return nil
	}
	for _, v := range s.views { // open views only: a few
		if v.app == a && v.text("external_id") == id {
			return v
		}
	}
	return nil
}

func (v *view) key() stackKey { return stackKey{v.app.ID, v.person.ID} }

// push puts a modal on top of a person's stack. Callers hold mu.
func (s *Server) push(v *view) {
	stack := s.stacks[v.key()]
	if len(stack) > 0 {
		top := stack[len(stack)-1]
		v.root, v.previous = top.root, top.id
	}
	s.stacks[v.key()] = append(stack, v)
}

// pop closes a modal and those above it. Callers hold mu.
func (s *Server) pop(v *view) {
	stack := s.stacks[v.key()]
	i := slices.Index(stack, v)
	if i < 0 {
		return
	}
	for _, above := range stack[i:] {
		delete(s.views, above.id)
	}
	if s.stacks[v.key()] = stack[:i]; i == 0 {
		delete(s.stacks, v.key())
	}
}

// clear closes all modals of a stack. Callers hold mu.
func (s *Server) clear(key stackKey) {
	if stack := s.stacks[key]; len(stack) > 0 {
		s.pop(stack[0])
	}
}

// showView tells the person's pages what happened to a modal. Callers hold mu.
func (s *Server) showView(op string, v *view) {
	s.hub.publish("view", audience{user: v.person.ID}, func() any {
		out := fields{"op": op, "view": v.wire(s)}
		if stack := s.stacks[v.key()]; op == "close" && len(stack) > 0 {
			out["previous"] = stack[len(stack)-1].wire(s)
		}
		return out
	})
}
