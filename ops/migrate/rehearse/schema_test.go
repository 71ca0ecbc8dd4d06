package rehearse

import (
	"context"
	"slices"
	"testing"

	"dbbot/ops/postgres/cluster/clustertest"
)

// rich has something of everything that a schema may hold.
const rich = `CREATE SCHEMA side; CREATE EXTENSION pg_trgm; CREATE EXTENSION pg_stat_statements; CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN short AS text CHECK (length(value) < 9);
CREATE TABLE old (gone int, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m mood DEFAULT 'sad', s short, sum numeric GENERATED ALWAYS AS (id * 2) STORED, t text COLLATE "C") WITH (fillfactor = 70);
ALTER TABLE old DROP COLUMN gone; ALTER TABLE old ALTER t SET STATISTICS 7; ALTER TABLE old ADD CONSTRAINT later CHECK (id > 0) NOT VALID; ALTER TABLE old REPLICA IDENTITY FULL;
CREATE INDEX ON old USING gin (t gin_trgm_ops); CREATE INDEX part ON old (m) WHERE id > 5;
CREATE TABLE side.days (day date NOT NULL, n int) PARTITION BY RANGE (day); CREATE TABLE side.d1 PARTITION OF side.days FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); CREATE TABLE side.rest PARTITION OF side.days DEFAULT;
CREATE UNLOGGED TABLE u (id bigint REFERENCES old DEFERRABLE); CREATE VIEW v AS SELECT id, m FROM old; CREATE MATERIALIZED VIEW mv AS SELECT * FROM v; CREATE UNIQUE INDEX ON mv (id);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER tr BEFORE UPDATE ON old FOR EACH ROW EXECUTE FUNCTION touch(); ALTER TABLE old DISABLE TRIGGER tr;
ALTER TABLE old ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON old TO PUBLIC USING (id > 0); CREATE RULE r AS ON DELETE TO u DO INSTEAD NOTHING; CREATE SEQUENCE side.s INCREMENT 5;
CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean);`

func TestTheScratchDatabaseHasTheVerySchema(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, rich)
	const sql = `ALTER TABLE old ADD later int CHECK (later > 0); DROP VIEW v CASCADE; ALTER TABLE side.days ENABLE ROW LEVEL SECURITY;
		CREATE TABLE side.fresh (id bigserial PRIMARY KEY, up bigint REFERENCES old); CREATE INDEX ON side.fresh (up);
		DO $$ BEGIN EXECUTE 'CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN OLD; END'''; END $$`
	o, r := beside(t, url), rooms(t)
	if _, known, err := r.Arrived(t.Context(), o, steps(sql)); known || err != nil {
		t.Errorf("known before: %v, %v", known, err)
	}
	got := r.Rehearse(context.Background(), o, steps(sql))
	if got.Failure != nil || got.Refused != "" || len(got.Missing) != 1 || got.Missing[0] != "the extension pg_stat_statements" || got.After == "" {
		t.Fatalf("%+v %+v", got, got.Failure)
	}
	want := []Change{
		{Altered, "function", "touch()"},
		{Altered, "table", "side.days"},
		{Gone, "materialized view", "mv"},
		{Gone, "view", "v"},
		{Made, "column", "old.later"},
		{Made, "constraint", "old.old_later_check"},
		{Made, "table", "side.fresh"},
	}
	if !slices.Equal(got.Changes, want) {
		t.Errorf("changes: %v", got.Changes)
	}
	arrived := func(want bool) {
		t.Helper()
		if there, known, err := r.Arrived(t.Context(), o, steps(sql)); there != want || !known || err != nil {
			t.Errorf("arrived: %v, known: %v, %v", there, known, err)
		}
	}
	arrived(false)
	clustertest.Exec(t, url, sql, "INSERT INTO schema_migrations VALUES (7, false)", "CREATE TABLE dbbot_migrations (request bigint PRIMARY KEY)")
	arrived(true)
	clustertest.Exec(t, url, "ALTER TABLE old ALTER t SET NOT NULL")
	arrived(false)
}
