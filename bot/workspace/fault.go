package workspace

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// faultHang bounds a call that a test lets hang: longer than any client's patience, and not for ever.
const faultHang = 10 * time.Minute

// CallFault is something that goes wrong at the next calls of a method. One of Error, Status, Hang, DropBefore and
// DropAfter says how (an Error may have a Status beside it); DelayMS may stand alone or beside it.
type CallFault struct {
	Method     string `json:"method"`                // a Web API method, response_url, or * for all
	App        string `json:"app,omitempty"`         // the app's id; empty means any
	Times      int    `json:"times,omitempty"`       // calls that fail; zero means one, negative means all
	Error      string `json:"error,omitempty"`       // ok=false with this code
	Status     int    `json:"status,omitempty"`      // this HTTP status with no JSON; 429 is Slack's own refusal
	RetryAfter string `json:"retry_after,omitempty"` // the header, as it is to be sent: seconds, or nonsense
	Hang       bool   `json:"hang,omitempty"`        // no answer until the client gives up
	DropBefore bool   `json:"drop_before,omitempty"` // the connection breaks and nothing was done
	DropAfter  bool   `json:"drop_after,omitempty"`  // the call is done, then the connection breaks: an ambiguous post
	DelayMS    int    `json:"delay_ms,omitempty"`    // milliseconds before the call is looked at
}

// FailCalls makes the next calls of a method fail. Faults of one method are used in the order they were added.
func (s *Server) FailCalls(f CallFault) {
	fill(&f.Times, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// check refuses a fault that could never happen: a test with a misspelt one would prove nothing.
func (f *CallFault) check() error {
	ways := 0
	for _, way := range []bool{f.Error != "", f.Status != 0, f.Hang, f.DropBefore, f.DropAfter} {
		if way {
			ways++
		}
	}
	_, known := methods[f.Method]
	switch {
	case f.Method == "":
		return fail("fault_method_missing")
	case !known && f.Method != "*" && f.Method != "response_url":
		return fail("fault_method_unknown")
	case ways > 1 && (ways > 2 || f.Error == "" || f.Status == 0): // an error may have a status of its own
		return fail("fault_ambiguous")
	case ways == 0 && f.DelayMS <= 0:
		return fail("fault_says_nothing")
	}
	return nil
}

// ClearFaults takes back all faults of calls that were not used up.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// nextFault uses up one fault of a call; nil where there is none.
func (s *Server) nextFault(method, token string) *CallFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Method != method && f.Method != "*" || f.App != "" && !s.ownsToken(f.App, token) {
			continue
		}
		if f.Times--; f.Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		used := *f
		return &used
	}
	return nil
}

func (s *Server) ownsToken(app, token string) bool {
	a := s.appByID(app)
	return a != nil && token != "" && (token == a.BotToken || token == a.AppToken)
}

// inject lets a call fail as a test wished. It reports whether the call was answered; drop says that the connection is
// to break once the call is done.
func (s *Server) inject(w http.ResponseWriter, r *http.Request, entry *Call, token string, began time.Time) (answered, drop bool) {
	f := s.nextFault(entry.Method, token)
	if f == nil {
		return false, false
	}
	if f.DelayMS > 0 {
		s.pause(r.Context(), time.Duration(f.DelayMS)*time.Millisecond)
	}
	if f.Hang {
		s.pause(r.Context(), faultHang)
	}
	if f.Hang || f.DropBefore {
		entry.Error = "dropped by a test"
		s.record(entry, began, nil)
		panic(http.ErrAbortHandler)
	}
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	switch {
	case f.Status == http.StatusTooManyRequests:
		fill(&f.Error, "ratelimited")
	case f.Status != 0:
		entry.Status, entry.Error = f.Status, "status by a test"
		s.record(entry, began, nil)
		http.Error(w, http.StatusText(f.Status), f.Status)
		return true, false
	case f.Error == "":
		return false, f.DropAfter
	}
	fill(&f.Status, http.StatusOK)
	body, _ := json.Marshal(fields{"ok": false, "error": f.Error}) // two plain values
	entry.Status, entry.Error = f.Status, f.Error
	s.record(entry, began, body)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(f.Status)
	w.Write(body)
	return true, false
}

// pause waits, unless the client gives up or the workspace is closed first.
func (s *Server) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.stop:
	}
}
