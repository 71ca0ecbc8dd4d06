package script

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// every statement that can run one after another on an empty database as a superuser, so that the server says itself
// what it calls each.
var every = []string{
	"CREATE SCHEMA s", "CREATE TABLE t (a int PRIMARY KEY, b text)", "CREATE TABLE u AS SELECT 1 AS a", "SELECT 1 AS a INTO v", "CREATE VIEW w AS SELECT * FROM t",
	"CREATE MATERIALIZED VIEW m AS SELECT * FROM t", "REFRESH MATERIALIZED VIEW m", "ALTER MATERIALIZED VIEW m RENAME TO n", "DROP MATERIALIZED VIEW n", "ALTER VIEW w RENAME TO x",
	"ALTER TABLE t ADD c int", "ALTER TABLE t RENAME COLUMN c TO d", "ALTER TABLE t RENAME CONSTRAINT t_pkey TO t_key", "ALTER TABLE t SET SCHEMA s", "ALTER TABLE s.t SET SCHEMA public",
	"ALTER TABLE t OWNER TO CURRENT_USER", "CREATE INDEX i ON t (b)", "ALTER INDEX i RENAME TO j", "ALTER INDEX j SET (fillfactor = 90)", "REINDEX INDEX j", "CLUSTER t USING j", "DROP INDEX j",
	"CREATE SEQUENCE q", "ALTER SEQUENCE q RESTART", "ALTER SEQUENCE q RENAME TO r", "DROP SEQUENCE r", "CREATE TYPE e AS ENUM ('a')", "ALTER TYPE e ADD VALUE 'b'", "ALTER TYPE e RENAME VALUE 'a' TO 'c'",
	"CREATE TYPE c AS (x int)", "ALTER TYPE c ADD ATTRIBUTE y int", "ALTER TYPE c RENAME ATTRIBUTE y TO z", "ALTER TYPE c RENAME TO cc", "CREATE TYPE g AS RANGE (subtype = int)", "DROP TYPE cc",
	"CREATE DOMAIN o AS int", "ALTER DOMAIN o SET DEFAULT 1", "ALTER DOMAIN o ADD CONSTRAINT k CHECK (VALUE > 0)", "ALTER DOMAIN o RENAME CONSTRAINT k TO l", "DROP DOMAIN o",
	"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", "ALTER FUNCTION f() COST 10", "CREATE PROCEDURE p() LANGUAGE sql AS ''", "ALTER PROCEDURE p() RENAME TO p2", "CALL p2()", "DROP PROCEDURE p2",
	"CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "ALTER TRIGGER tr ON t RENAME TO tt", "DROP TRIGGER tt ON t", "CREATE RULE ru AS ON DELETE TO t DO INSTEAD NOTHING", "ALTER RULE ru ON t RENAME TO rv", "DROP RULE rv ON t",
	"CREATE POLICY po ON t", "ALTER POLICY po ON t RENAME TO pp", "ALTER POLICY pp ON t USING (true)", "DROP POLICY pp ON t", "CREATE STATISTICS st ON a, b FROM t", "ALTER STATISTICS st SET STATISTICS 10", "ALTER STATISTICS st RENAME TO su", "DROP STATISTICS su",
	"CREATE AGGREGATE ag (int) (sfunc = int4pl, stype = int)", "ALTER AGGREGATE ag (int) RENAME TO ah", "DROP AGGREGATE ah (int)", "CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq)", "DROP OPERATOR === (int, int)",
	"CREATE COLLATION co (locale = 'C')", "DROP COLLATION co", "CREATE CAST (e AS int) WITH INOUT", "DROP CAST (e AS int)", "CREATE ROLE dbbot_r", "ALTER ROLE dbbot_r NOLOGIN", "ALTER ROLE dbbot_r SET work_mem = '5MB'", "ALTER ROLE dbbot_r RENAME TO dbbot_s",
	"GRANT SELECT ON t TO dbbot_s", "REVOKE SELECT ON t FROM dbbot_s", "CREATE USER dbbot_u", "GRANT dbbot_s TO dbbot_u", "REVOKE dbbot_s FROM dbbot_u", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO dbbot_s", "REASSIGN OWNED BY dbbot_s TO CURRENT_USER", "DROP OWNED BY dbbot_s", "DROP ROLE dbbot_s, dbbot_u",
	"COMMENT ON TABLE t IS 'x'", "INSERT INTO t VALUES (1, 'x')", "UPDATE t SET b = 'y'", "DELETE FROM t", "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE", "TRUNCATE t", "WITH x AS (SELECT 1) SELECT * FROM x", "VALUES (1)", "TABLE t", "LOCK t",
	"SET work_mem = '5MB'", "RESET work_mem", "RESET ALL", "SHOW work_mem", "SET CONSTRAINTS ALL DEFERRED", "SET LOCAL role = none", "ANALYZE t", "EXPLAIN SELECT 1", "DO 'BEGIN END'", "PREPARE pr AS SELECT 1", "EXECUTE pr", "DEALLOCATE pr", "DEALLOCATE ALL", "DISCARD PLANS", "DISCARD TEMP",
	"DECLARE cu CURSOR FOR SELECT 1", "FETCH cu", "MOVE cu", "CLOSE cu", "CLOSE ALL", "LISTEN ch", "NOTIFY ch", "UNLISTEN ch", "SAVEPOINT sp", "ROLLBACK TO sp", "RELEASE sp", "CREATE EXTENSION IF NOT EXISTS plpgsql", "CHECKPOINT",
	"CREATE PUBLICATION pu FOR TABLE t", "ALTER PUBLICATION pu SET (publish = 'insert')", "DROP PUBLICATION pu", "CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION ef()", "CREATE FOREIGN DATA WRAPPER fw", "CREATE SERVER se FOREIGN DATA WRAPPER fw",
	"CREATE FOREIGN TABLE ft (a int) SERVER se", "ALTER FOREIGN TABLE ft ADD b int", "ALTER FOREIGN TABLE ft RENAME COLUMN b TO c", "DROP FOREIGN TABLE ft", "CREATE USER MAPPING FOR CURRENT_USER SERVER se", "ALTER SERVER se VERSION '2'", "DROP USER MAPPING FOR CURRENT_USER SERVER se", "DROP SERVER se", "DROP FOREIGN DATA WRAPPER fw",
	"CREATE TEXT SEARCH CONFIGURATION ts (COPY = english)", "ALTER TEXT SEARCH CONFIGURATION ts DROP MAPPING FOR word", "DROP TEXT SEARCH CONFIGURATION ts", "CREATE TEXT SEARCH DICTIONARY td (TEMPLATE = simple)", "ALTER TEXT SEARCH DICTIONARY td (Accept = false)", "DROP TEXT SEARCH DICTIONARY td",
	"DROP VIEW x", "DROP TABLE t, u, v CASCADE", "DROP FUNCTION f", "DROP SCHEMA s", "START TRANSACTION", "COMMIT", "BEGIN", "ROLLBACK", "BEGIN", "END", "BEGIN", "ABORT", "BEGIN", "PREPARE TRANSACTION 'x'",
}

