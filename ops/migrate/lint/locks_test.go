package lint

import (
	"fmt"
	"slices"
	"testing"

	"dbbot/ops/migrate/script"
	"dbbot/ops/postgres/cluster/clustertest"
)

// world of tables that the statements below are tried on.
const fixture = `
CREATE TABLE p (id bigint PRIMARY KEY, kind text);
CREATE TABLE t (id bigint PRIMARY KEY, a int, v varchar(20), n numeric(10,2), ts timestamp, txt text, j jsonb, c cidr,
	pid bigint CONSTRAINT t_pid_fkey REFERENCES p, nn int CONSTRAINT nn_there CHECK (nn IS NOT NULL), later bigint);
ALTER TABLE t ADD CONSTRAINT t_old CHECK (a > -1) NOT VALID;
ALTER TABLE t ADD CONSTRAINT t_later_fkey FOREIGN KEY (later) REFERENCES p NOT VALID;
CREATE INDEX t_a ON t (a);
CREATE UNIQUE INDEX t_unique ON t (id, a);
CREATE TABLE child (id bigint PRIMARY KEY, tid bigint CONSTRAINT child_fkey REFERENCES t);
CREATE UNLOGGED TABLE u (id bigint, x int);
CREATE TABLE free (id bigint, pid bigint);
CREATE UNIQUE INDEX free_id ON free (id);
CREATE TABLE part (id int, x int) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100000);
CREATE TABLE rest (id int, x int) PARTITION BY RANGE (id);
CREATE TABLE rest_1 PARTITION OF rest FOR VALUES FROM (0) TO (100000);
CREATE TABLE rest_other PARTITION OF rest DEFAULT;
CREATE TABLE loose (id int, x int);
CREATE TABLE bound (id int NOT NULL, x int, CONSTRAINT bound_there CHECK (id >= 200000 AND id < 300000));
CREATE VIEW tv AS SELECT id FROM u;
CREATE MATERIALIZED VIEW tm AS SELECT id FROM p;
CREATE UNIQUE INDEX tm_id ON tm (id);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY pol ON t USING (true);
CREATE RULE ru AS ON DELETE TO free WHERE id < 0 DO NOTHING;
CREATE SEQUENCE s;
CREATE STATISTICS st ON a, nn FROM t;
`

const filling = `
INSERT INTO p SELECT i, 'k' FROM generate_series(1, 2000) i;
INSERT INTO t (id, a, v, n, txt, pid, nn, later) SELECT i, i, 'v', 1, 'x', i, 1, i FROM generate_series(1, 2000) i;
INSERT INTO child SELECT i, i FROM generate_series(1, 2000) i;
INSERT INTO free SELECT i, i FROM generate_series(1, 2000) i;
INSERT INTO u SELECT i FROM generate_series(1, 2000) i;
INSERT INTO part SELECT i, i FROM generate_series(1, 2000) i;
INSERT INTO rest SELECT i, i FROM generate_series(1, 2000) i;
INSERT INTO loose SELECT i, i FROM generate_series(200001, 202000) i;
INSERT INTO bound SELECT i, i FROM generate_series(200001, 202000) i;
REFRESH MATERIALIZED VIEW tm;
ANALYZE;
`

