package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dbbot/bot"
	"dbbot/bot/workspace"
	"dbbot/commands"
)

// town is the client against the local workspace: the conversations of Slack as strict as Slack is.
type town struct {
	testing.TB
	*workspace.Server
	client *Client
	desk   *desk
	log    *guarded
	stop   func() error
}

// theWorkspace is the demo's: our manifest, and the people of every test.
func theWorkspace(t testing.TB) workspace.Config {
	t.Helper()
	manifest, err := os.ReadFile(filepath.Join("..", "..", "manifest.yml"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := workspace.Load(workspace.Source{Name: "manifest.yml", Text: manifest}, workspace.DefaultSeed())
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// newTown starts both; change may alter either before.
func newTown(t testing.TB, change func(*workspace.Config, *Config, *bounds)) *town {
	t.Helper()
	slack := theWorkspace(t)
	config := Config{BotToken: "xoxb-demo-1111", AppToken: "xapp-demo-1111", Registry: prometheus.NewRegistry()}
	b := defaultBounds
	b.attempts, b.window, b.recycle, b.pause = 1000, time.Second, time.Millisecond, time.Millisecond
	if change != nil {
		change(&slack, &config, &b)
	}
	w := &town{TB: t, Server: workspace.New(slack), desk: newDesk(), log: &guarded{w: &bytes.Buffer{}}}
	server := httptest.NewServer(w.Handler())
	config.API, config.Log = server.URL+"/api/", slog.New(slog.NewTextHandler(w.log, nil))
	w.client = mustNew(t, config, b)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.client.Run(ctx, w.desk) }()
	w.stop = sync.OnceValue(func() error {
		cancel()
		return receive(t, done, "Run to end")
	})
	t.Cleanup(func() {
		w.stop()
		w.client.http.client.CloseIdleConnections()
		w.Close()
		server.Close()
	})
	return w.ready()
}

// ready waits until all wanted sockets are open.
func (w *town) ready() *town {
	w.Helper()
	until(w, "all sockets are open", func() bool {
		s := w.client.State()
		return s.Open >= s.Wanted && s.Fault == ""
	})
	return w
}

// types lets somebody type a command and gives what became of it.
func (w *town) types(user, channel, line string) workspace.Answer {
	w.Helper()
	a, err := w.Slash(w.Context(), user, channel, line)
	if err != nil {
		w.Fatal(err)
	}
	return a
}

// asked types a command that must be acked, and gives what the handler received.
func (w *town) asked(user, channel, line string) bot.Invoke {
	w.Helper()
	if a := w.types(user, channel, line); a.Outcome != workspace.Acked {
		w.Fatalf("%s: %s", line, a.Outcome)
	}
	return receive(w, w.desk.invokes, "the command")
}

// reads is what somebody sees last in a channel or thread.
func (w *town) reads(user, channel, thread string) workspace.Message {
	w.Helper()
	all := w.Thread(channel, thread, user)
	if len(all) == 0 {
		w.Fatalf("%s sees nothing in %s", user, channel)
	}
	return all[len(all)-1]
}

var withButton = bot.Post{Token: "token-1", View: commands.View{
	Title: "Status of orders", Lead: commands.Say("All is well."),
	Buttons: []commands.Button{{Name: "Refresh"}, {Name: "Share"}},
}}

// outcome of an envelope that nobody waits for: it has an ack, or none yet.
func (w *town) acked(id string) bool {
	return slices.ContainsFunc(w.Deliveries(), func(d workspace.Delivery) bool { return d.ID == id && d.AckMS > 0 })
}

// raw sends an envelope of any kind and waits for its ack.
func (w *town) raw(kind, payload string) {
	w.Helper()
	id, err := w.SendRaw("", kind, json.RawMessage(payload))
	if err != nil {
		w.Fatal(err)
	}
	until(w, "the envelope is acked", func() bool { return w.acked(id) })
}

// alive counts the sockets that Slack may choose.
func (w *town) alive() (n int) {
	for _, s := range w.Sockets() {
		if !s.Ending {
			n++
		}
	}
	return n
}
