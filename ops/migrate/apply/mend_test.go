package apply

import (
	"errors"
	"strings"
	"testing"

	migratelib "github.com/golang-migrate/migrate/v4"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// locked is a connection that may change the journal.
func locked(tb testing.TB, url string, tool migrate.Tool) *Conn {
	tb.Helper()
	c := open(tb, url, tool, 9)
	if err := c.Lock(tb.Context(), quiet); err != nil {
		tb.Fatal(err)
	}
	return c
}

// What the library left dirty, dbbot finds, forces, and goes on from; the library goes on from there.
func TestTheLibraryLeftItDirty(t *testing.T) {
	url := clustertest.Database(t)
	f := folder(t, migrate.GolangMigrate, files{
		"1_a.up.sql": "CREATE TABLE a ();", "1_a.down.sql": "DROP TABLE a;",
		"2_b.up.sql": "CREATE TABLE b (); SELECT 1 / (SELECT count(*) FROM a);", "2_b.down.sql": "DROP TABLE b;",
	})
	if err := library(t, url, f).Up(); err == nil {
		t.Fatal("it went through")
	}
	set, _ := f.Load()
	v := set.Survey(journal(t, url, f.Tool))
	if len(v.Broken) != 1 || v.At != "2" {
		t.Fatalf("%+v", v)
	}
	if _, err := v.Up(0, ""); err == nil || !strings.Contains(err.Error(), "dirty") {
		t.Errorf("got %v", err)
	}
	c := locked(t, url, f.Tool)
	if err := c.Force(t.Context(), "1"); err != nil {
		t.Fatal(explained(err))
	}
	c.Close()
	if got := state(t, url); got != "1" {
		t.Errorf("the journal says %s", got)
	}
	clustertest.Exec(t, url, "ALTER TABLE a ADD one int; INSERT INTO a VALUES (1)")
	if _, err := carry(t, url, 1, f, all); err != nil {
		t.Fatal(explained(err))
	}
	m := library(t, url, f)
	if err := m.Down(); err != nil {
		t.Errorf("the library says %v", err)
	}
	if _, err := carry(t, url, 2, f, func(v migrate.Survey) ([]migrate.Step, error) { return v.Goto("1") }); err != nil {
		t.Fatal(explained(err))
	}
	if v := version(t, m); v != 1 {
		t.Errorf("the library finds %d", v)
	}
}

func TestForceToTheBeginning(t *testing.T) {
	url, f := clustertest.Database(t), folder(t, migrate.GolangMigrate, three)
	c := locked(t, url, f.Tool)
	if err := c.Force(t.Context(), "3"); err != nil { // no table yet: it is made
		t.Fatal(explained(err))
	}
	if err := c.Force(t.Context(), ""); err != nil {
		t.Fatal(explained(err))
	}
	c.Close()
	if _, _, err := library(t, url, f).Version(); !errors.Is(err, migratelib.ErrNilVersion) {
		t.Errorf("the library says %v", err)
	}
	if got := state(t, url); got != "none" {
		t.Errorf("the journal says %s", got)
	}
}

func TestBaselineOfGolangMigrate(t *testing.T) {
	url, f := clustertest.Database(t), folder(t, migrate.GolangMigrate, three)
	clustertest.Exec(t, url, "CREATE TABLE orders (id int, total int)")
	set, _ := f.Load()
	list, err := set.Survey(journal(t, url, f.Tool)).Baseline("2")
	if err != nil {
		t.Fatal(err)
	}
	c := locked(t, url, f.Tool)
	if err := c.Baseline(t.Context(), list); err != nil {
		t.Fatal(explained(err))
	}
	c.Close()
	m := library(t, url, f)
	if v := version(t, m); v != 2 {
		t.Errorf("the library finds %d", v)
	}
	if err := m.Up(); err != nil {
		t.Errorf("the library says %v", err)
	}
}

// The books are changed whole, or not at all; and never behind a lock that somebody holds.
func TestTheBooksAreLocked(t *testing.T) {
	url, f := clustertest.Database(t), folder(t, migrate.GolangMigrate, three)
	if _, err := carry(t, url, 1, f, all); err != nil {
		t.Fatal(err)
	}
	c := locked(t, url, f.Tool)
	if _, err := c.work.Exec(t.Context(), "SET lock_timeout = 50"); err != nil {
		t.Fatal(err)
	}
	dump := clustertest.Connect(t, url)
	if _, err := dump.Exec(t.Context(), "BEGIN; LOCK TABLE schema_migrations IN ACCESS SHARE MODE"); err != nil { // as pg_dump does
		t.Fatal(err)
	}
	if err := c.Force(t.Context(), "2"); err != nil {
		t.Errorf("a dump keeps dbbot away: %v", explained(err))
	}
	if _, err := dump.Exec(t.Context(), "LOCK TABLE schema_migrations"); err != nil {
		t.Fatal(err)
	}
	if err := c.Force(t.Context(), "1"); err == nil || !strings.Contains(err.Error(), "locked by somebody. Nothing was changed.") {
		t.Errorf("got %v", err)
	}
	if _, err := dump.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if got := state(t, url); got != "2" {
		t.Errorf("the journal says %s", got)
	}
}
