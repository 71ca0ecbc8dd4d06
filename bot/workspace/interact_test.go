package workspace

import (
	"context"
	"encoding/json"
	"testing"
	"time"
)

func asJSON(t testing.TB, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// botPosts lets the bot write, and gives the timestamp.
func (w *world) botPosts(channel string, pairs ...string) string {
	w.Helper()
	answer := w.api("chat.postMessage", append([]string{"channel", channel}, pairs...)...)
	if answer["ok"] != true {
		w.Fatalf("chat.postMessage: %v", answer)
	}
	return answer["ts"].(string)
}

// act uses an element in the background, and gives its envelope.
func (b *bot) act(user, channel, ts string, action fields) (map[string]any, <-chan Answer) {
	b.Helper()
	answer := make(chan Answer, 1)
	go func() {
		a, err := b.Act(context.Background(), user, channel, ts, action)
		if err != nil {
			b.Errorf("%s acts on %v: %v", user, action, err)
		}
		answer <- a
	}()
	return b.read(), answer
}

func TestAClickCarriesWhoWhereAndWhat(t *testing.T) {
	w := open(t, unlimited)
	b := w.connect()
	ts := w.botPosts("C0PARTNER", "text", "decide", "blocks", asJSON(t, buttons("Approve", "Reject")))
	e, answer := b.act("U0EVE", "C0PARTNER", ts, fields{"action_id": "approve", "value": "forged", "text": "forged"})
	b.ack(e, nil)
	if a := <-answer; a.Outcome != Acked {
		t.Errorf("the click is %v", a.Outcome)
	}
	if e["type"] != "interactive" || e["accepts_response_payload"] != false {
		t.Errorf("the envelope is %v", e)
	}
	p := e["payload"]
	for _, c := range []struct {
		path []any
		want any
	}{
		{[]any{"type"}, "block_actions"},
		{[]any{"api_app_id"}, "A0BOT"},
		{[]any{"team", "id"}, "T0SHOP"},
		{[]any{"user", "id"}, "U0EVE"},
		{[]any{"user", "team_id"}, "T0OTHER"}, // an external person brings their own team
		{[]any{"channel", "id"}, "C0PARTNER"},
		{[]any{"container", "message_ts"}, ts},
		{[]any{"container", "is_ephemeral"}, false},
		{[]any{"message", "ts"}, ts},
		{[]any{"message", "bot_id"}, "B0BOT"},
		{[]any{"message", "ephemeral"}, nil},
		{[]any{"actions", 0, "type"}, "button"},
		{[]any{"actions", 0, "value"}, "token-1"},
		{[]any{"actions", 0, "text", "text"}, "Approve"},
		{[]any{"is_enterprise_install"}, false},
	} {
		if got := at(p, c.path...); got != c.want {
			t.Errorf("%v is %v, want %v", c.path, got, c.want)
		}
	}
	for _, path := range [][]any{{"actions", 0, "action_ts"}, {"actions", 0, "block_id"}, {"trigger_id"}, {"response_url"}} {
		if text, _ := at(p, path...).(string); text == "" {
			t.Errorf("%v is missing", path)
		}
	}
}

func TestClicksThatCannotBe(t *testing.T) {
	w := open(t, unlimited)
	w.connect()
	ts := w.botPosts("C0GENERAL", "text", "decide", "blocks", asJSON(t, buttons("Approve")))
	private := w.botPosts("G0LEADS", "text", "decide", "blocks", asJSON(t, buttons("Approve")))
	w.api("chat.postEphemeral", "channel", "C0GENERAL", "user", "U0ANA", "text", "psst", "blocks", asJSON(t, buttons("Approve")))
	psst := w.Messages("C0GENERAL", "U0ANA")[1].TS
	said, err := w.Say("U0ANA", "C0GENERAL", "", "hello")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ user, channel, ts, action, want string }{
		{"U0ANA", "C0GENERAL", ts, "reject", "element_not_found"},
		{"U0ANA", "C0GENERAL", "1.2", "approve", "message_not_found"},
		{"U0BEN", "C0GENERAL", psst, "approve", "message_not_found"}, // it is Ana's alone
		{"U0ANA", "G0LEADS", private, "approve", "channel_not_found"},
		{"U0EVE", "C0GENERAL", ts, "approve", "channel_not_found"},
		{"U0DAN", "C0GENERAL", ts, "approve", "account_inactive"},
		{"U0ANA", "C0GENERAL", said, "approve", "message_is_not_an_apps"},
	} {
		if _, err := w.Click(t.Context(), c.user, c.channel, c.ts, c.action); codeOf(err) != c.want {
			t.Errorf("%s clicks %s in %s: %v, want %s", c.user, c.action, c.channel, err, c.want)
		}
	}
}

