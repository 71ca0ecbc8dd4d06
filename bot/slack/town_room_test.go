package slack

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dbbot/bot"
	"dbbot/bot/workspace"
	"dbbot/commands"
	"dbbot/ops"
)

var (
	orders = bot.Address{Channel: "C0ORDERS"}
	card   = bot.Post{Token: "token-1", View: commands.View{
		Title: "Request #1", Lead: commands.Say("terminate 42 orders"),
		Buttons: []commands.Button{{Name: "Approve", Style: commands.Primary}, {Name: "Reject"}},
	}}
)

// posts says the card somewhere, which must go well.
func (w *town) posts(to bot.Address, key string) bot.Posted {
	w.Helper()
	at, err := w.client.Post(w.Context(), to, key, card)
	if err != nil {
		w.Fatal(err)
	}
	return at
}

// finds looks for a key, which must go well.
func (w *town) finds(to bot.Address, key string) (bot.Posted, bool) {
	w.Helper()
	at, found, err := w.client.Find(w.Context(), to, key, time.Now())
	if err != nil {
		w.Fatal(err)
	}
	return at, found
}

// calls is the Web API, for what the client itself never does.
func (w *town) calls(method string, args url.Values) {
	w.Helper()
	args.Set("token", "xoxb-demo-1111")
	answer, err := http.PostForm(w.client.config.API+method, args)
	if err != nil {
		w.Fatal(err)
	}
	defer answer.Body.Close()
	var said struct {
		OK    bool
		Error string
	}
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil || !said.OK {
		w.Fatalf("%s: %s %v", method, said.Error, err)
	}
}

func TestACardIsPostedEditedAndFoundAgain(t *testing.T) {
	w := newTown(t, nil)
	at := w.posts(orders, "1:card")
	if at.Channel != "C0ORDERS" || at.Stamp == "" || !strings.HasSuffix(at.Link, "/archives/C0ORDERS/p"+strings.ReplaceAll(at.Stamp, ".", "")) {
		t.Errorf("it stands at %+v", at)
	}
	over := bot.Post{View: commands.View{Title: "Request #1", Lead: commands.Say("It was approved.")}}
	if err := w.client.Edit(t.Context(), at, over); err != nil {
		t.Fatal(err)
	}
	m := w.reads("U0ANA", "C0ORDERS", "")
	if m.TS != at.Stamp || !strings.Contains(m.Text, "It was approved.") || strings.Contains(string(m.Blocks), "actions") {
		t.Errorf("Ana reads %s %s", m.Text, m.Blocks)
	}
	if found, ok := w.finds(orders, "1:card"); !ok || found != at {
		t.Errorf("found %+v, %v", found, ok)
	}
	if _, ok := w.finds(orders, "2:card"); ok {
		t.Error("found what nobody posted")
	}
}

func TestReplies(t *testing.T) {
	w := newTown(t, nil)
	at := w.posts(orders, "1:card")
	thread := bot.Address{Channel: at.Channel, Thread: at.Stamp}
	reply := w.posts(thread, "1:reply")
	if m := w.reads("U0ANA", "C0ORDERS", at.Stamp); m.TS != reply.Stamp || m.ThreadTS != at.Stamp {
		t.Errorf("Ana reads %+v", m)
	}
	if found, ok := w.finds(thread, "1:reply"); !ok || found != reply {
		t.Errorf("found %+v, %v", found, ok)
	}
	if _, ok := w.finds(orders, "1:reply"); ok {
		t.Error("a reply was found outside its thread")
	}
}

func TestDirectMessages(t *testing.T) {
	w := newTown(t, nil)
	ana := bot.Address{Channel: "U0ANA"}
	at := w.posts(ana, "1:told")
	if !strings.HasPrefix(at.Channel, "D") {
		t.Errorf("it stands at %+v", at)
	}
	if found, ok := w.finds(ana, "1:told"); !ok || found != at {
		t.Errorf("found %+v, %v", found, ok)
	}
	if err := w.client.Edit(t.Context(), at, card); err != nil {
		t.Error(err)
	}
}

