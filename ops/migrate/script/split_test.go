package script

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// fragments are what goes wrong when SQL is cut by hand.
var fragments = []string{
	"SELECT 1", "SELECT 'a;b'", `SELECT E'\';'`, `SELECT E'a\\'`, "SELECT '\\'", `SELECT "x;""y" FROM "a;"`, "SELECT $$;$$", "SELECT $a$;$$;$b$;$a$",
	"SELECT U&'d\\0061t\\+000061;'", "SELECT B'01', X'ff', N'x;'", "SELECT 1.5e3, .5", "SELECT E'a'\n'\\';'", "SELECT 'a' -- ;\n", "SELECT a$1$2",
	"SELECT N'\\'", "SELECT $x9$;$x9$, a9z_e FROM e9", "SELECT $1", "SELECT 1/*;*//*/*;*/;*/", "SELECT 1--;\n", "SELECT a -- '\n, b", "SELECT 5 /**/ - -- x\n 3", "SELECT 'é;ü', \"ö;\"",
	"INSERT INTO t VALUES (1, ';'), (2, '(')", "INSERT INTO t (a) SELECT 1", "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", "INSERT INTO t DEFAULT VALUES", "VALUES (1), (2)",
	"CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END",
	"CREATE OR REPLACE PROCEDURE p(a int) LANGUAGE sql BEGIN ATOMIC; INSERT INTO t VALUES (1); END",
	"CREATE OR REPLACE FUNCTION begin_it() RETURNS int RETURN CASE WHEN true THEN 1 END", "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $x$ BEGIN RETURN 1; END; $x$",
	"CREATE RULE r AS ON UPDATE TO t DO ALSO (SELECT 1; SELECT (2); )", "DO 'BEGIN NULL; END'", "CREATE TABLE begin_end (a int CHECK (a > 0), b text DEFAULT ';')",
	"CREATE SCHEMA s CREATE TABLE a (b int) CREATE VIEW c AS SELECT 1", "SELECT (ARRAY['[;']) [1]", "BEGIN", "END", "SELECT CASE WHEN ';' = ';' THEN 1 END AS \"end\"",
	"EXPLAIN SELECT 1", "CREATE FUNCTION f(begin int) RETURNS int LANGUAGE sql AS 'SELECT 1;'", "COMMENT ON TABLE t IS E'it\\'s; -- /* $$'", "SELECT a<b, c||';', d->>'x;', @-5",
}

// script draws a file: statements, and what may stand between them.
func drawn(t *rapid.T) string {
	gaps := []string{"", " ", "\n", "\r\n\t", "-- a ; comment\n", "/* a ; /* deep ' */ \" */", ";", " ; ;", "/**/", "\f\v"}
	var b strings.Builder
	n := rapid.IntRange(0, 12).Draw(t, "statements")
	for i := range n {
		b.WriteString(rapid.SampledFrom(gaps).Draw(t, "gap"))
		b.WriteString(rapid.SampledFrom(fragments).Draw(t, "statement"))
		b.WriteString(rapid.SampledFrom([]string{"", " ", "\n"}).Draw(t, "behind"))
		if i < n-1 || rapid.Bool().Draw(t, "ended") {
			b.WriteString(";")
		}
	}
	b.WriteString(rapid.SampledFrom(gaps).Draw(t, "last gap"))
	return b.String()
}

// Whatever the file: its statements joined are the file, each begins where it says, and the scanner, which long files
// are cut by, cuts where the parser does.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawn(t)
		s := Parse([]byte(text))
		if s.Fault+s.Refused != "" {
			t.Fatalf("%q: %s%s", text, s.Fault, s.Refused)
		}
		if len(s.Statements) > 0 && joined(s) != text {
			t.Fatalf("%q\njoined: %q", text, joined(s))
		}
		for _, st := range s.Statements {
			if text[st.Offset:st.Offset+len(st.Text)] != st.Text {
				t.Fatalf("%q is not at %d", st.Text, st.Offset)
			}
			if first := st.Offset + opening(st.Text); st.Line != 1+strings.Count(text[:first], "\n") {
				t.Fatalf("%q is in another line than %d", st.Text, st.Line)
			}
		}
		same(t, text, s.Statements)
	})
}

// same compares the parser's cuts with the scanner's.
func same(t interface{ Fatalf(string, ...any) }, text string, want []Statement) {
	pieces, err := scan(text)
	c := cutter{text: text, line: 1}
	if err == nil {
		err = c.each(pieces)
	}
	if err != nil || len(c.all) != len(want) {
		t.Fatalf("%q: %v; %d statements, not %d", text, err, len(c.all), len(want))
	}
	for i, st := range c.all {
		if w := want[i]; st.Text != w.Text || st.Offset != w.Offset || st.Line != w.Line || st.Tag != w.Tag || st.column != w.column {
			t.Fatalf("statement %d:\n%+v, not\n%+v", i, st, w)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, fragment := range fragments {
		f.Add([]byte(fragment + ";" + fragment))
	}
	f.Fuzz(func(t *testing.T, sql []byte) {
		s := Parse(sql)
		if len(s.Statements) > 0 && joined(s) != string(sql) {
			t.Fatalf("joined: %q", joined(s))
		}
		if (s.Fault != "" || s.Refused != "") && len(s.Statements) > 0 || s.Fault != "" && s.Refused != "" {
			t.Fatalf("%q, %q and %d statements", s.Fault, s.Refused, len(s.Statements))
		}
		if pieces, err := scan(string(sql)); err == nil && len(s.Statements) > 0 {
			c := cutter{text: string(sql), line: 1}
			if c.each(pieces) == nil { // a name such as END may mislead the scanner: then it must notice
				same(t, string(sql), s.Statements)
			}
		}
		for _, st := range s.Statements {
			st.Shown()
			st.Place(len(sql) / 2)
		}
	})
}
