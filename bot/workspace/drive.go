package workspace

import (
	"context"
	"encoding/json"
	"time"
)

// Answer is what became of a delivery, for tests in the same process.
type Answer struct {
	Envelope string          `json:"envelope"` // its id
	Outcome  Outcome         `json:"outcome"`  // acked, timeout or no_socket
	Latency  time.Duration   `json:"latency"`  // from writing the envelope to reading its ack, in nanoseconds
	Response json.RawMessage `json:"response,omitempty"`
}

// Say lets a person write a message, in a thread where thread is not empty, and returns its timestamp. The text is in
// Slack's own form: <@U0BOT> mentions the bot.
func (s *Server) Say(user, channel, thread, text string) (ts string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, c, err := s.standing(user, channel)
	if err != nil {
		return "", err
	}
	m, err := s.say(p, c, thread, text)
	if err != nil {
		return "", err
	}
	return m.TS, nil
}

// Slash lets a person type a slash command and waits for its ack, or for the deadline of one. An error means that it
// was not sent.
func (s *Server) Slash(ctx context.Context, user, channel, line string) (Answer, error) {
	return s.await(ctx, func(done func(*envelope)) error {
		p, c, err := s.standing(user, channel)
		if err != nil {
			return err
		}
		_, err = s.slash(p, c, "", line, done)
		return err
	})
}

// Click lets a person press the button (or other element) with that action id in a message, and waits for the ack.
func (s *Server) Click(ctx context.Context, user, channel, ts, actionID string) (Answer, error) {
	return s.Act(ctx, user, channel, ts, map[string]any{"action_id": actionID})
}

// Act lets a person use an element of a message: action is Slack's action object, of which action_id is needed and
// what depends on the element (selected_option, value, …). It waits for the ack.
func (s *Server) Act(ctx context.Context, user, channel, ts string, action map[string]any) (Answer, error) {
	return s.await(ctx, func(done func(*envelope)) error {
		at, err := s.reach(user, "", channel, ts)
		if err != nil {
			return err
		}
		return s.act(at, action, nil, done)
	})
}

// ActInView is Act for an element of a modal or of the home tab; state is the view's state, nil where untouched.
func (s *Server) ActInView(ctx context.Context, user, viewID string, action map[string]any, state json.RawMessage) (Answer, error) {
	return s.await(ctx, func(done func(*envelope)) error {
		at, err := s.reach(user, viewID, "", "")
		if err != nil {
			return err
		}
		return s.act(at, action, state, done)
	})
}

// Submit lets a person send a modal with its state ({"values":{block_id:{action_id:{…}}}}), and waits for the ack,
// which the workspace has obeyed when Submit returns.
func (s *Server) Submit(ctx context.Context, user, viewID string, state json.RawMessage) (Answer, error) {
	return s.await(ctx, func(done func(*envelope)) error {
		at, err := s.reach(user, viewID, "", "")
		if err != nil {
			return err
		}
		return s.submit(at.view, state, func(e *envelope, _ fields, _ error) { done(e) })
	})
}

// React lets a person put an emoji (its name, without colons) under a message, or take it away.
func (s *Server) React(user, channel, ts, name string, on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.person(user)
	if err != nil {
		return err
	}
	return s.personReacts(p, channel, ts, name, on)
}

// OpenHome lets a person open the home tab of an app (empty: the first), and returns what was published there so far; nil for nothing.
func (s *Server) OpenHome(user, appID string) (json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.person(user)
	if err != nil {
		return nil, err
	}
	a, err := s.appOr(appID)
	if err != nil {
		return nil, err
	}
	v := s.openHome(a, p)
	if v == nil {
		return nil, nil
	}
	return json.Marshal(v.wire(s))
}

// standing finds a person and a channel that the person may read. Callers hold mu.
func (s *Server) standing(user, channelID string) (*Person, *channel, error) {
	p, err := s.person(user)
	if err != nil {
		return nil, nil, err
	}
	c, err := s.channelFor(p, channelID)
	return p, c, err
}

// reach finds what a person, known by id, acts on. Callers hold mu.
func (s *Server) reach(user, viewID, channelID, ts string) (place, error) {
	p, err := s.person(user)
	if err != nil {
		return place{}, err
	}
	return s.placeOf(p, viewID, channelID, ts)
}

// await sends something with mu held, and waits until it is settled.
func (s *Server) await(ctx context.Context, send func(done func(*envelope)) error) (Answer, error) {
	var out Answer
	settled := make(chan struct{})
	var err error
	s.locked(func() {
		err = send(func(e *envelope) {
			out = Answer{Envelope: e.ID, Outcome: e.Outcome, Latency: e.Latency, Response: e.Response}
			close(settled)
		})
	})
	if err != nil {
		return Answer{}, err
	}
	if err := s.wait(ctx, settled); err != nil {
		return Answer{}, err
	}
	return out, nil
}
