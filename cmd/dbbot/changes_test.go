package main

import (
	"log/slog"
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/policy"
	"dbbot/ops/postgres/cluster/clustertest"

	"github.com/prometheus/client_golang/prometheus"
)

// The state database is tried again after it failed at any step of the opening, also once its tables were reached.
func TestStateIsOpenedAgainAfterItFailed(t *testing.T) {
	url := clustertest.Database(t)
	config := Config{
		State: Server{URL: ops.Secret(url)}, Audit: Audit{Key: ops.Secret(strings.Repeat("only for tests. ", 4))},
		Policy: []policy.Entry{{Environments: []string{policy.AnyEnvironment}, Rules: map[ops.Risk]policy.Rule{ops.Operate: {Allow: []string{policy.Everyone}}}}},
	}
	first, err := openState(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	c := newChanges(config, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	clustertest.Exec(t, url, "ALTER TABLE dbbot.audit RENAME TO elsewhere")
	if _, err := c.begin(t.Context()); err == nil {
		t.Fatal("opened without an audit")
	}
	clustertest.Exec(t, url, "ALTER TABLE dbbot.elsewhere RENAME TO audit")
	o, err := c.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o.store.Close()
}
