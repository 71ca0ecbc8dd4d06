package workspace

import (
	"slices"
)

// historyDefault and historyMost are how many messages one call gives.
const (
	historyDefault = 100
	historyMost    = 999
)

// spoken finds a conversation whose messages the bot may read (it must be a member), and the part that it asks for.
func (s *Server) spoken(r *request) (*channel, window, error) {
	c := s.channels.byID[r.text("channel")]
	if c == nil || c.Kind != Public && !c.has(r.app.BotUser) {
		return nil, window{}, fail("channel_not_found")
	}
	if err := r.need(channelScopes[c.Kind].history); err != nil {
		return nil, window{}, err
	}
	if !c.has(r.app.BotUser) {
		return nil, window{}, fail("not_in_channel")
	}
	w, err := r.window()
	return c, w, err
}

// window is the part of the time that a call asks for.
type window struct {
	oldest, latest string
	inclusive      bool
	limit          int
	metadata       bool
}

// window reads the arguments; a cursor is the timestamp of the last message that was given.
func (r *request) window() (window, error) {
	w := window{oldest: r.text("oldest"), latest: r.text("latest"), inclusive: r.yes("inclusive"), metadata: r.yes("include_all_metadata")}
	if w.oldest == "0" {
		w.oldest = ""
	}
	if cursor := r.text("cursor"); cursor != "" {
		w.latest, w.inclusive = cursor, false
	}
	var err error
	w.limit, err = r.number("limit", historyDefault, historyMost)
	return w, err
}

func (w window) holds(ts string) bool {
	if w.inclusive && (ts == w.oldest || ts == w.latest) {
		return true
	}
	return (w.oldest == "" || ts > w.oldest) && (w.latest == "" || ts < w.latest)
}

// conversationsHistory gives messages newest first, without replies in threads and without ephemeral ones.
func conversationsHistory(s *Server, r *request) (fields, error) {
	c, w, err := s.spoken(r)
	if err != nil {
		return nil, err
	}
	out, next := []Message{}, ""
	for _, m := range slices.Backward(c.messages) {
		if m.to != "" || m.reply() || !w.holds(m.TS) {
			continue
		}
		if len(out) == w.limit {
			next = out[len(out)-1].TS
			break
		}
		out = append(out, m.wire(w.metadata))
	}
	return fields{"messages": out, "has_more": next != "", "pin_count": 0, "response_metadata": fields{"next_cursor": next}}, nil
}

// conversationsReplies gives a thread, oldest first, its first message included.
func conversationsReplies(s *Server, r *request) (fields, error) {
	c, w, err := s.spoken(r)
	if err != nil {
		return nil, err
	}
	m := c.find(r.text("ts"))
	if m == nil || m.to != "" {
		return nil, fail("thread_not_found")
	}
	if parent := c.find(m.ThreadTS); parent != nil { // a reply's timestamp leads to the whole thread
		m = parent
	}
	cursor := r.text("cursor")
	w.latest = r.text("latest")
	out, next := []Message{}, ""
	if cursor == "" {
		out = append(out, m.wire(w.metadata))
	}
	for _, reply := range m.replies {
		if reply.TS <= cursor || !w.holds(reply.TS) {
			continue
		}
		if len(out) == w.limit {
			next = out[len(out)-1].TS
			break
		}
		out = append(out, reply.wire(w.metadata))
	}
	return fields{"messages": out, "has_more": next != "", "response_metadata": fields{"next_cursor": next}}, nil
}