func TestSelectsOfferOnlyTheirOptions(t *testing.T) {
	option := func(value string) fields {
		return fields{"text": fields{"type": "plain_text", "text": value}, "value": value}
	}
	w := open(t, unlimited)
	b := w.connect()
	ts := w.botPosts("C0GENERAL", "text", "choose", "blocks", asJSON(t, []any{fields{
		"type": "section", "text": fields{"type": "mrkdwn", "text": "which"},
		"accessory": fields{
			"type": "static_select", "action_id": "db", "placeholder": fields{"type": "plain_text", "text": "database"},
			"options": []any{option("orders"), option("reporting")},
		},
	}}))
	if _, err := w.Act(t.Context(), "U0ANA", "C0GENERAL", ts, fields{"action_id": "db", "selected_option": map[string]any(option("other"))}); codeOf(err) != "option_not_offered" {
		t.Errorf("an option that is not there: %v", err)
	}
	e, answer := b.act("U0ANA", "C0GENERAL", ts, fields{"action_id": "db", "selected_option": map[string]any{"value": "orders", "text": "forged"}})
	b.ack(e, nil)
	<-answer
	if got := at(e, "payload", "actions", 0, "selected_option"); asJSON(t, got) != asJSON(t, option("orders")) {
		t.Errorf("the selected option is %v", got)
	}
}

func TestWhatIsChosenIsOffered(t *testing.T) {
	options := []any{map[string]any{"value": "a", "text": "A"}, map[string]any{"value": "b", "text": "B"}}
	for name, c := range map[string]struct {
		element, sent map[string]any
		want          string // what is sent; empty: refused
	}{
		"in a group":           {fields{"option_groups": []any{fields{"options": options}}}, fields{"selected_option": map[string]any{"value": "b"}}, `{"selected_option":{"text":"B","value":"b"}}`},
		"not in a group":       {fields{"option_groups": []any{fields{"options": options}}}, fields{"selected_option": map[string]any{"value": "c"}}, ""},
		"several":              {fields{"options": options}, fields{"selected_options": []any{map[string]any{"value": "b"}, map[string]any{"value": "a"}}}, `{"selected_options":[{"text":"B","value":"b"},{"text":"A","value":"a"}]}`},
		"one of several":       {fields{"options": options}, fields{"selected_options": []any{map[string]any{"value": "b"}, "x"}}, ""},
		"none any more":        {fields{"options": options}, fields{"selected_options": []any{}}, `{"selected_options":[]}`},
		"options from the app": {fields{}, fields{"selected_option": map[string]any{"value": "c"}}, `{"selected_option":{"value":"c"}}`},
	} {
		for key, groups := range c.element { // as decoded JSON has them
			if key == "option_groups" {
				c.element[key] = []any{map[string]any(groups.([]any)[0].(fields))}
			}
		}
		ok := choose(c.element, c.sent)
		if ok != (c.want != "") || ok && asJSON(t, c.sent) != c.want {
			t.Errorf("%s: %v, %s, want %s", name, ok, asJSON(t, c.sent), c.want)
		}
	}
}

func TestButtonsOfAttachmentsGetTheirIds(t *testing.T) {
	w := open(t, unlimited)
	b := w.connect()
	ts := w.botPosts("C0GENERAL", "attachments", asJSON(t, []any{fields{"color": "#fff", "blocks": []any{fields{
		"type": "actions", "elements": []any{fields{"type": "button", "text": fields{"type": "plain_text", "text": "Press"}}},
	}}}}))
	attachments := decode(t, []byte(`{"a":`+string(w.Messages("C0GENERAL", "")[0].Attachments)+`}`))
	id, _ := at(attachments, "a", 0, "blocks", 0, "elements", 0, "action_id").(string)
	e, answer := b.act("U0ANA", "C0GENERAL", ts, fields{"action_id": id})
	b.ack(e, nil)
	<-answer
	if got := at(e, "payload", "actions", 0, "text", "text"); id == "" || got != "Press" || at(attachments, "a", 0, "color") != "#fff" {
		t.Errorf("the button %q of %v says %v", id, attachments, got)
	}
}

