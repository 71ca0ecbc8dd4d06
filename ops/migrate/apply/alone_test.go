package apply

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	migratelib "github.com/golang-migrate/migrate/v4"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// first makes a table with rows to fail on.
const first = "CREATE TABLE orders (id bigint PRIMARY KEY, total int);\nINSERT INTO orders VALUES (1, 7), (2, 7);"

func TestOutsideATransaction(t *testing.T) {
	for name, test := range map[string]struct {
		sql     string
		failure *Failure // as far as it is compared
		message string   // of the error, a part
		state   string   // of the journal afterwards
		check   string   // SQL that must give true
	}{
		"concurrently": {
			sql:   "SET search_path = public;\nCREATE INDEX CONCURRENTLY by_total ON orders (total);\n-- and more\nCREATE INDEX CONCURRENTLY by_id ON orders (id DESC);",
			state: "2", check: "to_regclass('by_total') IS NOT NULL AND to_regclass('by_id') IS NOT NULL AND (SELECT done = 3 FROM dbbot_migrations WHERE step = 1)",
		},
		"an invalid index stays": {
			sql:     "CREATE UNIQUE INDEX CONCURRENTLY by_total ON orders (total);",
			failure: &Failure{Line: 1, Code: "23505", Invalid: []string{"public.by_total"}},
			message: `could not create unique index "by_total". The index public.by_total was left behind half built`,
			state:   "2 dirty", check: "true",
		},
		"in the middle": {
			sql:     "ALTER TABLE orders ADD note text;\nCREATE INDEX CONCURRENTLY by_note ON orders (note);\nALTER TABLE orders ADD note text;\nSELECT 1;",
			failure: &Failure{Statement: 2, Line: 3, Code: "42701", Applied: 2},
			message: `2 statements of 0002_next went through and stay`,
			state:   "2 dirty", check: "(SELECT done = 2 AND finished IS NULL FROM dbbot_migrations WHERE step = 1)",
		},
		"nothing remains": {
			sql:     "ALTER TABLE orders ADD total text;\nVACUUM orders;",
			failure: &Failure{Line: 1, Code: "42701", Nothing: true}, message: "Nothing of 0002_next remains", state: "1", check: "NOT EXISTS (SELECT FROM dbbot_migrations WHERE step = 1)",
		},
		"refused before it began": {
			sql:     "DROP INDEX CONCURRENTLY nothere;",
			failure: &Failure{Line: 1, Code: "42704", Nothing: true}, message: "does not exist", state: "1", check: "true",
		},
		"its own transactions": {
			sql:   "BEGIN;\nCREATE TABLE a ();\nCOMMIT;\nBEGIN;\nCREATE TABLE b ();\nCOMMIT;",
			state: "2", check: "to_regclass('a') IS NOT NULL AND to_regclass('b') IS NOT NULL",
		},
		"its own transaction, failed": {
			sql:     "BEGIN;\nCREATE TABLE a ();\n  ALTER TABLE nothere ADD x int;\nCOMMIT;",
			failure: &Failure{Statement: 2, Line: 3, Code: "42P01", Nothing: true}, message: "Nothing of 0002_next remains", state: "1", check: "to_regclass('a') IS NULL",
		},
		"its own transactions, the second failed": {
			sql:     "BEGIN;\nCREATE TABLE a ();\nCOMMIT;\nBEGIN;\nCREATE TABLE b ();\nSELECT 1 / 0;\nCOMMIT;",
			failure: &Failure{Statement: 5, Line: 6, Code: "22012", Applied: 3}, message: "3 statements of 0002_next went through and stay", state: "2 dirty",
			check: "to_regclass('a') IS NOT NULL AND to_regclass('b') IS NULL",
		},
		"its own transaction left open": {
			sql:     "BEGIN;\nCREATE TABLE a ();",
			failure: &Failure{Statement: 2, Nothing: true}, message: "leaves its transaction open", state: "1", check: "to_regclass('a') IS NULL",
		},
		"a procedure that commits": {
			sql:     "DO $$ BEGIN CREATE TABLE a (); COMMIT; RAISE EXCEPTION 'after %', 'swordfish'; END $$;",
			failure: &Failure{Line: 1, Code: "P0001"}, message: "after ***", state: "2 dirty", check: "to_regclass('a') IS NOT NULL",
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := clustertest.Database(t)
			f := folder(t, migrate.GolangMigrate, files{"0001_first.up.sql": first, "0002_next.up.sql": test.sql})
			report, err := carry(t, url, 1, f, all)
			if (err == nil) != (test.failure == nil) || err != nil && !strings.Contains(err.Error(), test.message) {
				t.Fatalf("got %v", err)
			}
			if got := report.Failure; got != nil {
				short := Failure{Statement: got.Statement, Line: got.Line, Code: got.Code, Applied: got.Applied, Nothing: got.Nothing, Invalid: append([]string(nil), got.Invalid...)}
				if !reflect.DeepEqual(short, *test.failure) {
					t.Errorf("got %+v", short)
				}
			}
			if got := state(t, url); got != test.state {
				t.Errorf("the journal says %s", got)
			}
			if got := ask(t, url, "SELECT ("+test.check+")::text"); got != "true" {
				t.Errorf("%s is %s", test.check, got)
			}
			unlocked(t, url)
			if err := library(t, url, f).Up(); strings.HasSuffix(test.state, "dirty") != errors.As(err, new(migratelib.ErrDirty)) {
				t.Errorf("the library says %v", err)
			}
		})
	}
}

