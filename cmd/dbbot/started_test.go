package main

import (
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/audit"
	"dbbot/ops/policy"
	"dbbot/ops/postgres/cluster/clustertest"
	"dbbot/ops/store"
)

// Whoever moves production under the rules of staging leaves a trace, and so does whoever changes the rules themselves.
// Another password, or another start, is no other configuration.
func TestOtherRulesAreAFact(t *testing.T) {
	url := clustertest.Database(t)
	key, err := audit.NewKey(ops.Secret(strings.Repeat("0123456789abcdef", 4)))
	if err != nil {
		t.Fatal(err)
	}
	config := Config{Databases: []Database{{Name: "orders", URL: ops.Secret(url), Environment: "production"}}}
	for _, tt := range []struct {
		what    string
		change  func(*Config)
		noticed bool
	}{
		{"the first start", func(*Config) {}, false},
		{"a restart", func(*Config) {}, false},
		{"another password", func(c *Config) { c.Databases[0].URL += "?password=new" }, false},
		{"another environment", func(c *Config) { c.Databases[0].Environment = "staging" }, true},
		{"one more database", func(c *Config) { c.Databases = append(c.Databases, Database{Name: "stock", Environment: "staging"}) }, true},
		{"another group", func(c *Config) { c.Groups = map[string]policy.Group{"leads": {Users: []string{"U0ANA"}}} }, true},
		{"and that again", func(*Config) {}, false},
	} {
		tt.change(&config)
		kept, err := store.Open(t.Context(), store.Options{URL: ops.Secret(url), AuditKey: key, Version: "test", Policy: config.policyDigest()})
		if err != nil {
			t.Fatal(err)
		}
		before, err := kept.Head(t.Context())
		if err == nil {
			err = (&opened{store: kept}).started(t.Context(), config)
		}
		if err != nil {
			t.Fatal(err)
		}
		noticed := false
		for e, err := range kept.Chain(t.Context(), before.Seq+1) {
			if err != nil {
				t.Fatal(err)
			}
			noticed = noticed || e.Event == audit.Reconfigured
		}
		if noticed != tt.noticed {
			t.Errorf("%s: noticed %v", tt.what, noticed)
		}
		kept.Close()
	}
}
