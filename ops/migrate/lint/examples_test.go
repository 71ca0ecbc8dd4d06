package lint

var lossExamples = []example{
	{
		"drop-column",
		[]string{"ALTER TABLE big DROP COLUMN note", "ALTER TABLE empty DROP note, ADD x int"},
		[]string{"CREATE TABLE t (a int); ALTER TABLE t DROP COLUMN a", "ALTER TABLE big DROP COLUMN IF EXISTS never_was", "ALTER TABLE big DROP CONSTRAINT price_there"},
	},
	{
		"drop-table",
		[]string{"DROP TABLE big", "DROP TABLE IF EXISTS small, big", "DROP MATERIALIZED VIEW totals"},
		[]string{"CREATE TABLE t (a int); DROP TABLE t", "DROP TABLE IF EXISTS never_was", "DROP VIEW shown"},
	},
	{"drop-everything", []string{"DROP SCHEMA old CASCADE", "DROP DATABASE shop", "DROP OWNED BY ana", "DROP SCHEMA old"}, []string{"CREATE SCHEMA new"}},
	{
		"cascade",
		[]string{"DROP TYPE mood CASCADE", "DROP VIEW shown CASCADE", "ALTER TABLE big DROP COLUMN note CASCADE", "ALTER TABLE customers DROP CONSTRAINT customers_pkey CASCADE"},
		[]string{"DROP TYPE mood", "ALTER TABLE big DROP COLUMN note", "TRUNCATE big CASCADE"},
	},
	{"truncate", []string{"TRUNCATE big", "TRUNCATE customers CASCADE", "TRUNCATE empty"}, []string{"CREATE TABLE t (a int); TRUNCATE t", "DELETE FROM big"}},
	{
		"change-without-where",
		[]string{"UPDATE big SET total = 0", "DELETE FROM small"},
		[]string{"UPDATE big SET total = 0 WHERE id < 10", "UPDATE empty SET total = 0", "CREATE TABLE t (a int); DELETE FROM t", "UPDATE big SET total = 1 FROM small WHERE big.id = small.id"},
	},
	{"delete-rows", []string{"DELETE FROM big WHERE id = 1", "DELETE FROM big USING small WHERE big.id = small.id"}, []string{"CREATE TABLE t (a int); DELETE FROM t WHERE a = 1", "INSERT INTO big (id) VALUES (1)"}},
}

