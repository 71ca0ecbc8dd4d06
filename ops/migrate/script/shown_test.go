package script

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRedact(t *testing.T) {
	for _, sql := range []string{
		"CREATE ROLE a LOGIN PASSWORD 'hunter2'",
		"ALTER USER a WITH ENCRYPTED PASSWORD 'hunter2' VALID UNTIL '2030-01-01'",
		"CREATE ROLE a PASSWORD /* not 'this' */ 'hunter2'",
		"CREATE ROLE a PASSWORD -- or\n E'\\'hunter2'",
		"CREATE ROLE a PASSWORD $$hunter2$$",
		"CREATE ROLE a PASSWORD $x$it's hunter2$x$ CREATEDB",
		"CREATE ROLE a PASSWORD U&'hunter2'",
		"CREATE ROLE a PASSWORD 'it''s hunter2'",
		"CREATE ROLE a PASSWORD 'hun'\n'hunter2'",
		"CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'b', password 'hunter2')",
		"CREATE SUBSCRIPTION s CONNECTION 'host=h user=u password=hunter2 dbname=d' PUBLICATION p",
		"SELECT dblink_connect('postgres://u:hunter2@h/d')",
		"CREATE ROLE a PASSWORD 'hunter2", // no end
		"INSERT INTO users (name, password_hash) VALUES ('ana', 'hunter2'), ('ben', crypt('hunter2', gen_salt('bf'))), ('lee', 'hunter2'::text), ('mia', 'x' || E'hunter2')",
		"CREATE TABLE a (b text); INSERT INTO clients (api_key) VALUES ($$hunter2$$); SELECT 1",
		"ALTER SYSTEM SET primary_conninfo = 'user=a password=''hunter2'''",
		"DO $$ BEGIN CREATE ROLE a PASSWORD 'hunter2'; END $$",
		"DO $$ BEGIN EXECUTE 'CREATE ROLE a PASSWORD ''hunter2'''; END $$",
		"INSERT INTO users (token) SELECT 'hunter2' FROM " + strings.Repeat("(SELECT 1 FROM ", 3_000) + "a" + strings.Repeat(") b", 3_000), // too deep to be parsed
		"ALTER TABLE a ADD b int GENERATED ALWAYS AS (c) VIRTUAL; INSERT INTO users (token) VALUES ('hunter2')",                            // beside syntax of another version
		"INSERT INTO users (name, token) VALUES ('a', 'hunter2'), (",                                                                       // cut off
	} {
		if got := Redact(sql); strings.Contains(got, "hunter2") || !strings.Contains(got, "***") {
			t.Errorf("%s\nis shown as %s", sql, got)
		}
		if s := Parse([]byte(sql)); len(s.Statements) == 1 && strings.Contains(s.Statements[0].Shown(), "hunter2") {
			t.Errorf("%s\nis shown as %s", sql, s.Statements[0].Shown())
		}
	}
	if got := Redact("INSERT INTO users (name, password) VALUES ('ana', 'hunter2')"); got != "INSERT INTO users (name, password) VALUES ('ana', '***')" {
		t.Errorf("got %s", got)
	}
	long := Statement{Text: "\nINSERT INTO users (name, token) VALUES ('é', 'hunter2')" + strings.Repeat(", ('é', 'hunter2')", 100_000)}
	if got := long.Shown(); len(got) > maxShown+100 || strings.Contains(got, "hunter") || !strings.HasSuffix(got, " …") || !utf8.ValidString(got) {
		t.Errorf("%d bytes: %.200s", len(got), got)
	}
	for _, sql := range []string{
		"INSERT INTO users (token) VALUES (1), (NULL)",
		"ALTER TABLE users ADD COLUMN password text",
		"COMMENT ON COLUMN users.password IS 'a hash'",
		"CREATE ROLE a PASSWORD NULL",
		"SELECT 'x', 1",
	} {
		if got := Redact(sql); got != sql {
			t.Errorf("%s\nis shown as %s", sql, got)
		}
	}
}
