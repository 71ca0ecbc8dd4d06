package apply

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// A database that has tables already: both refuse to begin, and write the same rows once they are told what stands.
func TestPrismasBaselineBesideTheEngine(t *testing.T) {
	e := startEngine(t)
	f := folder(t, migrate.Prisma, prismaTurnFiles)
	theirs, ours := clustertest.Database(t), clustertest.Database(t)
	for _, database := range []string{theirs, ours} {
		clustertest.Exec(t, database, "CREATE TABLE a (x int)")
	}
	if got := e.do(t, theirs, f, "deploy", ""); got.Error != "P3005" {
		t.Errorf("%+v", got)
	}
	set, _ := f.Load()
	v := set.Survey(journal(t, ours, f.Tool))
	if _, err := v.Up(0, ""); err == nil || !strings.Contains(err.Error(), "P3005") {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"1_a", "2_b", "3_c"} {
		if got := e.do(t, theirs, f, "applied", name); got.Message != "" {
			t.Fatalf("%+v", got)
		}
	}
	list, err := v.Baseline("3_c")
	if err != nil {
		t.Fatal(err)
	}
	c := locked(t, ours, f.Tool)
	if err := c.Baseline(t.Context(), list); err != nil {
		t.Fatal(explained(err))
	}
	c.Close()
	if got, want := ask(t, ours, prismasTable), ask(t, theirs, prismasTable); got != want {
		t.Errorf("got\n%s\nthe engine has\n%s", got, want)
	}
	e.agrees(t, ours, f)
	if got := e.do(t, ours, f, "deploy", ""); got.Message != "" || len(got.Applied) != 1 || got.Applied[0] != "4_d" {
		t.Errorf("%+v", got)
	}
	if _, err := carry(t, theirs, 1, f, all); err != nil {
		t.Error(explained(err))
	}
}

// The table that dbbot makes is the one that the engine makes.
func TestPrismasTableBesideTheEngine(t *testing.T) {
	e := startEngine(t)
	const columns = `SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(d.adbin, d.adrelid),
		(SELECT conname FROM pg_constraint WHERE conrelid = attrelid AND attnum = ANY (conkey) AND contype = 'p')), ', ' ORDER BY attnum)
		FROM pg_attribute a LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum) WHERE attrelid = '_prisma_migrations'::regclass AND attnum > 0`
	f := folder(t, migrate.Prisma, files{"1_a/migration.sql": "CREATE TABLE a ();"})
	theirs, ours := clustertest.Database(t), clustertest.Database(t)
	e.do(t, theirs, f, "deploy", "")
	if _, err := carry(t, ours, 1, f, all); err != nil {
		t.Fatal(explained(err))
	}
	if got, want := ask(t, ours, columns), ask(t, theirs, columns); got != want {
		t.Errorf("got %s\nthe engine has %s", got, want)
	}
}

// Where a file fails and nothing of it remains, the engine keeps a row for which a person is needed (P3009); dbbot leaves
// none, and the engine goes on from there. The way back, which Prisma does not know, leaves a row that says it all.
func TestWhatTheEngineFindsOfDbbots(t *testing.T) {
	e := startEngine(t)
	bad := files{"1_a/migration.sql": "CREATE TABLE a ();", "1_a/down.sql": "DROP TABLE a;", "2_b/migration.sql": "CREATE TABLE b (); SELECT 1 / 0;"}
	f := folder(t, migrate.Prisma, bad)
	theirs, ours := clustertest.Database(t), clustertest.Database(t)
	e.do(t, theirs, f, "deploy", "")
	if _, err := carry(t, ours, 1, f, all); err == nil {
		t.Fatal("it went through")
	}
	for database, want := range map[string]string{theirs: "2", ours: "1"} {
		if got := ask(t, database, "SELECT count(*)::text FROM _prisma_migrations"); got != want {
			t.Errorf("%s rows, not %s", got, want)
		}
		e.agrees(t, database, f)
	}
	if err := os.WriteFile(filepath.Join(f.Dir, "2_b/migration.sql"), []byte("CREATE TABLE b ();"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := e.do(t, ours, f, "deploy", ""); strings.Join(got.Applied, " ") != "2_b" {
		t.Errorf("%+v", got)
	}
	if err := os.WriteFile(filepath.Join(f.Dir, "2_b/down.sql"), []byte("DROP TABLE b;"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := carry(t, ours, 2, f, down(2)); err != nil {
		t.Fatal(explained(err))
	}
	e.agrees(t, ours, f)
	if got := e.do(t, ours, f, "deploy", ""); strings.Join(got.Applied, " ") != "1_a 2_b" {
		t.Errorf("%+v", got)
	}
	e.agrees(t, ours, f)
}

// What is done to the folder after the files were applied is told by both in the same way, or by dbbot alone.
func TestFoldersThatChangedBesideTheEngine(t *testing.T) {
	e := startEngine(t)
	for name, change := range map[string]func(dir string) error{
		"nothing": func(string) error { return nil },
		"other line ends": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "1_a/migration.sql"), []byte("CREATE TABLE a ();\r\n"), 0o600)
		},
		"edited": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "1_a/migration.sql"), []byte("CREATE TABLE a (x int);\n"), 0o600)
		},
		"a byte order mark": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "1_a/migration.sql"), []byte("\ufeffCREATE TABLE a ();\n"), 0o600)
		},
		"gone": func(dir string) error { return os.RemoveAll(filepath.Join(dir, "1_a")) },
		"an older one": func(dir string) error {
			_ = os.Mkdir(filepath.Join(dir, "0_z"), 0o700)
			return os.WriteFile(filepath.Join(dir, "0_z/migration.sql"), []byte("CREATE TABLE z ();\n"), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			database, f := clustertest.Database(t), folder(t, migrate.Prisma, files{"1_a/migration.sql": "CREATE TABLE a ();\n", "2_b/migration.sql": "CREATE TABLE b ();\n"})
			if got := e.do(t, database, f, "deploy", ""); got.Message != "" {
				t.Fatalf("%+v", got)
			}
			if err := change(f.Dir); err != nil {
				t.Fatal(err)
			}
			e.agrees(t, database, f)
		})
	}
}

