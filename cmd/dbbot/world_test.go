package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dbbot/bot/workspace"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"

	"github.com/alicebob/miniredis/v2"
)

// patience bounds every wait of these tests; nothing is asserted about how long anything took.
const patience = 20 * time.Second

// world is everything a conversation needs: a real PostgreSQL and Redis, the local workspace, and `dbbot serve` between
// them, once or as several replicas.
type world struct {
	base      string // of the workspace
	log       *lockedBuffer
	bot       string // the bot's user id
	databases sample
	state     string // of this world's own state database
	redis     string
	config    workspace.Config
	file      string // dbbot's configuration
	shop      shopOf // of conversations about migrations
}

func newWorld(t testing.TB, databases sample, replicas int, with ...func(*world)) *world {
	t.Helper()
	w, _ := emptyWorld(t, databases)
	w.file = "testdata/conversation.yml"
	for _, more := range with {
		more(w)
	}
	ana := w.listen(t, "U0ANA")
	for n := range replicas {
		w.serve(t, ana, 2*(n+1))
	}
	return w
}

// emptyWorld is one in which nothing is served yet, and its workspace.
func emptyWorld(t testing.TB, databases sample) (*world, *workspace.Server) {
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
	space := workspace.New(config)
	site := httptest.NewServer(space.Handler())
	t.Cleanup(func() { space.Close(); site.Close() })
	return &world{
		base: site.URL, bot: config.Apps[0].BotUser, log: &lockedBuffer{}, config: config,
		databases: databases, state: databases.newState(t), redis: "redis://" + miniredis.RunT(t).Addr(),
	}, space
}

// env is what the program finds in its environment.
func (w *world) env(name string) (string, bool) {
	value, ok := map[string]string{
		"SLACK_API_URL": w.base + "/api/", "SLACK_BOT_TOKEN": w.config.Apps[0].BotToken, "SLACK_APP_TOKEN": w.config.Apps[0].AppToken,
		"ORDERS_URL": w.databases.reading("orders"), "REPORTING_URL": w.databases.reading("reporting"),
		"ORDERS_OWNER_URL": w.databases.application("orders"), "REPORTING_OWNER_URL": w.databases.application("reporting"),
		"DBBOT_STATE_URL": w.state, "REDIS_URL": w.redis, "DBBOT_AUDIT_KEY": strings.Repeat("only for tests. ", 4),
	}[name]
	if of := w.shop.env(name); of != "" {
		return of, true
	}
	return value, ok
}

// serve runs the program itself, in this process, until the test ends. It returns once so many sockets are open.
func (w *world) serve(t testing.TB, ana *listener, sockets int) {
	t.Helper()
	file, err := filepath.Abs(w.file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve", "--config", file}, w.env, w.log, w.log) }()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("serve ended with %d:\n%s", code, w.log)
		}
	})
	for ana.sockets < sockets {
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

// sample is a server with two databases: an application owns them, and a role with pg_monitor reads them.
type sample struct{ server *cluster.Cluster }

const testPassword = "only for this test"

func sampleDatabases(t testing.TB) sample {
	t.Helper()
	return sampleOn(t, clustertest.Start(t, map[string]string{"shared_preload_libraries": "pg_stat_statements"}))
}

func sampleOn(t testing.TB, server *cluster.Cluster) sample {
	t.Helper()
	clustertest.Exec(t, server.URL("postgres"),
		"CREATE ROLE reader LOGIN PASSWORD '"+testPassword+"' IN ROLE pg_monitor", "CREATE ROLE application LOGIN PASSWORD '"+testPassword+"'",
		"CREATE ROLE keeper LOGIN PASSWORD '"+testPassword+"' CREATEDB IN ROLE application, pg_read_all_data, pg_signal_backend",
		"CREATE DATABASE orders OWNER application", "CREATE DATABASE reporting OWNER application")
	s := sample{server}
	for _, name := range []string{"orders", "reporting"} {
		clustertest.Exec(t, server.URL(name), "CREATE EXTENSION pg_stat_statements")
		clustertest.Exec(t, s.application(name),
			"CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)",
			"INSERT INTO schema_migrations VALUES (3, false)", "GRANT SELECT ON schema_migrations TO reader")
	}
	return s
}

func (s sample) reading(database string) string {
	return s.server.URLAs("reader", testPassword, database)
}

func (s sample) application(database string) string {
	return s.server.URLAs("application", testPassword, database)
}

// keeper is who takes backups and restores them.
func (s sample) keeper(database string) string {
	return s.server.URLAs("keeper", testPassword, database)
}

// newState makes a state database of its own.
func (s sample) newState(t testing.TB) string {
	t.Helper()
	name := "state_" + strings.ToLower(rand.Text())
	clustertest.Exec(t, s.server.URL("postgres"), "CREATE DATABASE "+name+" OWNER application")
	return s.application(name)
}

// page calls the workspace as its page does.
func (w *world) page(t testing.TB, what string, in map[string]any, out any) {
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

func (w *world) read(t testing.TB, answer *http.Response, out any) {
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

func (w *world) boot(t testing.TB, as string) (b boot) {
	t.Helper()
	answer, err := http.Get(w.base + "/page/boot?as=" + as)
	if err != nil {
		t.Fatal(err)
	}
	w.read(t, answer, &b)
	return b
}

func (w *world) sockets(t testing.TB) int { t.Helper(); return w.boot(t, "U0ANA").App.Sockets }

// channel finds the id of "#orders"; Ben is a member of every channel.
func (w *world) channel(t testing.TB, name string) string {
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

func (w *world) inChannel(t testing.TB, user, channel string) bool {
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
