package workspace

import (
	"context"
	"encoding/json"
)

// wait waits for something that will be settled with mu held: an ack, or its deadline.
func (s *Server) wait(ctx context.Context, settled <-chan struct{}) error {
	select {
	case <-settled:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stop:
		return fail("workspace_closed")
	}
}

// pageAction is a person pressing or choosing something. It answers before the app does.
func (s *Server) pageAction(in *pageCall) (fields, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, err := s.placeOf(in.person, in.View, in.Channel, in.TS)
	if err != nil {
		return nil, err
	}
	return nil, s.act(at, in.Action, in.State, nil)
}

// pageView is a person submitting a modal, closing it, or clearing its whole stack. A submission waits for the ack.
func (s *Server) pageView(in *pageCall) (answer fields, err error) {
	var failed error
	settled := make(chan struct{})
	s.locked(func() {
		var at place
		if at, err = s.placeOf(in.person, in.View, "", ""); err != nil {
			return
		}
		switch in.Event {
		case "submit":
			err = s.submit(at.view, in.State, func(_ *envelope, out fields, why error) {
				answer, failed = out, why
				close(settled)
			})
		case "close", "clear":
			s.dismiss(at.view, in.Event == "clear")
			close(settled)
		default:
			err = fail("unknown_event")
		}
	})
	if err != nil {
		return nil, err
	}
	if err := s.wait(in.r.Context(), settled); err != nil {
		return nil, err
	}
	return answer, failed
}

// pageHome is a person opening the home tab of the first app.
func (s *Server) pageHome(in *pageCall) (fields, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.appOr(in.App)
	if err != nil {
		return nil, err
	}
	if v := s.openHome(a, in.person); v != nil {
		return fields{"view": v.wire(s)}, nil
	}
	return nil, nil
}

// pageOptions asks the app for the options of an external select.
func (s *Server) pageOptions(in *pageCall) (fields, error) {
	settled := make(chan struct{})
	var answer *envelope
	var err error
	s.locked(func() {
		var at place
		if at, err = s.placeOf(in.person, in.View, in.Channel, in.TS); err == nil {
			err = s.suggest(at, in.BlockID, in.ActionID, in.Value, func(e *envelope) {
				answer = e
				close(settled)
			})
		}
	})
	if err != nil {
		return nil, err
	}
	if err := s.wait(in.r.Context(), settled); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer.Outcome != Acked {
		return nil, fail("operation_timeout")
	}
	var options struct {
		Options json.RawMessage `json:"options"`
		Groups  json.RawMessage `json:"option_groups"`
	}
	if json.Unmarshal(answer.Response, &options) != nil || options.Options == nil && options.Groups == nil {
		return nil, fail("invalid_options")
	}
	if options.Groups != nil {
		return fields{"option_groups": options.Groups}, nil
	}
	return fields{"options": options.Options}, nil
}

// pageReact is a person putting an emoji under a message, or taking it away.
func (s *Server) pageReact(in *pageCall) (fields, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return nil, s.personReacts(in.person, in.Channel, in.TS, in.Name, in.On)
}

// pageLog is the newest envelopes and calls, oldest first.
func (s *Server) pageLog(*pageCall) (fields, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	envelopes := []Delivery{}
	for _, e := range s.envelopes.newest(historyPage) {
		envelopes = append(envelopes, e.delivery())
	}
	return fields{"envelopes": envelopes, "calls": s.calls.newest(historyPage), "counts": s.counts}, nil
}
