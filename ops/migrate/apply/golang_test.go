package apply

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	migratelib "github.com/golang-migrate/migrate/v4"
	pgxdriver "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	_ "github.com/golang-migrate/migrate/v4/source/file"
	_ "github.com/jackc/pgx/v5/stdlib"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// three migrations, each with a way back.
var three = files{
	"0001_orders.up.sql":   "CREATE TABLE orders (id bigint PRIMARY KEY);\nINSERT INTO orders VALUES (1), (2);",
	"0001_orders.down.sql": "DROP TABLE orders;",
	"0002_total.up.sql":    "ALTER TABLE orders ADD COLUMN total numeric;",
	"0002_total.down.sql":  "ALTER TABLE orders DROP COLUMN total;",
	"0003_note.up.sql":     "ALTER TABLE orders ADD COLUMN note text;",
	"0003_note.down.sql":   "ALTER TABLE orders DROP COLUMN note;",
}

// library is golang-migrate itself, on the same folder and database.
func library(tb testing.TB, url string, f migrate.Folder) *migratelib.Migrate {
	tb.Helper()
	db, err := sql.Open("pgx/v5", url)
	if err != nil {
		tb.Fatal(err)
	}
	driver, err := pgxdriver.WithInstance(db, &pgxdriver.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	m, err := migratelib.NewWithDatabaseInstance("file://"+f.Dir, "postgres", driver)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _, _ = m.Close() })
	return m
}

func version(tb testing.TB, m *migratelib.Migrate) uint {
	tb.Helper()
	v, dirty, err := m.Version()
	if err != nil && !errors.Is(err, migratelib.ErrNilVersion) || dirty {
		tb.Fatalf("version %d, dirty %v, %v", v, dirty, err)
	}
	return v
}

func TestTheLibraryGoesOnWhereDbbotStopped(t *testing.T) {
	url, f := clustertest.Database(t), folder(t, migrate.GolangMigrate, three)
	if report, err := carry(t, url, 1, f, func(v migrate.Survey) ([]migrate.Step, error) { return v.Up(2, "") }); err != nil || len(report.Done) != 2 {
		t.Fatalf("%+v, %v", report, err)
	}
	m := library(t, url, f)
	if got := version(t, m); got != 2 {
		t.Fatalf("the library finds version %d", got)
	}
	if err := m.Up(); err != nil {
		t.Fatal(err)
	}
	if report, err := carry(t, url, 2, f, down(2)); err != nil || len(report.Done) != 2 || !report.Done[0].Step.Down {
		t.Fatalf("%+v, %v", report, err)
	}
	if got := version(t, m); got != 1 {
		t.Errorf("the library finds version %d", got)
	}
	if err := m.Steps(-1); err != nil {
		t.Fatal(err)
	}
	if report, err := carry(t, url, 3, f, all); err != nil || len(report.Done) != 3 {
		t.Fatalf("%+v, %v", report, err)
	}
	if err := m.Up(); !errors.Is(err, migratelib.ErrNoChange) {
		t.Errorf("the library says %v", err)
	}
	if _, err := carry(t, url, 4, f, down(3)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Version(); !errors.Is(err, migratelib.ErrNilVersion) {
		t.Errorf("the library says %v", err)
	}
}

// A table that dbbot made must be the one that the library makes.
func TestTheTableIsTheTools(t *testing.T) {
	const columns = `SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull,
		(SELECT contype FROM pg_constraint WHERE conrelid = attrelid AND attnum = ANY (conkey) AND contype = 'p')), ', ' ORDER BY attnum)
		FROM pg_attribute WHERE attrelid = 'schema_migrations'::regclass AND attnum > 0`
	ours, theirs := clustertest.Database(t), clustertest.Database(t)
	f := folder(t, migrate.GolangMigrate, three)
	if _, err := carry(t, ours, 1, f, all); err != nil {
		t.Fatal(err)
	}
	library(t, theirs, f)
	if got, want := ask(t, ours, columns), ask(t, theirs, columns); got != want {
		t.Errorf("got %s, the tool has %s", got, want)
	}
}

func TestAFailureLeavesNothing(t *testing.T) {
	url := clustertest.Database(t)
	f := folder(t, migrate.GolangMigrate, files{
		"0001_orders.up.sql": three["0001_orders.up.sql"],
		"0002_bad.up.sql":    "CREATE TABLE half ();\n\n-- the next one fails\nINSERT INTO orders\n  VALUES (1);\nCREATE TABLE never ();",
	})
	report, err := carry(t, url, 1, f, all)
	if err == nil || report.Failure == nil || len(report.Done) != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	got := *report.Failure
	if got.Statement != 1 || got.Line != 4 || got.Code != uniqueViolation || !got.Nothing || got.Name != "0002_bad" {
		t.Errorf("%+v", got)
	}
	if want := `0002_bad.up.sql, line 4: duplicate key value violates unique constraint "orders_pkey". Nothing of 0002_bad remains.`; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %s", err)
	}
	if left := ask(t, url, "SELECT concat(to_regclass('half'), (SELECT count(*) FROM dbbot_migrations))"); left != "1" {
		t.Errorf("left: %s", left)
	}
	if m := library(t, url, f); version(t, m) != 1 {
		t.Error("the library finds another version")
	}
	if j := journal(t, url, f.Tool); len(j.Own) != 1 || j.Own[0].Name != "0001_orders" || j.Own[0].From != "" || j.Own[0].Request != 1 || j.Own[0].Sum == "" {
		t.Errorf("%+v", j)
	}
}
