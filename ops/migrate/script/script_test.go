package script

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func tagsOf(s Script) (all []string) {
	for _, st := range s.Statements {
		all = append(all, st.Tag)
	}
	return all
}

func TestParse(t *testing.T) {
	for name, test := range map[string]struct {
		sql  string
		mode Mode
		want string // tags
	}{
		"nothing":                   {"", Transaction, "[]"},
		"a comment alone":           {"-- This is an empty migration.", Transaction, "[]"},
		"empty statements":          {";; ;\n", Transaction, "[]"},
		"between empty ones":        {";;SELECT 1;;SELECT 2;;", Transaction, "[SELECT SELECT]"},
		"no last semicolon":         {"SELECT 1; SELECT 2 -- end", Transaction, "[SELECT SELECT]"},
		"CRLF":                      {"CREATE TABLE a (b int);\r\nDROP TABLE a;\r\n", Transaction, "[CREATE TABLE DROP TABLE]"},
		"dollar quotes":             {"DO $a$ BEGIN PERFORM 1; END $a$; SELECT $$;$$", Transaction, "[DO SELECT]"},
		"a dollar inside a name":    {"SELECT a$b$c; SELECT 1", Transaction, "[SELECT SELECT]"},
		"atomic body":               {"CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3", Transaction, "[CREATE FUNCTION SELECT]"},
		"atomic body with case":     {"CREATE PROCEDURE f() BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END; SELECT 3", Transaction, "[CREATE PROCEDURE SELECT]"},
		"a rule of two":             {"CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2); SELECT 3", Transaction, "[CREATE RULE SELECT]"},
		"nested comments":           {"/* a /* ; */ ; */ SELECT 1; -- ;\nSELECT 2", Transaction, "[SELECT SELECT]"},
		"backslash in E''":          {`SELECT E'\';'; SELECT '\'; SELECT 3`, Transaction, "[SELECT SELECT SELECT]"},
		"semicolon in a name":       {`SELECT 1 AS "a;""b"; SELECT 2`, Transaction, "[SELECT SELECT]"},
		"savepoints stay inside":    {"SAVEPOINT a; ROLLBACK TO a; RELEASE a", Transaction, "[SAVEPOINT ROLLBACK RELEASE]"},
		"own transaction":           {"BEGIN; SELECT 1; COMMIT;", AsWritten, "[BEGIN SELECT COMMIT]"},
		"an end alone":              {"SELECT 1; END;", AsWritten, "[SELECT COMMIT]"},
		"own beats perhaps alone":   {"BEGIN; SELECT 1; COMMIT; DO $$ BEGIN COMMIT; END $$", AsWritten, "[BEGIN SELECT COMMIT DO]"},
		"an index beside others":    {"SELECT 1; CREATE INDEX CONCURRENTLY i ON t (a);", Alone, "[SELECT CREATE INDEX]"},
		"a lone call":               {"CALL p()", Alone, "[CALL]"},
		"a call among others":       {"CALL p(); SELECT 1", Transaction, "[CALL SELECT]"},
		"a block that commits":      {"DO $$ BEGIN DELETE FROM t; COMMIT; END $$", Alone, "[DO]"},
		"a block that does not":     {"DO $$ BEGIN UPDATE commits SET rollback = 1; END $$", Transaction, "[DO]"},
		"strings as the standard":   {"SET standard_conforming_strings = on; SELECT 1", Transaction, "[SET SELECT]"},
		"the setting of one's own":  {"SET standard_conforming_strings TO 'yes'; SELECT 1", Transaction, "[SET SELECT]"},
		"comments of the last line": {"SELECT 1;\n-- the end", Transaction, "[SELECT]"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Parse([]byte(test.sql))
			if got := fmt.Sprint(tagsOf(s)); got != test.want || s.Mode != test.mode || s.Fault+s.Refused != "" {
				t.Errorf("got %s, %s, %q, %q", got, s.Mode, s.Fault, s.Refused)
			}
			if len(s.Statements) > 0 && joined(s) != test.sql {
				t.Errorf("joined: %q", joined(s))
			}
		})
	}
}

func joined(s Script) string {
	var b strings.Builder
	for _, st := range s.Statements {
		b.WriteString(st.Text)
	}
	return b.String()
}

// What PostgreSQL refuses inside a transaction, checked against a real server in TestAloneIsWhatTheServerRefuses.
var loners = []string{
	"CREATE INDEX CONCURRENTLY i ON t (a)", "DROP INDEX CONCURRENTLY i", "REINDEX INDEX CONCURRENTLY i",
	"REINDEX (CONCURRENTLY, VERBOSE) TABLE t", "REINDEX (CONCURRENTLY 1) TABLE t", "REINDEX SCHEMA public", "VACUUM t", "VACUUM (FULL) t", "CLUSTER",
	"ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY", "ALTER SYSTEM SET work_mem = '5MB'", "CREATE DATABASE d", "DROP DATABASE d",
	"ALTER DATABASE postgres SET TABLESPACE pg_default", "CREATE TABLESPACE s LOCATION '/x'", "DROP TABLESPACE s", "DISCARD ALL",
	"CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p", "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (create_slot = true)",
	"DO $$ BEGIN COMMIT AND CHAIN; END $$",
}

var social = []string{
	"CREATE INDEX i ON t (a)", "DROP INDEX i", "REINDEX INDEX i", "REINDEX (CONCURRENTLY false) TABLE t", "REINDEX (CONCURRENTLY 0) TABLE t", "ANALYZE t", "CLUSTER t USING i",
	"ALTER TABLE p DETACH PARTITION p1", "ALTER DATABASE postgres SET work_mem = '5MB'", "ALTER DATABASE postgres CONNECTION LIMIT 10",
	"DISCARD TEMP", "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)",
	"REFRESH MATERIALIZED VIEW CONCURRENTLY m", "ALTER TYPE e ADD VALUE 'x'", "TRUNCATE t", "DO $$ BEGIN NULL; END $$",
}

