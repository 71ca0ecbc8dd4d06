package workspace

import (
	"encoding/json"
	"slices"
	"time"
)

// The methods in this file are what a test does to the workspace itself. Each is also served under /control/.

// socketByID finds a socket. An empty id means the oldest open one that was not warned, else the oldest open one.
// Callers hold mu.
func (s *Server) socketByID(id string) (*socket, error) {
	var oldest *socket
	for _, a := range s.apps {
		for _, k := range a.sockets {
			switch {
			case k.ID == id, id == "" && k.open && !k.warned:
				return k, nil
			case id == "" && k.open && oldest == nil:
				oldest = k
			}
		}
	}
	if oldest == nil {
		return nil, fail("socket_not_found")
	}
	return oldest, nil
}

func (s *Server) onSocket(id string, do func(*socket)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.socketByID(id)
	if err == nil {
		do(k)
	}
	return err
}

// Warn says `warning` on a socket (empty: the oldest). The disconnection follows after Periods.Warning, as at Slack.
func (s *Server) Warn(socketID string) error { return s.onSocket(socketID, s.warn) }

// Disconnect says `disconnect` with a reason on a socket (empty: the oldest) and closes it.
func (s *Server) Disconnect(socketID, reason string) error {
	return s.onSocket(socketID, func(k *socket) { k.disconnect(reason, nil) })
}

// Kill ends a socket (empty: the oldest) like a cut cable: without a word and without a close frame.
func (s *Server) Kill(socketID string) error { return s.onSocket(socketID, (*socket).kill) }

// StopPings leaves a socket (empty: the oldest) open and silent: no pings any more.
func (s *Server) StopPings(socketID string) error {
	return s.onSocket(socketID, func(k *socket) { k.silent = true })
}

// DeliverOn chooses a socket for all deliveries from now on, while it is open; empty means any again.
func (s *Server) DeliverOn(socketID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if socketID == "" {
		for _, a := range s.apps {
			a.favourite = nil
		}
		return nil
	}
	k, err := s.socketByID(socketID)
	if err == nil {
		k.app.favourite = k
	}
	return err
}

// DisableLink turns Socket Mode off (or on again) for an app (empty: the first): its sockets get link_disabled.
func (s *Server) DisableLink(appID string, off bool) error {
	return s.onApp(appID, func(a *app) {
		a.linkDisabled = off
		for _, k := range slices.Clone(a.sockets) {
			if off {
				k.disconnect("link_disabled", nil)
			}
		}
	})
}

func (s *Server) onApp(id string, do func(*app)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.appOr(id)
	if err == nil {
		do(a)
	}
	return err
}

// RevokeToken takes back the bot token or the app token ("bot", "app") of an app (empty: the first), or gives it back.
func (s *Server) RevokeToken(appID, kind string, revoked bool) error {
	if kind != "bot" && kind != "app" {
		return fail("unknown_token_kind")
	}
	return s.onApp(appID, func(a *app) {
		token := a.BotToken
		if kind == "app" {
			token = a.AppToken
		}
		if a.revoked == nil {
			a.revoked = map[string]bool{}
		}
		a.revoked[token] = revoked
	})
}

// SetScope grants a scope to the bot token of an app (empty: the first), or takes it away.
func (s *Server) SetScope(appID, scope string, granted bool) error {
	return s.onApp(appID, func(a *app) { a.setScope(scope, granted) })
}

// SendRaw writes an envelope of any type with any payload (which must be JSON) to an app (empty: the first), and
// returns its id. Nothing waits for its ack.
func (s *Server) SendRaw(appID, kind string, payload json.RawMessage) (id string, err error) {
	if !json.Valid(payload) {
		return "", fail("invalid_json")
	}
	var sent error
	err = s.onApp(appID, func(a *app) {
		k := a.pick()
		if k == nil {
			sent = fail("no_socket")
			return
		}
		e := &envelope{ID: uuid(), Type: kind, Payload: payload, At: s.now(), Outcome: Raw, app: a, Answers: true}
		s.remember(e)
		e.Socket, e.sent = k.ID, time.Now()
		k.sent++
		k.queue(e.frame())
		e.Payload = shortened(e.Payload) // what was sent is gone; the log must stay small
		s.showEnvelope(e)
		id = e.ID
	})
	if err == nil {
		err = sent
	}
	return id, err
}

