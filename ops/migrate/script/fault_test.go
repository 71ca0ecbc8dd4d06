package script

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestRefused(t *testing.T) {
	wide := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune("SELECT 1;")) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, test := range map[string]struct{ sql, want string }{
		"UTF-16":                  {string(wide), "UTF-16"},
		"UTF-16, big end first":   {"\xfe\xff\x00S", "UTF-16"},
		"UTF-16 without a mark":   {"S\x00E\x00", "byte 0 in line 1"},
		"byte order mark":         {"\ufeffSELECT 1", "byte order mark"},
		"a byte 0":                {"SELECT 1;\nSELECT '\x00'", "byte 0 in line 2"},
		"Latin 1":                 {"SELECT 1;\n\nSELECT 'caf\xe9'", "not UTF-8: see line 3"},
		"rows for stdin":          {"CREATE TABLE t (a int);\n\nCOPY t FROM stdin;\n1\n2\n\\.\n\nSELECT 1;", "Line 3 copies rows from stdin"},
		"rows with a semicolon":   {"COPY t (a) FROM STDIN WITH (FORMAT csv);\n'x;y\n\\.\n", "Line 1 copies rows from stdin"},
		"no rows":                 {"SELECT 1;\nCOPY t FROM stdin;", "Line 2 copies rows from stdin"},
		"the second copy":         {"SELECT 'COPY x FROM stdin;';\nCOPY t FROM stdin;\n1\n\\.", "Line 2 copies rows from stdin"},
		"to stdout":               {"COPY t TO STDOUT", "Line 1 copies rows to stdout"},
		"psql's include":          {"SELECT 1;\n\\i other.sql\n", `Line 2 is a command of psql (\i)`},
		"psql's copy":             {"\\copy t from x.csv\n", `Line 1 is a command of psql (\copy)`},
		"psql's restrict":         {"--\n\n\\restrict abc\n\nSET x = 1;", `Line 3 is a command of psql (\restrict)`},
		"alone behind a COMMIT":   {"BEGIN;\nSELECT 1;\nCOMMIT;\nCREATE INDEX CONCURRENTLY i ON t (a);", "Line 4 (CREATE INDEX) can run beside no other statement"},
		"psql's go in the middle": {"SELECT 1 \\g\nSELECT 2;", `Line 1 is a command of psql (\g)`},
	} {
		t.Run(name, func(t *testing.T) {
			s := Parse([]byte(test.sql))
			if !strings.Contains(s.Refused, test.want) || s.Statements != nil || s.Fault != "" {
				t.Errorf("got %q, %q", s.Refused, s.Fault)
			}
		})
	}
}

func TestFault(t *testing.T) {
	for name, test := range map[string]struct{ sql, want string }{
		"a newer server's syntax":  {"SELECT 1;\nALTER TABLE t ADD COLUMN c int GENERATED ALWAYS AS (a) VIRTUAL;", `syntax error at or near "VIRTUAL" (line 2)`},
		"a slip":                   {"CREATE TABEL a (b int)", `syntax error at or near "TABEL" (line 1)`},
		"an end missing":           {"CREATE TABLE a (", "syntax error at end of input (line 1)"},
		"behind letters of others": {"SELECT 'ééé';\nSELEC 1;", `syntax error at or near "SELEC" (line 2)`},
		"a string is not repeated": {"CREATE ROLE a 'hunter2'", "syntax error (line 1)"},
		"nor a number":             {"CREATE TABLE 4242424242", "syntax error (line 1)"},
		"nor what has no end":      {"CREATE ROLE a PASSWORD 'hunter2", "unterminated quoted string (line 1)"},
		"strings read otherwise":   {"SELECT 1;\nSET standard_conforming_strings = off; SELECT 'a\\''", "unterminated quoted string (line 2)"},
		"the setting that does it": {"SET standard_conforming_strings TO off;\nSELECT 1", "standard_conforming_strings is changed (line 1)"},
		"and back to the default":  {"SET standard_conforming_strings TO DEFAULT", "standard_conforming_strings is changed (line 1)"},
		"terms without end":        {"SELECT 1" + strings.Repeat("+1", 30_000), "a statement is nested too deeply, or too long (line 1)"},
		"selects without end":      {"SELECT a, b" + strings.Repeat(" UNION SELECT a, b", 30_000), "a statement is nested too deeply, or too long (line 1)"},
		"brackets without end":     {"\nSELECT " + strings.Repeat("(1, (", 300_000), "a statement is nested too deeply, or too long (line 2)"},
		"comments without end":     {strings.Repeat("/*", 300_000), "comments are nested too deeply (line 1)"},
		"calls within calls":       {"SELECT " + strings.Repeat("f(a+b,", 10_000) + "1" + strings.Repeat(")", 10_000), "a statement is nested too deeply, or too long (line 1)"},
		"too many to judge":        {strings.Repeat("DROP TABLE a_name_of_some_length;\n", 30_000), "it is too long to be analysed (line 20001)"},
		"one too long to judge":    {"SELECT " + strings.Repeat("a,", 300_000) + "a", "it is too long to be analysed (line 1)"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Parse([]byte(test.sql))
			if s.Fault != test.want || s.Mode != AsWritten || s.Statements != nil || s.Refused != "" {
				t.Errorf("got %q, %s, %q", s.Fault, s.Mode, s.Refused)
			}
		})
	}
}

// What is long but flat is no fault: rows of data, columns, conditions beside one another.
func TestLongButFlat(t *testing.T) {
	for name, sql := range map[string]string{
		"rows":    "INSERT INTO t (a, b) VALUES (now(), (1+1))" + strings.Repeat(", (now(), (2))", 100_000) + " ON CONFLICT DO NOTHING;",
		"inserts": strings.Repeat("INSERT INTO t (a, b) VALUES (now(), 'x;y');\n", 50_000),
		"columns": "CREATE TABLE t (c int" + strings.Repeat(", d text NOT NULL DEFAULT f('x', 1)", 1_600) + ")",
		"a list":  "DELETE FROM t WHERE id IN (1" + strings.Repeat(", 2", 50_000) + ")",
		"a body":  "DO $$ BEGIN " + strings.Repeat("PERFORM 1+1;\n", 100_000) + "END $$",
		"a text":  "SELECT '" + strings.Repeat("1+1;", 1_000_000) + "'",
	} {
		t.Run(name, func(t *testing.T) {
			s := Parse([]byte(sql))
			if s.Fault+s.Refused != "" || joined(s) != sql {
				t.Errorf("got %q, %q, %d statements", s.Fault, s.Refused, len(s.Statements))
			}
		})
	}
}

// Rows of an INSERT are data: one of them is kept in the tree, and what stands behind them is not lost.
func TestRowsAreLeftOut(t *testing.T) {
	for _, rows := range []int{3, 60_000} { // at once, and piece by piece
		s := Parse([]byte("INSERT INTO t VALUES (1, 'a')" + strings.Repeat(", (2, 'b')", rows) + " ON CONFLICT (a) DO NOTHING RETURNING a; DROP TABLE u"))
		if got := fmt.Sprint(tagsOf(s)); got != "[INSERT DROP TABLE]" {
			t.Fatalf("%d rows: %s %s", rows, got, s.Fault)
		}
		insert := s.Statements[0].Node.GetInsertStmt()
		if n := len(insert.GetSelectStmt().GetSelectStmt().GetValuesLists()); n != 1 || insert.GetOnConflictClause() == nil || insert.GetReturningList() == nil {
			t.Errorf("%d rows: %d kept; %v", rows, n, insert)
		}
	}
}