func TestAlone(t *testing.T) {
	for want, all := range map[bool][]string{true: loners, false: social} {
		for _, sql := range all {
			s := Parse([]byte(sql))
			if len(s.Statements) != 1 || s.Statements[0].Alone != want {
				t.Errorf("%s: alone should be %v: %+v %s", sql, want, s.Mode, s.Fault)
			}
		}
	}
	for sql, want := range map[string]bool{
		"ALTER SUBSCRIPTION s REFRESH PUBLICATION":                                   true,
		"ALTER SUBSCRIPTION s SET PUBLICATION p":                                     true,
		"ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)":              false,
		"ALTER SUBSCRIPTION s DISABLE":                                               false,
		"ALTER SUBSCRIPTION s SET (failover = true)":                                 true,
		"ALTER SUBSCRIPTION s SET (synchronous_commit = off)":                        false,
		"DROP SUBSCRIPTION s":                                                        true,
		"CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (create_slot = off)": false,
		"ALTER TABLE p DETACH PARTITION p1 FINALIZE":                                 false,
	} {
		if s := Parse([]byte(sql)); s.Statements[0].Alone != want {
			t.Errorf("%s: alone should be %v", sql, want)
		}
	}
}

func TestLinesAndPlaces(t *testing.T) {
	s := Parse([]byte("-- head\n\nCREATE TABLE a (\n  b int\n); SELECT 'é', x;\n\n/* two\nlines */\nDROP TABLE c"))
	var lines []int
	for _, st := range s.Statements {
		lines = append(lines, st.Line)
	}
	if !slices.Equal(lines, []int{3, 5, 9}) {
		t.Fatalf("got %v", lines)
	}
	second := s.Statements[1] // its text begins with the blank behind the semicolon
	for position, want := range map[int][2]int{0: {5, 0}, 1: {5, 3}, 2: {5, 4}, 9: {5, 11}, 14: {5, 16}} {
		if line, column := second.Place(position); line != want[0] || column != want[1] {
			t.Errorf("position %d: got %d:%d, want %v", position, line, column, want)
		}
	}
	x := strings.Index(s.Statements[2].Text, "DROP")
	if line, column := s.Statements[2].Place(x + 1); line != 9 || column != 1 {
		t.Errorf("got %d:%d", line, column)
	}
}

func TestLeaks(t *testing.T) {
	for sql, want := range map[string]string{
		"SET search_path = a":                                    "[search_path]",
		"SET LOCAL search_path = a":                              "[]",
		"SET ROLE app; SET search_path = a":                      "[role search_path]",
		"SET search_path = a; RESET search_path":                 "[]",
		"SET search_path = a; SET search_path TO DEFAULT":        "[]",
		"SET a.b = 'c'; SET role app; RESET ALL; SET x TO 1":     "[x]",
		"SET work_mem = 1; DISCARD ALL":                          "[]",
		"SET work_mem = 1; SET work_mem = 2":                     "[work_mem]",
		"SET SESSION AUTHORIZATION app":                          "[session_authorization]",
		"SET TIME ZONE 'UTC'":                                    "[timezone]",
		"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE":           "[]",
		"SELECT pg_catalog.set_config('search_path', '', false)": "[search_path]",
		"SELECT set_config('search_path', '', true)":             "[]",
	} {
		if s := Parse([]byte(sql)); fmt.Sprint(s.Leaks) != want || s.Fault != "" {
			t.Errorf("%s: got %v, want %s (%s)", sql, s.Leaks, want, s.Fault)
		}
	}
}

func TestAllows(t *testing.T) {
	s := Parse([]byte(strings.Join([]string{
		"-- dbbot:allow 38 the table was never used",
		"DROP TABLE a; -- dbbot:allow 39 on its own line",
		"DROP SCHEMA b",
		"  --dbbot:allow index small table",
		"; SELECT '-- dbbot:allow none in a string';",
		"SELECT 2; /* -- dbbot:allow none in a comment */",
		"-- dbbot:allow bare",
	}, "\n")))
	want := []Allow{
		{"38", "the table was never used", 0, 1}, {"39", "on its own line", 0, 2}, {"index", "small table", 1, 4}, {"bare", "", 3, 7},
	}
	if !slices.Equal(s.Allows, want) {
		t.Errorf("got %+v (%s)", s.Allows, s.Fault)
	}
	if s := Parse([]byte("-- dbbot:allow 69 syntax of tomorrow\nSELEC 1")); len(s.Allows) != 1 || s.Allows[0].Statement != -1 {
		t.Errorf("got %+v", s)
	}
}

func TestWarnings(t *testing.T) {
	s := Parse([]byte("/*\n  Warnings:\n\n  - You are about to drop the column `a` on the `B` table. All the data in the column will be lost.\n  - Added the required column `c`\n    to the `B` table.\n\n*/\nSELECT 1;"))
	want := []string{
		"You are about to drop the column `a` on the `B` table. All the data in the column will be lost.",
		"Added the required column `c` to the `B` table.",
	}
	if !slices.Equal(s.Warnings, want) {
		t.Errorf("got %q", s.Warnings)
	}
	if s := Parse([]byte("-- Warnings:\n-- - none\nSELECT 1")); s.Warnings != nil {
		t.Errorf("got %q", s.Warnings)
	}
}
