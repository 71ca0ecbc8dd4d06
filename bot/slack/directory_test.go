package slack

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"dbbot/ops"
)

func TestStandings(t *testing.T) {
	for name, c := range map[string]struct {
		user string // members of the user object beside its id
		want ops.Standing
	}{
		"member":                    {`"team_id":"T0DEMO"`, ops.Member},
		"member without a team":     {`"name":"ana"`, ops.Member},
		"administrator":             {`"team_id":"T0DEMO","is_admin":true,"is_owner":true`, ops.Member},
		"guest":                     {`"team_id":"T0DEMO","is_restricted":true`, ops.Guest},
		"single-channel guest":      {`"team_id":"T0DEMO","is_restricted":true,"is_ultra_restricted":true`, ops.SingleGuest},
		"bot":                       {`"team_id":"T0DEMO","is_bot":true`, ops.Bot},
		"workflow":                  {`"team_id":"T0DEMO","is_workflow_bot":true`, ops.Bot},
		"deleted":                   {`"team_id":"T0DEMO","deleted":true`, ops.Deleted},
		"deleted guest":             {`"team_id":"T0DEMO","deleted":true,"is_restricted":true`, ops.Deleted},
		"stranger":                  {`"team_id":"T0DEMO","is_stranger":true`, ops.External},
		"of another team":           {`"team_id":"T0OTHER"`, ops.External},
		"of our organisation":       {`"team_id":"T0SISTER","enterprise_user":{"id":"W1","teams":["T0SISTER","T0DEMO"]}`, ops.Member},
		"of a team we share not":    {`"team_id":"T0SISTER","enterprise_user":{"id":"W1","teams":["T0SISTER"]}`, ops.External},
		"guest of another team too": {`"team_id":"T0OTHER","is_restricted":true`, ops.External},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			r.set("users.info", says(http.StatusOK, `{"ok":true,"user":{"id":"U0ANA",`+c.user+`}}`))
			p, err := r.Person(t.Context(), ana)
			if err != nil || p.Standing != c.want || p.ID != ana {
				t.Errorf("%+v, %v; want %s", p, err, c.want)
			}
		})
	}
}

func TestSlackbotIsABotThatDoesNotSaySo(t *testing.T) {
	r := newRig(t, nil)
	r.set("users.info", says(http.StatusOK, `{"ok":true,"user":{"id":"USLACKBOT","team_id":"T0DEMO"}}`))
	if p, err := r.Person(t.Context(), ops.PersonID{Team: "T0DEMO", User: "USLACKBOT"}); err != nil || p.Standing != ops.Bot {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestOutsidersAreNotEvenAskedAbout(t *testing.T) {
	r := newRig(t, nil)
	p, err := r.Person(t.Context(), ops.PersonID{Team: "T0OTHER", User: "U0EVE"})
	if err != nil || p.Standing != ops.External || r.called("users.info") != 0 {
		t.Errorf("%+v, %v, after %d calls", p, err, r.called("users.info"))
	}
}

func TestNamesAreMadePrintable(t *testing.T) {
	r := newRig(t, nil)
	r.set("users.info", says(http.StatusOK, `{"ok":true,"user":{"id":"U0ANA","profile":{"display_name":"a\u202eb\n`+strings.Repeat("c", 200)+`"}}}`))
	p, err := r.Person(t.Context(), ana)
	if err != nil || strings.ContainsAny(p.Name, "\u202e\n") || len([]rune(p.Name)) > 100 {
		t.Errorf("%q, %v", p.Name, err)
	}
}

func TestADirectoryThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		says   string // empty: no error, and nobody is known
	}{
		"unknown person":      {answer: says(200, `{"ok":false,"error":"user_not_found"}`)},
		"invisible person":    {answer: says(200, `{"ok":false,"error":"user_not_visible"}`)},
		"missing scope":       {answer: says(200, `{"ok":false,"error":"missing_scope","needed":"users:read"}`), says: "users:read"},
		"down":                {answer: says(503, ""), says: "could not be read"},
		"no reason":           {answer: says(200, `{"ok":false}`), says: "could not be read"},
		"about somebody else": {answer: says(200, `{"ok":true,"user":{"id":"U0BEN"}}`), says: "could not be read"},
		"not JSON":            {answer: says(200, `<html>`), says: "could not be read"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			r.set("users.info", c.answer)
			p, err := r.Person(t.Context(), ana)
			if c.says == "" {
				if err != nil || p.Standing != ops.Unknown {
					t.Errorf("%+v, %v", p, err)
				}
				return
			}
			if p.Standing == ops.Member || !strings.Contains(asError(t, err).Message, c.says) {
				t.Errorf("%+v, %q", p, err)
			}
		})
	}
}

