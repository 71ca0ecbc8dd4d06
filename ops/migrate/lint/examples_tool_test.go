package lint

var toolExamples = []example{
	{
		rule: "cannot-run",
		speaks: []string{
			"COPY big FROM stdin;\n1\n\\.\n",
			"\\connect other\n",
			"SELECT 1;\x00",
			"BEGIN; CREATE INDEX CONCURRENTLY i ON big (total); COMMIT",
		},
		silent: []string{
			"SELECT 1",
		},
	},
	{
		rule: "not-understood",
		speaks: []string{
			"CREATE TABEL t (a int)",
			"ALTER TABLE big ADD CONSTRAINT c NOT NULL total NOT VALID",
		},
		silent: []string{
			"SELECT 1",
			"COPY big FROM stdin;\n1\n\\.\n",
		},
	},
	{
		rule: "empty-file",
		speaks: []string{
			"-- later\n",
			" \n;;",
		},
		silent: []string{
			"SELECT 1",
			"CREATE TABEL t",
		},
	},
	{
		rule: "line-ends",
		speaks: []string{
			"SELECT 1;\r\nSELECT 2;\r\n",
		},
		silent: []string{
			"SELECT 1;\nSELECT 2;\n",
		},
	},
	{
		rule: "tools-own-table",
		speaks: []string{
			"UPDATE schema_migrations SET version = 3",
			"DROP TABLE _prisma_migrations",
			"INSERT INTO dbbot_migrations VALUES (1)",
			"TRUNCATE schema_migrations",
		},
		silent: []string{
			"SELECT * FROM schema_migrations",
			"UPDATE big SET note = 'schema_migrations' WHERE id = 1",
		},
	},
	{
		rule: "server-wide",
		speaks: []string{
			"ALTER SYSTEM SET work_mem = '1GB'",
			"CREATE DATABASE other",
			"CREATE TABLESPACE fast LOCATION '/x'",
			"DROP SUBSCRIPTION s",
			"ALTER DATABASE shop SET work_mem = '1GB'",
		},
		silent: []string{
			"SET work_mem = '1GB'",
		},
	},
	{
		rule: "unseen-code",
		speaks: []string{
			"DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'big'; END $$",
			"DO $$ BEGIN PERFORM 1; END $$",
			"CALL app.tidy()",
		},
		silent: []string{
			"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
			"SELECT f()",
		},
	},
}