// Old posts are not looked through, however many there are since.
func TestFindLooksThroughPagesAndNotThroughThePast(t *testing.T) {
	w := newTown(t, nil)
	at := w.posts(orders, "1:card")
	for range 2*findPage + 1 {
		if _, err := w.Say("U0ANA", "C0ORDERS", "", "hello"); err != nil {
			t.Fatal(err)
		}
	}
	if found, ok := w.finds(orders, "1:card"); !ok || found != at {
		t.Errorf("found %+v, %v", found, ok)
	}
	if _, ok, err := w.client.Find(t.Context(), orders, "1:card", time.Now().Add(findSkew+time.Minute)); ok || err != nil {
		t.Errorf("found what is older: %v, %v", ok, err)
	}
	for range (findPages - 2) * findPage {
		if _, err := w.Say("U0ANA", "C0ORDERS", "", "hello"); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok, err := w.client.Find(t.Context(), orders, "1:card", time.Now()); ok || !errors.Is(err, bot.ErrUnsure) {
		t.Errorf("in too long a conversation: %v, %v", ok, err)
	}
}

// After each of these a post is there, or is not, and the error says what to do.
func TestAmbiguousPosts(t *testing.T) {
	for name, c := range map[string]struct {
		fault workspace.CallFault
		there bool
	}{
		"broken off after":  {workspace.CallFault{DropAfter: true}, true},
		"broken off before": {workspace.CallFault{DropBefore: true}, false},
		"503":               {workspace.CallFault{Status: 503}, false},
		"fatal_error":       {workspace.CallFault{Error: "fatal_error"}, false},
		"internal_error":    {workspace.CallFault{Error: "internal_error"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t, nil)
			c.fault.Method = "chat.postMessage"
			for where, to := range map[string]bot.Address{"in a channel": orders, "to a person": {Channel: "U0ANA"}} {
				w.FailCalls(c.fault)
				if _, err := w.client.Post(t.Context(), to, "1:card", card); !errors.Is(err, bot.ErrUnsure) {
					t.Errorf("%s: posting gave %v", where, err)
				}
				if _, ok := w.finds(to, "1:card"); ok != c.there {
					t.Errorf("%s: found %v, want %v", where, ok, c.there)
				}
			}
		})
	}
}

// Slack asks for pauses: a short one is waited for, a long one is given back at once.
func TestPauses(t *testing.T) {
	w := newTown(t, nil)
	w.FailCalls(workspace.CallFault{Method: "chat.postMessage", Status: 429, RetryAfter: "0"})
	at := w.posts(orders, "1:card")
	for method, call := range map[string]func() error{
		"chat.postMessage":           func() error { _, err := w.client.Post(t.Context(), orders, "2:card", card); return err },
		"chat.update":                func() error { return w.client.Edit(t.Context(), at, card) },
		"conversations.history":      func() error { _, _, err := w.client.Find(t.Context(), orders, "1:card", time.Now()); return err },
		"files.getUploadURLExternal": func() error { return w.client.Attach(t.Context(), at, "a.sql", "a", []byte("select 1")) },
		"views.open":                 func() error { return w.client.Open(t.Context(), "1.1", bot.Form{Name: "reject"}) },
	} {
		w.FailCalls(workspace.CallFault{Method: method, Status: 429, RetryAfter: "120"})
		later, ok := errors.AsType[*bot.Later](call())
		if !ok || later.After != 2*time.Minute {
			t.Errorf("%s gave %v", method, later)
		}
	}
	w.FailCalls(workspace.CallFault{Method: "chat.update", Error: "ratelimited"}) // without the status and the header
	if later, ok := errors.AsType[*bot.Later](w.client.Edit(t.Context(), at, card)); !ok || later.After != pauseUnsaid {
		t.Errorf("a pause in words gave %v", later)
	}
}

