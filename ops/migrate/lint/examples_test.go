package lint

var lossExamples = []example{
	{
		rule: "drop-column",
		speaks: []string{
			"ALTER TABLE big DROP COLUMN note",
			"ALTER TABLE empty DROP note, ADD x int",
		},
		silent: []string{
			"CREATE TABLE t (a int); ALTER TABLE t DROP COLUMN a",
			"ALTER TABLE big DROP COLUMN IF EXISTS never_was",
			"ALTER TABLE big DROP CONSTRAINT price_there",
		},
	},
	{
		rule: "drop-table",
		speaks: []string{
			"DROP TABLE big",
			"DROP TABLE IF EXISTS small, big",
			"DROP MATERIALIZED VIEW totals",
		},
		silent: []string{
			"CREATE TABLE t (a int); DROP TABLE t",
			"DROP TABLE IF EXISTS never_was",
			"DROP VIEW shown",
		},
	},
	{
		rule: "drop-everything",
		speaks: []string{
			"DROP SCHEMA old CASCADE",
			"DROP DATABASE shop",
			"DROP OWNED BY ana",
			"DROP SCHEMA old",
		},
		silent: []string{
			"CREATE SCHEMA new",
		},
	},
	{
		rule: "cascade",
		speaks: []string{
			"DROP TYPE mood CASCADE",
			"DROP VIEW shown CASCADE",
			"ALTER TABLE big DROP COLUMN note CASCADE",
			"ALTER TABLE customers DROP CONSTRAINT customers_pkey CASCADE",
		},
		silent: []string{
			"DROP TYPE mood",
			"ALTER TABLE big DROP COLUMN note",
			"TRUNCATE big CASCADE",
		},
	},
	{
		rule: "truncate",
		speaks: []string{
			"TRUNCATE big",
			"TRUNCATE customers CASCADE",
			"TRUNCATE empty",
		},
		silent: []string{
			"CREATE TABLE t (a int); TRUNCATE t",
			"DELETE FROM big",
		},
	},
	{
		rule: "change-without-where",
		speaks: []string{
			"UPDATE big SET total = 0",
			"DELETE FROM small",
		},
		silent: []string{
			"UPDATE big SET total = 0 WHERE id < 10",
			"UPDATE empty SET total = 0",
			"CREATE TABLE t (a int); DELETE FROM t",
			"UPDATE big SET total = 1 FROM small WHERE big.id = small.id",
		},
	},
	{
		rule: "delete-rows",
		speaks: []string{
			"DELETE FROM big WHERE id = 1",
			"DELETE FROM big USING small WHERE big.id = small.id",
		},
		silent: []string{
			"CREATE TABLE t (a int); DELETE FROM t WHERE a = 1",
			"INSERT INTO big (id) VALUES (1)",
		},
	},
}

var indexExamples = []example{
	{
		rule: "index-blocks-writes",
		speaks: []string{
			"CREATE UNIQUE INDEX i ON big (note) WHERE total > 0",
			"CREATE INDEX ON middling USING gin (note)",
			"CREATE INDEX i ON events_1 (id)",
			"CREATE INDEX ON events (id)",
		},
		silent: []string{
			"CREATE INDEX CONCURRENTLY i ON big (note)",
			"CREATE TABLE t (a int); CREATE INDEX ON t (a)",
			"CREATE TABLE t (a int)---CREATE INDEX ON t (a)",
			"CREATE INDEX ON empty (note)",
		},
	},
	{
		rule: "drop-index-blocks",
		speaks: []string{
			"DROP INDEX big_note",
			"DROP INDEX IF EXISTS public.big_note, big_pkey",
		},
		silent: []string{
			"DROP INDEX CONCURRENTLY big_note",
			"CREATE TABLE t (a int); CREATE INDEX i ON t (a); DROP INDEX i",
		},
	},
	{
		rule: "reindex-blocks",
		speaks: []string{
			"REINDEX TABLE big",
			"REINDEX INDEX big_note",
			"REINDEX SCHEMA public",
		},
		silent: []string{
			"REINDEX TABLE CONCURRENTLY big",
			"REINDEX (CONCURRENTLY) INDEX big_note",
			"REINDEX TABLE empty",
		},
	},
	{
		rule: "invalid-index-kept",
		speaks: []string{
			"CREATE INDEX CONCURRENTLY IF NOT EXISTS big_broken ON big (total)",
			"CREATE INDEX CONCURRENTLY IF NOT EXISTS big_note ON big (note)",
			"CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON big (note)",
		},
		silent: []string{
			"CREATE INDEX CONCURRENTLY i ON big (note)",
			"CREATE INDEX IF NOT EXISTS i ON big (note)",
		},
	},
	{
		rule: "several-concurrently",
		speaks: []string{
			"CREATE INDEX CONCURRENTLY i ON big (note); CREATE INDEX CONCURRENTLY j ON big (total)",
			"SELECT 1; VACUUM big",
		},
		silent: []string{
			"CREATE INDEX CONCURRENTLY i ON big (note)",
			"SELECT 1; SELECT 2",
		},
	},
	{
		rule: "duplicate-index",
		speaks: []string{
			"CREATE INDEX CONCURRENTLY i ON big (note)",
			"CREATE INDEX i ON big (id)",
		},
		silent: []string{
			"CREATE INDEX i ON big (note) WHERE total > 0",
			"CREATE INDEX i ON big (note, id)",
			"CREATE UNIQUE INDEX i ON big (note)",
			"CREATE INDEX i ON big (lower(note))",
			"CREATE INDEX i ON big USING hash (note)",
			"CREATE INDEX i ON big (total)",
		},
	},
}

