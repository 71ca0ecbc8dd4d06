package lint

var tableExamples = []example{
	{
		"closes-for-a-moment",
		[]string{"ALTER TABLE big ADD COLUMN x int", "CREATE TRIGGER t AFTER INSERT ON busy EXECUTE FUNCTION f()", "DROP TRIGGER t ON big", "CREATE RULE r AS ON INSERT TO busy DO NOTHING", "CREATE POLICY p ON big USING (true)", "ALTER POLICY p ON big USING (true)", "DROP POLICY p ON big", "ALTER TABLE big ENABLE ROW LEVEL SECURITY"},
		[]string{"ALTER TABLE small ADD COLUMN x int", "ALTER TABLE big ALTER total SET STATISTICS 10", "ALTER TABLE big ADD CHECK (total > 0)", "CREATE TABLE t (a int); ALTER TABLE t ADD b int", "DROP FUNCTION f"},
	},
	{
		"attach-scans",
		[]string{"ALTER TABLE events ATTACH PARTITION small FOR VALUES IN (1)"},
		[]string{"CREATE TABLE t (a int); ALTER TABLE events ATTACH PARTITION t FOR VALUES IN (1)", "ALTER TABLE events ATTACH PARTITION big FOR VALUES IN (1)", "ALTER TABLE events DETACH PARTITION events_1"},
	},
	{"default-partition-scans", []string{"CREATE TABLE e2 PARTITION OF events FOR VALUES IN (2)", "CREATE TABLE e2 (a int); ALTER TABLE events ATTACH PARTITION e2 FOR VALUES IN (1)"}, []string{"ALTER TABLE events ADD CHECK (id > 0)", "CREATE TABLE e2 (a int)"}},
	{"partition-of-closes-parent", []string{"CREATE TABLE e2 PARTITION OF events FOR VALUES IN (2)"}, []string{"CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)", "CREATE TABLE x () INHERITS (big)"}},
	{"detach-closes-parent", []string{"ALTER TABLE events DETACH PARTITION events_1"}, []string{"ALTER TABLE events DETACH PARTITION events_1 CONCURRENTLY", "ALTER TABLE events DETACH PARTITION events_1 FINALIZE"}},
	{"rewritten-in-place", []string{"CLUSTER big USING big_note", "VACUUM FULL big", "VACUUM (FULL, ANALYZE) middling", "CLUSTER", "VACUUM FULL"}, []string{"VACUUM big", "VACUUM (FULL false) big", "ANALYZE big", "CLUSTER empty USING x"}},
	{"refresh-closes-view", []string{"REFRESH MATERIALIZED VIEW totals"}, []string{"REFRESH MATERIALIZED VIEW CONCURRENTLY totals", "REFRESH MATERIALIZED VIEW totals WITH NO DATA", "CREATE MATERIALIZED VIEW m AS SELECT 1; REFRESH MATERIALIZED VIEW m"}},
	{"lock-table", []string{"LOCK TABLE big", "LOCK big IN SHARE MODE"}, []string{"LOCK big IN ACCESS SHARE MODE", "CREATE TABLE t (a int); LOCK t"}},
}

