package workspace

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
)

const (
	botTokenOfShop = "xoxb-shop-1"
	appTokenOfShop = "xapp-shop-1"
)

// shop is a workspace with everybody in it that a test could want.
func shop() Config {
	everybody := []string{"U0ANA", "U0BEN", "U0LEE", "U0BOT"}
	return Config{
		Team: Team{ID: "T0SHOP", Name: "Corner Shop"}, Teams: []Team{{ID: "T0OTHER", Name: "Other"}},
		People: []Person{
			{ID: "U0ANA", Name: "ana", RealName: "Ana", Email: "ana@shop.example"},
			{ID: "U0BEN", Name: "ben", RealName: "Ben"},
			{ID: "U0LEE", Name: "lee", RealName: "Lee"},
			{ID: "U0GUS", Name: "gus", Kind: Guest},
			{ID: "U0SIA", Name: "sia", Kind: SingleChannelGuest},
			{ID: "U0DAN", Name: "dan", Kind: Deleted},
			{ID: "U0EVE", Name: "eve", Kind: External, TeamID: "T0OTHER"},
		},
		Usergroups: []Usergroup{{ID: "S0LEADS", Handle: "leads", Name: "Leads", Users: []string{"U0LEE", "U0DAN"}}},
		Channels: []Channel{
			{ID: "C0GENERAL", Name: "general", Members: append([]string{"U0GUS", "U0SIA"}, everybody...)},
			{ID: "C0QUIET", Name: "quiet", Members: []string{"U0ANA"}},
			{ID: "C0OLD", Name: "old", Members: everybody, Archived: true},
			{ID: "C0PARTNER", Name: "partner", Members: append([]string{"U0EVE"}, everybody...), SharedWith: []string{"T0OTHER"}},
			{ID: "G0LEADS", Name: "leads", Kind: Private, Members: []string{"U0LEE", "U0BOT"}},
			{ID: "G0SECRET", Name: "secret", Kind: Private, Members: []string{"U0LEE"}},
		},
		Apps: []App{{
			ID: "A0BOT", Name: "Shopbot", BotUser: "U0BOT", BotToken: botTokenOfShop, AppToken: appTokenOfShop,
			Scopes: []string{
				"chat:write", "commands", "users:read", "usergroups:read", "channels:read", "groups:read", "im:read",
				"channels:history", "groups:history", "im:history", "files:write", "files:read", "app_mentions:read", "reactions:write",
				"reactions:read", "im:write", "channels:join",
			},
			Commands:      []Command{{Command: "/db", UsageHint: "status"}, {Command: "/esc", ShouldEscape: true}},
			Events:        []string{"app_mention", "message.im", "app_home_opened", "reaction_added", "subteam_members_changed", "user_change"},
			Interactivity: true, HomeTab: true, MessagesTab: true,
		}},
	}
}

// clock is a time that only tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a workspace that listens, for one test.
type world struct {
	testing.TB
	*Server
	url  string
	http *http.Client
}

func open(t testing.TB, change func(*Config)) *world {
	t.Helper()
	cfg := shop()
	if change != nil {
		change(&cfg)
	}
	s := New(cfg)
	listener := httptest.NewServer(s.Handler())
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() {
		s.Close()
		client.CloseIdleConnections()
		listener.Close()
	})
	return &world{TB: t, Server: s, url: listener.URL, http: client}
}

// unlimited takes the rate limits away, for tests about something else.
func unlimited(cfg *Config) {
	cfg.Limits.MessagesPerSecond, cfg.Limits.WorkspacePerMin, cfg.Limits.TierBurst = -1, -1, 1000
}

// api calls a method with a form, as most clients do, with the bot's token.
func (w *world) api(method string, pairs ...string) map[string]any {
	w.Helper()
	return w.apiAs(botTokenOfShop, method, pairs...)
}

func (w *world) apiAs(token, method string, pairs ...string) map[string]any {
	w.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	status, _, body := w.send("POST", "/api/"+method, form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Authorization", "Bearer "+token)
	var out map[string]any
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		w.Fatalf("%s answered %d %q, which is not JSON", method, status, body)
	}
	return out
}

func (w *world) send(verb, path, body string, headers ...string) (int, http.Header, string) {
	w.Helper()
	if !strings.HasPrefix(path, "http") {
		path = w.url + path
	}
	req, err := http.NewRequest(verb, path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := w.http.Do(req)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer res.Body.Close()
	var out bytes.Buffer
	out.ReadFrom(res.Body)
	return res.StatusCode, res.Header, out.String()
}

// json posts JSON, to a path or a whole URL.
func (w *world) json(path string, body any) map[string]any {
	w.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	status, _, text := w.send("POST", path, string(raw), "Content-Type", "application/json; charset=utf-8", "Authorization", "Bearer "+botTokenOfShop)
	out := map[string]any{"status": status}
	if text != "ok" {
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			w.Fatalf("%s answered %d %q, which is not JSON", path, status, text)
		}
	}
	return out
}

