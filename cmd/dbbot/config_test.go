package main

import (
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/postgres"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// complete are the variables that example.yml refers to.
var complete = map[string]string{
	"SLACK_BOT_TOKEN": "xoxb-1-demo", "SLACK_APP_TOKEN": "xapp-1-demo",
	"DATABASE_URL":       "postgres://reader:swordfish@db.example.com/orders",
	"ORDERS_MIGRATE_URL": "postgres://owner:swordfish@db.example.com/orders", "ORDERS_BACKUP_URL": "", "ORDERS_RESTORE_URL": "",
	"DBBOT_STATE_URL": "", "DBBOT_AUDIT_KEY": strings.Repeat("5wordfi5h", 8), "REDIS_URL": "redis://:swordfish@cache.example.com:6379/0",
}

func environ(vars map[string]string) environment {
	return func(name string) (string, bool) { value, set := vars[name]; return value, set }
}

func with(base map[string]string, pairs ...string) map[string]string {
	vars := maps.Clone(base)
	for i := 0; i < len(pairs); i += 2 {
		vars[pairs[i]] = pairs[i+1]
	}
	return vars
}

// file writes a configuration beside nothing else and returns its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), defaultFile)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is different (-update writes it anew)\n--- got\n%s\n--- want\n%s", path, got, want)
	}
}

func TestExampleLoads(t *testing.T) {
	c, err := load(file(t, example), environ(complete), need{slack: true})
	if err != nil {
		t.Fatal(err)
	}
	orders := c.Databases[0]
	if orders.Name != "orders" || orders.URL.Reveal() != complete["DATABASE_URL"] || c.Redis.URL.Reveal() != complete["REDIS_URL"] {
		t.Errorf("references were not replaced: %+v", orders)
	}
	if orders.BackupURL != "" {
		t.Error("a variable set to nothing must leave the setting out")
	}
	if got := c.beside(orders.Migrations.Dir); got != filepath.Join(filepath.Dir(c.Path), "migrations") {
		t.Errorf("the migrations are looked for in %s, not beside the file", got)
	}
}

func TestThresholdsOfADatabaseCountOverThoseOfTheFile(t *testing.T) {
	c, err := load(file(t, small+"    status: {query_bad: 4m}\nstatus: {query_watch: 2s, query_bad: 3m}\n"), environ(complete), need{})
	if err != nil {
		t.Fatal(err)
	}
	want := postgres.DefaultThresholds()
	want.QueryWatch, want.QueryBad = 2*time.Second, 4*time.Minute
	if got := c.Databases[0].Thresholds; got != want {
		t.Errorf("got %+v", got)
	}
}

func TestExampleShowsTheDefaultThresholds(t *testing.T) {
	c, err := load(file(t, example), environ(complete), need{})
	if err != nil || c.Databases[0].Thresholds != postgres.DefaultThresholds() {
		t.Errorf("%v, or the example's status section is not what holds without it", err)
	}
}

func TestEveryMistakeIsNamed(t *testing.T) {
	_, err := load("testdata/five_mistakes.yml", environ(with(complete, "SLACK_BOT_TOKEN", "xoxp-1-of-a-person")), need{slack: true})
	if err == nil {
		t.Fatal("accepted")
	}
	if strings.Contains(err.Error(), "swordfish") {
		t.Error("a password is printed")
	}
	golden(t, "five_mistakes.golden", err.Error())
}

const small = `
databases:
  - name: orders
    environment: production
    url: ${DATABASE_URL}
`

