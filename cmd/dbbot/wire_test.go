package main

import (
	"log/slog"
	"reflect"
	"testing"
	"time"

	"dbbot/bot/slack"
	"dbbot/commands"
)

func wired(t *testing.T, text string, withSlack bool) (*app, Config) {
	t.Helper()
	config, err := load(file(t, text), environ(complete), need{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := wire(config, slog.New(slog.DiscardHandler), withSlack)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	return a, config
}

// unfilled names the exported fields of a toolbox that hold nothing.
func unfilled(tools commands.Toolbox) (names []string) {
	v := reflect.ValueOf(tools)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && v.Field(i).IsZero() {
			names = append(names, f.Name)
		}
	}
	return names
}

func TestNothingIsForgottenInTheToolbox(t *testing.T) {
	whole := small + "    migrations: {tool: prisma, dir: m}\nstate: {url: '${DATABASE_URL}'}\nredis: {url: '${REDIS_URL}'}\n" +
		"policy: [{environments: ['*'], destroy: {allow: [everyone]}}]\n"
	for name, tt := range map[string]struct {
		text      string
		withSlack bool
		without   []string
	}{
		"everything configured": {whole, true, nil},
		"at a terminal":         {whole, false, []string{"Self", "Chat"}},
		"the least":             {small, true, []string{"State", "Requests", "Audit", "Redis"}},
	} {
		t.Run(name, func(t *testing.T) {
			a, config := wired(t, tt.text, tt.withSlack)
			if got := unfilled(a.toolbox(config)); !reflect.DeepEqual(got, tt.without) {
				t.Errorf("without %v; want without %v", got, tt.without)
			}
		})
	}
}

func TestPartsKnowWhatTheFileSays(t *testing.T) {
	a, config := wired(t, example, true)
	if got := config.readable()[0]; got.MigrateURL.Reveal() != complete["ORDERS_MIGRATE_URL"] || got.Migrations != "golang-migrate" || got.Thresholds.ConnectionsBad != 90 {
		t.Errorf("got %+v", got)
	}
	if got := a.health.readiness(); got.Ready || len(got.Databases) != 1 {
		t.Errorf("nothing was looked at yet, and it says %+v", got)
	}
	if got := (chatState{a.slack}).State(); got.Wanted != 2 || len(got.Needed) == 0 {
		t.Errorf("got %+v", got)
	}
	if got := a.Self(); got.Since.IsZero() || got.Answered != 0 {
		t.Errorf("got %+v", got)
	}
}

// TestNothingIsForgottenOfTheConnection: what Slack's client knows of itself reaches the commands whole.
func TestNothingIsForgottenOfTheConnection(t *testing.T) {
	known := asChatState(slack.State{
		Open: 2, Wanted: 3, Connections: 4, Strangers: 1, Fault: "warned", Since: time.Now(), Scopes: []string{"commands"},
	})
	v := reflect.ValueOf(known)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s holds nothing", v.Type().Field(i).Name)
		}
	}
	if known.Open != 2 || known.Wanted != 3 || known.Connections != 4 || known.Strangers != 1 {
		t.Errorf("got %+v", known)
	}
}
