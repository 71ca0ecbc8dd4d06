package workspace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// controlLimit bounds what a test sends: raw payloads may be large.
const controlLimit = 32 << 20

// controlCall is the body of a call to /control/, or its query.
type controlCall struct {
	App       string          `json:"app"`
	Socket    string          `json:"socket"`
	Reason    string          `json:"reason"`
	Envelope  string          `json:"envelope"`
	NewID     bool            `json:"new_id"`
	Type      string          `json:"type"`
	Payload   json.RawMessage `json:"payload"`
	Filler    int             `json:"filler"`
	Frame     string          `json:"frame"`
	User      string          `json:"user"`
	Kind      Kind            `json:"kind"`
	Channel   string          `json:"channel"`
	Thread    string          `json:"thread_ts"`
	TS        string          `json:"ts"`
	Text      string          `json:"text"`
	ActionID  string          `json:"action_id"`
	Name      string          `json:"name"`
	Action    map[string]any  `json:"action"`
	View      string          `json:"view_id"`
	State     json.RawMessage `json:"state"`
	Usergroup string          `json:"usergroup"`
	Users     []string        `json:"users"`
	Scope     string          `json:"scope"`
	Token     string          `json:"token"`
	On        bool            `json:"on"`
	Seconds   float64         `json:"seconds"`
	Fault     CallFault       `json:"fault"`

	r *http.Request
}

// control is one thing a test can do or read over HTTP.
type control struct {
	pattern string // verb and path
	takes   string // the fields it reads
	words   string
	run     func(*Server, *controlCall) (any, error)
}

func (s *Server) controlRoutes(mux *http.ServeMux) {
	for _, c := range controls {
		mux.HandleFunc(c.pattern, s.serveControl(c.run))
	}
	mux.HandleFunc("GET /control/{$}", serveControlWords)
}

// serveControlWords explains the interface in plain text.
func serveControlWords(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, ControlWords())
}

// ControlWords is what GET /control/ says: every fault and every reading, with the fields it takes.
func ControlWords() string {
	var out strings.Builder
	out.WriteString("The control interface: what a test does to the workspace, and reads from it.\n" +
		"POST takes JSON, GET a query; the answer is JSON with ok, and an error's code. Empty app: the first app; empty socket: the oldest.\n\n")
	for _, c := range controls {
		fmt.Fprintf(&out, "%s\n    %s\n", c.pattern, c.words)
		if c.takes != "" {
			fmt.Fprintf(&out, "    takes: %s\n", c.takes)
		}
	}
	return out.String()
}

func (s *Server) serveControl(run func(*Server, *controlCall) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in := &controlCall{r: r}
		query := r.URL.Query()
		in.App, in.User, in.Channel, in.Thread = query.Get("app"), query.Get("user"), query.Get("channel"), query.Get("thread_ts")
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, controlLimit))
		if len(raw) > 0 && err == nil {
			decoder := json.NewDecoder(bytes.NewReader(raw))
			decoder.DisallowUnknownFields() // a misspelt fault would otherwise be a test that cannot fail
			err = decoder.Decode(in)
		}
		var result any
		if err == nil {
			result, err = run(s, in)
		}
		out := fields{}
		if err == nil && result != nil {
			out["result"] = result
		}
		writeJSON(w, out, err)
	}
}

// rawPayload is the payload of a raw envelope: as given, or a text of `filler` bytes.
func (in *controlCall) rawPayload() json.RawMessage {
	switch {
	case in.Filler > 0:
		raw, _ := json.Marshal(fields{"filler": strings.Repeat("x", min(in.Filler, controlLimit))}) // plain text
		return raw
	case in.Payload == nil:
		return json.RawMessage("null")
	}
	return in.Payload
}

func (in *controlCall) duration() time.Duration {
	return time.Duration(in.Seconds * float64(time.Second))
}