// faulty files: what is added to the small one, the field that must be named, and a word of the fault.
var faulty = map[string]struct{ text, field, says string }{
	"team":             {"slack: {team: general}", "slack.team", "begins with T"},
	"channel":          {"slack: {channel: general}", "slack.channel", "begins with C"},
	"no sockets":       {"slack: {sockets: 0}", "slack.sockets", "from 1 to 5"},
	"sockets in words": {"slack: {sockets: two}", "slack.sockets", "is not a whole number"},
	"token in file":    {"slack: {bot_token: xoxb-swordfish}", "slack.bot_token", "Secrets never stand in the file"},
	"typing error":     {"slak: {team: T0}", "slak", "Did you mean slack"},
	"unknown":          {"colour: red", "colour", "Known here: slack, groups, policy"},
	"risk":             {"policy: [{environments: ['*'], destory: {allow: [everyone]}}]", "policy[0].destory", "read, operate, change and destroy"},
	"rule":             {"policy: [{environments: ['*'], read: {alow: [everyone]}}]", "policy[0].read.alow", "Did you mean allow"},
	"group":            {"policy: [{environments: ['*'], read: {allow: [leads]}}]", "policy[0].read.allow[0]", "is not a group"},
	"duration":         {"policy: [{environments: ['*'], change: {allow: [everyone], approve: {by: [everyone], count: 1, within: 30q}}}]", "policy[0].change.approve.within", "is not a duration"},
	"environment":      {"policy: [{environments: [staging], read: {allow: [everyone]}}]", "databases[0].environment", "is named by no entry"},
	"member":           {"groups: {leads: {users: [lee]}}", "groups.leads.users[0]", "is not a Slack member id"},
	"redis, no TLS":    {"redis: {url: 'rediss://cache?skip_verify=true'}", "redis.url", "asks not to verify"},
	"redis":            {"redis: {url: 'redis://u:swordfish@cache:63a79/0'}", "redis.url", "address of a Redis server"},
	"state":            {"state: {url: 'host=x password = swordfish port=x'}", "state.url", "address of a PostgreSQL"},
	"unset":            {"state: {url: '${NOT_SET}'}", "state.url", "Set NOT_SET (or NOT_SET_FILE). state.url is optional: without it, take the line out."},
	"listen":           {"http: {listen: 9180}", "http.listen", "host:port"},
	"format":           {"log: {format: xml}", "log.format", "text or json"},
	"level":            {"log: {level: loud}", "log.level", "debug, info, warn or error"},
	"threshold":        {"status: {query_watch: 10m}", "status.query_watch", "must not be above query_bad"},
	"threshold's name": {"status: {query_wach: 10m}", "status.query_wach", "Did you mean query_watch"},
	"threshold's unit": {"status: {query_watch: 10}", "status.query_watch", "is not a duration"},
	"list":             {"databases: orders", "databases", "stands twice"},
}

func TestFaults(t *testing.T) {
	for name, tt := range faulty {
		t.Run(name, func(t *testing.T) { wantFault(t, small+tt.text+"\n", tt.field, tt.says) })
	}
}

