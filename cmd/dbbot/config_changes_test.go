package main

import (
	"strings"
	"testing"
	"time"
)

func TestAuditSettings(t *testing.T) {
	key := strings.Repeat("0123456789abcdef", 4)
	for _, tt := range []struct{ name, text, fault string }{
		{"a good key", "audit: {key: " + key + "}", ""},
		{"a short key", "audit: {key: tooshort}", "audit.key"},
		{"a key of one letter", "audit: {key: " + strings.Repeat("k", 64) + "}", "audit.key"},
		{"too often", "audit: {key: " + key + ", every: 10ms}", "audit.every"},
		{"too seldom", "audit: {key: " + key + ", every: 48h}", "audit.every"},
		{"a name for a channel", "audit: {key: " + key + ", channel: dbops}", "audit.channel"},
	} {
		_, err := load(file(t, small+tt.text+"\n"), environ(complete), need{})
		switch {
		case tt.fault == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)):
			t.Errorf("%s: %v", tt.name, err)
		case err != nil && (strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "tooshort")):
			t.Errorf("%s: the error repeats the key: %v", tt.name, err)
		}
	}
}

func TestAuditKeyMayStandInTheEnvironmentAlone(t *testing.T) {
	c, err := load(file(t, small), environ(complete), need{})
	if err != nil || c.Audit.Key.Reveal() != complete["DBBOT_AUDIT_KEY"] || c.Audit.Every != time.Hour {
		t.Errorf("%v, key of %d characters, every %s", err, len(c.Audit.Key.Reveal()), c.Audit.Every)
	}
}

func TestWhatIsMissingBeforeAnythingCanBeChanged(t *testing.T) {
	const changing = "policy: [{environments: ['*'], operate: {allow: [everyone]}}]\n"
	for _, tt := range []struct{ name, text, key, missing string }{
		{"no policy", small, complete["DBBOT_AUDIT_KEY"], "policy"},
		{"a policy that only reads", small + "policy: [{environments: ['*'], read: {allow: [everyone]}}]\n", complete["DBBOT_AUDIT_KEY"], "policy"},
		{"no key", small + changing, "", "audit.key"},
		{"all there", small + changing, complete["DBBOT_AUDIT_KEY"], ""},
	} {
		c, err := load(file(t, tt.text), environ(with(complete, "DBBOT_AUDIT_KEY", tt.key)), need{})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		missing := c.unset()
		switch {
		case tt.missing == "" && missing != nil:
			t.Errorf("%s: %v", tt.name, missing)
		case tt.missing != "" && (missing == nil || !strings.Contains(missing.Message+missing.Hint, tt.missing)):
			t.Errorf("%s: got %v", tt.name, missing)
		case missing != nil && strings.Contains(missing.Message+missing.Hint, "`"):
			t.Errorf("%s: said in forms and answers, which show a backtick as it is: %s %s", tt.name, missing.Message, missing.Hint)
		}
	}
}

func TestStateStandsInTheFirstDatabaseUnlessSaid(t *testing.T) {
	c := Config{Databases: []Database{{URL: "reading", MigrateURL: "owning"}, {URL: "second"}}}
	if got := c.stateURL(); got != "owning" {
		t.Errorf("with an owner's URL: %s", got.Reveal())
	}
	c.Databases[0].MigrateURL = ""
	if got := c.stateURL(); got != "reading" {
		t.Errorf("without: %s", got.Reveal())
	}
	c.State.URL = "own"
	if got := c.stateURL(); got != "own" {
		t.Errorf("said: %s", got.Reveal())
	}
}
