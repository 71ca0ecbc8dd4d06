package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dbbot/bot/slack"
	"dbbot/ops"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// patient is a health whose connection and databases are as the test says.
func patient(log *lockedBuffer, state *atomic.Pointer[slack.State], ping func(context.Context, string) error, databases ...string) *health {
	return &health{
		log: newLog(log, Log{}), slack: func() slack.State { return *state.Load() }, databases: databases, ping: ping,
		up: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "up"}, []string{"database"}), seen: map[string]sight{},
	}
}

func stateOf(s slack.State) *atomic.Pointer[slack.State] {
	p := &atomic.Pointer[slack.State]{}
	p.Store(&s)
	return p
}

func TestReadiness(t *testing.T) {
	down := &ops.Error{Message: "nothing listens there", Cause: errors.New("dial swordfish")}
	for name, tt := range map[string]struct {
		state  slack.State
		looked bool
		err    error
		ready  bool
		says   []string
	}{
		"all is well":          {slack.State{Open: 2, Wanted: 2}, true, nil, true, []string{"ready", "slack: up", "orders: up"}},
		"no hello yet":         {slack.State{Wanted: 2}, true, nil, false, []string{"not ready", "slack: down (no connection has said hello yet)"}},
		"Slack refuses":        {slack.State{Wanted: 2, Fault: "Slack does not know the token."}, true, nil, false, []string{"slack: down (Slack does not know the token.)"}},
		"one socket of two":    {slack.State{Open: 1, Wanted: 2}, true, nil, true, []string{"slack: up (1 of 2 connections are open)"}},
		"known to be down":     {slack.State{Open: 2, Wanted: 2}, true, down, true, []string{"orders: down (nothing listens there)"}},
		"down, nobody knows":   {slack.State{Open: 2, Wanted: 2}, true, errors.New("swordfish"), true, []string{"orders: down (it did not answer)"}},
		"not looked at it yet": {slack.State{Open: 2, Wanted: 2}, false, nil, false, []string{"orders: down (not looked at yet)"}},
	} {
		t.Run(name, func(t *testing.T) {
			var log lockedBuffer
			h := patient(&log, stateOf(tt.state), func(context.Context, string) error { return tt.err }, "orders")
			if tt.looked {
				h.look(t.Context(), "orders")
				if up := testutil.ToFloat64(h.up.WithLabelValues("orders")); (up == 1) != (tt.err == nil) {
					t.Errorf("the metric says %v", up)
				}
			}
			text, asJSON := answers(t, h, tt.ready, ""), answers(t, h, tt.ready, "application/json")
			for _, words := range tt.says {
				if !strings.Contains(text, words) {
					t.Errorf("%q is not said in:\n%s", words, text)
				}
			}
			var got Readiness
			if err := json.Unmarshal([]byte(asJSON), &got); err != nil || got.Ready != tt.ready || got.Databases[0].Name != "orders" {
				t.Errorf("%v in %s", err, asJSON)
			}
			if strings.Contains(text+asJSON, "swordfish") {
				t.Error("a cause is shown")
			}
		})
	}
}

// answers asks /readyz, and wants the code that fits.
func answers(t *testing.T, h http.Handler, ready bool, accept string) string {
	t.Helper()
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/readyz", nil)
	r.Header.Set("Accept", accept)
	routes(h, prometheus.NewRegistry()).ServeHTTP(w, r)
	if (w.Code == http.StatusOK) != ready {
		t.Errorf("ready %v, and the code is %d", ready, w.Code)
	}
	return w.Body.String()
}

func TestOnlyChangesAreLogged(t *testing.T) {
	var log lockedBuffer
	var failing error
	h := patient(&log, stateOf(slack.State{}), func(context.Context, string) error { return failing }, "orders")
	for _, failing = range []error{nil, nil, errors.New("gone"), errors.New("gone"), nil} {
		h.look(t.Context(), "orders")
	}
	if up, down := strings.Count(log.String(), "database: up"), strings.Count(log.String(), "database: down"); up != 2 || down != 1 {
		t.Errorf("up %d, down %d:\n%s", up, down, &log)
	}
}

func TestServeSaysAfterHalfAMinuteWhyItIsNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuffer
		state := stateOf(slack.State{Wanted: 2})
		h := patient(&log, state, func(context.Context, string) error { return nil })
		done := make(chan bool)
		go func() { done <- h.announce(t.Context()) }()
		pause(t.Context(), readyBound-time.Second)
		synctest.Wait()
		if log.String() != "" {
			t.Errorf("too early: %s", &log)
		}
		pause(t.Context(), time.Second)
		synctest.Wait()
		if !strings.Contains(log.String(), "not ready yet") || !strings.Contains(log.String(), "no connection has said hello yet") {
			t.Errorf("after %s the log holds: %s", readyBound, &log)
		}
		state.Store(&slack.State{Open: 1, Wanted: 2})
		if !<-done || !strings.Contains(log.String(), "msg=ready") || strings.Count(log.String(), "not ready yet") != 1 {
			t.Errorf("then: %s", &log)
		}
	})
}

func TestWatchLooksAgainAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int32
		hang := func(ctx context.Context, _ string) error { looks.Add(1); <-ctx.Done(); return ctx.Err() }
		var log lockedBuffer
		h := patient(&log, stateOf(slack.State{Open: 2, Wanted: 2}), hang, "orders", "reporting")
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { h.watch(ctx); close(ended) }()
		pause(t.Context(), lookWithin)
		synctest.Wait()
		if now := h.readiness(); !now.Ready || now.Databases[0].OK || now.Databases[1].OK {
			t.Errorf("a server that hangs is known to be down after %s: %+v", lookWithin, now)
		}
		pause(t.Context(), lookEvery)
		synctest.Wait()
		if n := looks.Load(); n != 4 {
			t.Errorf("%d looks, want two at each of two", n)
		}
		stop()
		<-ended
	})
}

func TestFigures(t *testing.T) {
	w := httptest.NewRecorder()
	routes(http.NotFoundHandler(), newRegistry()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes", "dbbot_build_info{version="} {
		if !strings.Contains(w.Body.String(), name) {
			t.Errorf("%s is missing", name)
		}
	}
	w = httptest.NewRecorder()
	routes(http.NotFoundHandler(), newRegistry()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	if w.Code != http.StatusOK || w.Body.String() != "ok\n" {
		t.Errorf("/healthz: %d %q", w.Code, w.Body)
	}
}

func TestATakenAddressIsSaid(t *testing.T) {
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = listen(l.Addr().String())
	if marked, ok := errors.AsType[*ops.Error](err); !ok || !strings.Contains(marked.Message, "address already in use") {
		t.Errorf("got %v", err)
	}
}
