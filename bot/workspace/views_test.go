package workspace

import (
	"context"
	"encoding/json"
	"testing"
	"time"
)

// modal is a view with one input; more is added to it.
func modal(title string, more fields) fields {
	view := fields{
		"type": "modal", "title": fields{"type": "plain_text", "text": title}, "submit": fields{"type": "plain_text", "text": "Go"},
		"private_metadata": "secret-free", "callback_id": "ask",
		"blocks": []any{fields{
			"type": "input", "block_id": "name", "label": fields{"type": "plain_text", "text": "Name"},
			"element": fields{"type": "plain_text_input", "action_id": "text"},
		}},
	}
	for name, value := range more {
		view[name] = value
	}
	return view
}

// trigger types a command and gives its trigger id.
func (b *bot) trigger(user string) string {
	b.Helper()
	e, answer := b.slash(user, "C0GENERAL", "/db ping")
	b.ack(e, nil)
	<-answer
	return at(e, "payload", "trigger_id").(string)
}

// opened opens a modal for Ana and gives its id.
func (b *bot) opened(view fields) string {
	b.Helper()
	answer := b.json("/api/views.open", fields{"trigger_id": b.trigger("U0ANA"), "view": view})
	id, _ := at(answer, "view", "id").(string)
	if id == "" {
		b.Fatalf("views.open: %v", answer)
	}
	return id
}

func TestATriggerOpensOneModalInThreeSeconds(t *testing.T) {
	c := newClock()
	w := open(t, func(cfg *Config) { unlimited(cfg); cfg.Now = c.Now })
	b := w.connect()
	fresh := b.trigger("U0ANA")
	if answer := w.json("/api/views.open", fields{"trigger_id": fresh, "view": modal("One", nil)}); answer["ok"] != true {
		t.Errorf("a fresh trigger: %v", answer)
	}
	late, expired := b.trigger("U0ANA"), b.trigger("U0ANA")
	c.Pass(3*time.Second + time.Millisecond)
	now := b.trigger("U0ANA")
	for _, c := range []struct{ name, trigger, want string }{
		{"used", fresh, "exchanged_trigger_id"},
		{"late", late, "expired_trigger_id"},
		{"late too", expired, "expired_trigger_id"},
		{"made up", "123.456.789", "invalid_trigger_id"},
		{"absent", "", "invalid_trigger_id"},
	} {
		if answer := w.json("/api/views.open", fields{"trigger_id": c.trigger, "view": modal("One", nil)}); answer["error"] != c.want {
			t.Errorf("a trigger that is %s: %v, want %s", c.name, answer, c.want)
		}
	}
	w.ExpireTriggers()
	if answer := w.json("/api/views.open", fields{"trigger_id": now, "view": modal("One", nil)}); answer["error"] != "expired_trigger_id" {
		t.Errorf("after ExpireTriggers: %v", answer)
	}
}

func TestViewsAreChecked(t *testing.T) {
	w := open(t, unlimited)
	b := w.connect()
	id := b.opened(modal("One", fields{"external_id": "mine"}))
	hash := at(decode(t, w.Views("U0ANA")[0]), "hash").(string)
	for _, c := range []struct {
		name   string
		method string
		body   fields
		want   string
	}{
		{"no view", "views.open", fields{"trigger_id": b.trigger("U0ANA")}, "invalid_arguments"},
		{"title too long", "views.open", fields{"trigger_id": b.trigger("U0ANA"), "view": modal("a title of more than 24 characters", nil)}, "invalid_arguments"},
		{"a home in a modal", "views.open", fields{"trigger_id": b.trigger("U0ANA"), "view": home("hi")}, "invalid_arguments"},
		{"a modal as home", "views.publish", fields{"user_id": "U0ANA", "view": modal("One", nil)}, "invalid_arguments"},
		{"nothing to push on", "views.push", fields{"trigger_id": b.trigger("U0ANA"), "view": modal("Two", nil)}, "not_found"},
		{"same external id", "views.open", fields{"trigger_id": b.trigger("U0ANA"), "view": modal("Two", fields{"external_id": "mine"})}, "duplicate_external_id"},
		{"wrong hash", "views.update", fields{"view_id": id, "hash": "old", "view": modal("Two", nil)}, "hash_conflict"},
		{"unknown view", "views.update", fields{"view_id": "V0", "view": modal("Two", nil)}, "not_found"},
		{"unknown person", "views.publish", fields{"user_id": "U0X", "view": home("hi")}, "user_not_found"},
		{"too large", "views.publish", fields{"user_id": "U0ANA", "view": large()}, "view_too_large"},
		{"update by external", "views.update", fields{"external_id": "mine", "hash": hash, "view": modal("Three", nil)}, ""},
	} {
		if answer := w.json("/api/"+c.method, c.body); answer["error"] != nil && answer["error"] != c.want || answer["error"] == nil && c.want != "" {
			t.Errorf("%s: %v, want %q", c.name, answer, c.want)
		}
	}
	if got := at(decode(t, w.Views("U0ANA")[0]), "title", "text"); got != "Three" {
		t.Errorf("after the update its title is %v", got)
	}
}

