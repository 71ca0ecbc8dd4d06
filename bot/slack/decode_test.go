package slack

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"dbbot/bot"
	"dbbot/ops"
)

var (
	us  = self{team: "T0DEMO", app: "A0DBBOT", user: "U0DBBOT"}
	now = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	ana = ops.PersonID{Team: "T0DEMO", User: "U0ANA"}
)

const (
	goodCommand = `{"team_id":"T0DEMO","api_app_id":"A0DBBOT","user_id":"U0ANA","channel_id":"C0ORDERS","command":"/db","text":"status “orders”","trigger_id":"13345.67","response_url":"https://hooks.slack.com/commands/1/2","is_enterprise_install":"false"}`
	goodClick   = `{"type":"block_actions","team":{"id":"T0DEMO","domain":"shop"},"api_app_id":"A0DBBOT","user":{"id":"U0ANA","team_id":"T0DEMO"},"channel":{"id":"C0ORDERS"},"container":{"type":"message","message_ts":"1.5","channel_id":"C0ORDERS","is_ephemeral":true,"thread_ts":"1.1"},"trigger_id":"9.9","response_url":"https://hooks.slack.com/actions/1/2","actions":[{"type":"button","action_id":"refresh","block_id":"b1","value":"token","action_ts":"2.5"}]}`
	goodForm    = `{"type":"view_submission","team":{"id":"T0DEMO","domain":"shop"},"api_app_id":"A0DBBOT","user":{"id":"U0ANA","team_id":"T0DEMO"},"trigger_id":"9.9","view":{"id":"V7","type":"modal","hash":"1.h","callback_id":"reject","private_metadata":"{\"token\":\"t\"}","state":{"values":{"answer":{"answer":{"type":"plain_text_input","value":"too late in the day"}}}},"blocks":[{"type":"new"}]},"response_urls":[]}`
	goodMention = `{"type":"event_callback","team_id":"T0DEMO","api_app_id":"A0DBBOT","event_id":"Ev1","authorizations":[{"team_id":"T0DEMO","user_id":"U0DBBOT","is_bot":true}],"event":{"type":"app_mention","user":"U0ANA","team":"T0DEMO","text":"<@U0DBBOT> status orders","channel":"C0ORDERS","ts":"1.5","thread_ts":"1.1"}}`
	goodHome    = `{"type":"event_callback","team_id":"T0DEMO","api_app_id":"A0DBBOT","event_id":"Ev2","event":{"type":"app_home_opened","user":"U0ANA","channel":"D0ANA","tab":"home"}}`
)

func TestDecodeGood(t *testing.T) {
	want := bot.Invoke{Key: "command:13345.67", Who: ana, Text: "status “orders”", At: now, Origin: bot.Origin{
		Team: "T0DEMO", Channel: "C0ORDERS", Respond: "https://hooks.slack.com/commands/1/2", Trigger: "13345.67",
	}}
	if a := mustDecode(t, typeCommand, goodCommand); *a.Invoke != want {
		t.Errorf("command: %#v", *a.Invoke)
	}
	click := bot.Click{Key: "click:C0ORDERS:1.5:2.5:U0ANA", Who: ana, Button: "refresh", Token: "token", At: now, Origin: bot.Origin{
		Team: "T0DEMO", Channel: "C0ORDERS", Thread: "1.1", Message: "1.5", Ephemeral: true, Respond: "https://hooks.slack.com/actions/1/2", Trigger: "9.9",
	}}
	if a := mustDecode(t, typeInteraction, goodClick); *a.Click != click {
		t.Errorf("click: %#v", *a.Click)
	}
	want = bot.Invoke{Key: "event:Ev1", Who: ana, Text: "status orders", At: now, Origin: bot.Origin{Team: "T0DEMO", Channel: "C0ORDERS", Thread: "1.1"}}
	if a := mustDecode(t, typeEvent, goodMention); *a.Invoke != want {
		t.Errorf("mention: %#v", *a.Invoke)
	}
	if a := mustDecode(t, typeEvent, goodHome); *a.Home != (bot.Home{Key: "event:Ev2", Who: ana, At: now}) {
		t.Errorf("home: %#v", *a.Home)
	}
}

// variant changes one good payload; the result is a reason, or what the change must not spoil.
type variant struct {
	payload, old, new string
	me                self // us where empty
	reason            string
	check             func(bot.Act) bool
}

func variants(t *testing.T, kind string, all map[string]variant) {
	for name, v := range all {
		t.Run(name, func(t *testing.T) {
			if v.old != "" && !strings.Contains(v.payload, v.old) {
				t.Fatalf("the payload has no %s", v.old)
			}
			if v.me.team == "" {
				v.me = us
			}
			a, err := decode(envelope{Type: kind, Payload: json.RawMessage(strings.ReplaceAll(v.payload, v.old, v.new))}, v.me, now)
			refused, _ := errors.AsType[*refusal](err)
			switch {
			case v.reason == "" && err != nil:
				t.Fatalf("refused: %v", err)
			case v.reason != "" && (refused == nil || refused.reason != v.reason):
				t.Fatalf("gave %v, want %s", err, v.reason)
			case v.check != nil && !v.check(a):
				t.Errorf("decoded %+v %+v %+v", a.Invoke, a.Click, a.Home)
			}
		})
	}
}