func TestAnEphemeralMessagesClickHasNoMessage(t *testing.T) {
	w := open(t, unlimited)
	b := w.connect()
	w.api("chat.postEphemeral", "channel", "C0GENERAL", "user", "U0ANA", "text", "psst", "blocks", asJSON(t, buttons("Share")))
	ts := w.Messages("C0GENERAL", "U0ANA")[0].TS
	e, answer := b.act("U0ANA", "C0GENERAL", ts, fields{"action_id": "share"})
	b.ack(e, nil)
	<-answer
	if at(e, "payload", "message") != nil || at(e, "payload", "container", "is_ephemeral") != true {
		t.Errorf("the payload is %v", e["payload"])
	}
}

func TestAClickThatNobodyAcksIsSeenToFail(t *testing.T) {
	w := open(t, func(cfg *Config) { unlimited(cfg); cfg.Periods.Ack = 20 * time.Millisecond })
	w.connect()
	ts := w.botPosts("C0GENERAL", "text", "decide", "blocks", asJSON(t, buttons("Approve")))
	if a, err := w.Click(t.Context(), "U0ANA", "C0GENERAL", ts, "approve"); err != nil || a.Outcome != Timeout {
		t.Errorf("the click is %v, %v", a.Outcome, err)
	}
	if got := w.Notices("U0ANA"); len(got) != 1 || got[0].Text != `Shopbot did not answer your click: "operation_timeout"` {
		t.Errorf("Ana reads %v", got)
	}
}

func TestAnExternalSelectAsksTheApp(t *testing.T) {
	w := open(t, unlimited)
	b := w.connect()
	ts := w.botPosts("C0GENERAL", "text", "choose", "blocks", asJSON(t, []any{fields{"type": "actions", "block_id": "b", "elements": []any{
		fields{"type": "external_select", "action_id": "db", "placeholder": fields{"type": "plain_text", "text": "database"}},
	}}}))
	answer := make(chan map[string]any, 1)
	go func() {
		answer <- w.json("/page/options", fields{"as": "U0ANA", "channel": "C0GENERAL", "message_ts": ts, "block_id": "b", "action_id": "db", "value": "or"})
	}()
	e := b.read()
	if at(e, "payload", "type") != "block_suggestion" || at(e, "payload", "value") != "or" || e["accepts_response_payload"] != true {
		t.Errorf("the envelope is %v", e)
	}
	if at(e, "payload", "response_url") != nil || at(e, "payload", "trigger_id") != nil { // it asks, and nothing was done yet
		t.Errorf("the envelope carries more than Slack's: %v", e)
	}
	b.ack(e, fields{"options": []any{fields{"text": fields{"type": "plain_text", "text": "orders"}, "value": "orders"}}})
	if got := <-answer; at(got, "options", 0, "value") != "orders" {
		t.Errorf("the page got %v", got)
	}
}

func TestElementsOfNestedBlocksAreFound(t *testing.T) {
	button := func(id string) fields {
		return fields{"type": "button", "action_id": id, "text": fields{"type": "plain_text", "text": id}}
	}
	inner := fields{"type": "section", "text": fields{"type": "plain_text", "text": "x"}, "accessory": button("deep")}
	for name, block := range map[string]fields{
		"container": {"type": "container", "block_id": "outer", "child_blocks": []any{inner}},
		"layout":    {"type": "layout", "block_id": "outer", "rows": []any{fields{"items": []any{fields{"block": inner}}}}},
		"carousel":  {"type": "carousel", "block_id": "outer", "elements": []any{fields{"type": "card", "actions": []any{button("deep")}}}},
		"data_table": {"type": "data_table", "block_id": "outer", "rows": []any{
			[]any{fields{"type": "action_cell", "element": button("deep")}},
		}},
	} {
		filled := identified(json.RawMessage(asJSON(t, []any{block})))
		at := place{message: &Message{Blocks: filled}}
		for _, id := range []string{"outer", ""} {
			found, element := at.element(id, "deep")
			if element == nil || found["block_id"] == "" || found["block_id"] == nil {
				t.Errorf("%s: by block %q: %v in %v", name, id, element, found)
			}
		}
		if _, element := at.element("other", "deep"); element != nil {
			t.Errorf("%s: found in a block that is not there", name)
		}
	}
}