// The engine waits inside PostgreSQL while dbbot works, and then finds nothing left to do.
func TestTheEngineAndDbbotExcludeEachOther(t *testing.T) {
	e := startEngine(t)
	database := clustertest.Database(t)
	clustertest.Exec(t, database, "CREATE SCHEMA beside", "CREATE TABLE beside.gate ()")
	f := folder(t, migrate.Prisma, files{"1_a/migration.sql": "LOCK TABLE beside.gate; CREATE TABLE a ();", "2_b/migration.sql": "CREATE TABLE b ();"})
	c := locked(t, database, f.Tool)
	steps := plan(t, c, f, func(v migrate.Survey) ([]migrate.Step, error) { return v.Up(1, "") })
	answer := make(chan said, 1)
	go func() { answer <- e.do(t, database, f, "deploy", "") }()
	waiting(t, database, 1)
	if _, err := c.Run(t.Context(), steps, func(string, int64, int64) {}); err != nil {
		t.Fatal(explained(err))
	}
	c.Close()
	if got := <-answer; got.Message != "" || strings.Join(got.Applied, " ") != "2_b" {
		t.Errorf("%+v", got)
	}
	gate := clustertest.Connect(t, database)
	if _, err := gate.Exec(t.Context(), "BEGIN; LOCK TABLE beside.gate"); err != nil {
		t.Fatal(err)
	}
	f = folder(t, migrate.Prisma, files{"1_a/migration.sql": "LOCK TABLE beside.gate; CREATE TABLE a ();", "2_b/migration.sql": "CREATE TABLE b ();", "3_c/migration.sql": "CREATE TABLE c AS SELECT * FROM beside.gate;"})
	go func() { answer <- e.do(t, database, f, "deploy", "") }()
	atTheGate(t, database, "beside.gate")
	late := open(t, database, f.Tool, 10)
	late.lockWithin = 100 * time.Millisecond
	if err := late.Lock(t.Context(), quiet); err == nil || !strings.Contains(err.Error(), "Another migration runs in orders: session ") {
		t.Errorf("got %v", err)
	}
	if _, err := gate.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if got := <-answer; got.Message != "" {
		t.Errorf("%+v", got)
	}
}

// Prisma 8 keeps its books in another way: it is recognised, and refused.
func TestPrisma8IsRefused(t *testing.T) {
	database := clustertest.Database(t)
	clustertest.Exec(t, database, "CREATE SCHEMA prisma_contract", "CREATE TABLE prisma_contract.marker (hash text)", "CREATE TABLE prisma_contract.ledger (id bigint)")
	f := folder(t, migrate.Prisma, prismaFiles)
	set, _ := f.Load()
	if _, err := set.Survey(journal(t, database, f.Tool)).Up(0, ""); err == nil || !strings.Contains(err.Error(), "Prisma 8") {
		t.Errorf("got %v", err)
	}
}
