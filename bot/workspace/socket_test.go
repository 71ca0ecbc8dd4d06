package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestATicketOpensOneSocketOnce(t *testing.T) {
	c := newClock()
	w := open(t, func(cfg *Config) { cfg.Now = c.Now })
	link := func() string { return w.apiAs(appTokenOfShop, "apps.connections.open")["url"].(string) }
	status := func(link string) int {
		_, res, err := websocket.Dial(t.Context(), link, nil) //nolint:bodyclose // the library closes it
		if err == nil {
			return http.StatusSwitchingProtocols
		}
		return res.StatusCode
	}
	used := link()
	w.dialURL(used)
	late := link()
	c.Pass(31 * time.Second)
	for name, bad := range map[string]string{
		"used": used, "expired": late, "of another app": strings.Replace(link(), "A0BOT", "A0ELSE", 1), "made up": w.url + "/link/?ticket=1&app_id=A0BOT",
	} {
		if got := status(bad); got != http.StatusForbidden {
			t.Errorf("a ticket that is %s got %d, want 403", name, got)
		}
	}
}

func TestHelloSaysHowManySocketsThereAre(t *testing.T) {
	w := open(t, nil)
	for n := 1; n <= 2; n++ {
		hello := w.dial().read()
		if at(hello, "num_connections") != float64(n) || at(hello, "connection_info", "app_id") != "A0BOT" ||
			at(hello, "debug_info", "approximate_connection_time") != float64(18060) {
			t.Errorf("hello %d is %v", n, hello)
		}
	}
	b := w.dialURL(w.apiAs(appTokenOfShop, "apps.connections.open")["url"].(string) + "&debug_reconnects=true")
	if hello := b.read(); at(hello, "debug_info", "approximate_connection_time") != float64(360) {
		t.Errorf("with debug_reconnects hello is %v", hello)
	}
}

func TestTheEleventhSocketIsTurnedAway(t *testing.T) {
	w := open(t, nil)
	for range 10 {
		w.connect()
	}
	b := w.dial()
	if said := b.read(); said["type"] != "disconnect" || said["reason"] != "too_many_websockets" || said["num_connections"] != float64(10) {
		t.Errorf("the eleventh socket was told %v", said)
	}
	if _, err := b.tryRead(); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("the eleventh socket ended with %v, want a normal close", err)
	}
}