func TestDecodeCommands(t *testing.T) {
	grid := us
	grid.enterprise = "E0SHOP"
	variants(t, typeCommand, map[string]variant{
		"command of another team":     {payload: goodCommand, old: `"T0DEMO"`, new: `"T0OTHER"`, reason: wrongTeam},
		"command of another app":      {payload: goodCommand, old: `"A0DBBOT"`, new: `"A0OTHER"`, reason: wrongApp},
		"command before the hello":    {payload: goodCommand, old: `"A0DBBOT"`, new: `"A0OTHER"`, me: self{team: "T0DEMO"}, check: func(a bot.Act) bool { return a.Invoke != nil }},
		"command without a person":    {payload: goodCommand, old: `"U0ANA"`, new: `""`, reason: malformed},
		"command with a real boolean": {payload: goodCommand, old: `"false"`, new: `true`, check: func(a bot.Act) bool { return a.Invoke != nil }},
		"command with a number":       {payload: goodCommand, old: `"U0ANA"`, new: `7`, reason: malformed},
		"command in a direct message": {payload: goodCommand, old: `"C0ORDERS"`, new: `"D0ANA"`, check: func(a bot.Act) bool { return a.Invoke.Origin.Direct }},
		"command of an organisation": {
			payload: goodCommand, old: `"T0DEMO"`, new: `"","enterprise_id":"E0SHOP"`, me: grid,
			check: func(a bot.Act) bool { return a.Invoke.Who == ana },
		},
		"command of another organisation":                      {payload: goodCommand, old: `"T0DEMO"`, new: `"","enterprise_id":"E0OTHER"`, me: grid, reason: wrongTeam},
		"command of an organisation when installed for a team": {payload: goodCommand, old: `"T0DEMO"`, new: `"","enterprise_id":""`, reason: wrongTeam},
	})
}

func TestDecodeInteractions(t *testing.T) {
	variants(t, typeInteraction, map[string]variant{
		"click without block_id":  {payload: goodClick, old: `"block_id":"b1",`, new: ``, check: func(a bot.Act) bool { return a.Click.Button == "refresh" && a.Click.Token == "token" }},
		"click with a number":     {payload: goodClick, old: `"refresh"`, new: `"refresh:2"`, check: func(a bot.Act) bool { return a.Click.Button == "refresh" }},
		"click by an outsider":    {payload: goodClick, old: `"U0ANA","team_id":"T0DEMO"`, new: `"U0EVE","team_id":"T0OTHER"`, check: func(a bot.Act) bool { return a.Click.Who == ops.PersonID{Team: "T0OTHER", User: "U0EVE"} }},
		"click of another team":   {payload: goodClick, old: `{"id":"T0DEMO","domain"`, new: `{"id":"T0OTHER","domain"`, reason: wrongTeam},
		"click of another app":    {payload: goodClick, old: `"A0DBBOT"`, new: `"A0OTHER"`, reason: wrongApp},
		"click without actions":   {payload: goodClick, old: `"actions"`, new: `"reactions"`, reason: malformed},
		"click without a person":  {payload: goodClick, old: `"U0ANA"`, new: `""`, reason: malformed},
		"click not authorised":    {payload: goodClick, old: `"trigger_id"`, new: `"authorized_users":["U0BEN"],"trigger_id"`, reason: unaddressed},
		"click authorised for us": {payload: goodClick, old: `"trigger_id"`, new: `"authorized_users":["U0DBBOT"],"trigger_id"`, check: func(a bot.Act) bool { return a.Click != nil }},
		"click on a select":       {payload: goodClick, old: `"button"`, new: `"static_select"`, reason: ignored},
		"click beside bad blocks": {payload: goodClick, old: `"trigger_id"`, new: `"message":{"thread_ts":"1.1","blocks":[{"type":7}]},"view":{"blocks":5},"state":3,"trigger_id"`, check: func(a bot.Act) bool { return a.Click != nil }},
		"click on the home tab": {
			payload: strings.NewReplacer(`"channel":{"id":"C0ORDERS"},`, ``, `"channel_id":"C0ORDERS",`, ``, `"message_ts":"1.5"`, `"view_id":"V1"`).Replace(goodClick),
			check: func(a bot.Act) bool {
				return a.Click.Key == "click:home:V1:2.5:U0ANA" && a.Click.Origin.Channel == "" && a.Click.Origin.Message == ""
			},
		},
		"click with a token too long":  {payload: goodClick, old: `"token"`, new: `"` + strings.Repeat("x", 2001) + `"`, reason: malformed},
		"click with a null in a token": {payload: goodClick, old: `"token"`, new: `"a\u0000b"`, check: func(a bot.Act) bool { return a.Click.Token == "a\uFFFDb" }},
		"click in a place with blanks": {payload: goodClick, old: `"message_ts":"1.5"`, new: `"message_ts":"1.5 or so"`, reason: malformed},
		"modal closed":                 {payload: goodClick, old: `"block_actions"`, new: `"view_closed"`, reason: ignored},
	})
}