var counts = regexp.MustCompile(` [0-9 ]+$`)

var selects = map[string]bool{"CREATE TABLE AS": true, "SELECT INTO": true, "CREATE MATERIALIZED VIEW": true, "EXECUTE": true}

func TestTagsAreTheServers(t *testing.T) {
	c := connect(t)
	if _, err := answers(t, c, "BEGIN; CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'"); err != nil {
		t.Fatal(err)
	}
	old := strings.HasPrefix(c.ParameterStatus("server_version"), "14.")
	for _, sql := range every {
		s := Parse([]byte(sql))
		if old && strings.HasPrefix(sql, "MERGE") {
			continue // it came with 15
		}
		if len(s.Statements) != 1 {
			t.Errorf("%s: %s%s", sql, s.Fault, s.Refused)
			continue
		}
		said, err := answers(t, c, sql)
		switch failed, _ := errors.AsType[*pgconn.PgError](err); {
		case failed != nil && failed.Code == "55000" && s.Statements[0].Tag == "PREPARE TRANSACTION": // off by default
		case err != nil:
			t.Errorf("%s: %v", sql, err)
		case counts.ReplaceAllString(said[0], "") != s.Statements[0].Tag && !selects[s.Statements[0].Tag]:
			t.Errorf("%s: the server says %q, we %q", sql, said[0], s.Statements[0].Tag)
		}
		if s.Statements[0].Alone && s.Statements[0].Tag != "CALL" { // which might commit
			t.Errorf("%s ran in a transaction, and we say that it cannot", sql)
		}
	}
}

func TestAloneIsWhatTheServerRefuses(t *testing.T) {
	c := connect(t)
	if _, err := answers(t, c, `CREATE TABLE t (a int); CREATE INDEX i ON t (a); CREATE TABLE p (a int) PARTITION BY LIST (a);
		CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TYPE e AS ENUM (); CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE UNIQUE INDEX ON m (a)`); err != nil {
		t.Fatal(err)
	}
	for want, all := range map[bool][]string{true: loners, false: social} {
		for _, sql := range all {
			if _, err := answers(t, c, "BEGIN"); err != nil {
				t.Fatal(err)
			}
			_, err := answers(t, c, sql)
			failed, _ := errors.AsType[*pgconn.PgError](err)
			if refused := failed != nil && (failed.Code == "25001" || failed.Code == "2D000"); refused != want {
				t.Errorf("%s: refused in a transaction should be %v: %v", sql, want, err)
			}
			if _, err := answers(t, c, "ROLLBACK"); err != nil {
				t.Fatal(err)
			}
			if batch := "BEGIN; COMMIT; " + sql; want && !strings.HasPrefix(sql, "DO") {
				if _, err := answers(t, c, batch); err == nil || Parse([]byte(batch)).Refused == "" {
					t.Errorf("%s: %v", batch, err)
				}
			}
		}
	}
}