// SendFrame writes any bytes as one text frame to a socket (empty: the oldest).
func (s *Server) SendFrame(socketID string, frame []byte) error {
	return s.onSocket(socketID, func(k *socket) { k.queue(frame) })
}

// Redeliver sends an envelope of the log once more, unchanged or under a new envelope id.
func (s *Server) Redeliver(envelopeID string, newID bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byID[envelopeID]
	if e == nil {
		return fail("envelope_not_found")
	}
	k := e.app.pick()
	if k == nil {
		return fail("no_socket")
	}
	again := *e
	if newID {
		again = envelope{
			ID: uuid(), Type: e.Type, Payload: e.Payload, Answers: e.Answers, Attempt: e.Attempt, Reason: e.Reason,
			At: s.now(), Outcome: Raw, app: e.app, Socket: k.ID, sent: time.Now(),
		}
		s.remember(&again)
	}
	k.sent++
	k.queue(again.frame())
	return nil
}

// ExpireTriggers makes all trigger ids too old.
func (s *Server) ExpireTriggers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.triggers {
		t.expires = s.now().Add(-time.Nanosecond)
	}
}

// Jump moves the workspace's clock: response URLs, triggers, tickets and rates grow older. It does not fire what waits.
func (s *Server) Jump(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jump += d
}

// SetKind makes a person something else: deactivated, a guest. Apps that subscribed to user_change are told.
func (s *Server) SetKind(user string, kind Kind) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.people.byID[user]
	switch {
	case p == nil:
		return fail("user_not_found")
	case !slices.Contains(kinds, kind):
		return fail("unknown_kind")
	}
	p.Kind = kind
	for _, a := range s.apps {
		s.emit(a, nil, "user_change", fields{"type": "user_change", "user": s.userOf(a, p), "event_ts": s.ts()})
	}
	return nil
}

// SetMember adds a person to a channel, or takes them out. Apps that subscribed are told.
func (s *Server) SetMember(channelID, user string, member bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, p := s.channels.byID[channelID], s.people.byID[user]
	switch {
	case c == nil:
		return fail("channel_not_found")
	case p == nil:
		return fail("user_not_found")
	case c.has(user) == member:
		return nil
	}
	s.setMember(c, p, member)
	return nil
}

// SetArchived archives a channel, or brings it back.
func (s *Server) SetArchived(channelID string, archived bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels.byID[channelID]
	if c == nil {
		return fail("channel_not_found")
	}
	c.Archived = archived
	s.channelChanged(c)
	return nil
}

// SetUsergroup replaces the members of a user group. Apps that subscribed to subteam_members_changed are told.
func (s *Server) SetUsergroup(id string, users []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.usergroup(id)
	if g == nil {
		return fail("no_such_subteam")
	}
	before := g.Users
	g.Users = slices.Clone(users)
	for _, a := range s.apps {
		s.emit(a, nil, "subteam_members_changed", fields{
			"type": "subteam_members_changed", "subteam_id": g.ID, "team_id": s.cfg.Team.ID,
			"date_update": s.now().Unix(), "added_users": without(g.Users, before), "removed_users": without(before, g.Users),
			"event_ts": s.ts(),
		})
	}
	return nil
}

// without lists what is in one list and not in the other.
func without(list, other []string) []string {
	out := []string{}
	for _, item := range list {
		if !slices.Contains(other, item) {
			out = append(out, item)
		}
	}
	return out
}