// fixtureFacts is what Facts says about them.
func fixtureFacts() Facts {
	col := func(name, kind string) Column { return Column{Name: name, Type: kind} }
	id := Column{Name: "id", Type: "bigint", NotNull: true}
	return Facts{Version: 15, Path: []string{"public"}, UTC: true, Tables: map[string]Table{
		"public.p": {Kind: Ordinary, Columns: []Column{id, col("kind", "text")}, ReferencedBy: []string{"public.t"}},
		"public.t": {
			Kind: Ordinary, ReferencedBy: []string{"public.child"},
			Columns: []Column{id, col("a", "integer"), col("v", "character varying(20)"), col("n", "numeric(10,2)"), col("ts", "timestamp without time zone"), col("txt", "text"), col("j", "jsonb"), col("c", "cidr"), col("pid", "bigint"), col("nn", "integer"), col("later", "bigint")},
			Constraints: []Constraint{
				{Name: "t_pkey", Kind: Primary, Columns: []string{"id"}, Valid: true},
				{Name: "t_pid_fkey", Kind: ForeignTo, Columns: []string{"pid"}, Table: "public.p", Valid: true},
				{Name: "t_later_fkey", Kind: ForeignTo, Columns: []string{"later"}, Table: "public.p"},
				{Name: "nn_there", Kind: CheckThat, Columns: []string{"nn"}, Definition: "CHECK ((nn IS NOT NULL))", Valid: true},
				{Name: "t_old", Kind: CheckThat, Columns: []string{"a"}, Definition: "CHECK ((a > '-1'::integer)) NOT VALID"},
			},
			Indexes: []Index{{Name: "t_pkey", Columns: []string{"id"}, Unique: true, Valid: true}, {Name: "t_a", Columns: []string{"a"}, Valid: true}, {Name: "t_unique", Columns: []string{"id", "a"}, Unique: true, Valid: true}},
		},
		"public.child":  {Kind: Ordinary, Columns: []Column{id, col("tid", "bigint")}, Constraints: []Constraint{{Name: "child_fkey", Kind: ForeignTo, Columns: []string{"tid"}, Table: "public.t", Valid: true}}},
		"public.u":      {Kind: Ordinary, Unlogged: true, Columns: []Column{col("id", "bigint")}},
		"public.free":   {Kind: Ordinary, Columns: []Column{col("id", "bigint"), col("pid", "bigint")}, Indexes: []Index{{Name: "free_id", Columns: []string{"id"}, Unique: true, Valid: true}}},
		"public.part":   {Kind: Partitioned, Columns: []Column{col("id", "integer"), col("x", "integer")}, Partitions: []string{"public.part_1"}},
		"public.part_1": {Kind: Ordinary, Parent: "public.part", Columns: []Column{col("id", "integer"), col("x", "integer")}},
		"public.rest":   {Kind: Partitioned, Partitions: []string{"public.rest_1", "public.rest_other"}},
		"public.rest_1": {Kind: Ordinary, Parent: "public.rest"}, "public.rest_other": {Kind: Ordinary, Parent: "public.rest", Default: true},
		"public.loose": {Kind: Ordinary},
		"public.bound": {Kind: Ordinary, Constraints: []Constraint{{Name: "bound_there", Kind: CheckThat, Valid: true}}},
		"public.tv":    {Kind: View}, "public.tm": {Kind: Materialised},
	}}
}