func TestRoster(t *testing.T) {
	r := newRig(t, nil)
	if users, err := r.Roster(t.Context(), "S0ENGINEER"); err != nil || !slices.Equal(users, []string{"U0ANA", "U0BEN"}) {
		t.Errorf("%v, %v", users, err)
	}
	for word, want := range map[string]string{
		"no_such_subteam":       "no such user group",
		"plan_upgrade_required": "no user groups",
		"missing_scope":         "scope",
	} {
		r.set("usergroups.users.list", says(200, `{"ok":false,"error":"`+word+`"}`))
		users, err := r.Roster(t.Context(), "S0ENGINEER")
		if e := asError(t, err); len(users) != 0 || !strings.Contains(e.Message, want) || e.Hint == "" {
			t.Errorf("%s: %v, %q, %q", word, users, e.Message, e.Hint)
		}
	}
}

func TestExamine(t *testing.T) {
	r := newRig(t, nil)
	who, err := r.Examine(t.Context())
	if err != nil || who.Team != "T0DEMO" || who.BotUser != "U0DBBOT" || !slices.Equal(who.Scopes, Scopes()) || len(who.Missing) != 0 {
		t.Errorf("%+v, %v", who, err)
	}
	if n := r.called("apps.connections.open"); n != 0 {
		t.Errorf("the app-level token was tried %d times", n)
	}
	if err := r.Connects(t.Context()); err != nil || r.called("apps.connections.open") != 1 {
		t.Errorf("the app-level token: %v", err)
	}
	if who, err = r.Examine(t.Context()); err != nil || !slices.Equal(r.State().Scopes, Scopes()) {
		t.Errorf("after the app-level token was tried, the bot token's scopes are %q, %v", r.State().Scopes, err)
	}
	r.set("auth.test", says(200, standard["auth.test"], "X-OAuth-Scopes", "commands, chat:write"))
	if who, err = r.Examine(t.Context()); err != nil || !slices.Equal(who.Missing, slices.DeleteFunc(Scopes(), func(s string) bool { return s == "commands" || s == "chat:write" })) {
		t.Errorf("missing are %v, %v", who.Missing, err)
	}
	r.set("apps.connections.open", says(200, `{"ok":false,"error":"not_allowed_token_type"}`))
	if e := asError(t, r.Connects(t.Context())); !strings.Contains(e.Hint, "xapp-") {
		t.Errorf("a bad app-level token: %v", e)
	}
	r.set("apps.connections.open", nil)
	r.run()
	r.socket()
	until(t, "the socket is open", func() bool { return r.State().Open == 1 })
	before := r.called("apps.connections.open")
	if err = r.Connects(t.Context()); err != nil || r.called("apps.connections.open") != before {
		t.Errorf("with an open socket another one was asked for (%v)", err)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	good := Config{BotToken: testBot, AppToken: testApp}
	if _, err := New(good); err != nil {
		t.Fatalf("the least configuration is refused: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*Config)
		says   string
	}{
		"no bot token":        {func(c *Config) { c.BotToken = "" }, "SLACK_BOT_TOKEN"},
		"no app token":        {func(c *Config) { c.AppToken = "" }, "SLACK_APP_TOKEN"},
		"exchanged":           {func(c *Config) { c.BotToken, c.AppToken = c.AppToken, c.BotToken }, "SLACK_BOT_TOKEN"},
		"a user token":        {func(c *Config) { c.BotToken = "xoxp-secret-1" }, "SLACK_BOT_TOKEN"},
		"a token with a tail": {func(c *Config) { c.AppToken += "\n" }, "SLACK_APP_TOKEN"},
		"a wrong address":     {func(c *Config) { c.API = "https://slack.com/api" }, "/api/"},
		"too many sockets":    {func(c *Config) { c.Sockets = 6 }, "between 1 and 5"},
		"negative sockets":    {func(c *Config) { c.Sockets = -1 }, "between 1 and 5"},
	} {
		t.Run(name, func(t *testing.T) {
			config := good
			c.change(&config)
			_, err := New(config)
			if e := asError(t, err); !strings.Contains(e.Message, c.says) || e.Hint == "" || strings.Contains(e.Message+e.Hint, "-1") {
				t.Errorf("says %q, %q", e.Message, e.Hint)
			}
		})
	}
}