// Where a message or its place is gone, it has to be said elsewhere.
func TestGone(t *testing.T) {
	w := newTown(t, nil)
	at := w.posts(orders, "1:card")
	thread := bot.Address{Channel: at.Channel, Thread: at.Stamp}
	post := func(to bot.Address) func() error {
		return func() error { _, err := w.client.Post(t.Context(), to, "2:card", card); return err }
	}
	edit := func() error { return w.client.Edit(t.Context(), at, card) }
	attach := func() error { return w.client.Attach(t.Context(), at, "a.sql", "a", []byte("select 1")) }
	find := func() error { _, _, err := w.client.Find(t.Context(), orders, "1:card", time.Now()); return err }
	type attempt struct {
		name string
		do   func() error
	}
	for _, c := range []struct {
		name     string
		happens  func() error
		attempts []attempt
	}{
		{"the bot is removed", func() error { return w.SetMember("C0ORDERS", "U0DBBOT", false) }, []attempt{{"post", post(orders)}, {"attach", attach}, {"find", find}}},
		{"the channel is archived", func() error {
			return errors.Join(w.SetMember("C0ORDERS", "U0DBBOT", true), w.SetArchived("C0ORDERS", true))
		}, []attempt{{"post", post(orders)}, {"edit", edit}, {"attach", attach}}},
		{"the card is deleted", func() error {
			err := w.SetArchived("C0ORDERS", false)
			w.calls("chat.delete", url.Values{"channel": {at.Channel}, "ts": {at.Stamp}})
			return err
		}, []attempt{{"edit", edit}, {"reply", post(thread)}, {"attach", attach}}},
		{"the person is deactivated", func() error { return w.SetKind("U0ANA", workspace.Deleted) }, []attempt{{"post", post(bot.Address{Channel: "U0ANA"})}}},
		{"a private channel without the bot", func() error { return w.SetMember("G0LEADS", "U0DBBOT", false) }, []attempt{{"post", post(bot.Address{Channel: "G0LEADS"})}}},
		{"no channel at all", func() error { return nil }, []attempt{{"post", post(bot.Address{Channel: "C0NOWHERE"})}}},
	} {
		if err := c.happens(); err != nil {
			t.Fatal(c.name, err)
		}
		for _, a := range c.attempts {
			err := a.do()
			if said, ok := errors.AsType[*ops.Error](err); !errors.Is(err, bot.ErrGone) || !ok || said.Message == "" {
				t.Errorf("%s: %s gave %v", c.name, a.name, err)
			}
		}
	}
}

// What somebody has to mend is not given up: a message outlives a token.
func TestWhatIsKeptUntilItIsMended(t *testing.T) {
	w := newTown(t, nil)
	wants := func(what string, after time.Duration, err error) {
		t.Helper()
		if later, ok := errors.AsType[*bot.Later](err); !ok || later.After != after || later.One {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := w.RevokeToken("", "bot", true); err != nil {
		t.Fatal(err)
	}
	_, err := w.client.Post(t.Context(), orders, "1:card", card)
	wants("a revoked token", pauseFatal, err)

	away := mustNew(t, Config{API: "http://127.0.0.1:1/api/", BotToken: testBot, AppToken: testApp}, defaultBounds)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond*500)
	defer cancel()
	_, err = away.Post(ctx, orders, "1:card", card)
	wants("Slack away", pauseAway, err)
}

// Without the scope to look, nobody waits for an answer that will not come: then it is as good as not said.
func TestAMissingScope(t *testing.T) {
	w := newTown(t, nil)
	for scope, to := range map[string]bot.Address{"channels:history": orders, "im:history": {Channel: "U0ANA"}, "im:write": {Channel: "U0ANA"}} {
		if err := w.SetScope("", scope, false); err != nil {
			t.Fatal(err)
		}
		_, _, err := w.client.Find(t.Context(), to, "1:card", time.Now())
		if _, waits := errors.AsType[*bot.Later](err); waits || !errors.Is(err, bot.ErrUnsure) || !strings.Contains(err.Error(), scope) {
			t.Errorf("without %s: %v", scope, err)
		}
		if err := w.SetScope("", scope, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.SetScope("", "files:write", false); err != nil { // which messages without a file do not need
		t.Fatal(err)
	}
	err := w.client.Attach(t.Context(), w.posts(orders, "2:card"), "a.sql", "a", []byte("select 1"))
	if later, waits := errors.AsType[*bot.Later](err); !waits || !later.One {
		t.Errorf("without files:write: %v", err)
	}
}

// A refusal is a refusal: nothing was said, and nothing will be.
func TestARefusal(t *testing.T) {
	w := newTown(t, nil)
	w.FailCalls(workspace.CallFault{Method: "chat.postMessage", Error: "msg_too_long"})
	_, err := w.client.Post(t.Context(), orders, "1:card", card)
	if _, later := errors.AsType[*bot.Later](err); err == nil || later || errors.Is(err, bot.ErrGone) || errors.Is(err, bot.ErrUnsure) {
		t.Errorf("gave %v", err)
	}
}
