package script

import (
	"strings"
	"testing"
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
		"ALTER SYSTEM SET primary_conninfo = 'user=a password=''hunter2'''",
		"DO $$ BEGIN CREATE ROLE a PASSWORD 'hunter2'; END $$",
		"DO $$ BEGIN EXECUTE 'CREATE ROLE a PASSWORD ''hunter2'''; END $$",
	} {
		if got := Redact(sql); strings.Contains(got, "hunter2") || !strings.Contains(got, "***") {
			t.Errorf("%s\nis shown as %s", sql, got)
		}
		if s := Parse([]byte(sql)); len(s.Statements) == 1 && strings.Contains(s.Statements[0].Shown(), "hunter2") {
			t.Errorf("%s\nis shown as %s", sql, s.Statements[0].Shown())
		}
	}
	for _, sql := range []string{
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