// faultyDatabases are lines added to the one database of the small file.
var faultyDatabases = map[string]struct{ line, field, says string }{
	"unset":     {"name: b\n    migrate_url: ${NOT_SET}", "databases[1].migrate_url", "migrate_url is optional"},
	"name":      {"name: \"or ders\"", "databases[1].name", "is not a name that people can type"},
	"same name": {"name: orders", "databases[1].name", "is the name of databases[0] already"},
	"none":      {"name: b\n    environment:", "databases[1].environment", "is missing"},
	"tool":      {"name: b\n    migrations: {tool: flyway, dir: x}", "databases[1].migrations.tool", "golang-migrate or prisma"},
	"folder":    {"name: b\n    migrations: {tool: prisma}", "databases[1].migrations.dir", "is missing"},
	"backup":    {"name: b\n    backup: {store: 'ftp://x/y'}", "databases[1].backup.store", "file://, s3://, gs:// or azblob://"},
	"schedule":  {"name: b\n    backup: {store: 'file:///x', schedule: nightly}", "databases[1].backup.schedule", "five fields"},
	"keep":      {"name: b\n    backup: {store: 'file:///x', keep: {last: -1}}", "databases[1].backup.keep.last", "less than nothing"},
	"key":       {"name: b\n    backup: {store: 'file:///x', encrypt_to: [AGE-SECRET-KEY-1QQ]}", "databases[1].backup.encrypt_to[0]", "age1"},
	"years":     {"name: b\n    backup: {store: 'file:///x', keep: {yearly: -1}}", "databases[1].backup.keep.yearly", "less than nothing"},
	"zone":      {"name: b\n    backup: {store: 'file:///x', zone: Europe/Atlantis}", "databases[1].backup.zone", "is not a time zone"},
	"notify":    {"name: b\n    backup: {store: 'file:///x', notify: never}", "databases[1].backup.notify", "all or failures"},
	"limit":     {"name: b\n    backup: {store: 'file:///x', limit: -1h}", "databases[1].backup.limit", "less than nothing"},
	"digest":    {"name: b\n    backup: {store: 'file:///x', digest: weekly}", "databases[1].backup.digest", "five fields"},
	"stanza":    {"name: b\n    backup: {store: 'file:///x', pgbackrest: {}}", "databases[1].backup.pgbackrest.stanza", "is missing"},
	"identity":  {"name: b\n    backup: {store: 'file:///x', identity: swordfish}", "databases[1].backup.identity", "is not an age identity"},
	"key in it": {"name: b\n    backup: {store: 's3://id:swordfish@bucket/x'}", "databases[1].backup.store", "holds a user or a password"},
	"no backup": {"name: b\n    environment: staging\n    migrations: {tool: prisma, dir: x}\npolicy: [{environments: ['*'], change: {allow: [everyone], require_backup: 24h}}]", "databases[1].backup", "wants a backup before a migration"},
	"rehearsal": {"name: b\n    migrations: {tool: prisma, dir: x, rehearsal_url: '${DATABASE_URL}'}", "databases[1].migrations.rehearsal_url", "is the database itself"},
	"verify":    {"name: b\n    backup: {store: 'file:///x', verify: hourly}", "databases[1].backup.verify", "each, daily, weekly or never"},
	"health":    {"name: b\n    health: [shop.example.com]", "databases[1].health[0]", "https:// or http://"},
	"threshold": {"name: b\n    status: {connections_bad: 20}", "databases[1].status.connections_watch", "must not be above connections_bad"},
	"status":    {"name: b\n    status: {conections_bad: 20}", "databases[1].status.conections_bad", "Did you mean connections_bad"},
	"scalar":    {"name: b\n    backup: nightly", "databases[1].backup", "settings with names"},
	"text":      {"name: b\n    health: x", "databases[1].health", "is not a list"},
}

func TestDatabaseFaults(t *testing.T) {
	for name, tt := range faultyDatabases {
		t.Run(name, func(t *testing.T) {
			text := small + "  - url: ${DATABASE_URL}\n    " + tt.line + "\n"
			if !strings.Contains(tt.line, "environment") {
				text += "    environment: staging\n"
			}
			wantFault(t, text, tt.field, tt.says)
		})
	}
}

// wantFault loads a file and wants exactly one fault: at that field, on a line of the file, with those words.
func wantFault(t *testing.T, text, field, says string) {
	t.Helper()
	_, err := load(file(t, text), environ(complete), need{slack: true})
	faults, ok := errors.AsType[Faults](err)
	if !ok || len(faults) != 1 {
		t.Fatalf("got %v; want one fault", err)
	}
	f := faults[0]
	if f.Field != field || !strings.Contains(f.Problem+" "+f.Fix, says) {
		t.Errorf("got %q: %s. %s", f.Field, f.Problem, f.Fix)
	}
	if f.Line < 2 || f.Line > strings.Count(text, "\n") {
		t.Errorf("line %d is not in the file", f.Line)
	}
	if strings.Contains(err.Error(), "swordfish") {
		t.Errorf("a secret is printed: %s", err)
	}
}

func TestNoFileAndNoFault(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := load("", environ(complete), need{slack: true})
	if err != nil {
		t.Fatal(err)
	}
	if d := c.Databases[0]; d.Name != "orders" || d.Environment != "production" {
		t.Errorf("got %+v", d)
	}
	if rules := c.policy().Entries[0].Rules; len(rules) != 1 || rules[ops.Read].Allow[0] != "everyone" {
		t.Errorf("without a policy only reading is allowed; got %v", rules)
	}
}