func TestEnvelopesGoToAnySocket(t *testing.T) {
	w := open(t, nil)
	for range 3 {
		b := w.connect()
		go func() {
			for {
				e, err := b.tryRead()
				if err != nil {
					return
				}
				frame, _ := json.Marshal(fields{"envelope_id": e["envelope_id"]})
				_ = b.conn.Write(context.Background(), websocket.MessageText, frame) // the test ends it
			}
		}()
	}
	for range 100 {
		if a, err := w.Slash(t.Context(), "U0ANA", "C0GENERAL", "/db ping"); err != nil || a.Outcome != Acked {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	for _, k := range w.Sockets() {
		if k.Sent < 10 || k.Unacked != 0 { // fewer than 10 of 100 by chance: once in a hundred thousand runs
			t.Errorf("socket %s got %d envelopes, %d unacked", k.ID, k.Sent, k.Unacked)
		}
	}
}

func TestAWarnedSocketWorksUntilItIsClosed(t *testing.T) {
	w := open(t, func(cfg *Config) { cfg.Periods.Warning = 50 * time.Millisecond })
	b := w.connect()
	if err := w.Warn(""); err != nil {
		t.Fatal(err)
	}
	if said := b.read(); said["reason"] != "warning" {
		t.Fatalf("first it was told %v", said)
	}
	answer := make(chan Answer, 1)
	go func() {
		a, _ := w.Slash(t.Context(), "U0ANA", "C0GENERAL", "/db ping")
		answer <- a
	}()
	e := b.read()
	if said := b.read(); said["reason"] != "refresh_requested" {
		t.Fatalf("then it was told %v", said)
	}
	b.ack(e, nil) // after the disconnection, before the close: it must not be lost
	if a := <-answer; a.Outcome != Acked {
		t.Errorf("the command on the warned socket is %v", a.Outcome)
	}
	if _, err := b.tryRead(); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("it ended with %v, want a normal close", err)
	}
	if a, err := w.Slash(t.Context(), "U0ANA", "C0GENERAL", "/db ping"); err != nil || a.Outcome != NoSocket {
		t.Errorf("with no socket a command is %v, %v", a.Outcome, err)
	}
}

func TestASocketIsRefreshedByItself(t *testing.T) {
	w := open(t, func(cfg *Config) {
		cfg.Periods.Refresh, cfg.Periods.Warning = 60*time.Millisecond, 20*time.Millisecond
	})
	b := w.connect()
	for _, want := range []string{"warning", "refresh_requested"} {
		if said := b.read(); said["reason"] != want {
			t.Errorf("it was told %v, want %s", said, want)
		}
	}
}

func TestLinkDisabledEndsAllSockets(t *testing.T) {
	w := open(t, nil)
	bots := []*bot{w.connect(), w.connect()}
	w.DisableLink("", true)
	for _, b := range bots {
		if said := b.read(); said["reason"] != "link_disabled" {
			t.Errorf("it was told %v", said)
		}
	}
	if answer := w.apiAs(appTokenOfShop, "apps.connections.open"); answer["ok"] != false {
		t.Errorf("apps.connections.open answers %v", answer)
	}
	w.DisableLink("", false)
	w.connect()
}

func TestAKilledSocketSaysNothing(t *testing.T) {
	w := open(t, nil)
	b := w.connect()
	if err := w.Kill(""); err != nil {
		t.Fatal(err)
	}
	_, err := b.tryRead()
	if websocket.CloseStatus(err) != -1 || !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("it ended with %v, want a bare end of the connection", err)
	}
	if err := w.Kill("W0NOBODY"); codeOf(err) != "socket_not_found" {
		t.Errorf("killing a socket that is not there: %v", err)
	}
}

