package slack

import (
	"net/http"
	"strings"
	"testing"
)

func TestWhereOutsidersRead(t *testing.T) {
	w := newTown(t, nil)
	for channel, want := range map[string]bool{"C0ORDERS": false, "G0LEADS": false, "C0PARTNER": true} {
		if got, err := w.client.Outsiders(t.Context(), channel); err != nil || got != want {
			t.Errorf("%s: %v, %v", channel, got, err)
		}
	}
	if got, err := w.client.Outsiders(t.Context(), "C0NOWHERE"); got || code(err) != "channel_not_found" || asError(t, err).Hint == "" {
		t.Errorf("a channel that does not exist: %v, %v", got, err)
	}
	for scope, channel := range map[string]string{"channels:read": "C0ORDERS", "groups:read": "G0LEADS"} {
		if err := w.SetScope("", scope, false); err != nil {
			t.Fatal(err)
		}
		if _, err := w.client.Outsiders(t.Context(), channel); err == nil || !strings.Contains(asError(t, err).Message, scope) {
			t.Errorf("%s without %s: %v", channel, scope, err)
		}
	}
}

func TestOutsidersByWhatSlackAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   bool
		says   string // empty: no error
	}{
		"our own":                  {answer: says(200, `{"ok":true,"channel":{"id":"C0ORDERS","is_shared":true,"is_org_shared":true}}`)},
		"shared":                   {answer: says(200, `{"ok":true,"channel":{"id":"C0ORDERS","is_ext_shared":true}}`), want: true},
		"about to be shared":       {answer: says(200, `{"ok":true,"channel":{"id":"C0ORDERS","is_pending_ext_shared":true}}`), want: true},
		"another channel":          {answer: says(200, `{"ok":true,"channel":{"id":"C0ELSE"}}`), says: "did not say"},
		"a failure without a code": {answer: says(200, `{"ok":false}`), says: "did not say"},
		"down":                     {answer: says(503, ""), says: "did not say"},
		"no scope": {
			answer: says(200, `{"ok":false,"error":"missing_scope","needed":"groups:read","provided":"chat:write"}`), says: "groups:read",
		},
		"a group's messages": {
			answer: says(200, `{"ok":false,"error":"missing_scope","needed":"mpim:read","provided":"`+strings.Join(Scopes(), ",")+`"}`), says: "direct messages",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			r.set("conversations.info", c.answer)
			got, err := r.Outsiders(t.Context(), "C0ORDERS")
			if got != c.want || (err != nil) != (c.says != "") {
				t.Fatalf("%v, %v", got, err)
			}
			if err != nil && (!strings.Contains(asError(t, err).Message, c.says) || asError(t, err).Hint == "") {
				t.Errorf("says %q", err)
			}
		})
	}
}