// tried are the statements whose locks are measured.
var tried = []string{
	"ALTER TABLE t ADD COLUMN x int",
	"ALTER TABLE t ADD COLUMN x int DEFAULT 1",
	"ALTER TABLE t ADD COLUMN x int NOT NULL DEFAULT 1",
	"ALTER TABLE t ADD COLUMN x timestamptz DEFAULT now()",
	"ALTER TABLE t ADD COLUMN x uuid DEFAULT gen_random_uuid()",
	"ALTER TABLE t ADD COLUMN x bigserial",
	"ALTER TABLE t ADD COLUMN x bigint GENERATED ALWAYS AS IDENTITY",
	"ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS (a + 1) STORED",
	"ALTER TABLE t ADD COLUMN x int CHECK (x > 0)",
	"ALTER TABLE t ADD COLUMN x int UNIQUE",
	"ALTER TABLE t ADD COLUMN x bigint REFERENCES p",
	"ALTER TABLE t ALTER a TYPE bigint",
	"ALTER TABLE t ALTER v TYPE varchar(10)",
	"ALTER TABLE t ALTER v TYPE varchar(30)",
	"ALTER TABLE t ALTER v TYPE text",
	"ALTER TABLE t ALTER v TYPE text USING v::text",
	"ALTER TABLE t ALTER txt TYPE varchar",
	"ALTER TABLE t ALTER txt TYPE varchar(20)",
	"ALTER TABLE t ALTER n TYPE numeric(12,2)",
	"ALTER TABLE t ALTER n TYPE numeric(12,3)",
	"ALTER TABLE t ALTER n TYPE numeric",
	"ALTER TABLE t ALTER ts TYPE timestamptz",
	"ALTER TABLE t ALTER j TYPE json",
	"ALTER TABLE t ALTER c TYPE inet",
	"ALTER TABLE t ALTER txt TYPE text USING upper(txt)",
	"ALTER TABLE t ALTER a TYPE int4",
	"ALTER TABLE t ALTER a SET NOT NULL",
	"ALTER TABLE t ALTER nn SET NOT NULL",
	"ALTER TABLE t ALTER id SET NOT NULL",
	"ALTER TABLE t ALTER nn DROP NOT NULL",
	"ALTER TABLE t ALTER a SET DEFAULT 3",
	"ALTER TABLE t ALTER a DROP DEFAULT",
	"ALTER TABLE t ALTER txt SET STORAGE external",
	"ALTER TABLE t ALTER a SET STATISTICS 200",
	"ALTER TABLE t ALTER a SET (n_distinct = 5)",
	"ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY",
	"ALTER TABLE t ADD CHECK (a > -5)",
	"ALTER TABLE t ADD CHECK (a > -5) NOT VALID",
	"ALTER TABLE t VALIDATE CONSTRAINT t_old",
	"ALTER TABLE t VALIDATE CONSTRAINT t_later_fkey",
	"ALTER TABLE t VALIDATE CONSTRAINT t_pid_fkey",
	"ALTER TABLE free ADD FOREIGN KEY (pid) REFERENCES p",
	"ALTER TABLE free ADD FOREIGN KEY (pid) REFERENCES p NOT VALID",
	"ALTER TABLE t DROP CONSTRAINT t_pid_fkey",
	"ALTER TABLE t DROP CONSTRAINT nn_there",
	"ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE",
	"ALTER TABLE t ADD UNIQUE (a)",
	"ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX t_unique",
	"ALTER TABLE free ADD CONSTRAINT k PRIMARY KEY USING INDEX free_id",
	"ALTER TABLE free ADD PRIMARY KEY (id)",
	"ALTER TABLE t DROP COLUMN a",
	"ALTER TABLE t DROP COLUMN pid",
	"ALTER TABLE t RENAME COLUMN a TO b",
	"ALTER TABLE t RENAME TO t2",
	"ALTER TABLE t RENAME CONSTRAINT t_old TO t_older",
	"ALTER TABLE t OWNER TO CURRENT_USER",
	"ALTER TABLE t SET (fillfactor = 70)",
	"ALTER TABLE t RESET (fillfactor)",
	"ALTER TABLE t SET (autovacuum_enabled = false)",
	"ALTER TABLE child SET UNLOGGED",
	"ALTER TABLE u SET LOGGED",
	"ALTER TABLE t SET LOGGED",
	"ALTER TABLE t ENABLE ROW LEVEL SECURITY",
	"ALTER TABLE t DISABLE TRIGGER tr",
	"ALTER TABLE t ENABLE TRIGGER USER",
	"ALTER TABLE t REPLICA IDENTITY FULL",
	"ALTER TABLE t CLUSTER ON t_a",
	"ALTER TABLE t ADD COLUMN x int, ALTER a SET STATISTICS 10",
	"CREATE INDEX ON t (v)",
	"CREATE INDEX ON part (x)",
	"DROP INDEX t_a",
	"REINDEX INDEX t_a",
	"REINDEX TABLE t",
	"ALTER INDEX t_a RENAME TO t_b",
	"ALTER INDEX t_a SET (fillfactor = 70)",
	"CREATE TABLE x (id bigint REFERENCES t)",
	"CREATE TABLE x (id bigint, FOREIGN KEY (id) REFERENCES p)",
	"CREATE TABLE x (id bigint PRIMARY KEY, up bigint REFERENCES x)",
	"CREATE TABLE x () INHERITS (p)",
	"CREATE TABLE x (LIKE t INCLUDING ALL)",
	"DROP TABLE child",
	"DROP TABLE t CASCADE",
	"DROP TABLE free",
	"DROP TABLE part_1",
	"DROP TABLE part",
	"DROP VIEW tv",
	"DROP MATERIALIZED VIEW tm",
	"DROP SEQUENCE s",
	"DROP TRIGGER tr ON t",
	"DROP POLICY pol ON t",
	"DROP RULE ru ON free",
	"CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (200000) TO (300000)",
	"CREATE TABLE rest_2 PARTITION OF rest FOR VALUES FROM (200000) TO (300000)",
	"ALTER TABLE part ATTACH PARTITION loose FOR VALUES FROM (200000) TO (300000)",
	"ALTER TABLE part ATTACH PARTITION bound FOR VALUES FROM (200000) TO (300000)",
	"ALTER TABLE rest ATTACH PARTITION loose FOR VALUES FROM (200000) TO (300000)",
	"ALTER TABLE part DETACH PARTITION part_1",
	"ALTER TABLE part ADD COLUMN y int",
	"ALTER TABLE part ALTER x SET NOT NULL",
	"ALTER TABLE part ADD COLUMN y uuid DEFAULT gen_random_uuid()",
	"ALTER TABLE part ADD CHECK (x > 0)",
	"ALTER TABLE part RENAME COLUMN x TO y",
	"CREATE TRIGGER tx AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch()",
	"CREATE POLICY p2 ON t USING (false)",
	"ALTER POLICY pol ON t USING (false)",
	"CREATE RULE r2 AS ON INSERT TO free WHERE false DO NOTHING",
	"ALTER TRIGGER tr ON t RENAME TO trx",
	"CREATE OR REPLACE VIEW tv AS SELECT id, x FROM u",
	"REFRESH MATERIALIZED VIEW tm",
	"REFRESH MATERIALIZED VIEW CONCURRENTLY tm",
	"TRUNCATE free",
	"TRUNCATE t CASCADE",
	"TRUNCATE part",
	"CLUSTER t USING t_a",
	"ANALYZE t",
	"LOCK TABLE t IN SHARE MODE",
	"LOCK TABLE part",
	"COMMENT ON TABLE t IS 'x'",
	"COMMENT ON COLUMN t.a IS 'x'",
	"COMMENT ON TRIGGER tr ON t IS 'x'",
	"COMMENT ON POLICY pol ON t IS 'x'",
	"COMMENT ON VIEW tv IS 'x'",
	"COMMENT ON CONSTRAINT t_old ON t IS 'x'",
	"CREATE STATISTICS st2 ON a, later FROM t",
	"ALTER SEQUENCE s INCREMENT 5",
	"ALTER SEQUENCE s RENAME TO s2",
	"INSERT INTO free VALUES (-1, 1)",
	"UPDATE free SET pid = 3",
	"DELETE FROM u",
	"COMMENT ON FUNCTION touch() IS 'x'",
}

