package main

import (
	"bytes"
	"crypto/rand"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dbbot/bot/workspace"
	"dbbot/ops"
	"dbbot/ops/postgres/cluster/clustertest"
)

// slackSite is a local workspace, and the variables that point dbbot at it. change may alter it before it opens.
func slackSite(t *testing.T, change func(*workspace.Config)) (vars map[string]string, server *workspace.Server) {
	t.Helper()
	config, err := workspace.Load(workspace.Source{Name: "manifest.yml", Text: manifest}, workspace.DefaultSeed())
	if err != nil {
		t.Fatal(err)
	}
	vars = map[string]string{"SLACK_BOT_TOKEN": config.Apps[0].BotToken, "SLACK_APP_TOKEN": config.Apps[0].AppToken}
	if change != nil {
		change(&config)
	}
	server = workspace.New(config)
	site := httptest.NewServer(server.Handler())
	t.Cleanup(func() { server.Close(); site.Close() })
	vars["SLACK_API_URL"] = site.URL + "/api/"
	return vars, server
}

// login makes a role, and gives the URL it sees the database by.
func login(t *testing.T, database, role, options string) string {
	t.Helper()
	clustertest.Exec(t, database, "CREATE ROLE "+role+" LOGIN PASSWORD 'swordfish' "+options)
	return clustertest.As(t, database, role, "swordfish")
}

