package main

import (
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster/clustertest"
)

func TestCheckLooksAtTheStateDatabase(t *testing.T) {
	server := clustertest.Start(t, nil)
	clustertest.Exec(t, server.URL("postgres"), "CREATE ROLE owner LOGIN PASSWORD 'x'", "CREATE ROLE reader LOGIN PASSWORD 'x'",
		"CREATE DATABASE fresh OWNER owner", "CREATE DATABASE used OWNER owner")
	clustertest.Exec(t, server.URLAs("owner", "x", "used"), "CREATE SCHEMA dbbot")
	for _, tt := range []struct {
		role, database string
		grade          grade
		says           string
	}{
		{"owner", "fresh", fine, "when it is first started"},
		{"owner", "used", fine, "tables are there"},
		{"reader", "fresh", wrong, "may not make"},
		{"reader", "used", wrong, "may not make"},
	} {
		found := Config{State: Server{URL: ops.Secret(server.URLAs(tt.role, "x", tt.database))}}.lookAtState(t.Context())
		last := found[len(found)-1]
		if last.grade != tt.grade || !strings.Contains(last.detail, tt.says) {
			t.Errorf("%s in %s: %+v", tt.role, tt.database, found)
		}
		if tt.grade == wrong && !strings.Contains(last.fix, `GRANT CREATE ON DATABASE "`+tt.database+`" TO "reader"`) {
			t.Errorf("no way out: %s", last.fix)
		}
	}
	for _, h := range []home{{Pooled: true, Creates: true}, {Replica: true, Creates: true}} {
		if found := h.judge(); found[0].grade != wrong || found[0].fix == "" {
			t.Errorf("%+v: %+v", h, found)
		}
	}
}
