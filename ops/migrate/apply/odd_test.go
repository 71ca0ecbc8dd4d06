package apply

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// Files as people and their editors leave them: what a server can run is run, and all else is refused before anything is.
func TestFilesAsPeopleSaveThem(t *testing.T) {
	wide := []byte("\xff\xfe")
	for _, u := range utf16.Encode([]rune("CREATE TABLE a ();")) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, test := range map[string]struct{ sql, said, check string }{
		"lines end as on Windows": {"-- why\r\nCREATE TABLE a (\r\n  b text DEFAULT 'x\r\ny'\r\n);\r\nINSERT INTO a VALUES (DEFAULT);\r\n", "", "(SELECT b = E'x\\r\\ny' FROM a)"},
		"and fail":                {"CREATE TABLE a ();\r\n\r\n-- next\r\nSELECT 1 / 0;\r\n", "1_a.up.sql, line 4: division by zero.", "to_regclass('a') IS NULL"},
		"empty":                   {"", "", "true"},
		"blank":                   {" \r\n-- nothing\n;;\n", "", "true"},
		"a byte order mark":       {"\ufeffCREATE TABLE a ();", "byte order mark", "to_regclass('a') IS NULL"},
		"two bytes a letter":      {string(wide), "UTF-16", "to_regclass('a') IS NULL"},
		"another alphabet":        {"CREATE TABLE a (); -- f\xfcr", "not UTF-8", "to_regclass('a') IS NULL"},
		"a byte 0":                {"CREATE TABLE a ();\x00", "byte 0", "to_regclass('a') IS NULL"},
		"bodies in dollars":       {"CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $body$ BEGIN PERFORM ';'; RETURN 1; END; $body$;\nDO $$ BEGIN CREATE TABLE a (); END $$;", "", "one() = 1 AND to_regclass('a') IS NOT NULL"},
		"bodies of SQL":           {"CREATE FUNCTION one() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 7; SELECT CASE WHEN true THEN 1 END; END;\nCREATE TABLE a ();", "", "one() = 1 AND to_regclass('a') IS NOT NULL"},
		"rows for psql":           {"CREATE TABLE a (b int);\nCOPY a FROM stdin;\n1\n2\n\\.\n", "Line 2 copies rows from stdin", "to_regclass('a') IS NULL"},
		"words for psql":          {"CREATE TABLE a ();\n\\set x 1\n", `Line 2 is a command of psql (\set)`, "to_regclass('a') IS NULL"},
		"a newer syntax":          {"CREATE TABLE a (b int);\nALTER TABLE a ADD c int GENERATED ALWAYS AS (b) NONSENSE;", "1_a.up.sql, line 2: syntax error", "to_regclass('a') IS NULL"},
	} {
		t.Run(name, func(t *testing.T) {
			url, f := clustertest.Database(t), folder(t, migrate.GolangMigrate, files{"1_a.up.sql": test.sql})
			_, err := carry(t, url, 1, f, all)
			if (err == nil) != (test.said == "") || err != nil && !strings.Contains(err.Error(), test.said) {
				t.Errorf("got %v", err)
			}
			if got := ask(t, url, "SELECT ("+test.check+")::text"); got != "true" {
				t.Errorf("%s is %s", test.check, got)
			}
			if got, want := state2(t, url), map[bool]string{true: "1", false: "none"}[test.said == ""]; got != want {
				t.Errorf("the journal says %s", got)
			}
		})
	}
}

// manyRows is SQL of so many bytes at least: many small statements, and one that is very long.
func manyRows(bytes int) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE IF NOT EXISTS filled (n int, text text);\n")
	for n := 0; b.Len() < 256<<10; n++ {
		fmt.Fprintf(&b, "INSERT INTO filled VALUES (%d, 'a row with some text; and a semicolon');\n", n)
	}
	b.WriteString("INSERT INTO filled VALUES (0, 'first')")
	for n := 0; b.Len() < bytes; n++ {
		fmt.Fprintf(&b, ",\n(%d, 'another row of one statement, password ''swordfish''')", n)
	}
	return b.String()
}

// Twenty megabytes of rows go through. Where the last statement of many fails, its line is told, of its text what people
// can read, and nothing remains.
func TestTwentyMegabytesOfSQL(t *testing.T) {
	url := clustertest.Database(t)
	f := folder(t, migrate.GolangMigrate, files{"1_a.up.sql": manyRows(20<<20) + ";", "2_b.up.sql": manyRows(2<<20) + ",\n(1 / 0, 'swordfish');\n"})
	report, err := carry(t, url, 1, f, all)
	if err == nil || len(report.Done) != 1 || report.Failure == nil || !report.Failure.Nothing || report.Failure.Line < 3_000 || !strings.Contains(err.Error(), "division by zero") {
		t.Fatalf("%v", err)
	}
	if text := report.Failure.Text; len(text) > 20_000 || strings.Contains(text, "swordfish") {
		t.Errorf("%d bytes of the statement are shown: %.200s", len(text), text)
	}
	if rows := ask(t, url, "SELECT (count(*) > 300000)::text FROM filled"); rows != "true" {
		t.Error("rows are missing")
	}
}

// One database may be configured under two names, with two addresses: a migration of one keeps the other away.
func TestOneDatabaseUnderTwoNames(t *testing.T) {
	url, f := clustertest.Database(t), folder(t, migrate.GolangMigrate, three)
	c := locked(t, url, f.Tool)
	other, err := Open(t.Context(), Options{Name: "the same", URL: options(strings.Replace(url, "127.0.0.1", "localhost", 1), f.Tool, 0).URL, Tool: f.Tool, Request: 2, Asked: time.Unix(1, 0)})
	if err != nil {
		t.Fatal(explained(err))
	}
	t.Cleanup(other.Close)
	if c.Server() != other.Server() {
		t.Errorf("%+v and %+v are one", c.Server(), other.Server())
	}
	other.lockWithin = 50 * time.Millisecond
	if err := other.Lock(t.Context(), quiet); err == nil || !strings.Contains(err.Error(), "Another migration runs in the same: session ") {
		t.Errorf("got %v", err)
	}
	late := plan(t, other, f, all)
	if _, err := c.Run(t.Context(), plan(t, c, f, all), func(string, int64, int64) {}); err != nil {
		t.Fatal(explained(err))
	}
	c.Close()
	if err := other.Lock(t.Context(), quiet); err != nil {
		t.Fatal(explained(err))
	}
	if _, err := other.Run(t.Context(), late, func(string, int64, int64) {}); err == nil || !strings.Contains(err.Error(), "not where it was") {
		t.Errorf("got %v", err)
	}
}
