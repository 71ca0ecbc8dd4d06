package slack

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"dbbot/bot"
	"dbbot/ops"
)

func TestDecodeForm(t *testing.T) {
	want := bot.Submit{Key: "form:V7:9.9:U0ANA", Who: ana, Form: "reject", State: `{"token":"t"}`, Text: "too late in the day", At: now}
	if a := mustDecode(t, typeInteraction, goodForm); *a.Submit != want {
		t.Errorf("form: %#v", *a.Submit)
	}
	outsider := strings.Replace(goodForm, `"U0ANA","team_id":"T0DEMO"`, `"U0EVE","team_id":"T0OTHER"`, 1)
	if a := mustDecode(t, typeInteraction, outsider); a.Submit.Who != (ops.PersonID{Team: "T0OTHER", User: "U0EVE"}) {
		t.Errorf("an outsider's form is %v's", a.Submit.Who)
	}
}

// What a form must have. Each fault is told below the field: a form that closes looks accepted.
func TestDecodeFormsThatAreNone(t *testing.T) {
	for name, change := range map[string][2]string{
		"no view":           {`"view":{`, `"sight":{`},
		"a view of a kind":  {`"view":{"id":"V7",`, `"view":[1],"was":{`},
		"no id":             {`"V7"`, `""`},
		"a number":          {`"V7"`, `7`},
		"no name":           {`"reject"`, `""`},
		"another field":     {`"answer":{"answer"`, `"question":{"answer"`},
		"nothing written":   {`"too late in the day"`, `null`},
		"a list":            {`"too late in the day"`, `["a"]`},
		"too much":          {`"too late in the day"`, `"` + strings.Repeat("x", maxWritten+1) + `"`},
		"an id with blanks": {`"V7"`, `"V 7"`},
	} {
		t.Run(name, func(t *testing.T) {
			payload := strings.Replace(goodForm, change[0], change[1], 1)
			if payload == goodForm {
				t.Fatal("nothing was changed")
			}
			_, err := decode(envelope{Type: typeInteraction, Payload: json.RawMessage(payload)}, us, now)
			refused, ok := errors.AsType[*refusal](err)
			if !ok || refused.reason != malformed || !refused.form {
				t.Errorf("gave %v", err)
			}
			if says := refused.inAck(envelope{Accepts: true}); says == nil || says.Errors[formField] == "" {
				t.Errorf("the ack says %+v", says)
			}
		})
	}
	for what, change := range map[string][2]string{wrongTeam: {`{"id":"T0DEMO"`, `{"id":"T0OTHER"`}, wrongApp: {"A0DBBOT", "A0OTHER"}} {
		_, err := decode(envelope{Type: typeInteraction, Payload: json.RawMessage(strings.Replace(goodForm, change[0], change[1], 1))}, us, now)
		if refused, ok := errors.AsType[*refusal](err); !ok || refused.reason != what || refused.form {
			t.Errorf("%s gave %v", what, err)
		}
	}
}

// The same form, delivered twice, is one act; sent again after a fault was shown, it is another.
func TestKeysOfForms(t *testing.T) {
	keyWith := func(old, new string) string {
		return keyOf(mustDecode(t, typeInteraction, strings.Replace(goodForm, old, new, 1)))
	}
	first := keyWith("", "")
	if again := keyWith("", ""); again != first {
		t.Errorf("delivered twice: %s and %s", first, again)
	}
	if again := keyWith(`"trigger_id":"9.9"`, `"trigger_id":"9.10"`); again == first {
		t.Errorf("sent twice: %s", again)
	}
	if other := keyWith(`"U0ANA"`, `"U0BEN"`); other == first {
		t.Errorf("sent by another: %s", other)
	}
	bare := keyWith(`"trigger_id":"9.9",`, "")
	if again := keyWith(`"trigger_id":"9.9",`, ""); again != bare {
		t.Errorf("without a trigger, delivered twice: %s and %s", bare, again)
	}
	without := strings.Replace(goodForm, `"trigger_id":"9.9",`, "", 1)
	if other := keyOf(mustDecode(t, typeInteraction, strings.Replace(without, "too late", "much too late", 1))); other == bare {
		t.Errorf("without a trigger, with other words: %s", other)
	}
}