var indexExamples = []example{
	{
		"index-blocks-writes",
		[]string{"CREATE UNIQUE INDEX i ON big (note) WHERE total > 0", "CREATE INDEX ON middling USING gin (note)", "CREATE INDEX i ON events_1 (id)", "CREATE INDEX ON events (id)"},
		[]string{"CREATE INDEX CONCURRENTLY i ON big (note)", "CREATE TABLE t (a int); CREATE INDEX ON t (a)", "CREATE TABLE t (a int)---CREATE INDEX ON t (a)", "CREATE INDEX ON empty (note)"},
	},
	{"drop-index-blocks", []string{"DROP INDEX big_note", "DROP INDEX IF EXISTS public.big_note, big_pkey"}, []string{"DROP INDEX CONCURRENTLY big_note", "CREATE TABLE t (a int); CREATE INDEX i ON t (a); DROP INDEX i"}},
	{"reindex-blocks", []string{"REINDEX TABLE big", "REINDEX INDEX big_note", "REINDEX SCHEMA public"}, []string{"REINDEX TABLE CONCURRENTLY big", "REINDEX (CONCURRENTLY) INDEX big_note", "REINDEX TABLE empty"}},
	{
		"invalid-index-kept",
		[]string{"CREATE INDEX CONCURRENTLY IF NOT EXISTS big_broken ON big (total)", "CREATE INDEX CONCURRENTLY IF NOT EXISTS big_note ON big (note)", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON big (note)"},
		[]string{"CREATE INDEX CONCURRENTLY i ON big (note)", "CREATE INDEX IF NOT EXISTS i ON big (note)"},
	},
	{"several-concurrently", []string{"CREATE INDEX CONCURRENTLY i ON big (note); CREATE INDEX CONCURRENTLY j ON big (total)", "SELECT 1; VACUUM big"}, []string{"CREATE INDEX CONCURRENTLY i ON big (note)", "SELECT 1; SELECT 2"}},
	{
		"duplicate-index",
		[]string{"CREATE INDEX CONCURRENTLY i ON big (note)", "CREATE INDEX i ON big (id)"},
		[]string{"CREATE INDEX i ON big (note) WHERE total > 0", "CREATE INDEX i ON big (note, id)", "CREATE UNIQUE INDEX i ON big (note)", "CREATE INDEX i ON big (lower(note))", "CREATE INDEX i ON big USING hash (note)", "CREATE INDEX i ON big (total)"},
	},
}

var constraintExamples = []example{
	{
		"unique-blocks",
		[]string{"ALTER TABLE big ADD CONSTRAINT u UNIQUE (note, total)", "ALTER TABLE big ADD PRIMARY KEY (id)", "ALTER TABLE big ADD COLUMN code text UNIQUE", "ALTER TABLE big ADD EXCLUDE USING gist (id WITH =)"},
		[]string{"ALTER TABLE big ADD CONSTRAINT u UNIQUE USING INDEX big_note", "ALTER TABLE empty ADD UNIQUE (note)", "CREATE TABLE t (a int); ALTER TABLE t ADD UNIQUE (a)", "ALTER TABLE big ADD COLUMN code text"},
	},
	{
		"check-scans",
		[]string{"ALTER TABLE big ADD CONSTRAINT positive CHECK (total > 0)", "ALTER TABLE big ADD CHECK (total > 0)", "ALTER TABLE events ADD CHECK (id > 0)", "ALTER TABLE big ADD COLUMN x int DEFAULT 1 CHECK (x > 0)"},
		[]string{"ALTER TABLE big ADD CONSTRAINT positive CHECK (total > 0) NOT VALID", "ALTER TABLE empty ADD CHECK (total > 0)", "ALTER TABLE big ADD COLUMN x int DEFAULT 1"},
	},
	{
		"foreign-key-scans",
		[]string{"ALTER TABLE big ADD CONSTRAINT f FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE", "ALTER TABLE middling ADD FOREIGN KEY (customer) REFERENCES customers"},
		[]string{"ALTER TABLE big ADD CONSTRAINT f FOREIGN KEY (customer) REFERENCES customers (id) NOT VALID", "CREATE TABLE t (a bigint); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES customers", "ALTER TABLE empty ADD FOREIGN KEY (customer) REFERENCES customers"},
	},
	{
		"reference-locks",
		[]string{"CREATE TABLE t (a bigint REFERENCES big)", "CREATE TABLE t (a bigint, FOREIGN KEY (a) REFERENCES busy)", "ALTER TABLE small ADD COLUMN c bigint REFERENCES customers", "CREATE TABLE t (a bigint); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES customers"},
		[]string{"CREATE TABLE p (a bigint PRIMARY KEY); CREATE TABLE t (a bigint REFERENCES p)", "CREATE TABLE t (a bigint PRIMARY KEY, b bigint REFERENCES t)"},
	},
	{
		"validate-in-same-transaction",
		[]string{"ALTER TABLE big ADD CONSTRAINT c CHECK (total > 0) NOT VALID; ALTER TABLE big VALIDATE CONSTRAINT c"},
		[]string{"ALTER TABLE big VALIDATE CONSTRAINT total_there", "ALTER TABLE big ADD CONSTRAINT c CHECK (total > 0) NOT VALID---ALTER TABLE big VALIDATE CONSTRAINT c", "BEGIN; ALTER TABLE big ADD CONSTRAINT c CHECK (total > 0) NOT VALID; COMMIT; ALTER TABLE big VALIDATE CONSTRAINT c"},
	},
	{
		"set-not-null-scans",
		[]string{"ALTER TABLE big ALTER COLUMN total SET NOT NULL", "ALTER TABLE big ALTER note SET NOT NULL", "ALTER TABLE big ADD CONSTRAINT c CHECK (note IS NOT NULL) NOT VALID; ALTER TABLE big ALTER note SET NOT NULL"},
		[]string{
			"ALTER TABLE big ALTER COLUMN price SET NOT NULL", "ALTER TABLE big ALTER COLUMN id SET NOT NULL", "ALTER TABLE big VALIDATE CONSTRAINT total_there; ALTER TABLE big ALTER total SET NOT NULL",
			"ALTER TABLE big ADD CONSTRAINT c CHECK (note IS NOT NULL) NOT VALID---ALTER TABLE big VALIDATE CONSTRAINT c---ALTER TABLE big ALTER note SET NOT NULL", "ALTER TABLE empty ALTER total SET NOT NULL",
		},
	},
	{"drop-locks-referenced", []string{"ALTER TABLE big DROP CONSTRAINT big_customer_fkey", "DROP TABLE big", "ALTER TABLE big DROP COLUMN customer"}, []string{"ALTER TABLE big DROP CONSTRAINT price_there", "DROP TABLE small", "DROP TABLE big, customers", "DROP TABLE events", "ALTER TABLE events ADD COLUMN x int"}},
	{"domain-constraint", []string{"ALTER DOMAIN email ADD CONSTRAINT at CHECK (VALUE LIKE '%@%')"}, []string{"ALTER DOMAIN email ADD CONSTRAINT at CHECK (VALUE LIKE '%@%') NOT VALID", "ALTER DOMAIN email DROP NOT NULL"}},
}

var columnExamples = []example{
	{
		"not-null-without-default",
		[]string{"ALTER TABLE big ADD COLUMN x int NOT NULL", "ALTER TABLE small ADD COLUMN x int NOT NULL DEFAULT NULL"},
		[]string{"ALTER TABLE big ADD COLUMN x int NOT NULL DEFAULT 0", "ALTER TABLE big ADD COLUMN x int", "ALTER TABLE empty ADD COLUMN x int NOT NULL", "ALTER TABLE big ADD COLUMN x bigserial NOT NULL", "CREATE TABLE t (a int NOT NULL); ALTER TABLE t ADD b int NOT NULL"},
	},
	{
		"column-rewrites",
		[]string{"ALTER TABLE big ADD COLUMN x uuid DEFAULT gen_random_uuid()", "ALTER TABLE big ADD COLUMN x bigserial", "ALTER TABLE big ADD COLUMN x bigint GENERATED ALWAYS AS IDENTITY", "ALTER TABLE big ADD COLUMN x int GENERATED ALWAYS AS (total * 2) STORED", "ALTER TABLE big ADD COLUMN x timestamptz DEFAULT clock_timestamp()", "ALTER TABLE big ADD COLUMN x text DEFAULT upper(our_own())"},
		[]string{"ALTER TABLE big ADD COLUMN x timestamptz DEFAULT now()", "ALTER TABLE big ADD COLUMN x timestamptz DEFAULT CURRENT_TIMESTAMP", "ALTER TABLE big ADD COLUMN x text DEFAULT 'a' NOT NULL", "ALTER TABLE empty ADD COLUMN x bigserial"},
	},
	{
		"type-rewrites",
		[]string{"ALTER TABLE big ALTER COLUMN total TYPE bigint", "ALTER TABLE big ALTER note TYPE varchar(10)", "ALTER TABLE big ALTER price TYPE numeric(12,3)", "ALTER TABLE big ALTER note TYPE text USING upper(note)", "ALTER TABLE big ALTER at TYPE timestamptz"},
		[]string{"ALTER TABLE big ALTER note TYPE varchar(30)", "ALTER TABLE big ALTER note TYPE text", "ALTER TABLE big ALTER note TYPE text USING note::text", "ALTER TABLE big ALTER price TYPE numeric(12,2)", "ALTER TABLE big ALTER price TYPE numeric", "ALTER TABLE empty ALTER total TYPE bigint", "ALTER TABLE big ALTER total TYPE int4"},
	},
	{"table-rewrites", []string{"ALTER TABLE big SET UNLOGGED", "ALTER TABLE big SET TABLESPACE fast", "ALTER TABLE big SET ACCESS METHOD columnar"}, []string{"ALTER TABLE big SET LOGGED", "ALTER TABLE big SET (fillfactor = 70)", "ALTER TABLE empty SET UNLOGGED"}},
}