var transactionExamples = []example{
	{
		"lock-held",
		[]string{"ALTER TABLE small ADD COLUMN x int; CREATE INDEX i ON big (total)", "ALTER TABLE big ADD COLUMN x int; UPDATE big SET x = 1 WHERE id > 5", "ALTER TABLE small ADD COLUMN x int; INSERT INTO big (id) SELECT id FROM small"},
		[]string{
			"CREATE INDEX i ON big (total); ALTER TABLE small ADD COLUMN x int", "ALTER TABLE small ADD COLUMN x int---CREATE INDEX i ON big (total)", "CREATE TABLE t (a int); CREATE INDEX i ON big (total)", "ALTER TABLE big ADD CHECK (total > 0); ALTER TABLE big ADD CHECK (total > 1)",
			"ALTER TABLE small ADD COLUMN x int; INSERT INTO big (id) VALUES (1)", "BEGIN; ALTER TABLE small ADD COLUMN x int; COMMIT; CREATE INDEX i ON big (total)",
		},
	},
	{"several-tables-locked", []string{"ALTER TABLE big ADD x int; ALTER TABLE small ADD x int"}, []string{"ALTER TABLE big ADD x int; ALTER TABLE big ADD y int", "ALTER TABLE big ADD x int; CREATE TABLE t (a int); ALTER TABLE t ADD b int", "ALTER TABLE big ADD x int---ALTER TABLE small ADD x int"}},
	{"several-alters", []string{"ALTER TABLE big ADD x int; ALTER TABLE big ADD y int"}, []string{"ALTER TABLE big ADD x int, ADD y int", "ALTER TABLE big ADD x int---ALTER TABLE big ADD y int", "CREATE TABLE t (a int); ALTER TABLE t ADD x int; ALTER TABLE t ADD y int", "ALTER TABLE big ADD x int; ALTER INDEX big SET (fillfactor = 50)"}},
	{"own-timeout", []string{"SET lock_timeout = 0; SELECT 1", "SET LOCAL statement_timeout = '1h'"}, []string{"SET LOCAL work_mem = '1GB'", "SELECT 1"}},
	{
		"rows-and-tables-together",
		[]string{"ALTER TABLE big ADD COLUMN x int; UPDATE big SET x = 1 WHERE id > 0", "INSERT INTO big (id) VALUES (1); ALTER TABLE small ADD COLUMN x int"},
		[]string{"CREATE TABLE t (a int); INSERT INTO t SELECT id FROM big", "ALTER TABLE big ADD COLUMN x int---UPDATE big SET x = 1 WHERE id > 0", "ALTER TABLE big ADD COLUMN x int; INSERT INTO small (id) VALUES (1)", "UPDATE big SET total = 1 WHERE id = 5; CREATE TABLE t (a int)"},
	},
	{
		"enum-value-used",
		[]string{"ALTER TYPE mood ADD VALUE 'calm'; UPDATE big SET note = 'calm' WHERE id = 1", "ALTER TYPE mood ADD VALUE 'calm'; ALTER TABLE big ALTER note SET DEFAULT 'calm'"},
		[]string{"ALTER TYPE mood ADD VALUE 'calm'---UPDATE big SET note = 'calm' WHERE id = 1", "ALTER TYPE mood ADD VALUE 'calm'; UPDATE big SET note = 'other' WHERE id = 1", "ALTER TYPE mood ADD VALUE 'calm'; ALTER TYPE mood ADD VALUE 'calmer' AFTER 'calm'"},
	},
	{"own-transaction", []string{"BEGIN; SELECT 1; COMMIT", "SELECT 1; ROLLBACK"}, []string{"SELECT 1; SAVEPOINT a; ROLLBACK TO a", "SELECT 1"}},
	{"setting-leaks", []string{"SET search_path = app; SELECT 1", "SET ROLE ana"}, []string{"SET LOCAL search_path = app", "SET search_path = app; SELECT 1; RESET search_path"}},
}

