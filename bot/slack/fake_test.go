package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"dbbot/bot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits before it gives up; nothing is expected to take so long.
const patience = 20 * time.Second

const (
	testBot = "xoxb-demo-1"
	testApp = "xapp-demo-1"
)

// fake is a Slack that does exactly what a test tells it to, frame by frame: for what no good Slack would do. The
// tests of whole conversations use bot/workspace.
type fake struct {
	testing.TB
	url   string
	peers chan *peer // each socket as it is opened

	mu      sync.Mutex
	calls   map[string]int
	bodies  map[string][]string
	methods map[string]http.HandlerFunc // instead of the standard answers
	opens   []time.Time
	greet   bool
}

// standard answers of the Web API.
var standard = map[string]string{
	"auth.test":             `{"ok":true,"team_id":"T0DEMO","team":"Corner Shop","user_id":"U0DBBOT"}`,
	"users.info":            `{"ok":true,"user":{"id":"U0ANA","team_id":"T0DEMO","profile":{"display_name":"ana"}}}`,
	"conversations.info":    `{"ok":true,"channel":{"id":"C0ORDERS"}}`,
	"usergroups.users.list": `{"ok":true,"users":["U0ANA","U0BEN"]}`,
	"chat.postMessage":      `{"ok":true,"channel":"C0ORDERS","ts":"1.1"}`,
	"chat.postEphemeral":    `{"ok":true,"message_ts":"1.2"}`,
	"chat.update":           `{"ok":true,"channel":"C0ORDERS","ts":"1.1"}`,
	"views.publish":         `{"ok":true}`,
	"answer":                `{"ok":true}`, // the response URL
}

func newFake(t testing.TB) *fake {
	f := &fake{TB: t, peers: make(chan *peer, 4096), calls: map[string]int{}, bodies: map[string][]string{}, methods: map[string]http.HandlerFunc{}, greet: true}
	server := httptest.NewServer(f)
	f.url = server.URL
	t.Cleanup(server.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := path.Base(r.URL.Path)
	var body bytes.Buffer
	body.ReadFrom(r.Body)
	f.mu.Lock()
	f.calls[method]++
	f.bodies[method] = append(f.bodies[method], body.String())
	special := f.methods[method]
	if method == "apps.connections.open" {
		f.opens = append(f.opens, time.Now())
	}
	f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case special != nil:
		special(w, r)
	case method == "apps.connections.open":
		w.Header().Set("X-OAuth-Scopes", "connections:write") // of the app-level token, as Slack does
		fmt.Fprintf(w, `{"ok":true,"url":"ws%s/link?ticket=top-secret"}`, strings.TrimPrefix(f.url, "http"))
	case method == "link":
		f.link(w, r)
	default:
		w.Header().Set("X-OAuth-Scopes", strings.Join(Scopes(), ","))
		fmt.Fprint(w, standard[method])
	}
}

// does makes a method answer otherwise: the answers in turn, the last one for ever.
func (f *fake) does(method string, answers ...http.HandlerFunc) {
	next := 0
	f.set(method, func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		answer := answers[min(next, len(answers)-1)]
		next++
		f.mu.Unlock()
		answer(w, r)
	})
}

func (f *fake) set(method string, answer http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.methods[method] = answer
}

func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// standardly answers as if the test had changed nothing.
func standardly(method string) http.HandlerFunc { return says(http.StatusOK, standard[method]) }

func (f *fake) called(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[method]
}

// sent gives the bodies that a method received.
func (f *fake) sent(method string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.bodies[method]...)
}

// peer is Slack's end of one socket.
type peer struct {
	*fake
	conn *websocket.Conn
	acks chan ack
	over chan websocket.StatusCode // how the client closed; -1 without a close frame
}

func (f *fake) link(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	p := &peer{fake: f, conn: conn, acks: make(chan ack, 1<<16), over: make(chan websocket.StatusCode, 1)}
	if f.greet {
		p.send(`{"type":"hello","num_connections":1,"connection_info":{"app_id":"A0DBBOT"}}`)
	}
	f.peers <- p
	for {
		_, data, err := conn.Read(context.Background())
		if err != nil {
			p.over <- websocket.CloseStatus(err)
			return
		}
		var a ack
		if json.Unmarshal(data, &a) == nil {
			p.acks <- a
		}
	}
}

// send writes one frame. A socket that is gone is no error: the tests look at what the client does about it.
func (p *peer) send(frame string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	p.conn.Write(ctx, websocket.MessageText, []byte(frame))
}

