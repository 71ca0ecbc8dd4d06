package slack

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"dbbot/bot"
	"dbbot/ops"
)

// FuzzDecode wants: no panic; either an act with a person of some team and a key, or a reason that the metric knows;
// and never a response URL or a trigger in the words of a refusal.
func FuzzDecode(f *testing.F) {
	for _, frame := range []string{
		envelopeOf(typeCommand, goodCommand), envelopeOf(typeInteraction, goodClick), envelopeOf(typeInteraction, goodForm), envelopeOf(typeEvent, goodMention), envelopeOf(typeEvent, goodHome),
		envelopeOf(typeCommand, `null`), envelopeOf(typeInteraction, `[]`), envelopeOf("telepathy", `{}`), `{"type":"hello"}`, `{`, ``, `null`,
		envelopeOf(typeInteraction, `{"type":"block_actions","actions":[null],"user":null,"team":null,"container":null}`),
		envelopeOf(typeEvent, `{"type":"event_callback","event":{"type":"app_mention","user":{}}}`),
	} {
		f.Add([]byte(frame), false)
		f.Add([]byte(frame), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, huge bool) {
		e, err := frame{data: data, oversized: huge}.open()
		if err != nil {
			return
		}
		a, err := decode(e, us, now)
		if err != nil {
			wellRefused(t, err)
			return
		}
		who, key := whoOf(a), keyOf(a)
		if who.Team == "" || who.User == "" || !strings.Contains(key, ":") || strings.HasSuffix(key, ":") {
			t.Fatalf("decoded %+v with the key %q", who, key)
		}
	})
}

// FuzzInteraction is FuzzDecode for what anybody with the app-level token can forge: presses and forms. What comes out can be
// kept by a database, and an ack can say what is wrong with it.
func FuzzInteraction(f *testing.F) {
	for _, payload := range []string{
		goodClick, goodForm, `null`, `[]`, `{"type":"view_submission"}`, `{"type":"block_actions","actions":[null]}`,
		strings.NewReplacer(`"channel":{"id":"C0ORDERS"},`, ``, `"channel_id":"C0ORDERS",`, ``, `"message_ts":"1.5"`, `"view_id":"V1"`).Replace(goodClick),
		strings.Replace(goodClick, `"token"`, `"\u0000"`, 1), strings.Replace(goodClick, `"refresh"`, `":::"`, 1),
		strings.Replace(goodForm, `"too late in the day"`, `"\u0000\ud800"`, 1), strings.Replace(goodForm, `"values"`, `"values":null,"x"`, 1),
	} {
		f.Add([]byte(payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		e := envelope{ID: "e", Type: typeInteraction, Payload: payload, Accepts: true}
		a, err := decode(e, us, now)
		says := inAck(e, a, string(payload))
		if err != nil {
			says = wellRefused(t, err).inAck(e)
		} else if (a.Click == nil) == (a.Submit == nil) || !sane(keyOf(a), whoOf(a).User, whoOf(a).Team) {
			t.Fatalf("decoded %+v", a)
		}
		if a.Click != nil && (len(a.Click.Token) > 2000 || !keepable(a.Click.Button, a.Click.Token)) {
			t.Fatalf("a click of %q with %q", a.Click.Button, a.Click.Token)
		}
		if a.Submit != nil && (a.Submit.Form == "" || !keepable(a.Submit.Form, a.Submit.State, a.Submit.Text)) {
			t.Fatalf("a form %+v", a.Submit)
		}
		if body, err := json.Marshal(ack{ID: e.ID, Answer: says}); err != nil || len(body) >= 20<<10 {
			t.Fatalf("an ack of %d bytes, %v", len(body), err)
		}
	})
}

// keepable texts are those that PostgreSQL takes.
func keepable(texts ...string) bool {
	all := strings.Join(texts, "")
	return utf8.ValidString(all) && !strings.Contains(all, "\x00")
}

// wellRefused wants a reason that the metric knows, and no response URL in its words.
func wellRefused(t *testing.T, err error) *refusal {
	reasons := []string{malformed, wrongTeam, wrongApp, unaddressed, ignored, unknownType, oversized}
	r, ok := errors.AsType[*refusal](err)
	if !ok || !slices.Contains(reasons, r.reason) {
		t.Fatalf("refused with %v (%T)", err, err)
	}
	if strings.Contains(r.detail, "hooks.slack.com/commands/1") || strings.Contains(r.detail, "hooks.slack.com/actions/1") {
		t.Fatalf("the refusal repeats a response URL: %s", r.detail)
	}
	return r
}

func envelopeOf(kind, payload string) string {
	return `{"envelope_id":"e1","type":"` + kind + `","payload":` + payload + `}`
}

func whoOf(a bot.Act) ops.PersonID {
	switch {
	case a.Invoke != nil:
		return a.Invoke.Who
	case a.Click != nil:
		return a.Click.Who
	case a.Submit != nil:
		return a.Submit.Who
	}
	return a.Home.Who
}
