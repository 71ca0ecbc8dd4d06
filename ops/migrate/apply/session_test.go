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
				"2_b.up.sql": "CREATE TABLE here AS SELECT current_user::text AS who, current_setting('search_path') AS path, current_setting('lock_timeout') AS patience, current_setting('transaction_isolation') AS isolation, to_regclass('ghost')::text AS ghost;",
			})
			if mode == "transaction" {
				f = folder(t, migrate.GolangMigrate, files{"1_a.up.sql": "CREATE TEMP TABLE ghost (); LISTEN x; SET search_path = other; SET ROLE " + role + "; SET lock_timeout = 1; CREATE TABLE there ();", "2_b.up.sql": fileOf(t, f, "2_b")})
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
			if got := ask(t, url, "SELECT concat_ws(' ', who, path, patience, isolation, ghost) FROM public.here"); got != want {
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
			unlocked(t, url)
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

// A file that gives back all locks of its session, or writes into the tool's table, misleads nobody.
func TestFilesThatMeddle(t *testing.T) {
	url := clustertest.Database(t)
	f := folder(t, migrate.GolangMigrate, files{
		"1_a.up.sql": "SELECT pg_advisory_unlock_all();", "2_b.up.sql": "DISCARD ALL;",
		"3_c.up.sql": "CREATE TABLE held AS SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();",
		"4_d.up.sql": "CREATE TABLE d (); INSERT INTO schema_migrations VALUES (99, false);", "5_e.up.sql": "CREATE TABLE e ();",
	})
	report, err := carry(t, url, 1, f, func(v migrate.Survey) ([]migrate.Step, error) { return v.Up(4, "") })
	if err != nil || len(report.Done) != 4 {
		t.Fatal(explained(err))
	}
	if got := ask(t, url, "SELECT n::text FROM held"); got != "3" {
		t.Errorf("%s locks were held", got)
	}
	if got := state(t, url); got != "4" {
		t.Errorf("the journal says %s", got)
	}
	c := open(t, url, f.Tool, 2)
	steps := plan(t, c, f, all)
	if err := c.Lock(t.Context(), quiet); err != nil {
		t.Fatal(err)
	}
	for name, meddle := range map[string]string{"another version": "UPDATE schema_migrations SET version = 3", "dirty": "UPDATE schema_migrations SET dirty = true"} {
		clustertest.Exec(t, url, meddle)
		if _, err := c.Run(t.Context(), steps, func(string, int64, int64) {}); err == nil || !strings.Contains(err.Error(), "not where it was") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Between two steps of a run somebody writes into the table, without any lock.
func TestTheJournalMovesBetweenTwoSteps(t *testing.T) {
	for _, test := range []struct {
		tool   migrate.Tool
		folder files
		meddle string
		after  string
	}{
		{migrate.GolangMigrate, three, "UPDATE schema_migrations SET version = 3", "SELECT version || dirty::text FROM schema_migrations"},
		{migrate.GolangMigrate, files{"1_a.up.sql": "SELECT 1", "2_b.up.sql": "VACUUM"}, "UPDATE schema_migrations SET version = 3", "SELECT version || dirty::text FROM schema_migrations"},
		{migrate.Prisma, prismaFiles, "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'y', '20260102000000_total', now())", "SELECT '3false' WHERE 2 = (SELECT count(*) FROM _prisma_migrations)"},
	} {
		url, f := clustertest.Database(t), folder(t, test.tool, test.folder)
		reached(t, "migrated", func() { clustertest.Exec(t, url, test.meddle) })
		report, err := carry(t, url, 1, f, all)
		if err == nil || len(report.Done) != 1 || !strings.Contains(err.Error(), "the journal is no longer where this migration begins. Nothing of ") {
			t.Errorf("%s: %+v, %v", test.tool, report.Failure, err)
		}
		if got := ask(t, url, test.after); got != "3false" {
			t.Errorf("%s: the journal says %s", test.tool, got)
		}
	}
}
