package workspace

import (
	"testing"
	"time"
)

// hook types a command and gives its response URL.
func (b *bot) hook(user, channel string) string {
	b.Helper()
	e, answer := b.slash(user, channel, "/db ping")
	b.ack(e, nil)
	<-answer
	return at(e, "payload", "response_url").(string)
}

func TestAResponseURLWorksFiveTimesInThirtyMinutes(t *testing.T) {
	c := newClock()
	w := open(t, func(cfg *Config) { cfg.Now = c.Now })
	b := w.connect()
	link := b.hook("U0ANA", "C0GENERAL")
	for n := range 5 {
		if answer := w.json(link, fields{"text": "hi"}); answer["status"] != 200 {
			t.Errorf("use %d: %v", n+1, answer)
		}
	}
	if answer := w.json(link, fields{"text": "hi"}); answer["status"] != 404 || answer["error"] != "used_url" {
		t.Errorf("use 6: %v", answer)
	}
	link = b.hook("U0ANA", "C0GENERAL")
	c.Pass(30*time.Minute + time.Second)
	if answer := w.json(link, fields{"text": "hi"}); answer["status"] != 404 || answer["error"] != "expired_url" {
		t.Errorf("after thirty minutes: %v", answer)
	}
	link = b.hook("U0ANA", "C0GENERAL")
	w.Jump(29 * time.Minute)
	if answer := w.json(link, fields{"text": "hi"}); answer["status"] != 200 {
		t.Errorf("after twenty-nine minutes: %v", answer)
	}
	if answer := w.json("/hooks/made-up", fields{"text": "hi"}); answer["status"] != 404 {
		t.Errorf("a made-up URL: %v", answer)
	}
}

func TestWhatAResponseURLTakes(t *testing.T) {
	w := open(t, nil)
	b := w.connect()
	for name, c := range map[string]struct {
		body     fields
		want     string
		everyone bool
	}{
		"text":                       {body: fields{"text": "hi"}},
		"for everybody":              {body: fields{"text": "hi", "response_type": "in_channel"}, everyone: true},
		"where the bot is no member": {body: fields{"text": "hi", "response_type": "in_channel"}, everyone: true},
		"in a thread that is none":   {body: fields{"text": "hi", "thread_ts": "1.1"}, want: "thread_not_found"},
		"nothing":                    {body: fields{}, want: "no_text"},
		"broken blocks":              {body: fields{"blocks": []any{fields{"type": "header"}}}, want: "invalid_blocks"},
		"a type that is none":        {body: fields{"text": "hi", "response_type": "loud"}, want: "invalid_response_type"},
		"delete with no original":    {body: fields{"delete_original": true}, want: "no_original_message"},
		"replace with no original":   {body: fields{"text": "hi", "replace_original": true}},
	} {
		channel := "C0GENERAL"
		if name == "where the bot is no member" {
			channel = "C0QUIET"
		}
		link := b.hook("U0ANA", channel)
		before := len(w.Messages(channel, ""))
		answer := w.json(link, c.body)
		if got, _ := answer["error"].(string); got != c.want {
			t.Errorf("%s: %v, want %q", name, answer, c.want)
		}
		if c.want != "" && answer["status"] != 400 {
			t.Errorf("%s: HTTP status %v, want 400", name, answer["status"])
		}
		if got := len(w.Messages(channel, "")) > before; got != c.everyone {
			t.Errorf("%s: everybody sees it: %v, want %v", name, got, c.everyone)
		}
	}
}

func TestAnEphemeralAnswerCanBeReplacedAndDeletedByAClick(t *testing.T) {
	w := open(t, nil)
	b := w.connect()
	w.json(b.hook("U0ANA", "C0GENERAL"), fields{"text": "first", "blocks": buttons("Refresh")})
	ts := w.Messages("C0GENERAL", "U0ANA")[0].TS
	click := func() string {
		answer := make(chan Answer, 1)
		go func() {
			a, _ := w.Click(t.Context(), "U0ANA", "C0GENERAL", ts, "refresh")
			answer <- a
		}()
		e := b.read()
		b.ack(e, nil)
		<-answer
		return at(e, "payload", "response_url").(string)
	}
	link := click()
	if answer := w.json(link, fields{"text": "second", "replace_original": true, "response_type": "in_channel"}); answer["status"] != 200 {
		t.Fatal(answer)
	}
	now := w.Messages("C0GENERAL", "U0ANA")
	if len(now) != 1 || now[0].Text != "second" || now[0].Blocks != nil || now[0].TS != ts || !now[0].Ephemeral {
		t.Errorf("after replace_original Ana sees %+v", now)
	}
	if got := w.Messages("C0GENERAL", "U0BEN"); len(got) != 0 {
		t.Errorf("an ephemeral message became everybody's: %+v", got)
	}
	if answer := w.json(link, fields{"delete_original": true}); answer["status"] != 200 {
		t.Fatal(answer)
	}
	if got := w.Messages("C0GENERAL", "U0ANA"); len(got) != 0 {
		t.Errorf("after delete_original Ana sees %+v", got)
	}
}

// buttons is an actions block with a button each; its action id is the label in lower case.
func buttons(labels ...string) []any {
	var elements []any
	for _, label := range labels {
		elements = append(elements, fields{
			"type": "button", "action_id": string(label[0]+'a'-'A') + label[1:], "value": "token-1",
			"text": fields{"type": "plain_text", "text": label},
		})
	}
	return []any{fields{"type": "actions", "elements": elements}}
}
