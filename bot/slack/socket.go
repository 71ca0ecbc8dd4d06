package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// socket is one connection. It is read until Slack closes it, also after the warning that it is about to be
// recycled: what Slack still sends on it is acked and handled like everything else.
type socket struct {
	conn   *websocket.Conn
	bounds bounds
	since  time.Time

	hello chan struct{} // closed when Slack has said hello
	leave chan struct{} // closed when a successor is needed: warned, or at its end
	done  chan struct{} // closed when nothing more is read

	mu     sync.Mutex
	reason string      // why Slack says goodbye; empty while it has not
	alive  *time.Timer // goes off after too much silence
	over   *time.Timer // goes off when Slack does not close what it has warned
}

// dial makes the connection. The context bounds the handshake only.
func dial(ctx context.Context, url string, b bounds) (*socket, error) {
	s := &socket{bounds: b, since: time.Now(), hello: make(chan struct{}), leave: make(chan struct{}), done: make(chan struct{})}
	//nolint:bodyclose // the library: "You never need to close resp.Body yourself"
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		OnPingReceived: func(context.Context, []byte) bool { s.heard(); return true },
	})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(maxFrame)
	s.conn = conn
	s.alive = time.AfterFunc(b.silence, func() {
		s.goodbye("silence")
		conn.CloseNow()
	})
	return s, nil
}

// heard puts the end off: a frame or a ping has come.
func (s *socket) heard() {
	if s.alive != nil {
		s.alive.Reset(s.bounds.silence)
	}
}

// read hands every frame to take, in order, until the connection ends.
func (s *socket) read(take func(*socket, frame)) error {
	defer s.finish()
	var buffer bytes.Buffer
	for {
		f, err := readFrame(context.Background(), s.conn, &buffer)
		if err != nil {
			return err
		}
		s.heard()
		take(s, f)
	}
}

func (s *socket) finish() {
	s.goodbye("closed")
	s.conn.CloseNow()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alive.Stop()
	if s.over != nil {
		s.over.Stop()
	}
	close(s.done)
}

// greet marks the hello; Slack says it once.
func (s *socket) greet() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ended(s.hello) {
		close(s.hello)
	}
}

// goodbye asks for a successor; the first reason counts.
func (s *socket) goodbye(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reason == "" {
		s.reason = reason
		close(s.leave)
	}
}

// warned is Slack's announcement that it will close the socket. If it then does not, we do.
func (s *socket) warned(reason string) {
	s.goodbye(reason)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over == nil {
		s.over = time.AfterFunc(s.bounds.farewell, s.close)
	}
}

// recycled says whether the goodbye was the ordinary one, and not a fault.
func (s *socket) recycled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason == "warning" || s.reason == "refresh_requested"
}

// live is true between the hello and the end.
func (s *socket) live() bool { return ended(s.hello) && !ended(s.done) }

// close says goodbye with a close frame; what does not answer it is cut off.
func (s *socket) close() { s.conn.Close(websocket.StatusNormalClosure, "") }

// ack is what Slack waits for. Answer is shown to the person, where the envelope accepts one.
type ack struct {
	ID     string `json:"envelope_id"`
	Answer *reply `json:"payload,omitempty"`
}

// reply is what an ack may carry, far below the 20 KiB above which Slack drops acks silently: the answer to a command, or
// what is wrong with a form.
type reply struct {
	Type   string            `json:"response_type,omitempty"`
	Text   string            `json:"text,omitempty"`
	Action string            `json:"response_action,omitempty"`
	Errors map[string]string `json:"errors,omitempty"` // by the block of the field
}

// write sends an ack at once, from the goroutine that wants it sent: there is no queue in which it could be lost, or
// outlive its socket. It may be called by several at a time.
func (s *socket) write(a ack) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.bounds.ack)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, body)
}

// ended says whether a channel that is only ever closed has been.
func ended(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
