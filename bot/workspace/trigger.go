package workspace

import "time"

// trigger lets an app open a view for one person: once, within three seconds.
type trigger struct {
	id      string
	app     *app
	person  *Person
	from    *view // the view it was pressed in: what views.push pushes onto
	expires time.Time
	used    bool
}

// triggersKept bounds the trigger ids that are remembered, so that a late one can be told from a wrong one.
const triggersKept = 20_000

// trigger makes a trigger id. Callers hold mu.
func (s *Server) trigger(a *app, p *Person, from *view) string {
	t := &trigger{id: secret(), app: a, person: p, from: from, expires: s.now().Add(s.cfg.Periods.Trigger)}
	s.triggers[t.id] = t
	s.triggerLog.add(t)
	return t.id
}

// exchange uses a trigger id up. Callers hold mu.
func (s *Server) exchange(a *app, id string) (*trigger, error) {
	t := s.triggers[id]
	switch {
	case t == nil || t.app != a:
		return nil, fail("invalid_trigger_id")
	case t.used:
		return nil, fail("exchanged_trigger_id")
	case s.now().After(t.expires):
		return nil, fail("expired_trigger_id")
	}
	t.used = true
	return t, nil
}
