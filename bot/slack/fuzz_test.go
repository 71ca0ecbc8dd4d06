package slack

import (
	"errors"
	"strings"
	"testing"

	"dbbot/bot"
	"dbbot/ops"
)

// FuzzDecode wants: no panic; either an act with a person of some team and a key, or a reason that the metric knows;
// and never a response URL or a trigger in the words of a refusal.
func FuzzDecode(f *testing.F) {
	for _, frame := range []string{
		envelopeOf(typeCommand, goodCommand), envelopeOf(typeInteraction, goodClick), envelopeOf(typeEvent, goodMention), envelopeOf(typeEvent, goodHome),
		envelopeOf(typeCommand, `null`), envelopeOf(typeInteraction, `[]`), envelopeOf("telepathy", `{}`), `{"type":"hello"}`, `{`, ``, `null`,
		envelopeOf(typeInteraction, `{"type":"block_actions","actions":[null],"user":null,"team":null,"container":null}`),
		envelopeOf(typeEvent, `{"type":"event_callback","event":{"type":"app_mention","user":{}}}`),
	} {
		f.Add([]byte(frame), false)
		f.Add([]byte(frame), true)
	}
	reasons := map[string]bool{malformed: true, wrongTeam: true, wrongApp: true, unaddressed: true, ignored: true, unknownType: true, oversized: true}
	f.Fuzz(func(t *testing.T, data []byte, huge bool) {
		e, err := frame{data: data, oversized: huge}.open()
		if err != nil {
			return
		}
		a, err := decode(e, us, now)
		if err != nil {
			r, ok := errors.AsType[*refusal](err)
			if !ok || !reasons[r.reason] {
				t.Fatalf("refused with %v (%T)", err, err)
			}
			if strings.Contains(r.detail, "hooks.slack.com/commands/1") {
				t.Fatalf("the refusal repeats a response URL: %s", r.detail)
			}
			return
		}
		who, key := whoOf(a), keyOf(a)
		if who.Team == "" || who.User == "" || !strings.Contains(key, ":") || strings.HasSuffix(key, ":") {
			t.Fatalf("decoded %+v with the key %q", who, key)
		}
	})
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
