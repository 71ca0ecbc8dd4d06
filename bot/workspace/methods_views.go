package workspace

import (
	"encoding/json"
)

// view reads the view of a call and checks it.
func (r *request) view(kind string) (map[string]json.RawMessage, error) {
	raw, err := r.structure("view")
	if err != nil {
		return nil, err
	}
	return readView(raw, kind)
}

// triggered reads the modal of a call and uses its trigger up. The view is judged first, as a mistake in it would
// otherwise cost the only trigger that the app has.
func (s *Server) triggered(r *request) (map[string]json.RawMessage, *trigger, error) {
	body, err := r.view("modal")
	if err != nil {
		return nil, nil, err
	}
	t, err := s.exchange(r.app, r.text("trigger_id"))
	return body, t, err
}

// viewsOpen begins a new stack of modals.
func viewsOpen(s *Server, r *request) (fields, error) {
	body, t, err := s.triggered(r)
	if err != nil {
		return nil, err
	}
	v, err := s.fresh(r.app, t.person, body)
	if err != nil {
		return nil, err
	}
	s.clear(v.key())
	s.push(v)
	s.showView("open", v)
	return fields{"view": v.wire(s)}, nil
}

// viewsPush puts a modal on the one whose element was used: the trigger says which that is.
func viewsPush(s *Server, r *request) (fields, error) {
	body, t, err := s.triggered(r)
	if err != nil {
		return nil, err
	}
	v, err := s.pushed(t.from, body)
	if err != nil {
		return nil, err
	}
	return fields{"view": v.wire(s)}, nil
}

// pushed puts a modal on top of another one. Callers hold mu.
func (s *Server) pushed(onto *view, body map[string]json.RawMessage) (*view, error) {
	if onto == nil || s.views[onto.id] != onto || string(onto.body["type"]) != `"modal"` {
		return nil, fail("not_found")
	}
	if len(s.stacks[onto.key()]) >= s.cfg.Limits.ViewStack {
		return nil, fail("push_limit_reached")
	}
	v, err := s.fresh(onto.app, onto.person, body)
	if err != nil {
		return nil, err
	}
	s.push(v)
	s.showView("push", v)
	return v, nil
}

// viewsUpdate changes a modal or home tab by its id, or by the external id that the app gave it. A hash that is no longer
// the view's own means that somebody was faster.
func viewsUpdate(s *Server, r *request) (fields, error) {
	v := s.views[r.text("view_id")]
	if external := r.text("external_id"); v == nil && external != "" {
		v = s.external(r.app, external)
	}
	if v == nil || v.app != r.app {
		return nil, fail("not_found")
	}
	body, err := r.view(v.text("type"))
	if err != nil {
		return nil, err
	}
	if hash := r.text("hash"); hash != "" && hash != v.hash {
		return nil, fail("hash_conflict")
	}
	if err := s.write(v, body); err != nil {
		return nil, err
	}
	if v.text("type") == "home" {
		s.showHome(v)
	} else {
		s.showView("update", v)
	}
	return fields{"view": v.wire(s)}, nil
}

// viewsPublish draws the home tab of one person. It keeps its id for as long as the workspace runs.
func viewsPublish(s *Server, r *request) (fields, error) {
	body, err := r.view("home")
	if err != nil {
		return nil, err
	}
	p, err := s.person(r.text("user_id"))
	if err != nil {
		return nil, err
	}
	if !r.app.HomeTab {
		return nil, fail("not_enabled")
	}
	key := stackKey{r.app.ID, p.ID}
	v := s.homes[key]
	if hash := r.text("hash"); v != nil && hash != "" && hash != v.hash {
		return nil, fail("hash_conflict")
	}
	if v == nil {
		if v, err = s.fresh(r.app, p, body); err != nil {
			return nil, err
		}
		s.homes[key] = v
	} else if err := s.write(v, body); err != nil {
		return nil, err
	}
	s.showHome(v)
	return fields{"view": v.wire(s)}, nil
}

func (s *Server) showHome(v *view) {
	s.hub.publish("home", audience{user: v.person.ID}, func() any { return fields{"view": v.wire(s)} })
}

// openHome is a person opening an app's home tab: the app hears of it, and the page gets what was published last.
// Callers hold mu.
func (s *Server) openHome(a *app, p *Person) *view {
	v := s.homes[stackKey{a.ID, p.ID}]
	body := fields{"type": "app_home_opened", "user": p.ID, "tab": "home", "event_ts": s.ts()}
	if c := s.direct(a, p.ID); c != nil {
		body["channel"] = c.ID
	}
	if v != nil {
		body["view"] = v.wire(s)
	}
	if a.HomeTab {
		s.emit(a, nil, "app_home_opened", body)
	}
	return v
}