// state is golang-migrate's row.
func state(tb testing.TB, url string) string {
	tb.Helper()
	return ask(tb, url, "SELECT coalesce(string_agg(version || CASE WHEN dirty THEN ' dirty' ELSE '' END, ', '), 'none') FROM schema_migrations")
}

// While an index was built, without the tools' locks, somebody has set the journal to what they think is true: that stays.
func TestForcedMeanwhile(t *testing.T) {
	for tool, test := range map[migrate.Tool]struct {
		folder        files
		meddle, check string
	}{
		migrate.GolangMigrate: {
			files{"1_a.up.sql": first, "2_b.up.sql": "CREATE INDEX CONCURRENTLY by_total ON orders (total)"},
			"UPDATE schema_migrations SET version = 1, dirty = false", "SELECT version || dirty::text FROM schema_migrations",
		},
		migrate.Prisma: {
			files{"1_a/migration.sql": first, "2_b/migration.sql": "CREATE INDEX CONCURRENTLY by_total ON orders (total)"},
			"UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL", "SELECT count(*) || 'false' FROM _prisma_migrations WHERE finished_at IS NOT NULL",
		},
	} {
		url, f := clustertest.Database(t), folder(t, tool, test.folder)
		reached(t, "outside", func() { clustertest.Exec(t, url, test.meddle) })
		report, err := carry(t, url, 1, f, all)
		if err == nil || !strings.Contains(err.Error(), "somebody has changed the journal meanwhile") || len(report.Done) != 1 || report.Failure.Nothing {
			t.Errorf("%s: %+v, %v", tool, report.Failure, err)
		}
		if got := ask(t, url, test.check); got != "1false" {
			t.Errorf("%s: the journal says %s", tool, got)
		}
	}
}

func TestWhatMayCommitByItself(t *testing.T) {
	one, two := Prepare([]migrate.Step{{Migration: migrate.Migration{Up: &migrate.File{SQL: []byte("COMMIT")}}}}), Prepare([]migrate.Step{{Migration: migrate.Migration{Up: &migrate.File{SQL: []byte("BEGIN; COMMIT")}}}})
	if !mayCommit(one[0], nil) || mayCommit(two[0], nil) || mayCommit(Prepared{}, []string{"SELECT 1"}) || !mayCommit(Prepared{}, nil) {
		t.Error("a statement that is alone may commit by itself, one beside others may not")
	}
}

func TestWhatStandsOfAFileAsWritten(t *testing.T) {
	for tags, want := range map[string]int{"": 0, "BEGIN": 0, "BEGIN,SELECT 1,COMMIT": 3, "BEGIN,COMMIT,BEGIN,SELECT 1": 2, "BEGIN,PREPARE TRANSACTION": 2, "BEGIN,ROLLBACK": 0, "BEGIN,SELECT 1,ROLLBACK,BEGIN,COMMIT": 2, "COMMIT PREPARED": 1} {
		if got := committed(strings.Split(tags, ",")); got != want {
			t.Errorf("%s: %d", tags, got)
		}
	}
}
