package apply

import (
	"strings"
	"testing"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

var prismaFiles = files{
	"migration_lock.toml":                   "provider = \"postgresql\"\n",
	"20260101000000_orders/migration.sql":   "CREATE TABLE orders (id bigint PRIMARY KEY);",
	"20260102000000_total/migration.sql":    "ALTER TABLE orders ADD COLUMN total numeric;",
	"20260102000000_total/down.sql":         "ALTER TABLE orders DROP COLUMN total;",
	"20260103000000_by_total/migration.sql": "CREATE INDEX CONCURRENTLY by_total ON orders (total);",
}

// rows are Prisma's, without ids and times.
func rows(tb testing.TB, url string) string {
	tb.Helper()
	return ask(tb, url, `SELECT string_agg(concat_ws(' ', left(migration_name, 14), length(id), length(checksum), applied_steps_count,
		CASE WHEN finished_at >= started_at THEN 'finished' END, CASE WHEN rolled_back_at >= started_at THEN 'rolled back' END, 'logs=' || logs), '; ' ORDER BY started_at) FROM _prisma_migrations`)
}

// Column by column what Prisma's engine writes (reference 2.1, measured).
func TestPrismasRows(t *testing.T) {
	url, f := clustertest.Database(t), folder(t, migrate.Prisma, prismaFiles)
	if _, err := carry(t, url, 1, f, all); err != nil {
		t.Fatal(explained(err))
	}
	if got, want := rows(t, url), "20260101000000 36 64 1 finished; 20260102000000 36 64 1 finished; 20260103000000 36 64 1 finished"; got != want {
		t.Errorf("got %s", got)
	}
	set, _ := f.Load()
	if got := ask(t, url, "SELECT checksum FROM _prisma_migrations WHERE migration_name LIKE '%orders'"); got != set.Migrations[0].Up.Sum {
		t.Errorf("checksum %s", got)
	}
	if v := set.Survey(journal(t, url, migrate.Prisma)); len(v.Pending) != 0 || v.At != "20260103000000_by_total" || len(v.Edited)+len(v.Broken) != 0 {
		t.Errorf("%+v", v)
	}
}

func TestPrismasWayBack(t *testing.T) {
	url, f := clustertest.Database(t), folder(t, migrate.Prisma, prismaFiles)
	two := func(v migrate.Survey) ([]migrate.Step, error) { return v.Up(2, "") }
	if _, err := carry(t, url, 1, f, two); err != nil {
		t.Fatal(explained(err))
	}
	if _, err := carry(t, url, 2, f, down(1)); err != nil {
		t.Fatal(explained(err))
	}
	if got, want := rows(t, url), "20260101000000 36 64 1 finished; 20260102000000 36 64 1 finished rolled back"; got != want {
		t.Errorf("got %s", got)
	}
	if _, err := carry(t, url, 3, f, all); err != nil {
		t.Fatal(explained(err))
	}
	if got := rows(t, url); strings.Count(got, "finished") != 4 {
		t.Errorf("got %s", got)
	}
}

func TestPrismasFailures(t *testing.T) {
	for name, test := range map[string]struct{ sql, rows, broken string }{
		"in a transaction": {"CREATE TABLE a (); SELECT 1 / 0;", "20260101000000 36 64 1 finished", ""},
		"outside one":      {"CREATE TABLE a (); VACUUM nothere;", "20260101000000 36 64 1 finished; 20260102000000 36 64 0 logs=20260102000000_next/migration.sql, line 1: relation \"nothere\" does not exist. 1 statement of 20260102000000_next went through and stays.", "20260102000000_next"},
	} {
		t.Run(name, func(t *testing.T) {
			url := clustertest.Database(t)
			f := folder(t, migrate.Prisma, files{"20260101000000_orders/migration.sql": first, "20260102000000_next/migration.sql": test.sql})
			if _, err := carry(t, url, 1, f, all); err == nil {
				t.Fatal("it went through")
			}
			if got := rows(t, url); got != test.rows {
				t.Errorf("got %s", got)
			}
			set, _ := f.Load()
			v := set.Survey(journal(t, url, migrate.Prisma))
			if strings.Join(v.Broken, " ") != test.broken {
				t.Errorf("%+v", v.Broken)
			}
			if test.broken == "" {
				return
			}
			c := open(t, url, migrate.Prisma, 2)
			if err := c.Lock(t.Context(), func(string) {}); err != nil {
				t.Fatal(err)
			}
			m, err := v.Resolve(test.broken, true)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Resolve(t.Context(), m, true); err != nil {
				t.Fatal(explained(err))
			}
			if got := rows(t, url); !strings.Contains(got, "rolled back") || !strings.HasSuffix(got, "; 20260102000000 36 64 0 finished logs=") {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestPrismasBaseline(t *testing.T) {
	url, f := clustertest.Database(t), folder(t, migrate.Prisma, prismaFiles)
	clustertest.Exec(t, url, "CREATE TABLE orders ()")
	set, _ := f.Load()
	v := set.Survey(journal(t, url, migrate.Prisma))
	if _, err := v.Up(0, ""); err == nil {
		t.Error("Prisma would refuse to begin here")
	}
	list, err := v.Baseline("20260102000000_total")
	if err != nil {
		t.Fatal(err)
	}
	c := open(t, url, migrate.Prisma, 1)
	if err := c.Lock(t.Context(), func(string) {}); err != nil {
		t.Fatal(err)
	}
	if err := c.Baseline(t.Context(), list); err != nil {
		t.Fatal(explained(err))
	}
	if got, want := rows(t, url), "20260101000000 36 64 0 finished logs=; 20260102000000 36 64 0 finished logs="; got != want {
		t.Errorf("got %s", got)
	}
	if v := set.Survey(journal(t, url, migrate.Prisma)); len(v.Pending) != 1 {
		t.Errorf("%+v", v.Pending)
	}
}

// Prisma works in public, or in the schema of its URL, where golang-migrate goes by the search path.
func TestWherePrismaWorks(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, "CREATE ROLE prisma_owner LOGIN SUPERUSER PASSWORD 'swordfish'", "CREATE SCHEMA prisma_owner", "CREATE SCHEMA other", "CREATE SCHEMA path")
	own := clustertest.As(t, url, "prisma_owner", "swordfish")
	for _, test := range []struct {
		url    string
		tool   migrate.Tool
		schema string
	}{
		{own, migrate.Prisma, "public"},
		{own + "&schema=other", migrate.Prisma, "other"},
		{own + "&search_path=path", migrate.Prisma, "path"},
		{own, migrate.GolangMigrate, "prisma_owner"},
	} {
		f := folder(t, test.tool, prismaFiles)
		if test.tool == migrate.GolangMigrate {
			f = folder(t, test.tool, three)
		}
		if _, err := carry(t, test.url, 1, f, all); err != nil {
			t.Fatal(explained(err))
		}
		for _, table := range []string{"orders", "dbbot_migrations"} {
			if got := ask(t, url, "SELECT (to_regclass('"+test.schema+"."+table+"') IS NOT NULL)::text"); got != "true" {
				t.Errorf("%s %s: no %s", test.tool, test.schema, table)
			}
		}
	}
}
