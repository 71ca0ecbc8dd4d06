package workspace

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCallsCanBeMadeToFail(t *testing.T) {
	for name, c := range map[string]struct {
		fault  CallFault
		status int // of the next call; 0: the connection broke
		code   string
		retry  string
		posted int
	}{
		"an error code":           {fault: CallFault{Error: "internal_error"}, status: 200, code: "internal_error"},
		"a server error":          {fault: CallFault{Status: 503}, status: 503},
		"too many requests":       {fault: CallFault{Status: 429, RetryAfter: "7"}, status: 429, code: "ratelimited", retry: "7"},
		"a silly Retry-After":     {fault: CallFault{Status: 429, RetryAfter: "soon"}, status: 429, code: "ratelimited", retry: "soon"},
		"broken before":           {fault: CallFault{DropBefore: true}, status: 0},
		"broken after: who knows": {fault: CallFault{DropAfter: true}, status: 0, posted: 1},
		"only late":               {fault: CallFault{DelayMS: 1}, status: 200, posted: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, unlimited)
			c.fault.Method = "chat.postMessage"
			w.FailCalls(c.fault)
			status, header, body := w.send("POST", "/api/chat.postMessage?channel=C0GENERAL&text=hi", "", "Authorization", "Bearer "+botTokenOfShop)
			if status != c.status || status != 0 && header.Get("Retry-After") != c.retry {
				t.Errorf("HTTP status %d, want %d; headers %v", status, c.status, header)
			}
			if c.code != "" && at(decode(t, []byte(body)), "error") != c.code {
				t.Errorf("the answer is %s, want %s", body, c.code)
			}
			if got := len(w.Messages("C0GENERAL", "")); got != c.posted {
				t.Errorf("%d messages were posted, want %d", got, c.posted)
			}
			w.botPosts("C0GENERAL", "text", "the next call is well")
		})
	}
}

