package workspace

import (
	"slices"
	"testing"
	"time"
)

func TestAMentionReachesTheApp(t *testing.T) {
	w := open(t, nil)
	b := w.connect()
	parent, err := w.Say("U0ANA", "C0PARTNER", "", "no mention here")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Say("U0EVE", "C0PARTNER", parent, "<@U0BOT> status"); err != nil {
		t.Fatal(err)
	}
	e := b.read() // the first message made no event: message.channels is not subscribed
	b.ack(e, nil)
	for _, c := range []struct {
		path []any
		want any
	}{
		{[]any{"type"}, "events_api"},
		{[]any{"accepts_response_payload"}, false},
		{[]any{"retry_attempt"}, float64(0)},
		{[]any{"retry_reason"}, ""},
		{[]any{"payload", "type"}, "event_callback"},
		{[]any{"payload", "team_id"}, "T0SHOP"},
		{[]any{"payload", "api_app_id"}, "A0BOT"},
		{[]any{"payload", "is_ext_shared_channel"}, true},
		{[]any{"payload", "authorizations", 0, "user_id"}, "U0BOT"},
		{[]any{"payload", "authorizations", 0, "is_bot"}, true},
		{[]any{"payload", "authorizations", 0, "team_id"}, "T0SHOP"},
		{[]any{"payload", "authorizations", 0, "enterprise_id"}, nil},
		{[]any{"payload", "event", "type"}, "app_mention"},
		{[]any{"payload", "event", "text"}, "<@U0BOT> status"},
		{[]any{"payload", "event", "user"}, "U0EVE"},
		{[]any{"payload", "event", "team"}, "T0OTHER"},
		{[]any{"payload", "event", "thread_ts"}, parent},
		{[]any{"payload", "event", "channel"}, "C0PARTNER"},
	} {
		if got := at(e, c.path...); got != c.want {
			t.Errorf("%v is %v, want %v", c.path, got, c.want)
		}
	}
	if id, _ := at(e, "payload", "event_id").(string); id == "" {
		t.Error("the event has no id")
	}
}

// eventCases are what happens, and which events the app gets of it.
var eventCases = map[string]struct {
	change func(*Config)
	do     func(*world)
	want   []string // types of events, with the subtype
}{
	"a direct message":               {do: func(w *world) { w.Say("U0ANA", "D0ANA", "", "help") }, want: []string{"message"}},
	"a direct message that mentions": {do: func(w *world) { w.Say("U0ANA", "D0ANA", "", "<@U0BOT> help") }, want: []string{"message"}},
	"a direct message, not subscribed": {
		change: func(cfg *Config) { cfg.Apps[0].Events = []string{"app_mention"} },
		do:     func(w *world) { w.Say("U0ANA", "D0ANA", "", "help") },
	},
	"a mention where the bot is no member": {do: func(w *world) { w.Say("U0ANA", "C0QUIET", "", "<@U0BOT> help") }},
	"a mention of somebody else":           {do: func(w *world) { w.Say("U0ANA", "C0GENERAL", "", "<@U0BEN> help") }},
	"the bot's own words in a channel":     {do: func(w *world) { w.botPosts("C0GENERAL", "text", "<@U0BOT> hi") }},
	"a message and its change, subscribed": {
		change: func(cfg *Config) { cfg.Apps[0].Events = []string{"message.channels"} },
		do: func(w *world) {
			ts := w.botPosts("C0GENERAL", "text", "hi")
			w.api("chat.update", "channel", "C0GENERAL", "ts", ts, "text", "ho")
			w.api("chat.delete", "channel", "C0GENERAL", "ts", ts)
		},
		want: []string{"message", "message message_changed", "message message_deleted"},
	},
	"messages without the scope to read them": {
		change: func(cfg *Config) {
			cfg.Apps[0].Events, cfg.Apps[0].Scopes = []string{"message.channels"}, []string{"chat:write"}
		},
		do: func(w *world) { w.botPosts("C0GENERAL", "text", "hi") },
	},
	"an ephemeral message": {
		change: func(cfg *Config) { cfg.Apps[0].Events = []string{"message.channels"} },
		do:     func(w *world) { w.api("chat.postEphemeral", "channel", "C0GENERAL", "user", "U0ANA", "text", "x") },
	},
	"a reaction": {do: func(w *world) {
		w.api("reactions.add", "channel", "C0GENERAL", "name", "eyes", "timestamp", w.botPosts("C0GENERAL", "text", "hi"))
	}, want: []string{"reaction_added"}},
	"a person's reaction, and no more of it": {
		change: func(cfg *Config) { cfg.Apps[0].Events = []string{"reaction_added", "reaction_removed"} },
		do: func(w *world) {
			ts := w.botPosts("C0GENERAL", "text", "hi")
			w.json("/page/react", fields{"as": "U0ANA", "channel": "C0GENERAL", "message_ts": ts, "name": "eyes", "on": true})
			w.json("/control/react", fields{"user": "U0ANA", "channel": "C0GENERAL", "ts": ts, "name": "eyes"})
		},
		want: []string{"reaction_added", "reaction_removed"},
	},
	"a reaction without the scope to read it": {
		do: func(w *world) {
			w.SetScope("", "reactions:read", false)
			w.React("U0ANA", "C0GENERAL", w.botPosts("C0GENERAL", "text", "hi"), "eyes", true)
		},
	},
	"people and groups": {do: func(w *world) {
		w.SetKind("U0BEN", Deleted)
		w.SetUsergroup("S0LEADS", []string{"U0ANA"})
	}, want: []string{"user_change", "subteam_members_changed"}},
	"a new member": {
		change: func(cfg *Config) { cfg.Apps[0].Events = []string{"member_joined_channel"} },
		do:     func(w *world) { w.SetMember("C0GENERAL", "U0EVE", true) },
		want:   []string{"member_joined_channel"},
	},
}