func home(text string) fields {
	return fields{"type": "home", "blocks": []any{fields{"type": "section", "text": fields{"type": "plain_text", "text": text}}}}
}

// large is a view of more than 250,000 bytes.
func large() fields {
	blocks := []any{}
	for range 100 {
		blocks = append(blocks, fields{"type": "section", "text": fields{"type": "plain_text", "text": string(make([]byte, 2900))}})
	}
	return fields{"type": "home", "blocks": blocks}
}

func decode(t testing.TB, raw json.RawMessage) any {
	t.Helper()
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return out
}

// submit sends a modal in the background.
func (b *bot) submit(user, id, state string) (map[string]any, <-chan map[string]any) {
	b.Helper()
	answer := make(chan map[string]any, 1)
	go func() {
		answer <- b.json("/page/view", fields{"as": user, "view_id": id, "event": "submit", "state": json.RawMessage(state)})
	}()
	return b.read(), answer
}

func TestASubmissionIsObeyed(t *testing.T) {
	filled := `{"values":{"name":{"text":{"type":"plain_text_input","value":"orders"}}}}`
	for name, c := range map[string]struct {
		ack    any
		action any
		err    any
		titles []string // what is open afterwards
	}{
		"nothing closes":       {ack: nil, action: "", titles: nil},
		"clear closes all":     {ack: fields{"response_action": "clear"}, action: "clear", titles: nil},
		"update":               {ack: fields{"response_action": "update", "view": modal("Two", nil)}, action: "update", titles: []string{"Two"}},
		"push":                 {ack: fields{"response_action": "push", "view": modal("Two", nil)}, action: "push", titles: []string{"One", "Two"}},
		"errors":               {ack: fields{"response_action": "errors", "errors": fields{"name": "no such database"}}, action: "errors", titles: []string{"One"}},
		"errors of no input":   {ack: fields{"response_action": "errors", "errors": fields{"other": "?"}}, err: "invalid_response_action", titles: []string{"One"}},
		"errors without any":   {ack: fields{"response_action": "errors"}, err: "invalid_response_action", titles: []string{"One"}},
		"a view that is wrong": {ack: fields{"response_action": "update", "view": fields{"type": "modal"}}, err: "invalid_arguments", titles: []string{"One"}},
		"an unknown action":    {ack: fields{"response_action": "explode"}, err: "invalid_response_action", titles: []string{"One"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, unlimited)
			b := w.connect()
			e, answer := b.submit("U0ANA", b.opened(modal("One", nil)), filled)
			p := e["payload"]
			if at(p, "type") != "view_submission" || at(p, "view", "state", "values", "name", "text", "value") != "orders" ||
				at(p, "view", "private_metadata") != "secret-free" || e["accepts_response_payload"] != true {
				t.Errorf("the envelope is %v", e)
			}
			b.ack(e, c.ack)
			got := <-answer
			if got["error"] != c.err || c.err == nil && got["response_action"] != c.action {
				t.Errorf("the page got %v, want %v %v", got, c.action, c.err)
			}
			views := w.Views("U0ANA")
			if len(views) != len(c.titles) {
				t.Fatalf("%d views are open, want %v", len(views), c.titles)
			}
			for i, title := range c.titles {
				if got := at(decode(t, views[i]), "title", "text"); got != title {
					t.Errorf("view %d is %v, want %s", i, got, title)
				}
			}
		})
	}
}