func TestCheck(t *testing.T) {
	database := clustertest.Database(t)
	suffix := strings.ToLower(rand.Text()) // roles belong to the server, which all tests share
	reading, plain := login(t, database, "reader_"+suffix, "IN ROLE pg_monitor"), login(t, database, "plain_"+suffix, "")
	clustertest.Exec(t, database, "CREATE TABLE notes (text text)", "GRANT INSERT ON notes TO plain_"+suffix)

	for name, tt := range map[string]struct {
		file   string // empty: the environment alone
		vars   []string
		change func(*workspace.Config)
		code   int
		says   []string
	}{
		"all is well": {vars: []string{"DATABASE_URL", reading}, says: []string{
			"Slack", "workspace Corner Shop (T0DEMO), as user U0DBBOT", "all that are needed: app_mentions:read",
			"the app-level token opens connections", "as reader_" + suffix + ", primary", "none: limits and repeats are kept in this process",
		}},
		"a superuser reads":       {vars: []string{"DATABASE_URL", database}, says: []string{" is a superuser: it could change everything", "IN ROLE pg_monitor"}},
		"a role that may write":   {vars: []string{"DATABASE_URL", plain}, says: []string{"warn   the reading role plain_" + suffix + " may also write to tables here", "may not see other sessions", `GRANT pg_monitor TO "plain_`}},
		"a wrong password":        {vars: []string{"DATABASE_URL", clustertest.As(t, database, "reader_"+suffix, "tuna")}, code: 1, says: []string{`WRONG`, "refused dbbot's password", "Set the password of role", "(failed to connect to"}},
		"no server":               {vars: []string{"DATABASE_URL", "postgres://reader:swordfish@127.0.0.1:1/x"}, code: 1, says: []string{"x is not there: nothing listens at the address in its URL", "→ Start PostgreSQL, or correct host and port", "127.0.0.1:1", "connection refused"}},
		"Redis is down":           {vars: []string{"DATABASE_URL", reading, "REDIS_URL", "redis://:swordfish@127.0.0.1:1/0"}, says: []string{"Redis", "warn", "Everything works without it"}},
		"Slack knows no token":    {vars: []string{"DATABASE_URL", reading, "SLACK_BOT_TOKEN", "xoxb-unknown"}, code: 1, says: []string{"Slack does not accept the token. Asked with SLACK_BOT_TOKEN.", "ok     the app-level token opens connections"}},
		"neither token":           {vars: []string{"DATABASE_URL", reading, "SLACK_BOT_TOKEN", "xoxb-unknown", "SLACK_APP_TOKEN", "xapp-unknown"}, code: 1, says: []string{"Asked with SLACK_BOT_TOKEN.", "Asked with SLACK_APP_TOKEN."}},
		"the app token is wrong":  {vars: []string{"DATABASE_URL", reading, "SLACK_APP_TOKEN", "xapp-unknown"}, code: 1, says: []string{"workspace Corner Shop", "Asked with SLACK_APP_TOKEN."}},
		"Slack is away":           {vars: []string{"DATABASE_URL", reading, "SLACK_API_URL", "http://127.0.0.1:1/api/"}, code: 1, says: []string{"Slack could not be reached", "SLACK_API_URL is set: http://127.0.0.1:1/api/ is asked", "(auth.test: ", "connection refused"}},
		"a scope is missing":      {vars: []string{"DATABASE_URL", reading}, change: func(c *workspace.Config) { c.Apps[0].Scopes = []string{"commands"} }, code: 1, says: []string{"missing app_mentions:read, channels:history, channels:read, chat:write"}},
		"another workspace":       {vars: []string{"DATABASE_URL", reading}, file: small + "slack: {team: T0ELSE}\n", code: 1, says: []string{"T0DEMO", "T0ELSE"}},
		"no folder of migrations": {vars: []string{"DATABASE_URL", reading}, file: small + "    migrations: {tool: prisma, dir: nowhere}\n", code: 1, says: []string{"there is no folder", "nowhere"}},
		"what has no effect":      {vars: []string{"DATABASE_URL", reading}, file: small + "    health: [https://shop.example.com/]\n", says: []string{"without effect in this version: databases[0].health"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if tt.file != "" {
				if err := os.WriteFile(filepath.Join(".", defaultFile), []byte(tt.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			vars, _ := slackSite(t, tt.change)
			code, out, errs := runs(t, with(vars, tt.vars...), "check")
			if code != tt.code {
				t.Errorf("exit %d, want %d", code, tt.code)
			}
			for _, words := range tt.says {
				if !strings.Contains(out, words) {
					t.Errorf("%q is not said", words)
				}
			}
			if strings.Contains(out+errs, "swordfish") || strings.Contains(out+errs, "tuna") {
				t.Error("a password is printed")
			}
			if t.Failed() {
				t.Logf("\n%s%s", out, errs)
			}
		})
	}
}

func TestCheckJudgesARole(t *testing.T) {
	const far = "db.example.com"
	for name, tt := range map[string]struct {
		is      access
		reading bool
		says    []string
	}{
		"as it should be":        {access{Version: 150018, Monitor: true, Encrypted: true, Host: far}, true, nil},
		"unencrypted, elsewhere": {access{Version: 150018, Monitor: true, Host: far}, true, []string{"db.example.com is not encrypted"}},
		"unencrypted, here":      {access{Version: 150018, Monitor: true, Host: "127.0.0.1"}, true, nil},
		"over a socket":          {access{Version: 150018, Monitor: true, Host: "/run/postgresql"}, true, nil},
		"too old":                {access{Version: 130002, Monitor: true}, true, []string{"PostgreSQL 13 is not among"}},
		"too new":                {access{Version: 190000, Monitor: true}, true, []string{"PostgreSQL 19 is not among"}},
		"as version 14 makes it": {access{Version: 140001, Monitor: true, Creates: true}, true, []string{"as everybody may up to version 14"}},
		"may make tables":        {access{Version: 150018, Monitor: true, Creates: true, Role: "maker"}, true, []string{"maker may make tables here"}},
		"a superuser":            {access{Version: 150018, Superuser: true, Role: "postgres"}, true, []string{"the reading role postgres is a superuser"}},
		"an owner, for changes":  {access{Version: 150018, Writes: true}, false, nil},
		"an owner, for reading":  {access{Version: 150018, Writes: true}, true, []string{"may not see other sessions", "may also write"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := tt.is.judge("orders", tt.reading)
			if len(got) != len(tt.says) {
				t.Fatalf("got %v", got)
			}
			for i, words := range tt.says {
				if !strings.Contains(got[i].detail, words) || got[i].grade != warning {
					t.Errorf("got %v, want %q", got[i], words)
				}
			}
		})
	}
}

func TestCheckWarnsOfRedisInTheClear(t *testing.T) {
	for address, says := range map[ops.Secret]string{
		"redis://:swordfish@cache.example.com:6379/0":                "can read the password",
		"redis://cache.example.com:6379/0":                           "no password is asked for",
		"rediss://:swordfish@cache.example.com:6379/0":               "",
		"redis://:swordfish@127.0.0.1:6379/0":                        "",
		"redis://[::1]:6379/0":                                       "",
		"redis://localhost/0":                                        "",
		"unix:///run/redis.sock":                                     "",
		"redis://localhost?addr=n2.example.com:6379":                 "n2.example.com is not encrypted",
		"redis://s1.example.com?master_name=shop&password=swordfish": "can read the password",
		"rediss://s1.example.com?master_name=shop":                   "",
	} {
		switch got := redisInTheClear(address); {
		case says == "" && len(got) > 0, says != "" && (len(got) != 1 || got[0].grade != warning || !strings.Contains(got[0].detail, says)):
			t.Errorf("%s: got %v, want %q", address.Reveal(), got, says)
		}
	}
}

// TestCheckSaysNothingThatTurnsTheTerminalRound: what servers say of themselves is data.
func TestCheckSaysNothingThatTurnsTheTerminalRound(t *testing.T) {
	var out bytes.Buffer
	p := &process{out: &out}
	evil := "role\nSlack  ok\u202e postgres://u:swordfish@h/d"
	if err := printed(p, []finding{{about: "orders", grade: warning, detail: evil, fix: "GRANT " + evil[:14], cause: evil}}); err != nil {
		t.Error(err)
	}
	if got := out.String(); strings.Count(got, "\n") != 3 || strings.Contains(got, "\u202e") || strings.Contains(got, "swordfish") {
		t.Errorf("got %q", got)
	}
}
