package rehearse

import (
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

func TestRehearsalsOnAnotherServer(t *testing.T) {
	other := clustertest.Start(t, nil)
	t.Run("a branch has rows", func(t *testing.T) { onABranch(t, other) })
	t.Run("it has other roles", func(t *testing.T) { withOtherRoles(t, other) })
}

// A branch has the schema and rows of its own: what is rehearsed there sees both.
func onABranch(t *testing.T, branch *cluster.Cluster) {
	t.Helper()
	url := shopped(t)
	clustertest.Exec(t, branch.URL("postgres"), "CREATE DATABASE shop")
	clustertest.Exec(t, branch.URL("shop"), shop)
	o := Options{Name: "orders", URL: ops.Secret(url), Scratch: ops.Secret(branch.URL("shop"))}
	const backfill = "UPDATE orders SET note = 'y' WHERE id > 0; DO $$ BEGIN IF (SELECT count(*) FROM orders) <> 500 THEN RAISE 'rows'; END IF; END $$"
	got := rehearsed(t, o, backfill)
	if !got.Rows || got.Failure != nil || got.Server != "the server 127.0.0.1" || len(got.Missing) > 0 || told(got)[0] != "public.orders RowExclusive scan" {
		t.Errorf("%+v %q", got, told(got))
	}
	if n := ask(t, branch.URL("shop"), "SELECT count(*)::text FROM orders WHERE note = 'y'"); n != "0" {
		t.Errorf("%s rows of the branch itself are changed", n)
	}

	busy := clustertest.Connect(t, branch.URL("shop"))
	got = rehearsed(t, o, backfill)
	if got.Rows || len(got.Missing) != 1 || got.Missing[0] != "the rows of rehearsal_url, as its database is in use, or another role's" {
		t.Errorf("in use: %+v", got)
	}
	if got.Failure == nil || got.Failure.Certain || got.Failure.Doubt != "The scratch database has no rows, and the statement may need some." {
		t.Errorf("without rows: %+v", got.Failure)
	}
	_ = busy.Close(t.Context())

	clustertest.Exec(t, branch.URL("shop"), "ALTER TABLE orders ADD old int")
	if got = rehearsed(t, o, backfill); got.Rows || len(got.Missing) > 0 {
		t.Errorf("a branch with another schema is not copied: %+v", got)
	}
	if left := scratches(t, branch.URL("postgres")); len(left) > 0 {
		t.Errorf("%q stay behind", left)
	}
}

// withOtherRoles: what fails there may go through here.
func withOtherRoles(t *testing.T, other *cluster.Cluster) {
	t.Helper()
	url := shopped(t)
	clustertest.Exec(t, url, "CREATE ROLE app; GRANT SELECT ON orders TO app; CREATE EXTENSION pg_trgm; CREATE INDEX ON customers USING gin (name gin_trgm_ops)")
	away := Options{Name: "orders", URL: ops.Secret(url), Scratch: ops.Secret(other.URL("postgres"))}
	got := rehearsed(t, away, "GRANT SELECT ON customers TO app")
	if got.Failure == nil || got.Failure.Certain || got.Failure.Code != "42704" || !strings.HasPrefix(got.Failure.Doubt, "The roles of the server") {
		t.Errorf("a role of the other server: %+v %s", got.Failure, got.Refused)
	}
	if got := rehearsed(t, away, "ALTER ROLE app LOGIN", "DROP TABLE nowhere"); got.Failure == nil || got.Failure.Certain || got.Steps[0].Refused == "" || got.Failure.Doubt != "A file before it was left out of the rehearsal." {
		t.Errorf("behind a file that was left out: %+v", got)
	}
	if got := rehearsed(t, beside(t, url), "GRANT SELECT ON customers TO app"); got.Failure != nil || got.Refused != "" {
		t.Errorf("a role of this server: %+v %s", got.Failure, got.Refused)
	}
}

// A role without rights cannot make what only a superuser may.
func TestWhatTheScratchDatabaseLacksIsNamed(t *testing.T) {
	url := shopped(t)
	clustertest.Exec(t, url, "CREATE EXTENSION pg_stat_statements", "CREATE EXTENSION dblink", "CREATE VIEW slow AS SELECT query FROM pg_stat_statements", "CREATE FUNCTION far() RETURNS text LANGUAGE sql AS $$ SELECT 'dblink' $$")
	got := rehearsed(t, beside(t, url), "ALTER TABLE orders ADD x int", "ALTER TABLE nowhere ADD x int")
	missing := strings.Join(got.Missing, "; ")
	for _, want := range []string{"the extension pg_stat_statements", "the extension dblink", `CREATE VIEW public.slow AS (relation "public.pg_stat_statements" does not exist)`, "function far(), which reaches beyond the database"} {
		if !strings.Contains(missing, want) {
			t.Errorf("%q is not among %s", want, missing)
		}
	}
	if got.Failure == nil || got.Failure.Certain || got.Failure.Doubt != "The scratch database lacks some of what the real one has." || len(told(got)) != 1 {
		t.Errorf("%+v", got)
	}
}