func TestEnvironmentFaults(t *testing.T) {
	t.Chdir(t.TempDir())
	secret := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(secret, []byte("xoxb-from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		vars []string
		says []string // empty: no fault
	}{
		"all is well":         {nil, nil},
		"swapped":             {[]string{"SLACK_BOT_TOKEN", "xapp-1", "SLACK_APP_TOKEN", "xoxb-1"}, []string{"are swapped"}},
		"a person's token":    {[]string{"SLACK_BOT_TOKEN", "xoxp-1"}, []string{"SLACK_BOT_TOKEN: must begin with xoxb-, and this is a user's token"}},
		"both missing":        {[]string{"SLACK_BOT_TOKEN", "", "SLACK_APP_TOKEN", ""}, []string{"SLACK_BOT_TOKEN: is not set", "SLACK_APP_TOKEN: is not set"}},
		"from a file":         {[]string{"SLACK_BOT_TOKEN", "", "SLACK_BOT_TOKEN_FILE", secret}, nil},
		"twice":               {[]string{"SLACK_BOT_TOKEN_FILE", secret}, []string{"SLACK_BOT_TOKEN_FILE is set too"}},
		"no such file":        {[]string{"SLACK_BOT_TOKEN", "", "SLACK_BOT_TOKEN_FILE", secret + "x"}, []string{"which cannot be read: no such file"}},
		"no database":         {[]string{"DATABASE_URL", ""}, []string{"DATABASE_URL: is not set, and there is no dbbot.yml"}},
		"unreadable address":  {[]string{"DATABASE_URL", "postgres://u:swordfish@h:port/d"}, []string{"DATABASE_URL: cannot be read"}},
		"another API":         {[]string{"SLACK_API_URL", "http://127.0.0.1:8080/api/"}, nil},
		"API without a slash": {[]string{"SLACK_API_URL", "https://slack.example.com/api"}, []string{"does not end in /api/"}},
		"API in the clear":    {[]string{"SLACK_API_URL", "http://slack.example.com/api/"}, []string{"would send the tokens unencrypted"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load("", environ(with(complete, tt.vars...)), need{slack: true})
			if len(tt.says) == 0 && err != nil || len(tt.says) > 0 && err == nil {
				t.Fatalf("got %v", err)
			}
			for _, words := range tt.says {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q is not said in:\n%s", words, err)
				}
			}
			if err != nil && strings.Contains(err.Error(), "swordfish") {
				t.Error("a password is printed")
			}
		})
	}
}

func TestBrokenYAMLIsPlacedAndNotRepeated(t *testing.T) {
	for name, text := range map[string]string{
		"bracket": "slack:\n  team: [swordfish\n", "tab": "slack:\n\tteam: swordfish\n", "quote": "slack:\n  team: \"swordfish\n",
		"two documents": "slack: {}\n---\nslack: {}\n", "a list": "- swordfish\n", "a word": "swordfish\n", "binary": "\x00\x01swordfish",
		"nothing": "", "alias": "slack: *swordfish\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(file(t, text), environ(complete), need{slack: true})
			faults, ok := errors.AsType[Faults](err)
			if !ok || faults[0].Line < 1 {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), "swordfish") {
				t.Errorf("the source is repeated: %s", err)
			}
		})
	}
}

// TestNoDamageToTheFilePrintsASecret puts passwords into the example, damages it in random places, and loads it.
func TestNoDamageToTheFilePrintsASecret(t *testing.T) {
	whole := strings.NewReplacer("${DATABASE_URL}", "postgres://reader:swordfish@db.example.com/orders",
		"${DBBOT_STATE_URL}", `'host=db user=x password=swordfish'`).Replace(example)
	path := file(t, whole)
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(whole)
		for range rapid.IntRange(1, 8).Draw(t, "wounds") {
			at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
			with := rapid.SampledFrom([]string{"", "", " ", "\n", ":", "-", "{", "}", "[", "'", `"`, "#", "&", "*", "!", "\t", "x", "@"}).Draw(t, "with")
			text = slices.Concat(text[:at], []byte(with), text[at+1:])
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := load(path, environ(complete), need{slack: true}); err != nil && strings.Contains(err.Error(), "swordfish") {
			t.Fatalf("printed:\n%s", err)
		}
	})
}

func TestWhatHasNoEffectIsSaid(t *testing.T) {
	c, err := load(file(t, example), environ(complete), need{})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "unused.golden", strings.Join(c.unused(), "\n")+"\n")
}