var constraintExamples = []example{
	{
		rule: "unique-blocks",
		speaks: []string{
			"ALTER TABLE big ADD CONSTRAINT u UNIQUE (note, total)",
			"ALTER TABLE big ADD PRIMARY KEY (id)",
			"ALTER TABLE big ADD COLUMN code text UNIQUE",
			"ALTER TABLE big ADD EXCLUDE USING gist (id WITH =)",
		},
		silent: []string{
			"ALTER TABLE big ADD CONSTRAINT u UNIQUE USING INDEX big_note",
			"ALTER TABLE empty ADD UNIQUE (note)",
			"CREATE TABLE t (a int); ALTER TABLE t ADD UNIQUE (a)",
			"ALTER TABLE big ADD COLUMN code text",
		},
	},
	{
		rule: "check-scans",
		speaks: []string{
			"ALTER TABLE big ADD CONSTRAINT positive CHECK (total > 0)",
			"ALTER TABLE big ADD CHECK (total > 0)",
			"ALTER TABLE events ADD CHECK (id > 0)",
			"ALTER TABLE big ADD COLUMN x int DEFAULT 1 CHECK (x > 0)",
		},
		silent: []string{
			"ALTER TABLE big ADD CONSTRAINT positive CHECK (total > 0) NOT VALID",
			"ALTER TABLE empty ADD CHECK (total > 0)",
			"ALTER TABLE big ADD COLUMN x int DEFAULT 1",
		},
	},
	{
		rule: "foreign-key-scans",
		speaks: []string{
			"ALTER TABLE big ADD CONSTRAINT f FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE",
			"ALTER TABLE middling ADD FOREIGN KEY (customer) REFERENCES customers",
		},
		silent: []string{
			"ALTER TABLE big ADD CONSTRAINT f FOREIGN KEY (customer) REFERENCES customers (id) NOT VALID",
			"CREATE TABLE t (a bigint); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES customers",
			"ALTER TABLE empty ADD FOREIGN KEY (customer) REFERENCES customers",
		},
	},
	{
		rule: "reference-locks",
		speaks: []string{
			"CREATE TABLE t (a bigint REFERENCES big)",
			"CREATE TABLE t (a bigint, FOREIGN KEY (a) REFERENCES busy)",
			"ALTER TABLE small ADD COLUMN c bigint REFERENCES customers",
			"CREATE TABLE t (a bigint); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES customers",
		},
		silent: []string{
			"CREATE TABLE p (a bigint PRIMARY KEY); CREATE TABLE t (a bigint REFERENCES p)",
			"CREATE TABLE t (a bigint PRIMARY KEY, b bigint REFERENCES t)",
		},
	},
	{
		rule: "validate-in-same-transaction",
		speaks: []string{
			"ALTER TABLE big ADD CONSTRAINT c CHECK (total > 0) NOT VALID; ALTER TABLE big VALIDATE CONSTRAINT c",
		},
		silent: []string{
			"ALTER TABLE big VALIDATE CONSTRAINT total_there",
			"ALTER TABLE big ADD CONSTRAINT c CHECK (total > 0) NOT VALID; ALTER TABLE big VALIDATE CONSTRAINT c; CREATE INDEX CONCURRENTLY i ON big (total)",
			"ALTER TABLE big ADD CONSTRAINT c CHECK (total > 0) NOT VALID---ALTER TABLE big VALIDATE CONSTRAINT c",
			"BEGIN; ALTER TABLE big ADD CONSTRAINT c CHECK (total > 0) NOT VALID; COMMIT; ALTER TABLE big VALIDATE CONSTRAINT c",
		},
	},
	{
		rule: "set-not-null-scans",
		speaks: []string{
			"ALTER TABLE big ALTER COLUMN total SET NOT NULL",
			"ALTER TABLE big ALTER note SET NOT NULL",
			"ALTER TABLE big ADD CONSTRAINT c CHECK (note IS NOT NULL) NOT VALID---ALTER TABLE big VALIDATE CONSTRAINT total_there---ALTER TABLE big ALTER note SET NOT NULL",
			"ALTER TABLE big ADD CONSTRAINT c CHECK (note IS NOT NULL) NOT VALID; ALTER TABLE big ALTER note SET NOT NULL",
		},
		silent: []string{
			"ALTER TABLE big ALTER COLUMN price SET NOT NULL",
			"ALTER TABLE big ALTER COLUMN id SET NOT NULL",
			"ALTER TABLE big VALIDATE CONSTRAINT total_there; ALTER TABLE big ALTER total SET NOT NULL",
			"ALTER TABLE big ADD CONSTRAINT c CHECK (note IS NOT NULL) NOT VALID---ALTER TABLE big VALIDATE CONSTRAINT c---ALTER TABLE big ALTER note SET NOT NULL",
			"ALTER TABLE empty ALTER total SET NOT NULL",
		},
	},
	{
		rule: "drop-locks-referenced",
		speaks: []string{
			"ALTER TABLE big DROP CONSTRAINT big_customer_fkey",
			"DROP TABLE big",
			"ALTER TABLE big DROP COLUMN customer",
		},
		silent: []string{
			"ALTER TABLE big DROP CONSTRAINT price_there",
			"DROP TABLE small",
			"DROP TABLE big, customers",
			"DROP TABLE events",
			"ALTER TABLE events ADD COLUMN x int",
		},
	},
	{
		rule: "domain-constraint",
		speaks: []string{
			"ALTER DOMAIN email ADD CONSTRAINT at CHECK (VALUE LIKE '%@%')",
		},
		silent: []string{
			"ALTER DOMAIN email ADD CONSTRAINT at CHECK (VALUE LIKE '%@%') NOT VALID",
			"ALTER DOMAIN email DROP NOT NULL",
		},
	},
}

