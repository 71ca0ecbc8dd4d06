package workspace

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// pageRoutes are what the page at / speaks to. People are trusted here: `as` says whose eyes and hands are used.
func (s *Server) pageRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", servePage)
	mux.HandleFunc("GET /archives/{channel}/{message}", serveArchive)
	mux.HandleFunc("GET /page/stream", s.serveStream)
	mux.HandleFunc("POST /page/file", s.servePageFile)
	mux.HandleFunc("GET /files/{id}/{name}", s.serveFile)
	for pattern, serve := range map[string]func(*pageCall) (fields, error){
		"GET /page/boot":     s.pageBoot,
		"GET /page/history":  s.pageHistory,
		"GET /page/log":      s.pageLog,
		"POST /page/say":     s.pageSay,
		"POST /page/action":  s.pageAction,
		"POST /page/view":    s.pageView,
		"POST /page/home":    s.pageHome,
		"POST /page/options": s.pageOptions,
		"POST /page/react":   s.pageReact,
	} {
		mux.HandleFunc(pattern, s.page(serve))
	}
}

// linkedMessage is the last part of a permalink: a timestamp without its point.
var linkedMessage = regexp.MustCompile(`^p(\d{1,20})(\d{6})$`)

// serveArchive leads a permalink that is opened by itself to its message on the page.
func serveArchive(w http.ResponseWriter, r *http.Request) {
	at := linkedMessage.FindStringSubmatch(r.PathValue("message"))
	if at == nil {
		http.NotFound(w, r)
		return
	}
	page := url.URL{Path: "/", Fragment: at[1] + "." + at[2]}
	query := url.Values{"channel": {r.PathValue("channel")}}
	if thread := r.URL.Query().Get("thread_ts"); thread != "" {
		query.Set("thread", thread)
	}
	page.RawQuery = query.Encode()
	http.Redirect(w, r, page.String(), http.StatusFound)
}

// pageLimit bounds what the page sends in one call.
const pageLimit = 1 << 20

// pageCall is one call of the page.
type pageCall struct {
	As       string          `json:"as"`
	Channel  string          `json:"channel"`
	Thread   string          `json:"thread_ts"`
	Text     string          `json:"text"`
	TS       string          `json:"message_ts"`
	View     string          `json:"view_id"`
	Event    string          `json:"event"`
	Action   map[string]any  `json:"action"`
	State    json.RawMessage `json:"state"`
	BlockID  string          `json:"block_id"`
	ActionID string          `json:"action_id"`
	Value    string          `json:"value"`
	App      string          `json:"app_id"` // empty means the first
	Name     string          `json:"name"`
	On       bool            `json:"on"`

	person *Person
	r      *http.Request
}

// page reads a call of the page and answers with JSON: ok and, where not, the error's code.
func (s *Server) page(serve func(*pageCall) (fields, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		in := &pageCall{As: query.Get("as"), Channel: query.Get("channel"), Thread: query.Get("thread"), r: r}
		var err error
		if r.Method == http.MethodPost {
			err = json.NewDecoder(http.MaxBytesReader(w, r.Body, pageLimit)).Decode(in)
		}
		if err == nil {
			in.person, err = s.eyes(in.As, r.URL.Path)
		}
		var out fields
		if err == nil {
			out, err = serve(in)
		}
		writeJSON(w, out, err)
	}
}

// eyes finds whose eyes a page uses. One that has not chosen yet begins as the first full member; the log is everybody's.
func (s *Server) eyes(as, path string) (*Person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.person(as)
	switch {
	case path == "/page/log":
		return nil, nil
	case err == nil || path != "/page/boot":
		return p, err
	}
	for _, first := range s.people.order {
		if first.Kind == Member && first.ID != slackbot {
			return first, nil
		}
	}
	return nil, err
}

// writeJSON answers with ok and, where not, the error's code. A request that cannot be understood is a 400.
func writeJSON(w http.ResponseWriter, out fields, err error) {
	if out == nil {
		out = fields{}
	}
	out["ok"] = err == nil
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err != nil {
		out["error"] = codeOf(err)
		var f *failure
		if !errors.As(err, &f) {
			w.WriteHeader(http.StatusBadRequest)
		}
	}
	json.NewEncoder(w).Encode(out)
}

// pageSay is a typed line: a message, or a slash command.
func (s *Server) pageSay(in *pageCall) (fields, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.channelFor(in.person, in.Channel)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(in.Text, "/") {
		_, err := s.slash(in.person, c, in.Thread, in.Text, nil)
		return nil, err
	}
	m, err := s.say(in.person, c, in.Thread, in.Text)
	if err != nil {
		return nil, err
	}
	return fields{"ts": m.TS}, nil
}
