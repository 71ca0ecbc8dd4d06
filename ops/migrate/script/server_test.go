package script

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"pgregory.net/rapid"

	"dbbot/ops/postgres/cluster/clustertest"
)

func connect(t *testing.T) *pgconn.PgConn {
	t.Helper()
	return clustertest.Connect(t, clustertest.Database(t)).PgConn()
}

// answers runs SQL in one message, as both tools do, and gives the server's answers and its first error.
func answers(t interface{ Context() context.Context }, c *pgconn.PgConn, sql string) (all []string, failed error) {
	results := c.Exec(t.Context(), sql)
	for results.NextResult() {
		rows := results.ResultReader().Read()
		if rows.Err == nil {
			all = append(all, rows.CommandTag.String())
		}
	}
	return all, results.Close()
}

// picture is what a database holds: every relation with its columns and rows, functions, rules, types, comments.
const picture = `SELECT string_agg(line, E'\n' ORDER BY line) FROM (
	SELECT format('%s %s.%s %s %s', relkind, relnamespace::regnamespace, relname, attname, format_type(atttypid, atttypmod)) AS line
		FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 WHERE pg_class.oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace
	UNION ALL SELECT query_to_xml(format('TABLE %s', oid::regclass), true, true, '')::text FROM pg_class WHERE oid >= 16384 AND relkind = 'r'
	UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE oid >= 16384 AND prokind <> 'a'
	UNION ALL SELECT pg_get_ruledef(oid) FROM pg_rewrite WHERE oid >= 16384
	UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE oid >= 16384
	UNION ALL SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE oid >= 16384
	UNION ALL SELECT description FROM pg_description WHERE objoid >= 16384) l`

// played runs pieces of SQL one after another in a transaction, and says what the server answered, where it stopped,
// and what the database held then.
func played(t interface {
	Context() context.Context
	Fatal(...any)
}, c *pgconn.PgConn, pieces ...string,
) (got string) {
	if _, err := answers(t, c, "BEGIN"); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, piece := range pieces {
		said, err := answers(t, c, piece)
		all = append(all, said...)
		if err != nil {
			all = append(all, err.Error())
			break
		}
	}
	if c.TxStatus() == 'T' {
		rows := c.ExecParams(t.Context(), picture, nil, nil, nil, nil).Read()
		if rows.Err != nil {
			t.Fatal(rows.Err)
		}
		all = append(all, fmt.Sprintf("%s", rows.Rows))
	}
	if _, err := answers(t, c, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

// harmless statements can follow one another in any order and number; some fail, which has to happen alike.
var harmless = slices.Concat(slices.DeleteFunc(slices.Clone(fragments), func(f string) bool { return f == "BEGIN" || f == "END" }), []string{
	"CREATE TABLE IF NOT EXISTS t (a int, b text)", "CREATE TABLE IF NOT EXISTS \"a;\" (\"x;\"\"y\" text)", "INSERT INTO t (b) VALUES (E'\\';'), ('\\'), ($$;$$)",
	"INSERT INTO t SELECT 1, ';' UNION SELECT 2, $q$'$q$", "UPDATE t SET b = b || E'\\\\' -- ';\n", "CREATE OR REPLACE FUNCTION g() RETURNS int LANGUAGE plpgsql AS $x$ BEGIN RETURN (SELECT count(*) FROM t); END; $x$",
	"CREATE OR REPLACE FUNCTION h() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2 /* ; */; END", "DO $$ BEGIN INSERT INTO t (b) VALUES ('do;'); END $$",
	"ALTER TABLE t ADD COLUMN IF NOT EXISTS c text DEFAULT 'x;'';'", "SELECT set_config('search_path', 'public', false)", "TRUNCATE t", "SAVEPOINT s",
})

// Cutting a file changes nothing: the server answers the same to the whole and to the statements one by one, stops at
// the same one, and holds the same afterwards.
func TestCuttingChangesNothing(t *testing.T) {
	c := connect(t)
	rapid.Check(t, func(t *rapid.T) {
		text := "CREATE TABLE IF NOT EXISTS t (a int, b text);"
		for _, s := range rapid.SliceOfN(rapid.SampledFrom(harmless), 1, 8).Draw(t, "statements") {
			text += rapid.SampledFrom([]string{"", "\r\n", "-- a ; comment\n", "/* a ; /* deep ' */ */", ";"}).Draw(t, "gap") + s + ";"
		}
		s := Parse([]byte(text))
		if s.Fault+s.Refused != "" {
			t.Fatalf("%q: %s%s", text, s.Fault, s.Refused)
		}
		cut := make([]string, 0, len(s.Statements))
		for _, st := range s.Statements {
			cut = append(cut, st.Text)
		}
		if whole, parts := played(t, c, text), played(t, c, cut...); whole != parts {
			t.Fatalf("%s\n--- whole:\n%s\n--- cut:\n%s", text, whole, parts)
		}
	})
}

// The same with files that people have written: PostgreSQL's own, and River's migrations.
func TestCuttingRealFiles(t *testing.T) {
	files := realFiles(t)
	c := connect(t)
	statements := 0
	for name, text := range files {
		s := Parse([]byte(text))
		if s.Fault+s.Refused != "" {
			t.Errorf("%s: %s%s", name, s.Fault, s.Refused)
			continue
		}
		if len(s.Statements) > 0 && joined(s) != text {
			t.Errorf("%s: the parts are not the whole", name)
		}
		same(t, text, s.Statements)
		statements += len(s.Statements)
		if s.Mode != Transaction {
			continue
		}
		cut := []string{}
		for _, st := range s.Statements {
			cut = append(cut, st.Text)
		}
		if whole, parts := played(t, c, text), played(t, c, cut...); whole != parts {
			t.Errorf("%s\n--- whole:\n%.2000s\n--- cut:\n%.2000s", name, whole, parts)
		}
	}
	if len(files) < 50 || statements < 1000 {
		t.Errorf("only %d files with %d statements", len(files), statements)
	}
}

// extension fills in what CREATE EXTENSION does.
var extension = strings.NewReplacer("@extschema@", "public", "@extowner@", "CURRENT_USER")

var psqlLine = regexp.MustCompile(`(?m)^\\.*$`)

func realFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	share, _ := filepath.Glob("/usr/share/postgresql/*/extension/*.sql")
	more, _ := filepath.Glob("/usr/share/postgresql/*/*.sql")
	for _, path := range append(share, more...) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = extension.Replace(psqlLine.ReplaceAllString(string(text), ""))
	}
	if len(files) == 0 {
		t.Skip("no files of PostgreSQL's in /usr/share/postgresql")
	}
	migrations := riverpgxv5.New(nil).GetMigrationFS("main")
	err := fs.WalkDir(migrations, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".sql") {
			return err
		}
		text, err := fs.ReadFile(migrations, path)
		files["river/"+path] = strings.ReplaceAll(string(text), "/* TEMPLATE: schema */", "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
