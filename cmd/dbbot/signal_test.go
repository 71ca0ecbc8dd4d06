package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// deafSlack stands before a workspace. From the moment it is told to be deaf it takes every call and answers none.
type deafSlack struct {
	deaf   atomic.Bool
	called chan struct{} // closed by the first call that is not answered
	once   sync.Once
}

func (d *deafSlack) before(t *testing.T, api string) string {
	t.Helper()
	behind, err := url.Parse(api)
	if err != nil {
		t.Fatal(err)
	}
	behind.Path = ""
	through := httputil.NewSingleHostReverseProxy(behind)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.deaf.Load() {
			d.once.Do(func() { close(d.called) })
			<-t.Context().Done() // which ends before the site closes
			return
		}
		through.ServeHTTP(w, r)
	}))
	t.Cleanup(site.Close)
	return site.URL + "/api/"
}

// TestASecondSignalEndsTheProgramAtOnce: the first one waits for the work at hand, which cannot be finished here.
func TestASecondSignalEndsTheProgramAtOnce(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			vars, workspace := slackSite(t, nil)
			slack := &deafSlack{called: make(chan struct{})}
			vars = with(vars, "DATABASE_URL", "postgres://127.0.0.1:1/orders", "SLACK_API_URL", slack.before(t, vars["SLACK_API_URL"]))
			child, log := program(t, vars, "serve", "-c", file(t, quickly))
			says(t, log, "msg=ready")
			slack.deaf.Store(true)
			if _, err := workspace.Slash(t.Context(), "U0ANA", "C0ORDERS", "/db whoami"); err != nil {
				t.Fatal(err)
			}
			select {
			case <-slack.called:
			case <-time.After(patience):
				t.Fatalf("Slack was not called\n%s", log)
			}
			if err := child.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			says(t, log, "msg=stopping")
			if got := repeat(child, signal); !got.Signaled() || got.Signal() != signal {
				t.Errorf("it ended with %v, not by the second signal\n%s", got, log)
			}
		})
	}
}

// repeat sends a signal until the program has ended, as an impatient person does, and gives how it ended.
func repeat(child *exec.Cmd, signal syscall.Signal) syscall.WaitStatus {
	ended := make(chan struct{})
	go func() {
		_ = child.Wait() // how it ended is in its state
		close(ended)
	}()
	for {
		select {
		case <-ended:
			return child.ProcessState.Sys().(syscall.WaitStatus)
		case <-time.After(10 * time.Millisecond):
			_ = child.Process.Signal(signal) // it may have ended just now
		}
	}
}