func TestPingsComeAndCanBeStopped(t *testing.T) {
	w := open(t, func(cfg *Config) { cfg.Periods.Ping = 5 * time.Millisecond })
	listen := func() <-chan struct{} {
		pings := make(chan struct{}, 1000)
		conn, _, err := websocket.Dial(t.Context(), w.apiAs(appTokenOfShop, "apps.connections.open")["url"].(string), &websocket.DialOptions{ //nolint:bodyclose // the library closes it
			OnPingReceived: func(context.Context, []byte) bool {
				pings <- struct{}{}
				return true
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.CloseNow() })
		go func() {
			for {
				if _, _, err := conn.Read(context.Background()); err != nil {
					return
				}
			}
		}()
		return pings
	}
	silenced, other := listen(), listen()
	<-silenced
	w.eventually("both sockets", func() bool { return len(w.Sockets()) == 2 })
	if err := w.StopPings(""); err != nil {
		t.Fatal(err)
	}
	for len(silenced) > 0 {
		<-silenced
	}
	for range 20 {
		<-other
	}
	if n := len(silenced); n > 1 { // one may have been on its way
		t.Errorf("a silenced socket was pinged %d times while another was 20 times", n)
	}
}

func TestAClientsPingIsAnswered(t *testing.T) {
	w := open(t, nil)
	b := w.connect()
	go b.tryRead() // pongs are seen by a reader
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := b.conn.Ping(ctx); err != nil {
		t.Error(err)
	}
}

func TestAcksAreTakenOnceAndInTime(t *testing.T) {
	w := open(t, func(cfg *Config) { cfg.Periods.Ack = 50 * time.Millisecond })
	b := w.connect()
	send := func() (map[string]any, <-chan Answer) {
		answer := make(chan Answer, 1)
		go func() {
			a, _ := w.Slash(context.Background(), "U0ANA", "C0GENERAL", "/db ping")
			answer <- a
		}()
		return b.read(), answer
	}
	settled := func(want Counts) {
		t.Helper()
		w.eventually("the counts of acks", func() bool {
			got := w.Counts()
			got.Connects, got.Opened = 0, 0
			return got == want
		})
	}
	e, answer := send()
	b.ack(e, nil)
	if a := <-answer; a.Outcome != Acked || a.Latency <= 0 {
		t.Errorf("an ack in time: %+v", a)
	}
	b.ack(e, nil)
	settled(Counts{DuplicateAcks: 1})
	b.write([]byte(`{"envelope_id":"made up"}`))
	settled(Counts{DuplicateAcks: 1, UnknownAcks: 1})
	b.write([]byte(`{nonsense`))
	settled(Counts{DuplicateAcks: 1, UnknownAcks: 1, BadFrames: 1})

	e, answer = send()
	b.ack(e, fields{"text": strings.Repeat("x", 20480)})
	if a := <-answer; a.Outcome != Timeout {
		t.Errorf("an ack of more than 20 KiB: %+v", a)
	}
	settled(Counts{DuplicateAcks: 1, UnknownAcks: 1, BadFrames: 1, OversizeAcks: 1})
	b.ack(e, fields{"text": "too late"})
	settled(Counts{DuplicateAcks: 1, UnknownAcks: 1, BadFrames: 1, OversizeAcks: 1, LateAcks: 1})
	if got := w.Messages("C0GENERAL", "U0ANA"); len(got) != 0 {
		t.Errorf("a late ack was shown: %v", got)
	}
	last := w.Deliveries()[1]
	if last.Outcome != Late || last.AckMS < 50 {
		t.Errorf("the late envelope is logged as %+v", last)
	}
}

// eventually waits for something that happens on another goroutine, as briefly as it can.
func (w *world) eventually(what string, done func() bool) {
	w.Helper()
	for end := time.Now().Add(patience); !done(); {
		if time.Now().After(end) {
			w.Fatalf("%s: not within %s", what, patience)
		}
		<-time.After(time.Millisecond)
	}
}

func TestRawEnvelopesAndRedelivery(t *testing.T) {
	w := open(t, nil)
	b := w.connect()
	for _, kind := range []string{"strange_type", "with \x01 and \"quotes\""} {
		if _, err := w.SendRaw("", kind, json.RawMessage("null")); err != nil {
			t.Fatal(err)
		}
		if e := b.read(); e["type"] != kind || e["payload"] != nil {
			t.Errorf("the raw envelope is %v", e)
		}
	}
	if _, err := w.SendRaw("", "big", json.RawMessage(`"`+strings.Repeat("x", 10<<20)+`"`)); err != nil {
		t.Fatal(err)
	}
	if e := b.read(); len(e["payload"].(string)) != 10<<20 {
		t.Errorf("the big envelope has %d bytes", len(fmt.Sprint(e)))
	}
	if _, err := w.SendRaw("", "bad", json.RawMessage("{")); codeOf(err) != "invalid_json" {
		t.Errorf("a payload that is not JSON: %v", err)
	}
	go w.Slash(context.Background(), "U0ANA", "C0GENERAL", "/db ping")
	first := b.read()
	b.ack(first, nil)
	id := first["envelope_id"].(string)
	if err := w.Redeliver(id, false); err != nil {
		t.Fatal(err)
	}
	if again := b.read(); again["envelope_id"] != id || at(again, "payload", "trigger_id") != at(first, "payload", "trigger_id") {
		t.Errorf("redelivered: %v", again)
	}
	if err := w.Redeliver(id, true); err != nil {
		t.Fatal(err)
	}
	if again := b.read(); again["envelope_id"] == id || at(again, "payload", "trigger_id") != at(first, "payload", "trigger_id") {
		t.Errorf("redelivered under a new id: %v", again)
	}
}