func TestASubmissionThatNobodyAcks(t *testing.T) {
	w := open(t, func(cfg *Config) { unlimited(cfg); cfg.Periods.Ack = 200 * time.Millisecond })
	b := w.connect()
	id := b.opened(modal("One", nil))
	if got := w.json("/page/view", fields{"as": "U0BEN", "view_id": id, "event": "submit"}); got["error"] != "view_not_found" {
		t.Errorf("Ben sends Ana's modal: %v", got)
	}
	_, answer := b.submit("U0ANA", id, `{"values":{}}`)
	if got := <-answer; got["error"] != "operation_timeout" {
		t.Errorf("without an ack the page got %v", got)
	}
	if len(w.Views("U0ANA")) != 1 {
		t.Error("the modal is gone, and what was typed with it")
	}
}

func TestThreeModalsCanBeStacked(t *testing.T) {
	w := open(t, unlimited)
	b := w.connect()
	id := b.opened(modal("One", nil))
	for _, c := range []struct{ title, want string }{{"Two", ""}, {"Three", ""}, {"Four", "push_limit_reached"}} {
		view := modal("x", nil)
		view["title"] = fields{"type": "plain_text", "text": c.title}
		view["blocks"] = append([]any{fields{"type": "actions", "elements": []any{fields{
			"type": "button", "action_id": "more",
			"text": fields{"type": "plain_text", "text": "More"},
		}}}}, view["blocks"].([]any)...)
		if c.title == "Two" { // the first one has no button: give it one
			w.json("/api/views.update", fields{"view_id": id, "view": view})
		}
		top := decode(t, w.Views("U0ANA")[len(w.Views("U0ANA"))-1])
		go b.ActInView(context.Background(), "U0ANA", at(top, "id").(string), map[string]any{"action_id": "more"}, nil)
		e := b.read()
		b.ack(e, nil)
		if at(e, "payload", "container", "type") != "view" || at(e, "payload", "message") != nil || at(e, "payload", "response_url") != nil {
			t.Errorf("the payload is %v", e["payload"])
		}
		answer := w.json("/api/views.push", fields{"trigger_id": at(e, "payload", "trigger_id"), "view": view})
		if got, _ := answer["error"].(string); got != c.want {
			t.Errorf("%s: %v, want %q", c.title, answer, c.want)
		}
		if c.want == "" && (at(answer, "view", "root_view_id") != id || at(answer, "view", "previous_view_id") != at(top, "id")) {
			t.Errorf("%s is not on top of the one before: %v", c.title, answer)
		}
	}
}

func TestClosingIsToldToThoseWhoAsked(t *testing.T) {
	w := open(t, unlimited)
	b := w.connect()
	page := w.stream("U0ANA", "")
	page.next("ready")
	for name, c := range map[string]struct {
		more    fields
		told    bool
		cleared any
		op      string
	}{
		"silently":        {op: "close"},
		"notified":        {more: fields{"notify_on_close": true}, told: true, cleared: false, op: "close"},
		"clears notified": {more: fields{"notify_on_close": true, "clear_on_close": true}, told: true, cleared: true, op: "clear"},
	} {
		id := b.opened(modal("One", c.more))
		if got := w.json("/page/view", fields{"as": "U0ANA", "view_id": id, "event": "close"}); got["ok"] != true {
			t.Errorf("%s: %v", name, got)
		}
		if said, _ := page.next("view"); said["op"] != "open" {
			t.Errorf("%s: the page was told %v", name, said["op"])
		}
		if said, _ := page.next("view"); said["op"] != c.op {
			t.Errorf("%s: the page was told %v, want %s", name, said["op"], c.op)
		}
		if c.told {
			e := b.read()
			b.ack(e, nil)
			if at(e, "payload", "type") != "view_closed" || at(e, "payload", "is_cleared") != c.cleared || at(e, "payload", "view", "id") != id {
				t.Errorf("%s: the app was told %v", name, e["payload"])
			}
		}
	}
}