// command sends a slash command of its own trigger.
func (p *peer) command(id, text string) {
	payload := fmt.Sprintf(`{"team_id":"T0DEMO","api_app_id":"A0DBBOT","user_id":"U0ANA","channel_id":"C0ORDERS","command":"/db","text":%q,"trigger_id":"t-%s","response_url":"%s/answer"}`, text, id, p.url)
	p.send(fmt.Sprintf(`{"envelope_id":%q,"type":"slash_commands","accepts_response_payload":true,"payload":%s}`, id, payload))
}

func (p *peer) click(id, message string) {
	payload := fmt.Sprintf(`{"type":"block_actions","team":{"id":"T0DEMO"},"api_app_id":"A0DBBOT","user":{"id":"U0ANA","team_id":"T0DEMO"},"channel":{"id":"C0ORDERS"},`+
		`"container":{"type":"message","message_ts":%q,"channel_id":"C0ORDERS","is_ephemeral":true},"response_url":"%s/answer",`+
		`"actions":[{"type":"button","action_id":"refresh","block_id":"b","value":"token","action_ts":"9.9"}]}`, message, p.url)
	p.send(fmt.Sprintf(`{"envelope_id":%q,"type":"interactive","accepts_response_payload":false,"payload":%s}`, id, payload))
}

// acked waits for the next ack on this socket.
func (p *peer) acked() ack {
	p.Helper()
	return receive(p, p.acks, "an ack")
}

// socket waits for the client to open the next one.
func (f *fake) socket() *peer {
	f.Helper()
	return receive(f, f.peers, "a socket")
}

func receive[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// until waits for a condition that another goroutine brings about.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// desk is a handler that notes what it was given, and does what the test wants done.
type desk struct {
	invokes chan bot.Invoke
	clicks  chan bot.Click
	homes   chan bot.Home
	during  func(context.Context)

	first func(bot.Act) bool // what must be certain before its ack; nil: nothing
	taken chan bot.Act
	take  func(context.Context, bot.Act) bot.Taken
}

func newDesk() *desk {
	return &desk{
		invokes: make(chan bot.Invoke, 1<<16), clicks: make(chan bot.Click, 1024), homes: make(chan bot.Home, 1024), during: func(context.Context) {},
		taken: make(chan bot.Act, 1024), take: func(context.Context, bot.Act) bot.Taken { return bot.Taken{} },
	}
}

func (d *desk) Invoke(ctx context.Context, i bot.Invoke) { d.invokes <- i; d.during(ctx) }
func (d *desk) Click(ctx context.Context, c bot.Click)   { d.clicks <- c; d.during(ctx) }
func (d *desk) Home(ctx context.Context, h bot.Home)     { d.homes <- h; d.during(ctx) }

func (d *desk) First(a bot.Act) bool { return d.first != nil && d.first(a) }

func (d *desk) Take(ctx context.Context, a bot.Act) bot.Taken {
	d.taken <- a
	return d.take(ctx, a)
}

// rig is a client against a fake.
type rig struct {
	*fake
	*Client
	desk     *desk
	log      *bytes.Buffer
	registry *prometheus.Registry
	stop     func() error // ends Run and gives its error; may be called more than once
}

// newRig makes a client; change may shorten its bounds. It is not running yet.
func newRig(t testing.TB, change func(*Config, *bounds)) *rig {
	t.Helper()
	f := newFake(t)
	r := &rig{fake: f, desk: newDesk(), log: &bytes.Buffer{}, registry: prometheus.NewRegistry()}
	config := Config{
		API: f.url + "/api/", BotToken: testBot, AppToken: testApp, Sockets: 1, Registry: r.registry,
		Log: slog.New(slog.NewTextHandler(&guarded{w: r.log}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	b := defaultBounds
	b.attempts, b.window, b.recycle, b.pause = 1000, time.Second, time.Millisecond, time.Millisecond
	if change != nil {
		change(&config, &b)
	}
	r.Client = mustNew(t, config, b)
	return r
}

// mustNew is New with other bounds.
func mustNew(t testing.TB, config Config, b bounds) *Client {
	t.Helper()
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	c.bounds = b
	c.pace.most, c.pace.window = b.attempts, b.window
	t.Cleanup(c.http.client.CloseIdleConnections)
	return c
}

// run starts the client; the test's end stops it.
func (r *rig) run() *rig {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, r.desk) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		return receive(r.fake, done, "Run to end")
	})
	r.Cleanup(func() { r.stop() })
	return r
}

// guarded lets a test read a log that is still being written.
type guarded struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (g *guarded) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.w.Write(p)
}
