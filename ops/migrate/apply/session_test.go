package apply

import (
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// What one file sets in its session is not there for the next, nor for the books.
func TestNothingLeaksIntoTheNextFile(t *testing.T) {
	for mode, more := range map[string]string{"transaction": "", "alone": "VACUUM;", "as written": "BEGIN; COMMIT;"} {
		t.Run(mode, func(t *testing.T) {
			url := clustertest.Database(t)
			role := "nobody_" + mode[:2]
			clustertest.Exec(t, url, "CREATE ROLE "+role, "CREATE SCHEMA other", "GRANT ALL ON SCHEMA other TO "+role)
			f := folder(t, migrate.GolangMigrate, files{
				"1_a.up.sql": "SET search_path = other; SET ROLE " + role + "; SET lock_timeout = 1; SET default_transaction_isolation = 'serializable'; CREATE TABLE there (); " + more,
				"2_b.up.sql": "CREATE TABLE here AS SELECT current_user::text AS who, current_setting('search_path') AS path, current_setting('lock_timeout') AS patience, current_setting('transaction_isolation') AS isolation;",
			})
			if mode == "transaction" {
				f = folder(t, migrate.GolangMigrate, files{"1_a.up.sql": "CREATE TEMP TABLE here (); LISTEN x; SET search_path = other; SET ROLE " + role + "; SET lock_timeout = 1; CREATE TABLE there ();", "2_b.up.sql": fileOf(t, f, "2_b")})
			}
			c := open(t, url, f.Tool, 1)
			steps := plan(t, c, f, all)
			if err := c.Lock(t.Context(), quiet); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Run(t.Context(), steps, func(string, int64, int64) {}); err != nil {
				t.Fatal(explained(err))
			}
			want := ask(t, url, `SELECT concat_ws(' ', current_user, current_setting('search_path'), '2s', 'read committed')`)
			if got := ask(t, url, "SELECT concat_ws(' ', who, path, patience, isolation) FROM public.here"); got != want {
				t.Errorf("the second file ran under %s, not %s", got, want)
			}
			if got := ask(t, url, "SELECT concat(to_regclass('other.there'), ' ', (SELECT tableowner FROM pg_tables WHERE tablename = 'there'))"); got != "other.there "+role {
				t.Errorf("the first one made %s", got)
			}
		})
	}
}

func fileOf(tb testing.TB, f migrate.Folder, name string) string {
	tb.Helper()
	set, err := f.Load()
	if err != nil {
		tb.Fatal(err)
	}
	for _, m := range set.Migrations {
		if m.Name == name {
			return string(m.Up.SQL)
		}
	}
	tb.Fatal(name)
	return ""
}

func TestAStatementThatEndsItsOwnSession(t *testing.T) {
	const suicide = "SELECT pg_terminate_backend(pg_backend_pid());"
	for name, test := range map[string]struct{ sql, state, said string }{
		"transaction": {"CREATE TABLE a (); " + suicide, "1", "Nothing of 0002_next remains."},
		"alone":       {"CREATE TABLE a (); VACUUM orders; " + suicide, "2 dirty", "2 statements of 0002_next went through and stay."},
		"as written":  {"BEGIN; CREATE TABLE a (); COMMIT; " + suicide, "2 dirty", "went through and stay."},
	} {
		t.Run(name, func(t *testing.T) {
			url := clustertest.Database(t)
			f := folder(t, migrate.GolangMigrate, files{"0001_first.up.sql": first, "0002_next.up.sql": test.sql})
			report, err := carry(t, url, 1, f, all)
			if err == nil || !strings.Contains(err.Error(), test.said) || len(report.Done) != 1 || report.Failure == nil || report.Failure.Code != "57P01" {
				t.Errorf("%+v, %v", report.Failure, err)
			}
			if got := state(t, url); got != test.state {
				t.Errorf("the journal says %s", got)
			}
			if left := ask(t, url, "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory'"); left != "0" {
				t.Errorf("%s locks are left", left)
			}
		})
	}
}

func TestARoleWithoutRights(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, "DROP ROLE IF EXISTS weak", "CREATE ROLE weak LOGIN PASSWORD 'swordfish'", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	weak := clustertest.As(t, url, "weak", "swordfish")
	f := folder(t, migrate.GolangMigrate, three)
	report, err := carry(t, weak, 1, f, all)
	if err == nil || !strings.Contains(err.Error(), "permission denied for schema public") || !report.Failure.Nothing {
		t.Errorf("%+v, %v", report.Failure, err)
	}
	if _, err := carry(t, url, 2, f, all); err != nil {
		t.Fatal(err)
	}
	c := open(t, weak, f.Tool, 3)
	if _, err := c.Journal(t.Context()); err == nil || !strings.Contains(err.Error(), "role weak may not read the journal") {
		t.Errorf("got %v", err)
	}
}

func TestTheWrongDoor(t *testing.T) {
	url := clustertest.Database(t)
	for name, test := range map[string]struct{ url, said string }{
		"a pooler by name":  {url + "&pgbouncer=true", "leads through a pooler"},
		"a password":        {clustertest.As(t, url, "nobody_here", "swordfish"), "does not let dbbot in"},
		"a database":        {url[:strings.LastIndex(url, "/")] + "/nothere?sslmode=disable", "has no database of the configured name"},
		"a schema":          {url + "&search_path=nothere", "search path of orders names no schema that exists"},
		"nobody":            {"postgres://a:swordfish@127.0.0.1:1/x?sslmode=disable", "cannot be reached"},
		"no URL":            {"postgres://a:sword fish@%zz/", "cannot be understood"},
		"unknown parameter": {url + "&connection_limit=5", "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), Options{Name: "orders", URL: ops.Secret(test.url), Tool: migrate.Prisma})
			if err == nil || !strings.Contains(err.Error(), test.said) || strings.Contains(err.Error(), "swordfish") {
				t.Errorf("got %v", err)
			}
		})
	}
}
