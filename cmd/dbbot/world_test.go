package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"dbbot/bot/workspace"
	"dbbot/ops/postgres/cluster/clustertest"
)

// patience bounds every wait of these tests; nothing is asserted about how long anything took.
const patience = 20 * time.Second

// world is everything a conversation needs: a real PostgreSQL, the local workspace, and `dbbot serve` between them.
type world struct {
	base string // of the workspace
	log  *lockedBuffer
	bot  string // the bot's user id
}

func newWorld(t *testing.T, databases urls) *world {
	t.Helper()
	manifest, err := os.ReadFile(filepath.Join(root, "manifest.yml"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := workspace.Load(workspace.Source{Name: "manifest.yml", Text: manifest}, workspace.DefaultSeed())
	if err != nil {
		t.Fatal(err)
	}
	config.Limits.MessagesPerSecond, config.Limits.TiersPerMin = -1, [5]float64{-1, -1, -1, -1, -1}
	server := workspace.New(config)
	site := httptest.NewServer(server.Handler())
	t.Cleanup(func() { server.Close(); site.Close() })
	w := &world{base: site.URL, bot: config.Apps[0].BotUser, log: &lockedBuffer{}}
	w.serve(t, config, databases)
	return w
}

// serve runs the program itself, in this process, until the test ends.
func (w *world) serve(t *testing.T, config workspace.Config, databases urls) {
	t.Helper()
	env := environment(func(name string) (string, bool) {
		value, ok := map[string]string{
			"SLACK_API_URL": w.base + "/api/", "SLACK_BOT_TOKEN": config.Apps[0].BotToken, "SLACK_APP_TOKEN": config.Apps[0].AppToken,
			"ORDERS_URL": databases.orders, "REPORTING_URL": databases.reporting,
		}[name]
		return value, ok
	})
	file, err := filepath.Abs("testdata/conversation.yml")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	ana := w.listen(t, "U0ANA")
	go func() { ended <- run(ctx, []string{"serve", "--config", file}, env, w.log, w.log) }()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("serve ended with %d:\n%s", code, w.log)
		}
	})
	for ana.sockets < 2 {
		select {
		case code := <-ended:
			ended <- code
			t.Fatalf("serve ended with %d before it was connected:\n%s", code, w.log)
		case <-ana.changed:
			ana.sockets = w.sockets(t)
		case <-time.After(patience):
			t.Fatalf("not connected:\n%s", w.log)
		}
	}
}

type urls struct{ orders, reporting string }

// sampleDatabases are two databases that a role with pg_monitor reads.
func sampleDatabases(t *testing.T) urls {
	t.Helper()
	server := clustertest.Start(t, map[string]string{"shared_preload_libraries": "pg_stat_statements"})
	clustertest.Exec(t, server.URL("postgres"), "CREATE DATABASE orders", "CREATE DATABASE reporting",
		"CREATE ROLE reader LOGIN PASSWORD 'only for this test' IN ROLE pg_monitor")
	for _, name := range []string{"orders", "reporting"} {
		clustertest.Exec(t, server.URL(name), "CREATE EXTENSION pg_stat_statements",
			"CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)",
			"INSERT INTO schema_migrations VALUES (3, false)", "GRANT SELECT ON schema_migrations TO reader")
	}
	as := func(name string) string { return clustertest.As(t, server.URL(name), "reader", "only for this test") }
	return urls{as("orders"), as("reporting")}
}

// page calls the workspace as its page does.
func (w *world) page(t *testing.T, what string, in map[string]any, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(w.base+"/page/"+what, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	w.read(t, answer, out)
}

func (w *world) read(t *testing.T, answer *http.Response, out any) {
	t.Helper()
	defer answer.Body.Close()
	var raw json.RawMessage
	if err := json.NewDecoder(answer.Body).Decode(&raw); err != nil {
		t.Fatal(err)
	}
	var status struct {
		OK    bool
		Error string
	}
	if err := json.Unmarshal(raw, &status); err != nil || !status.OK {
		t.Fatalf("the workspace refused: %s %v", raw, err)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			t.Fatal(err)
		}
	}
}

type boot struct {
	Channels []struct {
		ID, Name string
		Members  []string
	}
	App struct{ Sockets int }
}

func (w *world) boot(t *testing.T, as string) (b boot) {
	t.Helper()
	answer, err := http.Get(w.base + "/page/boot?as=" + as)
	if err != nil {
		t.Fatal(err)
	}
	w.read(t, answer, &b)
	return b
}

func (w *world) sockets(t *testing.T) int { t.Helper(); return w.boot(t, "U0ANA").App.Sockets }

// channel finds the id of "#orders"; Ben is a member of every channel.
func (w *world) channel(t *testing.T, name string) string {
	t.Helper()
	for _, as := range []string{"U0BEN", "U0LEE"} {
		for _, c := range w.boot(t, as).Channels {
			if "#"+c.Name == name {
				return c.ID
			}
		}
	}
	t.Fatalf("no channel %s", name)
	return ""
}

func (w *world) inChannel(t *testing.T, user, channel string) bool {
	t.Helper()
	for _, c := range w.boot(t, user).Channels {
		if c.ID == channel {
			return true
		}
	}
	return false
}

// lockedBuffer is a log that the program writes while the test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
