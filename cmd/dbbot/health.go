package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"dbbot/bot/slack"
	"dbbot/ops"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	lookEvery  = 15 * time.Second // how often each database is asked for a sign of life; also keeps our slot there
	lookWithin = 3 * time.Second  // how long it may take; after that it is known to be down
	readyPoll  = 100 * time.Millisecond
	readyBound = 30 * time.Second // serve is ready by then, or has said why not (design section 10)
)

// health knows whether this process can do its work: /readyz, the log and the demo ask it.
type health struct {
	log       *slog.Logger
	slack     func() slack.State
	databases []string
	ping      func(ctx context.Context, database string) error
	up        *prometheus.GaugeVec

	mu   sync.Mutex
	seen map[string]sight
}

// sight is the last look at a database.
type sight struct {
	up      bool
	problem string
}

// Readiness is what /readyz answers. Ready needs a socket that said hello, and every database looked at: one that is
// down is reported, and can be asked about.
type Readiness struct {
	Ready     bool   `json:"ready"`
	Slack     Part   `json:"slack"`
	Databases []Part `json:"databases"`
}

// Part is one thing that readiness depends on, or reports.
type Part struct {
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Problem string `json:"problem,omitempty"`
}

func (h *health) readiness() Readiness {
	r := Readiness{Ready: true, Slack: socketsPart(h.slack())}
	r.Ready = r.Slack.OK
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range h.databases {
		s, looked := h.seen[name]
		if !looked {
			r.Ready, s.problem = false, "not looked at yet"
		}
		r.Databases = append(r.Databases, Part{Name: name, OK: s.up, Problem: s.problem})
	}
	return r
}

func socketsPart(s slack.State) Part {
	part := Part{Name: "slack", OK: s.Open > 0}
	switch {
	case s.Fault != "":
		part.Problem = s.Fault
	case !part.OK:
		part.Problem = "no connection has said hello yet"
	case s.Open < s.Wanted:
		part.Problem = fmt.Sprintf("%d of %d connections are open", s.Open, s.Wanted)
	}
	return part
}

// String is readiness for a person, one line a part.
func (r Readiness) String() string {
	var b strings.Builder
	word := map[bool]string{true: "ready", false: "not ready"}
	fmt.Fprintln(&b, word[r.Ready])
	for _, p := range append([]Part{r.Slack}, r.Databases...) {
		fmt.Fprintf(&b, "%s: %s", p.Name, map[bool]string{true: "up", false: "down"}[p.OK])
		if p.Problem != "" {
			fmt.Fprintf(&b, " (%s)", p.Problem)
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

// ServeHTTP is /readyz: JSON where it is asked for, else text; 503 while not ready.
func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := h.readiness()
	asJSON := strings.Contains(r.Header.Get("Accept"), "application/json")
	if asJSON {
		w.Header().Set("Content-Type", "application/json")
	} else {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	if !now.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if asJSON {
		_ = json.NewEncoder(w).Encode(now) // whoever asked has gone
		return
	}
	fmt.Fprint(w, now)
}

// watch looks at every database now and then, until ctx ends. It logs what changed.
func (h *health) watch(ctx context.Context) {
	var all sync.WaitGroup
	for _, name := range h.databases {
		all.Go(func() {
			for ctx.Err() == nil {
				h.look(ctx, name)
				pause(ctx, lookEvery)
			}
		})
	}
	all.Wait()
}

func (h *health) look(ctx context.Context, name string) {
	bounded, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	err := h.ping(bounded, name)
	if ctx.Err() != nil {
		return // we are stopping: it says nothing about the database
	}
	now := sight{up: err == nil, problem: problem(err)}
	h.mu.Lock()
	before, looked := h.seen[name]
	h.seen[name] = now
	h.mu.Unlock()
	switch {
	case now.up && (!looked || !before.up):
		h.up.WithLabelValues(name).Set(1)
		h.log.Info("database: up", "database", name)
	case !now.up && (!looked || before.up):
		h.up.WithLabelValues(name).Set(0)
		h.log.Warn("database: down", "database", name, "problem", now.problem, "cause", errors.Unwrap(err))
	}
}

// problem of a ping, as it may be shown.
func problem(err error) string {
	if err == nil {
		return ""
	}
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		return marked.Message
	}
	return "it did not answer"
}

// announce says once that we are ready, or after half a minute why not. It returns true when ready.
func (h *health) announce(ctx context.Context) bool {
	begun := time.Now()
	for warned := false; ctx.Err() == nil; pause(ctx, readyPoll) {
		now := h.readiness()
		if now.Ready {
			h.log.Info("ready", "after", time.Since(begun).Round(time.Millisecond))
			return true
		}
		if !warned && time.Since(begun) > readyBound-readyPoll {
			warned = true
			h.log.Warn("not ready yet", "because", strings.ReplaceAll(strings.TrimSpace(now.String()), "\n", "; "))
		}
	}
	return false
}