var useExamples = []example{
	{
		rule: "rename-column",
		speaks: []string{
			"ALTER TABLE big RENAME COLUMN note TO remark",
			"ALTER TABLE empty RENAME note TO remark",
		},
		silent: []string{
			"CREATE TABLE t (a int); ALTER TABLE t RENAME a TO b",
			"ALTER TABLE big RENAME CONSTRAINT a TO b",
		},
	},
	{
		rule: "rename",
		speaks: []string{
			"ALTER TABLE big RENAME TO bigger",
			"ALTER VIEW shown RENAME TO seen",
			"ALTER TYPE mood RENAME VALUE 'calm' TO 'still'",
			"ALTER SCHEMA app RENAME TO shop",
			"ALTER TABLE big SET SCHEMA old",
			"ALTER TYPE mood RENAME TO m",
		},
		silent: []string{
			"CREATE TABLE t (a int); ALTER TABLE t RENAME TO u",
			"ALTER INDEX i RENAME TO j",
			"ALTER TYPE mood ADD VALUE 'x'",
			"CREATE TYPE mood_new AS ENUM ('x'); ALTER TYPE mood_new RENAME TO mood",
		},
	},
	{
		rule: "default-changed",
		speaks: []string{
			"ALTER TABLE big ALTER id DROP DEFAULT",
			"ALTER TABLE big ALTER id SET DEFAULT 0",
		},
		silent: []string{
			"ALTER TABLE big ALTER total SET DEFAULT 0",
			"CREATE TABLE t (a int DEFAULT 1); ALTER TABLE t ALTER a DROP DEFAULT",
		},
	},
	{
		rule: "drop-not-null",
		speaks: []string{
			"ALTER TABLE big ALTER id DROP NOT NULL",
		},
		silent: []string{
			"ALTER TABLE big ALTER total DROP NOT NULL",
			"CREATE TABLE t (a int NOT NULL); ALTER TABLE t ALTER a DROP NOT NULL",
		},
	},
	{
		rule: "enum-replaced",
		speaks: []string{
			"CREATE TYPE mood_new AS ENUM ('calm')",
			"DROP TYPE app.mood",
		},
		silent: []string{
			"CREATE TYPE mood AS ENUM ('calm')",
			"ALTER TYPE mood ADD VALUE 'x'",
		},
	},
	{
		rule: "view-replaced",
		speaks: []string{
			"CREATE OR REPLACE VIEW shown AS SELECT id FROM big",
			"CREATE OR REPLACE VIEW shown AS SELECT note, id FROM big",
			"CREATE OR REPLACE VIEW shown (a, b) AS SELECT id, note FROM big",
		},
		silent: []string{
			"CREATE OR REPLACE VIEW shown AS SELECT id, b.note, total FROM big b",
			"CREATE OR REPLACE VIEW other AS SELECT id FROM big",
			"CREATE OR REPLACE VIEW shown AS SELECT * FROM big",
			"CREATE VIEW shown AS SELECT id FROM big",
		},
	},
	{
		rule: "function-dropped",
		speaks: []string{
			"DROP FUNCTION app.total(int)",
			"DROP PROCEDURE tidy",
		},
		silent: []string{
			"CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
			"DROP VIEW shown",
		},
	},
	{
		rule: "revoke",
		speaks: []string{
			"REVOKE SELECT ON big FROM ana",
			"REVOKE writers FROM ana",
		},
		silent: []string{
			"GRANT SELECT ON big TO ana",
			"REVOKE ALL ON big FROM PUBLIC",
		},
	},
}

var accessExamples = []example{
	{
		rule: "needs-superuser",
		speaks: []string{
			"CREATE EXTENSION postgis",
			"ALTER SYSTEM SET work_mem = '1GB'",
			"COPY big FROM '/etc/passwd'",
			"CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'x'",
			"CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION f()",
		},
		silent: []string{
			"CREATE EXTENSION IF NOT EXISTS pg_trgm",
			"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
		},
	},
	{
		rule: "security-definer",
		speaks: []string{
			"CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
		},
		silent: []string{
			"CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1'",
			"CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY INVOKER AS 'SELECT 1'",
		},
	},
	{
		rule: "grant-to-public",
		speaks: []string{
			"GRANT SELECT ON big TO PUBLIC",
		},
		silent: []string{
			"GRANT SELECT ON big TO ana",
			"REVOKE ALL ON big FROM PUBLIC",
		},
	},
	{
		rule: "triggers-off",
		speaks: []string{
			"ALTER TABLE big DISABLE TRIGGER ALL",
			"SET session_replication_role = replica",
		},
		silent: []string{
			"ALTER TABLE big ENABLE TRIGGER ALL",
			"SET session_replication_role = origin",
			"RESET session_replication_role",
		},
	},
	{
		rule: "password-in-file",
		speaks: []string{
			"CREATE ROLE ana LOGIN PASSWORD 'hunter2'",
			"ALTER USER ana WITH PASSWORD 'hunter2'",
			"CREATE USER MAPPING FOR ana SERVER s OPTIONS (user 'a', password 'hunter2')",
		},
		silent: []string{
			"CREATE ROLE ana LOGIN",
			"ALTER ROLE ana PASSWORD NULL",
			"ALTER ROLE ana NOLOGIN",
		},
	},
	{
		rule: "no-row-security",
		speaks: []string{
			"CREATE TABLE t (id bigint PRIMARY KEY)",
		},
		silent: []string{
			"CREATE TABLE t (id bigint); ALTER TABLE t ENABLE ROW LEVEL SECURITY",
			"CREATE TABLE app.t (id bigint)",
		},
	},
}
