package apply

import (
	"strings"
	"testing"
	"time"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

func TestWhatHelpsAfterwards(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, "CREATE SCHEMA other", "CREATE TABLE other.rows (a int, b text, c text)", "INSERT INTO other.rows SELECT n, n, n FROM generate_series(1, 500) n",
		"CREATE TABLE locked AS SELECT 1 AS a", "CREATE TABLE same (a int)", `CREATE TABLE "By Hand" (a text)`)
	f := folder(t, migrate.GolangMigrate, files{
		"1_a.up.sql": "ALTER TABLE other.rows ALTER a TYPE bigint; INSERT INTO same VALUES (1); ALTER TABLE same ADD b int;",
		"2_b.up.sql": `CREATE INDEX CONCURRENTLY ON "By Hand" (lower(a)); UPDATE locked SET a = 2;`,
		"3_c.up.sql": "CREATE TABLE gone AS SELECT a FROM other.rows; DROP TABLE gone; INSERT INTO other.rows SELECT a FROM other.rows;",
	})
	c := open(t, url, f.Tool, 1)
	c.lockTimeout = 50 * time.Millisecond
	steps := plan(t, c, f, all)
	if err := c.Lock(t.Context(), quiet); err != nil {
		t.Fatal(err)
	}
	holder := clustertest.Connect(t, url)
	report, err := c.Run(t.Context(), steps, func(phase string, _, _ int64) {
		if strings.HasPrefix(phase, "telling the planner") && strings.Contains(phase, "rows") {
			if _, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE locked"); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil {
		t.Fatal(explained(err))
	}
	want := []string{
		`The planner knows what has changed (ANALYZE): "other"."rows", "By Hand".`,
		`Not analysed, since they were locked or it took too long: "locked". Autovacuum does it in a while.`,
	}
	if got := strings.Join(report.Notes, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got %s", got)
	}
	if got := ask(t, url, "SELECT reltuples::text FROM pg_class WHERE oid = 'other.rows'::regclass"); got != "1000" {
		t.Errorf("the planner thinks of %s rows", got)
	}
}

// IF NOT EXISTS is content with an index that an earlier try left half built.
func TestAnIndexThatIsNoUse(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, first)
	if _, err := clustertest.Connect(t, url).Exec(t.Context(), "CREATE UNIQUE INDEX CONCURRENTLY by_total ON orders (total)"); err == nil {
		t.Fatal("it was built")
	}
	f := folder(t, migrate.GolangMigrate, files{"1_a.up.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS by_total ON orders (total)"})
	report, err := carry(t, url, 1, f, all)
	if err != nil || len(report.Notes) != 1 || report.Notes[0] != "Half built, and used by no query: public.by_total. DROP INDEX CONCURRENTLY removes such an index." {
		t.Errorf("%q, %v", report.Notes, err)
	}
}