func TestWhichEventsComeWhere(t *testing.T) {
	for name, c := range eventCases {
		t.Run(name, func(t *testing.T) {
			w := open(t, func(cfg *Config) {
				unlimited(cfg)
				if c.change != nil {
					c.change(cfg)
				}
			})
			b := w.connect()
			c.do(w)
			if _, err := w.SendRaw("", "end", []byte(`{}`)); err != nil {
				t.Fatal(err)
			}
			var got []string
			for e := b.read(); e["type"] != "end"; e = b.read() {
				b.ack(e, nil)
				kind := at(e, "payload", "event", "type").(string)
				if subtype, _ := at(e, "payload", "event", "subtype").(string); subtype != "" {
					kind += " " + subtype
				}
				got = append(got, kind)
			}
			if len(got) != len(c.want) {
				t.Fatalf("events %v, want %v", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("events %v, want %v", got, c.want)
				}
			}
		})
	}
}

func TestAnEventIsSentAgainUntilItIsAcked(t *testing.T) {
	w := open(t, func(cfg *Config) {
		cfg.Periods.Ack, cfg.Periods.Retries = 200*time.Millisecond, []time.Duration{0, time.Millisecond, time.Millisecond}
	})
	b := w.connect()
	if _, err := w.Say("U0ANA", "C0GENERAL", "", "<@U0BOT> hi"); err != nil {
		t.Fatal(err)
	}
	var first map[string]any
	for attempt := range 4 {
		e := b.read()
		if first == nil {
			first = e
		}
		if e["retry_attempt"] != float64(attempt) || attempt > 0 && e["retry_reason"] != "timeout" {
			t.Errorf("attempt %d is %v (%v)", attempt, e["retry_attempt"], e["retry_reason"])
		}
		if at(e, "payload", "event_id") != at(first, "payload", "event_id") {
			t.Errorf("attempt %d has another event id", attempt)
		}
	}
	if _, err := w.Say("U0ANA", "C0GENERAL", "", "<@U0BOT> again"); err != nil {
		t.Fatal(err)
	}
	for want := range 2 { // nothing of the first any more; the second is acked at its second attempt
		e := b.read()
		if at(e, "payload", "event", "text") != "<@U0BOT> again" || e["retry_attempt"] != float64(want) {
			t.Errorf("after the first was given up: %v", e)
		}
		if want == 1 {
			b.ack(e, nil)
		}
	}
	w.eventually("the ack", func() bool {
		all := w.Deliveries()
		return len(all) == 6 && all[5].Outcome == Acked
	})
}

func TestAnEventWaitsForASocket(t *testing.T) {
	w := open(t, func(cfg *Config) {
		cfg.Periods.Retries = slices.Repeat([]time.Duration{20 * time.Millisecond}, 500) // as long as a socket may take
	})
	if _, err := w.Say("U0ANA", "C0GENERAL", "", "<@U0BOT> hi"); err != nil {
		t.Fatal(err)
	}
	b := w.connect()
	if e := b.read(); e["retry_attempt"] == float64(0) || e["retry_reason"] != "connection_failed" {
		t.Errorf("with the first socket came attempt %v (%v)", e["retry_attempt"], e["retry_reason"])
	}
}

func TestWhoMayReact(t *testing.T) {
	w := open(t, unlimited)
	b := w.botPosts("C0GENERAL", "text", "hi")
	quiet, err := w.Say("U0ANA", "C0QUIET", "", "hi")
	if err != nil {
		t.Fatal(err)
	}
	w.api("chat.postEphemeral", "channel", "C0GENERAL", "user", "U0ANA", "text", "psst")
	psst := w.Messages("C0GENERAL", "U0ANA")[1].TS
	for _, c := range []struct {
		user, channel, ts, name string
		on                      bool
		want                    string
	}{
		{"U0ANA", "C0GENERAL", b, "+1", true, ""},
		{"U0ANA", "C0GENERAL", b, "+1", true, "already_reacted"},
		{"U0BEN", "C0GENERAL", b, "+1", true, ""},
		{"U0ANA", "C0GENERAL", b, "+1", false, ""},
		{"U0ANA", "C0GENERAL", b, "+1", false, "no_reaction"},
		{"U0ANA", "C0GENERAL", b, "<b>", true, "invalid_name"},
		{"U0ANA", "C0GENERAL", "1.1", "+1", true, "message_not_found"},
		{"U0ANA", "C0GENERAL", psst, "+1", true, "message_not_found"},
		{"U0BEN", "C0QUIET", quiet, "+1", true, "not_in_channel"},
		{"U0EVE", "C0GENERAL", b, "+1", true, "channel_not_found"},
		{"U0DAN", "C0GENERAL", b, "+1", true, "account_inactive"},
	} {
		if err := w.React(c.user, c.channel, c.ts, c.name, c.on); codeOf(err) != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if got := asJSON(t, w.Messages("C0GENERAL", "")[0].Reactions); got != `[{"name":"+1","users":["U0BEN"],"count":1}]` {
		t.Errorf("left is %s", got)
	}
}