// TestLocksAreTheServers runs every statement in a transaction of its own, on empty tables and on filled ones, looks at
// what the server locked, rewrote and read, and undoes it.
func TestLocksAreTheServers(t *testing.T) {
	for _, filled := range []bool{false, true} {
		url := clustertest.Database(t)
		clustertest.Exec(t, url, fixture)
		if filled {
			clustertest.Exec(t, url, filling)
		}
		conn := clustertest.Connect(t, url)
		for _, sql := range tried {
			t.Run(fmt.Sprintf("filled=%v/%s", filled, sql), func(t *testing.T) {
				s := script.Parse([]byte(sql)).Statements[0]
				said := Locks(s, fixtureFacts())
				if slices.ContainsFunc(said, func(l Lock) bool { return l.New }) {
					t.Errorf("all of it was there before: %+v", said)
				}
				did := measured(t, conn, sql, said)
				if !filled {
					said = scannedBy(did, said)
				}
				if listed(said) != listed(did) {
					t.Errorf("says\n%sthe server did\n%s", listed(said), listed(did))
				}
			})
		}
	}
}

// TestLocksOnWhatIsNew: nobody waits for a table that another statement of the plan makes.
func TestLocksOnWhatIsNew(t *testing.T) {
	s := script.Parse([]byte("ALTER TABLE fresh ADD FOREIGN KEY (pid) REFERENCES p")).Statements[0]
	want := []Lock{{Mode: ShareRowExclusive, Relation: "public.fresh", Scan: true, New: true}, {Mode: ShareRowExclusive, Relation: "public.p", Scan: true}}
	if got := Locks(s, fixtureFacts()); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if got := Locks(s, Facts{}); got[0].New {
		t.Errorf("without facts: %+v", got)
	}
}

// TestLocksOutsideTransactions are those that cannot be measured in one (reference 4.2).
func TestLocksOutsideTransactions(t *testing.T) {
	for sql, want := range map[string]string{
		"CREATE INDEX CONCURRENTLY ON t (v)":                    "  public.t ShareUpdateExclusive scan\n",
		"DROP INDEX CONCURRENTLY t_a":                           "  public.t ShareUpdateExclusive\n  public.t_a ShareUpdateExclusive\n",
		"REINDEX TABLE CONCURRENTLY t":                          "  public.t ShareUpdateExclusive scan\n",
		"ALTER TABLE part DETACH PARTITION part_1 CONCURRENTLY": "  public.part ShareUpdateExclusive\n  public.part_1 AccessExclusive\n",
		"VACUUM t": "  public.t ShareUpdateExclusive\n", "VACUUM FULL t": "  public.t AccessExclusive rewrite scan\n",
		"DO $$ BEGIN END $$": "", "SELECT 1": "", "CREATE TYPE m AS ENUM ('a')": "",
	} {
		if got := listed(Locks(script.Parse([]byte(sql)).Statements[0], fixtureFacts())); got != want {
			t.Errorf("%s:\n%s", sql, got)
		}
	}
}

func TestBlocks(t *testing.T) {
	for mode, want := range map[string]string{AccessExclusive: "reads and writes", Exclusive: "writes", ShareRowExclusive: "writes", Share: "writes", ShareUpdateExclusive: "", RowExclusive: ""} {
		if got := (Lock{Mode: mode}).Blocks(); got != want {
			t.Errorf("%s: %q", mode, got)
		}
	}
}

// scannedBy: a table without rows may be read or not, which is the same.
func scannedBy(did, said []Lock) []Lock {
	said = slices.Clone(said)
	for i, s := range said {
		at := slices.IndexFunc(did, func(d Lock) bool { return d.Relation == s.Relation })
		said[i].Scan = s.Scan && at >= 0 && did[at].Scan
	}
	return said
}
