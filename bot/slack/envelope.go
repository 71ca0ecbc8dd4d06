package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"io"

	"github.com/coder/websocket"
)

// envelope is one message of Socket Mode. slack-go's socketmode.Request says the same but comes with its socket.
type envelope struct {
	Type    string          `json:"type"`
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload"`
	Accepts bool            `json:"accepts_response_payload"` // the ack may carry an answer
	Reason  string          `json:"reason"`                   // disconnect
	Sockets int             `json:"num_connections"`          // hello: how many Slack counts for this app
	App     struct {
		ID string `json:"app_id"`
	} `json:"connection_info"` // hello
}

// The types of envelope.
const (
	typeHello       = "hello"
	typeDisconnect  = "disconnect"
	typeCommand     = "slash_commands"
	typeInteraction = "interactive"
	typeEvent       = "events_api"
	typeUnknown     = "unknown" // how the metrics call all others
	typeOversized   = "oversized"
)

const (
	// maxEnvelope is what is kept of a frame. Slack's own are a few kilobytes; a view may have 250 kB.
	maxEnvelope = 1 << 20
	// maxFrame ends the connection. What lies between is read and thrown away, so that one frame of 10 MB costs
	// neither the memory nor the socket, and is acked when its id stands in the part that was kept.
	maxFrame = 64 << 20
)

// frame is a message as it arrived: whole, or the beginning of one that was too large.
type frame struct {
	data      []byte // valid until the next read
	oversized bool
}

func readFrame(ctx context.Context, conn *websocket.Conn, buffer *bytes.Buffer) (frame, error) {
	_, r, err := conn.Reader(ctx)
	if err != nil {
		return frame{}, err
	}
	buffer.Reset()
	if _, err := buffer.ReadFrom(io.LimitReader(r, maxEnvelope+1)); err != nil {
		return frame{}, err
	}
	f := frame{data: buffer.Bytes()}
	if len(f.data) > maxEnvelope {
		f.oversized = true
		if _, err := io.Copy(io.Discard, r); err != nil {
			return frame{}, err
		}
	}
	return f, nil
}

// open decodes the frame. Of an oversized one only the id can be told, and only if it comes before the payload,
// as it does with Slack.
func (f frame) open() (envelope, error) {
	if f.oversized {
		return envelope{Type: typeOversized, ID: leadingID(f.data)}, nil
	}
	var e envelope
	err := json.Unmarshal(f.data, &e)
	return e, err
}

// leadingID walks the members of the outermost object until it finds envelope_id or the data ends.
func leadingID(data []byte) string {
	d := json.NewDecoder(bytes.NewReader(data))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return ""
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return ""
		}
		var value any
		if d.Decode(&value) != nil {
			return ""
		}
		if id, ok := value.(string); ok && name == "envelope_id" {
			return id
		}
	}
	return ""
}
