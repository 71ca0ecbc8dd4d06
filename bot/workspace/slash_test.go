package workspace

import (
	"context"
	"testing"
	"time"
)

// slash types a command in the background, and gives its envelope and where the answer will be.
func (b *bot) slash(user, channel, line string) (map[string]any, <-chan Answer) {
	b.Helper()
	answer := make(chan Answer, 1)
	go func() {
		a, err := b.Slash(context.Background(), user, channel, line)
		if err != nil {
			b.Errorf("%s by %s in %s: %v", line, user, channel, err)
		}
		answer <- a
	}()
	return b.read(), answer
}

func TestWhoMayTypeACommandWhere(t *testing.T) {
	w := open(t, nil)
	w.connect()
	for _, c := range []struct{ user, channel, line, want string }{
		{"U0EVE", "C0PARTNER", "/db ping", "not_allowed_for_external_people"},
		{"U0DAN", "C0GENERAL", "/db ping", "account_inactive"},
		{"U0NOBODY", "C0GENERAL", "/db ping", "user_not_found"},
		{"U0GUS", "C0QUIET", "/db ping", "channel_not_found"},
		{"U0ANA", "G0LEADS", "/db ping", "channel_not_found"},
		{"U0ANA", "C0OLD", "/db ping", "is_archived"},
		{"U0ANA", "C0GENERAL", "/nothing", "unknown_command"},
	} {
		if _, err := w.Slash(t.Context(), c.user, c.channel, c.line); codeOf(err) != c.want {
			t.Errorf("%s types %s in %s: %v, want %s", c.user, c.line, c.channel, err, c.want)
		}
	}
	said := w.json("/page/say", fields{"as": "U0ANA", "channel": "C0GENERAL", "text": "/db ping", "thread_ts": "1.1"})
	if said["error"] != "slash_commands_not_in_threads" {
		t.Errorf("in a thread: %v", said)
	}
}

func TestWhereACommandMayBeTyped(t *testing.T) {
	w := open(t, nil)
	b := w.connect()
	for _, c := range []struct{ user, channel, name string }{
		{"U0ANA", "C0GENERAL", "general"},
		{"U0GUS", "C0GENERAL", "general"},
		{"U0BEN", "C0QUIET", "quiet"},         // public: neither Ben nor the bot is a member
		{"U0LEE", "G0SECRET", "privategroup"}, // the bot is not a member
		{"U0ANA", "D0ANA", "directmessage"},
		{"U0ANA", "C0PARTNER", "partner"},
	} {
		e, answer := b.slash(c.user, c.channel, "/db ping")
		if got := at(e, "payload", "channel_name"); got != c.name {
			t.Errorf("in %s channel_name is %v, want %s", c.channel, got, c.name)
		}
		b.ack(e, nil)
		<-answer
	}
}

func TestTheTextOfACommand(t *testing.T) {
	w := open(t, nil)
	b := w.connect()
	typed := `  who is <@U0ANA> in <#C0GENERAL|general> of <!subteam^S0LEADS|@leads> at <https://x.example/?a&amp;b> a &lt; b  `
	for command, want := range map[string]string{
		"/db":  "who is @ana in #general of @leads at https://x.example/?a&b a < b",
		"/esc": "who is <@U0ANA> in <#C0GENERAL|general> of <!subteam^S0LEADS|@leads> at <https://x.example/?a&amp;b> a &lt; b",
	} {
		e, answer := b.slash("U0ANA", "C0GENERAL", command+typed)
		if got := at(e, "payload", "text"); got != want {
			t.Errorf("%s got %q, want %q", command, got, want)
		}
		b.ack(e, nil)
		<-answer
	}
}

