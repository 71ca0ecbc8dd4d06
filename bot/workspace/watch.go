package workspace

import (
	"encoding/json"
	"time"
)

// Messages are the newest messages a person sees in a channel, oldest first, thread replies left out; with an empty
// person, those that everybody there sees. The result is a copy.
func (s *Server) Messages(channel, as string) []Message { return s.Thread(channel, "", as) }

// Thread is the first message of a thread and its replies, as Messages.
func (s *Server) Thread(channel, ts, as string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels.byID[channel]
	if c == nil {
		return nil
	}
	return c.newest(as, ts, s.cfg.Limits.Messages)
}

// Delivery is an envelope as a test sees it.
type Delivery struct {
	ID       string          `json:"id"`
	App      string          `json:"app"`
	Type     string          `json:"type"`
	At       time.Time       `json:"at"`
	Socket   string          `json:"socket"`
	Outcome  Outcome         `json:"outcome"`
	AckMS    float64         `json:"ack_ms,omitempty"`
	Attempt  int             `json:"retry_attempt"`
	Reason   string          `json:"retry_reason,omitempty"`
	Payload  json.RawMessage `json:"payload"`
	Response json.RawMessage `json:"response,omitempty"`
}

// Deliveries are the newest envelopes, oldest first.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Delivery{}
	for _, e := range s.envelopes.all() {
		out = append(out, e.delivery())
	}
	return out
}

// Calls are the newest calls of the Web API and of response URLs, oldest first.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Call{}
	for _, c := range s.calls.all() {
		out = append(out, *c)
	}
	return out
}

// Notices are what Slack itself told a person, oldest first; with an empty person, everybody's.
func (s *Server) Notices(user string) []Notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Notice{}
	for _, n := range s.notices.all() {
		if user == "" || n.User == user {
			out = append(out, n)
		}
	}
	return out
}

// Views are the modals a person has open, the lowest first.
func (s *Server) Views(user string) []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []json.RawMessage{}
	for _, a := range s.apps {
		for _, v := range s.stacks[stackKey{a.ID, user}] {
			raw, _ := json.Marshal(v.wire(s)) // made of JSON that was checked
			out = append(out, raw)
		}
	}
	return out
}

// Home is the home tab that an app (empty: the first) published for a person; nil where there is none.
func (s *Server) Home(user, appID string) json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.appOr(appID)
	if err != nil {
		return nil
	}
	v := s.homes[stackKey{a.ID, user}]
	if v == nil {
		return nil
	}
	raw, _ := json.Marshal(v.wire(s)) // made of JSON that was checked
	return raw
}

// SocketInfo is an open socket as a test sees it.
type SocketInfo struct {
	ID      string    `json:"id"`
	App     string    `json:"app"`
	Since   time.Time `json:"since"`
	Warned  bool      `json:"warned"`
	Ending  bool      `json:"ending"`
	Sent    int       `json:"sent"`
	Unacked int       `json:"unacked"`
}

// Sockets are the sockets of all apps, the oldest first, with those that are about to close.
func (s *Server) Sockets() []SocketInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []SocketInfo{}
	for _, a := range s.apps {
		for _, k := range a.sockets {
			out = append(out, SocketInfo{ID: k.ID, App: a.ID, Since: k.since, Warned: k.warned, Ending: k.ending, Sent: k.sent, Unacked: k.unacked})
		}
	}
	return out
}

// Counts are what happened so far and has no log entry of its own.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}