// bot is an app's end of a socket.
type bot struct {
	*world
	conn *websocket.Conn
}

const patience = 10 * time.Second // how long a test waits before it gives up

// dial opens a socket and does not wait for its hello.
func (w *world) dial() *bot {
	w.Helper()
	answer := w.apiAs(appTokenOfShop, "apps.connections.open")
	link, _ := answer["url"].(string)
	if link == "" {
		w.Fatalf("apps.connections.open: %v", answer)
	}
	return w.dialURL(link)
}

func (w *world) dialURL(link string) *bot {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, link, &websocket.DialOptions{CompressionMode: websocket.CompressionNoContextTakeover}) //nolint:bodyclose // the library closes it
	if err != nil {
		w.Fatal(err)
	}
	conn.SetReadLimit(-1)
	w.Cleanup(func() { conn.CloseNow() })
	return &bot{world: w, conn: conn}
}

// connect opens a socket and reads its hello.
func (w *world) connect() *bot {
	w.Helper()
	b := w.dial()
	if hello := b.read(); hello["type"] != "hello" {
		w.Fatalf("the first message is %v, want hello", hello)
	}
	return b
}

func (b *bot) read() map[string]any {
	b.Helper()
	out, err := b.tryRead()
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func (b *bot) tryRead() (map[string]any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, frame, err := b.conn.Read(ctx)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(frame, &out)
}

// ack answers an envelope; a nil payload is left out.
func (b *bot) ack(envelope map[string]any, payload any) {
	b.Helper()
	message := map[string]any{"envelope_id": envelope["envelope_id"]}
	if payload != nil {
		message["payload"] = payload
	}
	frame, err := json.Marshal(message)
	if err != nil {
		b.Fatal(err)
	}
	b.write(frame)
}

func (b *bot) write(frame []byte) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.conn.Write(ctx, websocket.MessageText, frame); err != nil {
		b.Fatal(err)
	}
}

// stream follows the page's events.
type stream struct {
	*world
	scan *bufio.Scanner
}

func (w *world) stream(as string, last string) *stream {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	w.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", w.url+"/page/stream?as="+as, nil)
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", last)
	res, err := w.http.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { res.Body.Close() })
	out := &stream{world: w, scan: bufio.NewScanner(res.Body)}
	out.scan.Buffer(nil, 1<<20)
	return out
}

// next waits for the next event of that name, and gives its data and id.
func (s *stream) next(name string) (map[string]any, string) {
	s.Helper()
	var event, id string
	for s.scan.Scan() {
		field, value, _ := strings.Cut(s.scan.Text(), ": ")
		switch field {
		case "id":
			id = value
		case "event":
			event = value
		case "data":
			if event == name {
				var out map[string]any
				if err := json.Unmarshal([]byte(value), &out); err != nil {
					s.Fatal(err)
				}
				return out, id
			}
		}
	}
	s.Fatalf("the stream ended without %s", name)
	return nil, ""
}

func at(value any, path ...any) any {
	for _, step := range path {
		switch key := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[key]
		case int:
			list, _ := value.([]any)
			if key >= len(list) {
				return nil
			}
			value = list[key]
		}
	}
	return value
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestACommandTravelsAllTheWay(t *testing.T) {
	w := open(t, nil)
	b := w.connect()
	page := w.stream("U0ANA", "")
	page.next("ready")

	said := w.json("/page/say", fields{"as": "U0ANA", "channel": "C0GENERAL", "text": "/db status orders"})
	if said["ok"] != true {
		t.Fatalf("say: %v", said)
	}
	e := b.read()
	payload := at(e, "payload")
	for name, want := range map[string]string{
		"command": "/db", "text": "status orders", "user_id": "U0ANA", "team_id": "T0SHOP",
		"channel_id": "C0GENERAL", "api_app_id": "A0BOT", "is_enterprise_install": "false",
	} {
		if got := at(payload, name); got != want {
			t.Errorf("%s is %v, want %q", name, got, want)
		}
	}
	if e["type"] != "slash_commands" || e["accepts_response_payload"] != true {
		t.Errorf("the envelope is %v", e)
	}
	b.ack(e, nil)
	link, _ := at(payload, "response_url").(string)
	if answer := w.json(link, fields{"text": "all good"}); answer["status"] != 200 {
		t.Fatalf("response_url: %v", answer)
	}
	message, _ := page.next("message")
	if at(message, "message", "text") != "all good" || at(message, "message", "ephemeral") != true {
		t.Errorf("the page was told %v", message)
	}
	for person, want := range map[string]int{"U0ANA": 1, "U0BEN": 0} {
		if got := len(w.Messages("C0GENERAL", person)); got != want {
			t.Errorf("%s sees %d messages, want %d", person, got, want)
		}
	}
}