func TestAnAckCanAnswerACommand(t *testing.T) {
	block := []any{fields{"type": "section", "text": fields{"type": "plain_text", "text": "hi"}}}
	for name, c := range map[string]struct {
		payload         any
		ana, ben        int // messages each sees afterwards
		notice, typedBy string
	}{
		"nothing":        {payload: nil},
		"empty":          {payload: fields{}},
		"text":           {payload: fields{"text": "hi"}, ana: 1},
		"a bare string":  {payload: "hi", ana: 1},
		"blocks":         {payload: fields{"blocks": block}, ana: 1},
		"in_channel":     {payload: fields{"text": "hi", "response_type": "in_channel"}, ana: 2, ben: 2, typedBy: "U0ANA"},
		"bad blocks":     {payload: fields{"blocks": []any{fields{"type": "sect"}}}, notice: `/db failed with the error "invalid_blocks"`},
		"another answer": {payload: fields{"text": "hi", "response_type": "loud"}, notice: `/db failed with the error "invalid_response_type"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, nil)
			b := w.connect()
			e, answer := b.slash("U0ANA", "C0GENERAL", "/db ping")
			b.ack(e, c.payload)
			<-answer
			ana, ben := w.Messages("C0GENERAL", "U0ANA"), w.Messages("C0GENERAL", "U0BEN")
			if len(ana) != c.ana || len(ben) != c.ben {
				t.Errorf("Ana sees %d and Ben %d messages, want %d and %d", len(ana), len(ben), c.ana, c.ben)
			}
			if c.typedBy != "" && (ana[0].User != c.typedBy || ana[0].Text != "/db ping") {
				t.Errorf("the typed command is shown as %+v", ana[0])
			}
			notices := w.Notices("U0ANA")
			if (len(notices) == 1) != (c.notice != "") || c.notice != "" && notices[0].Text != c.notice {
				t.Errorf("the notices are %v, want %q", notices, c.notice)
			}
		})
	}
}

func TestACommandThatNobodyAcksIsSeenToFail(t *testing.T) {
	w := open(t, func(cfg *Config) { cfg.Periods.Ack = 20 * time.Millisecond })
	page := w.stream("U0ANA", "")
	page.next("ready")
	if a, err := w.Slash(t.Context(), "U0ANA", "C0GENERAL", "/db ping"); err != nil || a.Outcome != NoSocket {
		t.Errorf("without a socket: %+v, %v", a, err)
	}
	if n, _ := page.next("notice"); n["text"] != `/db failed with the error "dispatch_failed"` {
		t.Errorf("without a socket Ana reads %v", n)
	}
	w.connect()
	if a, err := w.Slash(t.Context(), "U0ANA", "C0GENERAL", "/db ping"); err != nil || a.Outcome != Timeout {
		t.Errorf("without an ack: %+v, %v", a, err)
	}
	if n, _ := page.next("notice"); n["text"] != `/db failed with the error "operation_timeout"` || n["channel"] != "C0GENERAL" {
		t.Errorf("without an ack Ana reads %v", n)
	}
	if got := w.Notices("U0BEN"); len(got) != 0 {
		t.Errorf("Ben reads %v", got)
	}
}

func TestTheAppInstalledLastHasTheCommand(t *testing.T) {
	w := open(t, func(cfg *Config) {
		cfg.Apps = append(cfg.Apps, App{
			ID: "A0TWO", Name: "Two", BotUser: "U0TWO", BotToken: "xoxb-two", AppToken: "xapp-two",
			Scopes: []string{"commands"}, Commands: []Command{{Command: "/db"}},
		})
	})
	w.connect()
	if a, err := w.Slash(t.Context(), "U0ANA", "C0GENERAL", "/db ping"); err != nil || a.Outcome != NoSocket {
		t.Errorf("the command went to the first app: %+v, %v", a, err)
	}
	if got := w.Deliveries()[0].App; got != "A0TWO" {
		t.Errorf("it went to %s", got)
	}
}

func TestWithoutTheScopeThereIsNoCommand(t *testing.T) {
	w := open(t, nil)
	w.connect()
	w.SetScope("", "commands", false)
	if _, err := w.Slash(t.Context(), "U0ANA", "C0GENERAL", "/db ping"); codeOf(err) != "unknown_command" {
		t.Errorf("without the scope: %v", err)
	}
}