func TestDecodeEvents(t *testing.T) {
	variants(t, typeEvent, map[string]variant{
		"mention in a shared channel": {payload: goodMention, old: `{"type":"event_callback","team_id":"T0DEMO"`, new: `{"type":"event_callback","team_id":"T0OTHER"`, check: func(a bot.Act) bool { return a.Invoke.Who == ana }},
		"mention by an outsider":      {payload: goodMention, old: `"user":"U0ANA"`, new: `"user_team":"T0OTHER","user":"U0EVE"`, check: func(a bot.Act) bool { return a.Invoke.Who.Team == "T0OTHER" }},
		"mention for others":          {payload: goodMention, old: `[{"team_id":"T0DEMO"`, new: `[{"team_id":"T0OTHER"`, reason: unaddressed},
		"mention of another team":     {payload: goodHome, old: `"T0DEMO"`, new: `"T0OTHER"`, reason: wrongTeam},
		"mention of another app":      {payload: goodMention, old: `"A0DBBOT"`, new: `"A0OTHER"`, reason: wrongApp},
		"mention by a bot":            {payload: goodMention, old: `"user":"U0ANA"`, new: `"user":"U0ANA","bot_id":"B1"`, reason: ignored},
		"mention by ourselves":        {payload: goodMention, old: `"user":"U0ANA"`, new: `"user":"U0DBBOT"`, reason: ignored},
		"mention without a person":    {payload: goodMention, old: `"user":"U0ANA",`, new: ``, reason: malformed},
		"mention beside bad blocks":   {payload: goodMention, old: `"ts":"1.5"`, new: `"blocks":[{"type":{}}],"files":3,"ts":"1.5"`, check: func(a bot.Act) bool { return a.Invoke != nil }},
		"mention after the words":     {payload: goodMention, old: `<@U0DBBOT> status orders`, new: `status orders <@U0DBBOT|dbbot>`, check: func(a bot.Act) bool { return a.Invoke.Text == "status orders" }},
		"mention amid the words":      {payload: goodMention, old: `<@U0DBBOT> status`, new: `hey <@U0DBBOT> status`, check: func(a bot.Act) bool { return a.Invoke.Text == "status orders" }},
		"mention alone":               {payload: goodMention, old: `<@U0DBBOT> status orders`, new: `<@U0DBBOT>`, check: func(a bot.Act) bool { return a.Invoke.Text == "" }},
		"mention without an id":       {payload: goodMention, old: `"Ev1"`, new: `""`, check: func(a bot.Act) bool { return len(a.Invoke.Key) > len("event:") }},
		"another event":               {payload: goodMention, old: `"app_mention"`, new: `"reaction_added"`, reason: ignored},
		"an event without inside":     {payload: goodMention, old: `"event":`, new: `"happening":`, reason: malformed},
		"an event that is null":       {payload: `{"type":"event_callback","team_id":"T0DEMO","event":null}`, reason: malformed},
		"a rate limit":                {payload: `{"type":"app_rate_limited","team_id":"T0DEMO"}`, reason: ignored},
		"the messages tab":            {payload: goodHome, old: `"home"`, new: `"messages"`, reason: ignored},
		"home beside a bad view":      {payload: goodHome, old: `"tab"`, new: `"view":[1],"tab"`, check: func(a bot.Act) bool { return a.Home != nil }},
	})
}

// The same act has the same key in every delivery, and no two acts share one.
func TestKeys(t *testing.T) {
	keys := map[string]string{}
	for name, payload := range map[string][2]string{
		"command":       {typeCommand, goodCommand},
		"later command": {typeCommand, strings.ReplaceAll(goodCommand, "13345.67", "13345.68")},
		"click":         {typeInteraction, goodClick},
		"later click":   {typeInteraction, strings.ReplaceAll(goodClick, `"2.5"`, `"2.6"`)},
		"other message": {typeInteraction, strings.ReplaceAll(goodClick, `"1.5"`, `"1.6"`)},
		"other person":  {typeInteraction, strings.ReplaceAll(goodClick, `U0ANA`, `U0BEN`)},
		"mention":       {typeEvent, goodMention},
		"home":          {typeEvent, goodHome},
	} {
		first, again := keyOf(mustDecode(t, payload[0], payload[1])), keyOf(mustDecode(t, payload[0], payload[1]))
		if first != again {
			t.Errorf("%s: %s, then %s", name, first, again)
		}
		if other, taken := keys[first]; taken {
			t.Errorf("%s and %s share %s", name, other, first)
		}
		keys[first] = name
	}
}

func mustDecode(t *testing.T, kind, payload string) bot.Act {
	t.Helper()
	a, err := decode(envelope{Type: kind, ID: "e", Payload: json.RawMessage(payload)}, us, now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func keyOf(a bot.Act) string {
	switch {
	case a.Invoke != nil:
		return a.Invoke.Key
	case a.Click != nil:
		return a.Click.Key
	case a.Submit != nil:
		return a.Submit.Key
	}
	return a.Home.Key
}
