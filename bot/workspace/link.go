package workspace

import (
	"bufio"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// ticket opens one socket, once, for a while.
type ticket struct {
	app     *app
	expires time.Time
}

// connectionsOpen answers apps.connections.open with the URL of a socket.
func connectionsOpen(s *Server, r *request) (fields, error) {
	if r.app.linkDisabled {
		return nil, fail("socket_mode_not_enabled")
	}
	now := s.now()
	for id, t := range s.tickets { // few: apps.connections.open is scarce and tickets are short
		if now.After(t.expires) {
			delete(s.tickets, id)
		}
	}
	id := secret()
	s.tickets[id] = &ticket{app: r.app, expires: now.Add(s.cfg.Periods.Ticket)}
	r.app.base = r.base
	s.counts.Connects++
	link := strings.Replace(r.base, "http", "ws", 1) + "/link/?ticket=" + id + "&app_id=" + url.QueryEscape(r.app.ID)
	return fields{"url": link}, nil
}

// redeem uses a ticket up. Callers hold mu.
func (s *Server) redeem(id, appID string) *app {
	t := s.tickets[id]
	delete(s.tickets, id)
	if t == nil || t.app.ID != appID || s.now().After(t.expires) || s.closed {
		return nil
	}
	return t.app
}

// serveLink turns a ticket into a socket, and runs it until it ends.
func (s *Server) serveLink(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	s.mu.Lock()
	a := s.redeem(query.Get("ticket"), query.Get("app_id"))
	if a != nil {
		s.background.Add(1)
	}
	s.mu.Unlock()
	if a == nil {
		http.Error(w, "Forbidden", http.StatusForbidden)
		return
	}
	defer s.background.Done()
	wire := &cable{ResponseWriter: w}
	conn, err := websocket.Accept(wire, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // clients send https://api.slack.com as their origin; the ticket is the authority
		CompressionMode:    websocket.CompressionNoContextTakeover,
	})
	if err != nil {
		return // Accept has answered
	}
	k := newSocket(s, a, conn, wire.conn)
	k.run(query.Get("debug_reconnects") == "true")
}

// cable keeps the TCP connection of a WebSocket, so that it can be cut: the library would wait for a client that does
// not answer.
type cable struct {
	http.ResponseWriter
	conn net.Conn
}

// Hijack is called once, by the library.
func (c *cable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(c.ResponseWriter).Hijack()
	c.conn = conn
	return conn, rw, err
}

// join adds a socket to its app and says hello, or turns it away where there are too many.
func (s *Server) join(k *socket, life time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := k.app
	if s.closed {
		k.kill()
		return
	}
	if len(a.sockets) >= s.cfg.Limits.Sockets {
		k.disconnect("too_many_websockets", fields{"num_connections": len(a.sockets)})
		return
	}
	a.sockets = append(a.sockets, k)
	k.open = true
	s.counts.Opened++
	k.say(fields{
		"type":            "hello",
		"num_connections": len(a.sockets),
		"connection_info": fields{"app_id": a.ID},
		"debug_info":      fields{"host": "localhost", "build_number": 1, "approximate_connection_time": int(life.Seconds())},
	})
	k.refresh = time.AfterFunc(life-s.cfg.Periods.Warning, func() { s.recycle(k) })
	s.appChanged(a)
}

// leave takes a socket away once it has ended.
func (s *Server) leave(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k.open = false
	if k.refresh != nil {
		k.refresh.Stop()
	}
	k.app.sockets = slices.DeleteFunc(k.app.sockets, func(other *socket) bool { return other == k })
	if k.app.favourite == k {
		k.app.favourite = nil
	}
	s.appChanged(k.app)
}

func (s *Server) appChanged(a *app) {
	s.hub.publish("app", audience{}, func() any { return fields{"id": a.ID, "sockets": len(a.sockets)} })
}

// recycle does to a socket what Slack does every few hours.
func (s *Server) recycle(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.warn(k)
}

// warn says that a socket is going to end, and ends it after Periods.Warning. Between the two it is still chosen for
// envelopes. Callers hold mu.
func (s *Server) warn(k *socket) {
	if !k.open || k.warned {
		return
	}
	k.warned = true
	k.say(fields{"type": "disconnect", "reason": "warning", "debug_info": fields{"host": "localhost"}})
	k.refresh.Stop()
	k.refresh = time.AfterFunc(s.cfg.Periods.Warning, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		k.disconnect("refresh_requested", nil)
	})
}