func TestFaultsAreUsedUpInOrder(t *testing.T) {
	w := open(t, unlimited)
	w.FailCalls(CallFault{Method: "auth.test", Error: "one", Times: 2})
	w.FailCalls(CallFault{Method: "*", Error: "two", App: "A0BOT"})
	w.FailCalls(CallFault{Method: "auth.test", Error: "three", App: "A0OTHER", Times: -1})
	for _, want := range []any{"one", "one", "two", nil} {
		if got := w.api("auth.test")["error"]; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	w.FailCalls(CallFault{Method: "auth.test", Error: "four", Times: -1})
	w.ClearFaults()
	if got := w.api("auth.test"); got["ok"] != true {
		t.Errorf("after the faults were cleared: %v", got)
	}
}

func TestACallCanHang(t *testing.T) {
	w := open(t, nil)
	w.FailCalls(CallFault{Method: "apps.connections.open", Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", w.url+"/api/apps.connections.open", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+appTokenOfShop)
	if res, err := w.http.Do(req); err == nil {
		res.Body.Close()
		t.Errorf("it answered %s", res.Status)
	}
	w.connect()
}

func TestAResponseURLCanFail(t *testing.T) {
	w := open(t, nil)
	b := w.connect()
	link := b.hook("U0ANA", "C0GENERAL")
	w.FailCalls(CallFault{Method: "response_url", Status: 500})
	if status, _, _ := w.send("POST", link, `{"text":"hi"}`, "Content-Type", "application/json"); status != 500 {
		t.Errorf("HTTP status %d", status)
	}
	if got := w.json(link, fields{"text": "hi"}); got["status"] != 200 {
		t.Errorf("the next one: %v", got)
	}
}

// controlTests use each entry of the control interface once. The test below proves that none is missing.
var controlTests = map[string]struct {
	body fields
	want string // an error
}{
	"POST /control/warn":            {fields{}, ""},
	"POST /control/disconnect":      {fields{"socket": "W0NONE", "reason": "refresh_requested"}, "socket_not_found"},
	"POST /control/kill":            {fields{"socket": "W0NONE"}, "socket_not_found"},
	"POST /control/stop-pings":      {fields{}, ""},
	"POST /control/deliver-on":      {fields{"socket": "W0NONE"}, "socket_not_found"},
	"POST /control/link":            {fields{"app": "A0NONE", "on": false}, "app_not_found"},
	"POST /control/fail":            {fields{"fault": fields{"method": "users.list", "error": "broken"}}, ""},
	"POST /control/clear-faults":    {fields{}, ""},
	"POST /control/send":            {fields{"type": "strange", "filler": 100}, ""},
	"POST /control/frame":           {fields{"frame": "{nonsense"}, ""},
	"POST /control/redeliver":       {fields{"envelope": "none"}, "envelope_not_found"},
	"POST /control/expire-triggers": {fields{}, ""},
	"POST /control/jump":            {fields{"seconds": 60}, ""},
	"POST /control/person":          {fields{"user": "U0BEN", "kind": "guest"}, ""},
	"POST /control/membership":      {fields{"channel": "C0QUIET", "user": "U0BOT", "on": true}, ""},
	"POST /control/archive":         {fields{"channel": "C0QUIET", "on": true}, ""},
	"POST /control/usergroup":       {fields{"usergroup": "S0LEADS", "users": []string{"U0ANA"}}, ""},
	"POST /control/token":           {fields{"token": "bot", "on": false}, ""},
	"POST /control/scope":           {fields{"scope": "chat:write", "on": false}, ""},
	"POST /control/say":             {fields{"user": "U0ANA", "channel": "C0GENERAL", "text": "hi"}, ""},
	"POST /control/slash":           {fields{"user": "U0ANA", "channel": "C0GENERAL", "text": "/none"}, "unknown_command"},
	"POST /control/click":           {fields{"user": "U0ANA", "channel": "C0GENERAL", "ts": "1.1", "action_id": "x"}, "message_not_found"},
	"POST /control/act":             {fields{"user": "U0ANA", "view_id": "V0", "action": fields{"action_id": "x"}}, "view_not_found"},
	"POST /control/submit":          {fields{"user": "U0ANA", "view_id": "V0"}, "view_not_found"},
	"POST /control/open-home":       {fields{"user": "U0ANA"}, ""},
	"POST /control/react":           {fields{"user": "U0ANA", "channel": "C0GENERAL", "ts": "1.1", "name": "eyes", "on": true}, "message_not_found"},
	"GET /control/messages":         {nil, ""},
	"GET /control/envelopes":        {nil, ""},
	"GET /control/calls":            {nil, ""},
	"GET /control/sockets":          {nil, ""},
	"GET /control/notices":          {nil, ""},
	"GET /control/views":            {nil, ""},
	"GET /control/home":             {nil, ""},
	"GET /control/counts":           {nil, ""},
}

func TestTheControlInterfaceIsWholeAndExplained(t *testing.T) {
	w := open(t, nil)
	_, _, words := w.send("GET", "/control/", "")
	if len(controls) != len(controlTests) {
		t.Errorf("%d entries, %d are tested", len(controls), len(controlTests))
	}
	for _, c := range controls {
		test, found := controlTests[c.pattern]
		if !found {
			t.Errorf("%s is not tested", c.pattern)
			continue
		}
		if !strings.Contains(words, c.pattern) || !strings.Contains(words, c.words) {
			t.Errorf("GET /control/ does not explain %s", c.pattern)
		}
		w := open(t, nil)
		w.connect()
		verb, path, _ := strings.Cut(c.pattern, " ")
		body := ""
		if verb == "POST" {
			body = asJSON(t, test.body)
		}
		_, _, text := w.send(verb, path, body)
		answer := decode(t, []byte(text))
		if got, _ := at(answer, "error").(string); got != test.want || at(answer, "ok") != (test.want == "") {
			t.Errorf("%s: %s, want %q", c.pattern, text, test.want)
		}
	}
}

func TestTheControlInterfaceRefusesMisspeltFields(t *testing.T) {
	w := open(t, nil)
	if status, _, body := w.send("POST", "/control/fail", `{"fault":{"methode":"users.list"}}`); status != 400 {
		t.Errorf("HTTP status %d: %s", status, body)
	}
	for _, c := range []struct {
		path string
		body fields
		want string
	}{
		{"fail", fields{"fault": fields{"error": "x"}}, "fault_method_missing"},
		{"fail", fields{"fault": fields{"method": "chat.postmessage", "error": "x"}}, "fault_method_unknown"},
		{"fail", fields{"fault": fields{"method": "chat.postMessage"}}, "fault_says_nothing"},
		{"fail", fields{"fault": fields{"method": "chat.postMessage", "hang": true, "error": "x"}}, "fault_ambiguous"},
		{"fail", fields{"fault": fields{"method": "chat.postMessage", "hang": true, "error": "x", "status": 500}}, "fault_ambiguous"},
		{"person", fields{"user": "U0BEN", "kind": "banana"}, "unknown_kind"},
		{"token", fields{"token": "banana"}, "unknown_token_kind"},
	} {
		if got := w.json("/control/"+c.path, c.body); got["error"] != c.want {
			t.Errorf("%s %v: %v, want %s", c.path, c.body, got, c.want)
		}
	}
	for _, fault := range []fields{
		{"method": "*", "error": "x", "status": 500}, {"method": "response_url", "drop_after": true}, {"method": "chat.update", "delay_ms": 1},
	} {
		if got := w.json("/control/fail", fields{"fault": fault}); got["ok"] != true {
			t.Errorf("%v: %v", fault, got)
		}
	}
}

func TestALateCallIsLoggedAsLate(t *testing.T) {
	w := open(t, nil)
	const delay = 20
	w.FailCalls(CallFault{Method: "auth.test", DelayMS: delay, Error: "internal_error"})
	w.api("auth.test")
	if got := w.Calls()[0]; got.MS < delay || got.Error != "internal_error" {
		t.Errorf("the log says %+v", got)
	}
}

func TestWhatControlDoesIsReal(t *testing.T) {
	w := open(t, unlimited)
	b := w.connect()
	if got := w.json("/control/send", fields{"type": "strange"}); got["ok"] != true {
		t.Fatal(got)
	}
	if e := b.read(); e["type"] != "strange" || e["payload"] != nil {
		t.Errorf("the raw envelope is %v", e)
	}
	done := make(chan map[string]any, 1)
	go func() {
		done <- w.json("/control/slash", fields{"user": "U0ANA", "channel": "C0GENERAL", "text": "/db ping"})
	}()
	b.ack(b.read(), fields{"text": "pong"})
	if got := <-done; at(got, "result", "outcome") != "acked" || at(got, "result", "response", "text") != "pong" {
		t.Errorf("the command: %v", got)
	}
	w.json("/control/person", fields{"user": "U0BEN", "kind": "deleted"})
	if got := w.api("users.info", "user", "U0BEN"); at(got, "user", "deleted") != true {
		t.Errorf("Ben is %v", got)
	}
	w.json("/control/membership", fields{"channel": "C0GENERAL", "user": "U0BOT", "on": false})
	if got := w.api("chat.postMessage", "channel", "C0GENERAL", "text", "hi"); got["error"] != "not_in_channel" {
		t.Errorf("the bot posts where it is no longer: %v", got)
	}
	w.json("/control/archive", fields{"channel": "C0PARTNER", "on": true})
	if got := w.api("chat.postMessage", "channel", "C0PARTNER", "text", "hi"); got["error"] != "is_archived" {
		t.Errorf("the bot posts into an archived channel: %v", got)
	}
	_, _, text := w.send("GET", "/control/messages?channel=C0GENERAL&user=U0ANA", "")
	var read struct{ Result []Message }
	if err := json.Unmarshal([]byte(text), &read); err != nil || len(read.Result) != 1 || read.Result[0].Text != "pong" {
		t.Errorf("Ana sees %s (%v)", text, err)
	}
	w.DeliverOn(w.Sockets()[0].ID)
	w.connect()
	for range 20 {
		if _, err := w.Say("U0ANA", "D0ANA", "", "hi"); err != nil {
			t.Fatal(err)
		}
		b.ack(b.read(), nil)
	}
}

func TestTokensAreInNoLog(t *testing.T) {
	w := open(t, unlimited)
	w.api("chat.postMessage", "channel", "C0GENERAL", "text", "my token is "+botTokenOfShop, "token", botTokenOfShop)
	w.apiAs("", "auth.test", "token", appTokenOfShop)
	_, _, page := w.send("GET", "/page/log", "")
	_, _, control := w.send("GET", "/control/calls", "")
	for _, text := range []string{page, control} {
		if strings.Contains(text, botTokenOfShop) || strings.Contains(text, appTokenOfShop) || !strings.Contains(text, "xoxb-…") {
			t.Errorf("the log says %s", text)
		}
	}
	if calls := w.Calls(); len(calls) != 2 || !slices.ContainsFunc(calls, func(c Call) bool { return c.Method == "auth.test" && c.OK }) {
		t.Errorf("the calls are %+v", calls)
	}
}