func TestTheCrossClosesTheWholeStack(t *testing.T) {
	w := open(t, unlimited)
	b := w.connect()
	told := fields{"notify_on_close": true}
	first := b.opened(modal("One", told))
	e, answer := b.submit("U0ANA", first, `{}`)
	b.ack(e, fields{"response_action": "push", "view": modal("Two", told)})
	<-answer
	second := at(decode(t, w.Views("U0ANA")[1]), "id")
	if got := w.json("/page/view", fields{"as": "U0ANA", "view_id": second, "event": "clear"}); got["ok"] != true {
		t.Fatal(got)
	}
	for _, want := range []any{second, first} {
		e := b.read()
		b.ack(e, nil)
		if at(e, "payload", "type") != "view_closed" || at(e, "payload", "view", "id") != want || at(e, "payload", "is_cleared") != true {
			t.Errorf("the app was told %v, want that %v is closed", e["payload"], want)
		}
	}
	if left := w.Views("U0ANA"); len(left) != 0 {
		t.Errorf("%d modals are left", len(left))
	}
	if got := w.json("/page/view", fields{"as": "U0ANA", "view_id": b.opened(modal("One", nil)), "event": "shut"}); got["error"] != "unknown_event" {
		t.Errorf("an event that is none: %v", got)
	}
}

func TestTheHomeTab(t *testing.T) {
	w := open(t, unlimited)
	b := w.connect()
	if got := w.json("/page/home", fields{"as": "U0ANA"}); got["ok"] != true || got["view"] != nil {
		t.Errorf("before anything was published: %v", got)
	}
	e := b.read()
	b.ack(e, nil)
	if at(e, "payload", "event", "type") != "app_home_opened" || at(e, "payload", "event", "user") != "U0ANA" || at(e, "payload", "event", "channel") != "D0ANA" {
		t.Errorf("the app was told %v", e["payload"])
	}
	first := w.json("/api/views.publish", fields{"user_id": "U0ANA", "view": home("one")})
	second := w.json("/api/views.publish", fields{"user_id": "U0ANA", "view": home("two"), "hash": at(first, "view", "hash")})
	if second["ok"] != true || at(second, "view", "id") != at(first, "view", "id") {
		t.Errorf("published again: %v", second)
	}
	if again := w.json("/api/views.publish", fields{"user_id": "U0ANA", "view": home("three"), "hash": at(first, "view", "hash")}); again["error"] != "hash_conflict" {
		t.Errorf("published with an old hash: %v", again)
	}
	if got := at(decode(t, w.Home("U0ANA", "")), "blocks", 0, "text", "text"); got != "two" {
		t.Errorf("Ana's home says %v", got)
	}
	if got := w.Home("U0BEN", ""); got != nil {
		t.Errorf("Ben's home says %s", got)
	}
}

func TestAResponseURLForAChosenChannel(t *testing.T) {
	w := open(t, unlimited)
	b := w.connect()
	id := b.opened(modal("One", fields{"blocks": []any{fields{
		"type": "input", "block_id": "where", "label": fields{"type": "plain_text", "text": "Where"},
		"element": fields{"type": "conversations_select", "action_id": "channel", "response_url_enabled": true},
	}}}))
	e, answer := b.submit("U0ANA", id, `{"values":{"where":{"channel":{"type":"conversations_select","selected_conversation":"C0GENERAL"}}}}`)
	b.ack(e, nil)
	<-answer
	link, _ := at(e, "payload", "response_urls", 0, "response_url").(string)
	if got := w.json(link, fields{"text": "hi", "response_type": "in_channel"}); got["status"] != 200 {
		t.Errorf("the response URL says %v", got)
	}
	if got := w.Messages("C0GENERAL", ""); len(got) != 1 || got[0].Text != "hi" {
		t.Errorf("the channel has %v", got)
	}
}
