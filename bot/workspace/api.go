package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// method is one method of the Web API: who may call it, how often, and what it does.
type method struct {
	token  tokenKind
	scopes []string                                // all are needed; those that depend on the channel are asked for by the method itself
	tier   int                                     // 1 to 4; 0 means by its own rule, or not limited
	run    func(*Server, *request) (fields, error) // called with mu held
}

// tokenKind is which token a method takes.
type tokenKind int

const (
	anyone tokenKind = iota // no token is asked for
	botToken
	appToken
	eitherToken
)

// request is one call of a method that may be made.
type request struct {
	*arguments
	method string
	app    *app
	token  string
	base   string // scheme and host by which the caller reached us
}

// bot is the person the call acts as.
func (r *request) bot(s *Server) *Person { return s.people.byID[r.app.BotUser] }

// Call is a call of the Web API or of a response URL, for the log. Tokens are masked.
type Call struct {
	ID         string        `json:"id"`
	Method     string        `json:"method"`
	App        string        `json:"app,omitempty"`
	At         time.Time     `json:"at"`
	Took       time.Duration `json:"-"`
	MS         float64       `json:"ms"`
	Status     int           `json:"status"`
	OK         bool          `json:"ok"`
	Error      string        `json:"error,omitempty"`
	RetryAfter int           `json:"retry_after,omitempty"` // seconds
	Request    string        `json:"request"`
	Response   string        `json:"response"`
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	name := r.PathValue("method")
	entry := &Call{Method: name, Status: http.StatusOK}
	in, err := readArguments(r)
	entry.Request = in.raw
	token := tokenOf(r, in)
	answered, drop := s.inject(w, r, entry, token, began)
	if answered {
		return
	}
	var answer fields
	s.locked(func() {
		req := &request{arguments: in, method: name, token: token, base: baseOf(r)}
		if err == nil {
			answer, err = s.call(req, w.Header())
		}
		if req.app != nil {
			entry.App = req.app.ID
		}
	})
	body := reply(w.Header(), entry, answer, err, in.warn)
	s.record(entry, began, body)
	if drop {
		panic(http.ErrAbortHandler) // the connection breaks, though the call was done
	}
	w.WriteHeader(entry.Status)
	w.Write(body)
}

// call checks everything that is checked before a method runs, in Slack's order, and runs it.
func (s *Server) call(r *request, header http.Header) (fields, error) {
	m, found := methods[r.method]
	if !found {
		return nil, &failure{code: "unknown_method", extra: fields{"req_method": r.method}}
	}
	if m.token != anyone {
		if err := s.authenticate(r, m.token); err != nil {
			return nil, err
		}
		header.Set("X-OAuth-Scopes", s.scopesOf(r))
		header.Set("X-Accepted-OAuth-Scopes", strings.Join(m.scopes, ","))
		for _, scope := range m.scopes {
			if err := r.need(scope); err != nil {
				return nil, err
			}
		}
		if wait := s.takeTier(r.app, r.method, m.tier); wait > 0 {
			return nil, tooFast(wait)
		}
	}
	return m.run(s, r)
}

// need refuses where the bot token lacks a scope.
func (r *request) need(scope string) error {
	if r.app.granted(scope) {
		return nil
	}
	return &failure{code: "missing_scope", extra: fields{"needed": scope, "provided": strings.Join(r.app.scopes, ",")}}
}

// reply encodes an answer, and says in the entry how it went.
func reply(header http.Header, entry *Call, answer fields, err error, warning string) []byte {
	if answer == nil {
		answer = fields{}
	}
	var f *failure
	if errors.As(err, &f) {
		for name, value := range f.extra {
			answer[name] = value
		}
		entry.Error = f.code
		answer["error"] = f.code
		if f.status != 0 {
			entry.Status = f.status
		}
		if f.retry > 0 {
			entry.RetryAfter = int(math.Ceil(f.retry.Seconds()))
			header.Set("Retry-After", strconv.Itoa(entry.RetryAfter))
		}
	}
	entry.OK = err == nil
	answer["ok"] = entry.OK
	if warning != "" && entry.OK {
		answer["warning"] = warning
		metadata, _ := answer["response_metadata"].(fields)
		if metadata == nil {
			metadata = fields{}
		}
		metadata["warnings"] = []string{warning}
		answer["response_metadata"] = metadata
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("X-Slack-Req-Id", secret())
	body, err := json.Marshal(answer)
	if err != nil { // every answer is made of plain data
		panic(fmt.Sprintf("workspace: the answer of %s is not JSON: %v", entry.Method, err))
	}
	return body
}

// record puts a call into the log and shows it to the pages.
func (s *Server) record(entry *Call, began time.Time, body []byte) {
	entry.Took = time.Since(began)
	entry.MS = milliseconds(entry.Took)
	s.mu.Lock()
	defer s.mu.Unlock()
	entry.ID, entry.At = s.id("R"), s.now()
	entry.Request, entry.Response = s.mask(entry.Request), s.mask(string(body))
	s.calls.add(entry)
	s.hub.publish("call", audience{}, func() any { return entry })
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// baseOf is how the caller reaches us: what URLs that we hand out begin with.
func baseOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
