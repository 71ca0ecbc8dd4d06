package slack

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"dbbot/ops"
)

// State is how the connection is right now: for ping, /readyz and the log.
type State struct {
	Open    int // sockets on which Slack has said hello; more than Wanted for the seconds of a change
	Wanted  int
	Team    string
	BotUser string
	App     string // empty until the first hello
	// Connections is what Slack counted at the last hello. Strangers of them are not ours: another program, or another
	// replica, uses the same app-level token and gets a share of the commands.
	Connections int
	Strangers   int
	Fault       string    // what is wrong, in a sentence; empty while all wanted sockets are open
	Since       time.Time // since when it is so: open or faulty
	Scopes      []string  // granted to the bot token, as Slack's last answer to it said
}

// status is what the parts of the client know of one another.
type status struct {
	mu       sync.Mutex
	wanted   int
	sockets  []*socket
	ended    []time.Time // of the sockets that ended lately
	identity Identity
	state    State // the fields that are not derived
}

func (s *status) add(x *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = append(s.sockets, x)
}

func (s *status) remove(x *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = slices.DeleteFunc(s.sockets, func(y *socket) bool { return y == x })
	s.ended = append(s.ended, time.Now())
}

// countLag is how long Slack may go on counting a socket that has ended here.
const countLag = 30 * time.Second

// lingering is how many sockets have ended here that Slack may still count.
func (s *status) lingering() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = slices.DeleteFunc(s.ended, func(at time.Time) bool { return time.Since(at) > countLag })
	return len(s.ended)
}

// others are the sockets that could take an ack in the place of one that has died.
func (s *status) others(dead *socket) (out []*socket) {
	for _, x := range s.all() {
		if x != dead && x.live() {
			out = append(out, x)
		}
	}
	return out
}

func (s *status) all() []*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sockets)
}

func (s *status) open() (n int) {
	for _, x := range s.all() {
		if x.live() {
			n++
		}
	}
	return n
}

func (s *status) app() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.App
}

// failed keeps the last fault, and since when there has been one.
func (s *status) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Fault == "" {
		s.state.Since = time.Now()
	}
	s.state.Fault = ops.Redact(err.Error())
}

// greeted notes a hello; when all wanted sockets are there again, the fault is over.
func (s *status) greeted(e envelope, strangers int) {
	open := s.open()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.App, s.state.Connections, s.state.Strangers = firstOf(e.App.ID, s.state.App), e.Sockets, strangers
	if open >= s.wanted && (s.state.Fault != "" || s.state.Since.IsZero()) {
		s.state.Fault, s.state.Since = "", time.Now()
	}
}

// granted reads the scopes of the token that Slack sends with every answer. One method is called with the app-level
// token, whose scopes are others.
func (s *status) granted(method string, header http.Header) {
	scopes := list(header.Get("X-OAuth-Scopes"))
	if len(scopes) == 0 || method == connectionsURL {
		return
	}
	slices.Sort(scopes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Scopes = scopes
}

// list reads Slack's lists of scopes, which have commas and perhaps blanks between them.
func list(scopes string) []string {
	return strings.FieldsFunc(scopes, func(r rune) bool { return r == ',' || r == ' ' })
}

// State reports on the connection without asking Slack.
func (c *Client) State() State {
	open := c.status.open()
	s := &c.status
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.state
	out.Open, out.Wanted, out.Team, out.BotUser = open, s.wanted, s.identity.Team, s.identity.BotUser
	out.Scopes = slices.Clone(out.Scopes)
	return out
}

// hello opens a socket for use, and notices when somebody else is connected with the same token. Our own are counted
// generously, with those that are being opened and those that have just ended: the warning is never about ourselves.
func (c *Client) hello(s *socket, e envelope) {
	s.greet()
	strangers := max(0, e.Sockets-len(c.places)-c.status.lingering())
	c.status.greeted(e, strangers)
	c.log.Info("slack: connected", "app", ops.Printable(e.App.ID, 40), "connections", e.Sockets)
	if strangers > 0 {
		c.log.Warn("slack: something else is connected with the same app-level token and receives part of what people type",
			"connections", e.Sockets, "strangers", strangers)
	}
}

// refused counts and logs an envelope that is not acted upon.
func (c *Client) refused(r *refusal) {
	c.metrics.refused.WithLabelValues(r.reason).Inc()
	if r.reason == ignored {
		c.log.Debug("slack: ignored", "detail", r.detail)
		return
	}
	c.log.Warn("slack: refused", "reason", r.reason, "detail", r.detail)
}
