package postgres

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWithoutValues(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT 1, 'x', name2 FROM t1":                  "SELECT ?, ?, name2 FROM t1",
		"select\n\t *  from   t -- secret":              "select * from t",
		"select /* a /* secret */ b */ x":               "select x",
		"select /* never closed":                        "select",
		`SELECT 'it''s', E'it\'s', U&'d\0061t', B'01'`:  "SELECT ?, ?, U&?, ?",
		`SELECT "it's", "a""b"`:                         `SELECT "it's", "a""b"`,
		"SELECT $$secret$$, $a$sec$ret$a$, $1, $$open":  "SELECT ?, ?, $1, ?",
		"CREATE ROLE x PASSWORD 'secret":                "CREATE ROLE x PASSWORD ?",
		"SELECT 1.5e10, 0xff, 1_000, -3":                "SELECT ?, ?, ?, -?",
		"SELECT a.b, a1 FROM \"t$1\" WHERE x=$2::int":   `SELECT a.b, a1 FROM "t$1" WHERE x=$2::int`,
		"SELECT größe, 'naïve' FROM straße":             "SELECT größe, ? FROM straße",
		"INSERT INTO t VALUES (E'\\\\', 'secret')":      "INSERT INTO t VALUES (?, ?)",
		"SELECT 'a' 'b'":                                "SELECT ? ?",
		"":                                              "",
		"postgres://u:secret@h is not SQL":              "postgres://u:***@h is not SQL",
		"\xff'\xff'":                                    "\ufffd?",
		insufficientPrivilege:                           "",
		"SELECT '<insufficient privilege>' -- really":   "SELECT ?",
		"COPY t FROM PROGRAM 'curl http://x?k=secret' ": "COPY t FROM PROGRAM ?",
	} {
		var got SQL
		if err := json.Unmarshal(must(json.Marshal(sql)), &got); err != nil || string(got) != want {
			t.Errorf("%q: got %q, want %q (%v)", sql, got, want, err)
		}
	}
}

// A value never shows, wherever it stands and wherever the text is cut off.
func TestNoValueShows(t *testing.T) {
	value := rapid.StringMatching(`[S-Z' \\$"/*;\n-]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		const secret = "swordfish"
		v := secret + value.Draw(t, "value")
		literal := rapid.SampledFrom([]func(string) string{
			func(v string) string { return "'" + strings.ReplaceAll(v, "'", "''") + "'" },
			func(v string) string {
				return "E'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v) + "'"
			},
			func(v string) string { return "$t9$" + strings.ReplaceAll(v, "$", "") + "$t9$" },
			func(v string) string { return "/*" + strings.NewReplacer("*", "", "/", "").Replace(v) + "*/" },
			func(v string) string { return "--" + strings.ReplaceAll(v, "\n", "") + "\n" },
		})
		var sql strings.Builder
		for range rapid.IntRange(1, 5).Draw(t, "literals") {
			fmt.Fprintf(&sql, "SELECT a%d, ", rapid.IntRange(0, 99).Draw(t, "column"))
			sql.WriteString(literal.Draw(t, "form")(v) + " FROM x ")
		}
		text := sql.String()
		text = text[:rapid.IntRange(0, len(text)).Draw(t, "cut")]
		if got := withoutValues(text); strings.Contains(got, secret) {
			t.Fatalf("%q shows in %q", text, got)
		}
	})
}

func FuzzWithoutValues(f *testing.F) {
	f.Add("SELECT 'a', $x$b$x$, E'\\'', /* c */ 1 -- d")
	f.Fuzz(func(t *testing.T, sql string) {
		if got := withoutValues(sql); strings.ContainsAny(got, "\n\t\r") && !strings.Contains(sql, `"`) {
			t.Errorf("%q: not one line: %q", sql, got)
		}
	})
}
