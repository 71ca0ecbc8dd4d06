package workspace

import (
	"context"
	"encoding/json"
	"net"
	"time"

	"github.com/coder/websocket"
)

const (
	// outbox bounds what waits to be written to one socket. A client that is this far behind is gone.
	outbox = 8192
	// writeTimeout bounds one frame: loopback takes it at once, unless the client has stopped reading.
	writeTimeout = 10 * time.Second
	// frameLimit bounds what an app may send in one frame; acks are dropped far below it.
	frameLimit = 1 << 20
)

// socket is one WebSocket of an app.
type socket struct {
	ID    string
	s     *Server
	app   *app
	conn  *websocket.Conn
	cable net.Conn    // below conn
	out   chan []byte // frames to write, in order; a nil frame ends the socket with a close frame
	ctx   context.Context
	end   context.CancelFunc

	// guarded by Server.mu
	open    bool // hello was said and nothing has ended it: it may be chosen
	warned  bool
	ending  bool // the last message was queued
	silent  bool // a test stopped its pings
	since   time.Time
	sent    int
	unacked int
	refresh *time.Timer
	settled chan struct{} // closed when an ending socket has no envelope left to be acked
}

func newSocket(s *Server, a *app, conn *websocket.Conn, cable net.Conn) *socket {
	conn.SetReadLimit(frameLimit)
	ctx, end := context.WithCancel(context.Background())
	k := &socket{s: s, app: a, conn: conn, cable: cable, out: make(chan []byte, outbox), ctx: ctx, end: end, settled: make(chan struct{})}
	s.mu.Lock()
	k.ID, k.since = s.id("W"), s.now()
	s.mu.Unlock()
	return k
}

// run reads until the socket ends; a writer and a pinger live as long.
func (k *socket) run(debug bool) {
	defer k.end()
	life := k.s.cfg.Periods.Refresh
	if debug {
		life = k.s.cfg.Periods.DebugRefresh
	}
	k.s.background.Add(2)
	go k.write()
	go k.ping()
	k.s.join(k, life)
	for {
		kind, frame, err := k.conn.Read(k.ctx)
		if err != nil {
			break
		}
		if kind == websocket.MessageText {
			k.s.ack(k, frame)
		}
	}
	k.s.leave(k)
	k.conn.CloseNow()
}

// write sends the queued frames in their order. After the last one it waits until what this socket delivered has been
// acked, though not longer than an ack may take, and closes: what was said before the end is not lost.
func (k *socket) write() {
	defer k.s.background.Done()
	for {
		select {
		case <-k.ctx.Done():
			return
		case frame := <-k.out:
			if frame == nil {
				k.linger()
				k.conn.Close(websocket.StatusNormalClosure, "")
				return
			}
			ctx, cancel := context.WithTimeout(k.ctx, writeTimeout)
			err := k.conn.Write(ctx, websocket.MessageText, frame)
			cancel()
			if err != nil {
				k.end()
				return
			}
		}
	}
}

func (k *socket) linger() {
	select {
	case <-k.settled:
	case <-time.After(k.s.cfg.Periods.Ack):
	case <-k.ctx.Done():
	}
}

// ping keeps the client's watchdog calm, and ends a socket whose client no longer answers.
func (k *socket) ping() {
	defer k.s.background.Done()
	tick := time.NewTicker(k.s.cfg.Periods.Ping)
	defer tick.Stop()
	for first := true; ; first = false {
		if !first {
			select {
			case <-k.ctx.Done():
				return
			case <-tick.C:
			}
		}
		k.s.mu.Lock()
		silent := k.silent
		k.s.mu.Unlock()
		if silent {
			continue
		}
		ctx, cancel := context.WithTimeout(k.ctx, k.s.cfg.Periods.Pong)
		err := k.conn.Ping(ctx)
		cancel()
		if err != nil {
			k.end()
			return
		}
	}
}

// say queues a message. Callers hold Server.mu.
func (k *socket) say(message fields) {
	frame, err := json.Marshal(message)
	if err != nil {
		panic("workspace: a socket message is not JSON: " + err.Error())
	}
	k.queue(frame)
}

// queue puts a frame behind those that wait; a client too far behind is cut off. Callers hold Server.mu.
func (k *socket) queue(frame []byte) {
	if k.ending {
		return
	}
	select {
	case k.out <- frame:
	default:
		k.kill()
	}
}

// disconnect says why, and ends the socket with a close frame. It is never chosen again. Callers hold Server.mu.
func (k *socket) disconnect(reason string, more fields) {
	if k.ending {
		return
	}
	message := fields{"type": "disconnect", "reason": reason, "debug_info": fields{"host": "localhost"}}
	for name, value := range more {
		message[name] = value
	}
	k.say(message)
	k.queue(nil)
	k.open, k.ending = false, true
	k.settle()
}

// settle lets an ending socket close once nothing is left to be acked. Callers hold Server.mu.
func (k *socket) settle() {
	if !k.ending || k.unacked > 0 {
		return
	}
	select {
	case <-k.settled:
	default:
		close(k.settled)
	}
}

// kill ends the socket like a cut cable: no message, no close frame. Callers hold Server.mu.
func (k *socket) kill() {
	k.open, k.ending = false, true
	k.end()
	k.cable.Close()
}
