package apply

import (
	"reflect"
	"strings"
	"testing"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// everyKind has one of each kind of thing that is compared.
const everyKind = `CREATE TABLE orders (id bigint PRIMARY KEY, state text DEFAULT 'new');
CREATE VIEW open_orders AS SELECT id FROM orders WHERE state = 'new';
CREATE MATERIALIZED VIEW counts AS SELECT count(*) FROM orders;
CREATE SEQUENCE numbers;
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE events (at date) PARTITION BY RANGE (at);`

// one step up, and what was noted about others.
func drifted(t *testing.T, url string, request int64, f migrate.Folder, wish func(migrate.Survey) ([]migrate.Step, error)) (notes []string) {
	t.Helper()
	report, err := carry(t, url, request, f, wish)
	if err != nil {
		t.Fatal(explained(err))
	}
	for _, note := range report.Notes {
		if strings.HasPrefix(note, "Outside of migrations") {
			notes = append(notes, note)
		}
	}
	return notes
}

func upOne(v migrate.Survey) ([]migrate.Step, error) { return v.Up(1, "") }

func TestWhatSomebodyElseChanged(t *testing.T) {
	url := clustertest.Database(t)
	f := folder(t, migrate.GolangMigrate, files{
		"1_all.up.sql": everyKind, "2_note.up.sql": "ALTER TABLE orders ADD note text;", "2_note.down.sql": "ALTER TABLE orders DROP note;",
		"3_more.up.sql": "CREATE TABLE more ();", "4_last.up.sql": "CREATE TABLE last ();",
	})
	if notes := drifted(t, url, 1, f, upOne); notes != nil {
		t.Errorf("before anything was kept: %q", notes)
	}
	clustertest.Exec(t, url, "INSERT INTO orders VALUES (1)", "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
		"SELECT nextval('numbers')", "CREATE EXTENSION IF NOT EXISTS pg_trgm", "ANALYZE")
	if notes := drifted(t, url, 2, f, upOne); notes != nil {
		t.Errorf("rows, partitions and extensions: %q", notes)
	}
	if notes := drifted(t, url, 3, f, down(1)); notes != nil {
		t.Errorf("down: %q", notes)
	}
	clustertest.Exec(t, url,
		"ALTER TABLE orders ALTER state DROP DEFAULT", "CREATE INDEX by_state ON orders (state)", `CREATE TABLE "by hand" ()`, "DROP SEQUENCE numbers",
		"CREATE OR REPLACE VIEW open_orders AS SELECT id FROM orders WHERE state = 'open'", "DROP MATERIALIZED VIEW counts",
		"CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n + n'", "ALTER TYPE mood ADD VALUE 'so so'")
	want := []string{
		`Outside of migrations, since #3, somebody made: index public.by_state, table public."by hand".`,
		"Outside of migrations, since #3, somebody removed: materialized view public.counts, sequence public.numbers.",
		"Outside of migrations, since #3, somebody changed: function public.twice(n integer), table public.orders, type public.mood, view public.open_orders.",
	}
	if notes := drifted(t, url, 4, f, upOne); !reflect.DeepEqual(notes, want) {
		t.Errorf("%s", strings.Join(notes, "\n"))
	}
	if notes := drifted(t, url, 5, f, upOne); notes != nil {
		t.Errorf("it is told once: %q", notes)
	}
	if kept := ask(t, url, "SELECT string_agg(request::text, ' ') FROM dbbot_migrations WHERE objects IS NOT NULL"); kept != "5" {
		t.Errorf("kept of %s", kept)
	}
}

// Whoever used the tool itself has changed the schema by a migration: that is not outside of them.
func TestTheToolByHandIsNoDrift(t *testing.T) {
	url := clustertest.Database(t)
	f := folder(t, migrate.GolangMigrate, files{"1_a.up.sql": "CREATE TABLE a ();", "2_b.up.sql": "CREATE TABLE b ();", "3_c.up.sql": "CREATE TABLE c ();"})
	_ = drifted(t, url, 1, f, upOne)
	clustertest.Exec(t, url, "CREATE TABLE b ()", "UPDATE schema_migrations SET version = 2")
	if notes := drifted(t, url, 2, f, upOne); notes != nil {
		t.Errorf("%q", notes)
	}
}
