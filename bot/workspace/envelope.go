package workspace

import (
	"encoding/json"
	"strconv"
	"time"
)

// Outcome is what became of an envelope.
type Outcome string

// The outcomes of an envelope. A late one was answered, but nobody waited any more.
const (
	Pending  Outcome = "pending"
	Acked    Outcome = "acked"
	Late     Outcome = "late"
	Timeout  Outcome = "timeout"
	NoSocket Outcome = "no_socket"
	Raw      Outcome = "raw" // sent by a test; nobody waits for it
)

// envelope is one delivery to an app, and its answer.
type envelope struct {
	ID       string
	Type     string
	Payload  []byte
	Answers  bool // accepts_response_payload
	Attempt  int  // events only, from 0
	Reason   string
	At       time.Time
	Socket   string
	Outcome  Outcome
	Latency  time.Duration
	Response json.RawMessage

	app     *app
	socket  *socket
	sent    time.Time // of the monotonic clock, for the latency
	timer   *time.Timer
	settled func(*envelope) // called once with mu held: acked, timed out, or nowhere to go
}

func (e *envelope) cancel() {
	if e.timer != nil {
		e.timer.Stop()
	}
}

// frame is the envelope as the app receives it. It is put together by hand because it is made for every delivery and
// the payload is JSON already.
func (e *envelope) frame() []byte {
	out := make([]byte, 0, len(e.Payload)+192)
	out = append(out, `{"envelope_id":"`...)
	out = append(out, e.ID...)
	out = append(out, `","payload":`...)
	out = append(out, e.Payload...)
	out = append(out, `,"type":`...)
	kind, _ := json.Marshal(e.Type) // a test may send any type, and a string is always JSON
	out = append(out, kind...)
	out = append(out, `,"accepts_response_payload":`...)
	out = strconv.AppendBool(out, e.Answers)
	if e.Type == "events_api" {
		out = append(out, `,"retry_attempt":`...)
		out = strconv.AppendInt(out, int64(e.Attempt), 10)
		out = append(out, `,"retry_reason":`...)
		out = strconv.AppendQuote(out, e.Reason)
	}
	return append(out, '}')
}

// deliver sends an envelope to any open socket of the app, and waits for the ack in the background. Callers hold mu.
func (s *Server) deliver(a *app, e *envelope) {
	e.ID, e.app, e.At, e.Outcome = uuid(), a, s.now(), Pending
	s.remember(e)
	k := a.pick()
	if k == nil {
		s.settle(e, NoSocket)
		return
	}
	s.sendOn(k, e)
	e.timer = time.AfterFunc(s.cfg.Periods.Ack, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if e.Outcome == Pending && !s.closed {
			s.settle(e, Timeout)
		}
	})
	s.showEnvelope(e)
}

func (s *Server) remember(e *envelope) {
	s.byID[e.ID] = e
	s.envelopes.add(e)
}

func (s *Server) sendOn(k *socket, e *envelope) {
	e.socket, e.Socket, e.sent = k, k.ID, time.Now()
	k.sent++
	k.unacked++
	k.queue(e.frame())
}

// settle ends the waiting for an envelope. Callers hold mu.
func (s *Server) settle(e *envelope, outcome Outcome) {
	e.Outcome = outcome
	e.cancel()
	if k := e.socket; k != nil {
		k.unacked--
		k.settle()
	}
	s.showEnvelope(e)
	if e.settled != nil {
		e.settled(e)
	}
}

func (s *Server) showEnvelope(e *envelope) {
	s.hub.publish("envelope", audience{}, func() any { return e.delivery() })
}

// acknowledgement is what an app sends back.
type acknowledgement struct {
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload"`
}

// ack takes a frame from an app. Slack drops acks of 20,480 bytes and more without a word, and so does this.
func (s *Server) ack(k *socket, frame []byte) {
	var in acknowledgement
	arrived := time.Now()
	err := json.Unmarshal(frame, &in)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.counts.BadFrames++
		return
	}
	if len(frame) >= s.cfg.Limits.AckBytes {
		s.counts.OversizeAcks++
		return
	}
	e := s.byID[in.ID]
	switch {
	case e == nil || e.app != k.app:
		s.counts.UnknownAcks++
	case e.Outcome == Pending:
		e.Latency, e.Response = arrived.Sub(e.sent), in.Payload
		s.settle(e, Acked)
	case e.Outcome == Timeout:
		s.counts.LateAcks++
		e.Latency, e.Response, e.Outcome = arrived.Sub(e.sent), in.Payload, Late
		s.showEnvelope(e)
	case e.Outcome == Raw && e.Latency == 0:
		e.Latency, e.Response = arrived.Sub(e.sent), in.Payload
		s.showEnvelope(e)
	default:
		s.counts.DuplicateAcks++
	}
}

// delivery is the envelope for the logs and for tests. Callers hold mu.
func (e *envelope) delivery() Delivery {
	return Delivery{
		ID: e.ID, App: e.app.ID, Type: e.Type, At: e.At, Socket: e.Socket, Outcome: e.Outcome,
		AckMS: milliseconds(e.Latency), Attempt: e.Attempt, Reason: e.Reason, Payload: shortened(e.Payload), Response: e.Response,
	}
}

// logLimit bounds one payload in the logs: what people read, not what a test pumped through.
const logLimit = 64 << 10

// shortened is a payload for the log: cut, as a JSON string, where it is very long.
func shortened(payload []byte) json.RawMessage {
	if len(payload) <= logLimit {
		return payload
	}
	cut, _ := json.Marshal(string(payload[:logLimit]) + "… (cut)") // a string is always JSON
	return cut
}