var columnExamples = []example{
	{
		rule: "not-null-without-default",
		speaks: []string{
			"ALTER TABLE big ADD COLUMN x int NOT NULL",
			"ALTER TABLE small ADD COLUMN x int NOT NULL DEFAULT NULL",
		},
		silent: []string{
			"ALTER TABLE big ADD COLUMN x int NOT NULL DEFAULT 0",
			"ALTER TABLE big ADD COLUMN x int",
			"ALTER TABLE empty ADD COLUMN x int NOT NULL",
			"ALTER TABLE big ADD COLUMN x bigserial NOT NULL",
			"CREATE TABLE t (a int NOT NULL); ALTER TABLE t ADD b int NOT NULL",
		},
	},
	{
		rule: "column-rewrites",
		speaks: []string{
			"ALTER TABLE big ADD COLUMN x uuid DEFAULT gen_random_uuid()",
			"ALTER TABLE big ADD COLUMN x bigserial",
			"ALTER TABLE big ADD COLUMN x bigint GENERATED ALWAYS AS IDENTITY",
			"ALTER TABLE big ADD COLUMN x int GENERATED ALWAYS AS (total * 2) STORED",
			"ALTER TABLE big ADD COLUMN x timestamptz DEFAULT clock_timestamp()",
			"ALTER TABLE big ADD COLUMN x text DEFAULT upper(our_own())",
		},
		silent: []string{
			"ALTER TABLE big ADD COLUMN x timestamptz DEFAULT now()",
			"ALTER TABLE big ADD COLUMN x timestamptz DEFAULT CURRENT_TIMESTAMP",
			"ALTER TABLE big ADD COLUMN x text DEFAULT 'a' NOT NULL",
			"ALTER TABLE empty ADD COLUMN x bigserial",
		},
	},
	{
		rule: "type-rewrites",
		speaks: []string{
			"ALTER TABLE big ALTER COLUMN total TYPE bigint",
			"ALTER TABLE big ALTER note TYPE varchar(10)",
			"ALTER TABLE big ALTER price TYPE numeric(12,3)",
			"ALTER TABLE big ALTER note TYPE text USING upper(note)",
			"ALTER TABLE big ALTER note TYPE varchar(30) USING note::int",
			"ALTER TABLE big ALTER at TYPE timestamptz",
		},
		silent: []string{
			"ALTER TABLE big ALTER note TYPE varchar(30)",
			"ALTER TABLE big ALTER note TYPE text",
			"ALTER TABLE big ALTER note TYPE text USING note::text",
			"ALTER TABLE big ALTER price TYPE numeric(12,2)",
			"ALTER TABLE big ALTER price TYPE numeric",
			"ALTER TABLE empty ALTER total TYPE bigint",
			"ALTER TABLE big ALTER total TYPE int4",
		},
	},
	{
		rule: "table-rewrites",
		speaks: []string{
			"ALTER TABLE big SET UNLOGGED",
			"ALTER TABLE big SET TABLESPACE fast",
			"ALTER TABLE big SET ACCESS METHOD columnar",
		},
		silent: []string{
			"ALTER TABLE big SET LOGGED",
			"ALTER TABLE big SET (fillfactor = 70)",
			"ALTER TABLE empty SET UNLOGGED",
		},
	},
}