var toolExamples = []example{
	{"cannot-run", []string{"COPY big FROM stdin;\n1\n\\.\n", "\\connect other\n", "SELECT 1;\x00", "BEGIN; CREATE INDEX CONCURRENTLY i ON big (total); COMMIT"}, []string{"SELECT 1"}},
	{"not-understood", []string{"CREATE TABEL t (a int)", "ALTER TABLE big ADD CONSTRAINT c NOT NULL total NOT VALID"}, []string{"SELECT 1", "COPY big FROM stdin;\n1\n\\.\n"}},
	{"empty-file", []string{"-- later\n", " \n;;"}, []string{"SELECT 1", "CREATE TABEL t"}},
	{"line-ends", []string{"SELECT 1;\r\nSELECT 2;\r\n"}, []string{"SELECT 1;\nSELECT 2;\n"}},
	{"tools-own-table", []string{"UPDATE schema_migrations SET version = 3", "DROP TABLE _prisma_migrations", "INSERT INTO dbbot_migrations VALUES (1)", "TRUNCATE schema_migrations"}, []string{"SELECT * FROM schema_migrations", "UPDATE big SET note = 'schema_migrations' WHERE id = 1"}},
	{"server-wide", []string{"ALTER SYSTEM SET work_mem = '1GB'", "CREATE DATABASE other", "CREATE TABLESPACE fast LOCATION '/x'", "DROP SUBSCRIPTION s", "ALTER DATABASE shop SET work_mem = '1GB'"}, []string{"SET work_mem = '1GB'"}},
	{"unseen-code", []string{"DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'big'; END $$", "DO $$ BEGIN PERFORM 1; END $$", "CALL app.tidy()"}, []string{"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "SELECT f()"}},
}

var useExamples = []example{
	{"rename-column", []string{"ALTER TABLE big RENAME COLUMN note TO remark", "ALTER TABLE empty RENAME note TO remark"}, []string{"CREATE TABLE t (a int); ALTER TABLE t RENAME a TO b", "ALTER TABLE big RENAME CONSTRAINT a TO b"}},
	{
		"rename",
		[]string{"ALTER TABLE big RENAME TO bigger", "ALTER VIEW shown RENAME TO seen", "ALTER TYPE mood RENAME VALUE 'calm' TO 'still'", "ALTER SCHEMA app RENAME TO shop", "ALTER TABLE big SET SCHEMA old", "ALTER TYPE mood RENAME TO m"},
		[]string{"CREATE TABLE t (a int); ALTER TABLE t RENAME TO u", "ALTER INDEX i RENAME TO j", "ALTER TYPE mood ADD VALUE 'x'", "CREATE TYPE mood_new AS ENUM ('x'); ALTER TYPE mood_new RENAME TO mood"},
	},
	{"default-changed", []string{"ALTER TABLE big ALTER id DROP DEFAULT", "ALTER TABLE big ALTER id SET DEFAULT 0"}, []string{"ALTER TABLE big ALTER total SET DEFAULT 0", "CREATE TABLE t (a int DEFAULT 1); ALTER TABLE t ALTER a DROP DEFAULT"}},
	{"drop-not-null", []string{"ALTER TABLE big ALTER id DROP NOT NULL"}, []string{"ALTER TABLE big ALTER total DROP NOT NULL", "CREATE TABLE t (a int NOT NULL); ALTER TABLE t ALTER a DROP NOT NULL"}},
	{"enum-replaced", []string{"CREATE TYPE mood_new AS ENUM ('calm')", "DROP TYPE app.mood"}, []string{"CREATE TYPE mood AS ENUM ('calm')", "ALTER TYPE mood ADD VALUE 'x'"}},
	{
		"view-replaced",
		[]string{"CREATE OR REPLACE VIEW shown AS SELECT id FROM big", "CREATE OR REPLACE VIEW shown AS SELECT note, id FROM big", "CREATE OR REPLACE VIEW shown (a, b) AS SELECT id, note FROM big"},
		[]string{"CREATE OR REPLACE VIEW shown AS SELECT id, b.note, total FROM big b", "CREATE OR REPLACE VIEW other AS SELECT id FROM big", "CREATE OR REPLACE VIEW shown AS SELECT * FROM big", "CREATE VIEW shown AS SELECT id FROM big"},
	},
	{"function-dropped", []string{"DROP FUNCTION app.total(int)", "DROP PROCEDURE tidy"}, []string{"CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "DROP VIEW shown"}},
	{"revoke", []string{"REVOKE SELECT ON big FROM ana", "REVOKE writers FROM ana"}, []string{"GRANT SELECT ON big TO ana", "REVOKE ALL ON big FROM PUBLIC"}},
}

var qualityExamples = []example{
	{"json-column", []string{"CREATE TABLE t (id bigint PRIMARY KEY, a json, b json)", "ALTER TABLE big ADD COLUMN extra json"}, []string{"CREATE TABLE t (a jsonb)", "ALTER TABLE big ALTER note TYPE json USING note::json"}},
	{"narrow-key", []string{"CREATE TABLE t (id serial PRIMARY KEY)", "CREATE TABLE t (id int, PRIMARY KEY (id))"}, []string{"CREATE TABLE t (id bigserial PRIMARY KEY, n int)", "CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))"}},
	{"padded-text", []string{"CREATE TABLE t (a char(20))", "ALTER TABLE big ADD c character(2)"}, []string{"CREATE TABLE t (a char, b varchar(20))"}},
	{"time-without-zone", []string{"CREATE TABLE t (a timestamp, b timestamp(3))", "ALTER TABLE big ADD c timestamp without time zone"}, []string{"CREATE TABLE t (a timestamptz, b date)"}},
	{
		"foreign-key-without-index",
		[]string{"CREATE TABLE t (id bigint PRIMARY KEY, a bigint REFERENCES big)", "ALTER TABLE big ADD FOREIGN KEY (customer) REFERENCES customers NOT VALID", "CREATE TABLE t (a bigint, b bigint, FOREIGN KEY (a, b) REFERENCES big (id, total)); CREATE INDEX ON t (a)"},
		[]string{
			"CREATE TABLE t (a bigint REFERENCES big); CREATE INDEX ON t (a)", "CREATE TABLE t (a bigint PRIMARY KEY REFERENCES big)", "ALTER TABLE big ADD FOREIGN KEY (note) REFERENCES customers NOT VALID", "CREATE TABLE t (a bigint, b bigint, FOREIGN KEY (a, b) REFERENCES big (id, total), UNIQUE (b, a))",
			"CREATE TABLE t (a bigint REFERENCES big); ALTER TABLE t ADD UNIQUE (a)",
		},
	},
	{"no-primary-key", []string{"CREATE TABLE t (a int)", "CREATE TABLE t (a int UNIQUE)"}, []string{"CREATE TABLE t (a int PRIMARY KEY)", "CREATE TABLE t (a int, PRIMARY KEY (a))", "CREATE TABLE t (a int); ALTER TABLE t ADD PRIMARY KEY (a)", "CREATE TABLE t (LIKE big INCLUDING ALL)", "CREATE TEMP TABLE t (a int)", "CREATE TABLE e2 PARTITION OF events FOR VALUES IN (2)"}},
	{
		"long-name",
		[]string{"CREATE INDEX CONCURRENTLY an_index_whose_name_says_everything_that_it_was_ever_meant_to_be_good_for ON big (total)", "ALTER TABLE big ADD COLUMN \"ümläut ümläut ümläut ümläut ümläut ümläut ümläut ümläut\" int"},
		[]string{"CREATE INDEX an_index_whose_name_says_enough ON big (total)", "SELECT 'an_index_whose_name_says_everything_that_it_was_ever_meant_to_be_good_for'", "-- an_index_whose_name_says_everything_that_it_was_ever_meant_to_be_good_for\nSELECT 1"},
	},
	{"reserved-name", []string{"CREATE TABLE \"order\" (id bigint PRIMARY KEY)", "ALTER TABLE big ADD COLUMN \"user\" text, ADD \"end\" date"}, []string{"CREATE TABLE orders (id bigint)", "ALTER TABLE big ADD COLUMN name text", "CREATE TABLE \"Order\" (id bigint)"}},
	{"column-twice", []string{"UPDATE big SET note = 'a', note = 'b' WHERE id = 1", "INSERT INTO big (id, id) VALUES (1, 2)", "CREATE TABLE t (a int, a text)"}, []string{"UPDATE big SET note = 'a', total = 1 WHERE id = 1", "UPDATE big SET tags[1] = 'a', tags[2] = 'b' WHERE id = 1", "INSERT INTO big VALUES (1)"}},
}

var accessExamples = []example{
	{
		"needs-superuser",
		[]string{"CREATE EXTENSION postgis", "ALTER SYSTEM SET work_mem = '1GB'", "COPY big FROM '/etc/passwd'", "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'x'", "CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION f()"},
		[]string{"CREATE EXTENSION IF NOT EXISTS pg_trgm", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"},
	},
	{"security-definer", []string{"CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"}, []string{"CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1'", "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY INVOKER AS 'SELECT 1'"}},
	{"grant-to-public", []string{"GRANT SELECT ON big TO PUBLIC"}, []string{"GRANT SELECT ON big TO ana", "REVOKE ALL ON big FROM PUBLIC"}},
	{"triggers-off", []string{"ALTER TABLE big DISABLE TRIGGER ALL", "SET session_replication_role = replica"}, []string{"ALTER TABLE big ENABLE TRIGGER ALL", "SET session_replication_role = origin", "RESET session_replication_role"}},
	{"password-in-file", []string{"CREATE ROLE ana LOGIN PASSWORD 'hunter2'", "ALTER USER ana WITH PASSWORD 'hunter2'", "CREATE USER MAPPING FOR ana SERVER s OPTIONS (user 'a', password 'hunter2')"}, []string{"CREATE ROLE ana LOGIN", "ALTER ROLE ana PASSWORD NULL", "ALTER ROLE ana NOLOGIN"}},
	{"no-row-security", []string{"CREATE TABLE t (id bigint PRIMARY KEY)"}, []string{"CREATE TABLE t (id bigint); ALTER TABLE t ENABLE ROW LEVEL SECURITY", "CREATE TABLE app.t (id bigint)"}},
}
