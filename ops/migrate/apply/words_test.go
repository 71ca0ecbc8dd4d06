package apply

import (
	"strings"
	"testing"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// Neither values of rows nor passwords get into what is said, kept or written into Prisma's logs.
func TestNoValueIsSaid(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, "CREATE TABLE people (id int PRIMARY KEY, name text UNIQUE, age int CHECK (age < 100))",
		"INSERT INTO people VALUES (1, 'swordfish', 7), (4711, '47114711', 8)",
		"CREATE FUNCTION shout() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'it is swordfish'; END $$",
		"CREATE FUNCTION disguised() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = 'it is swordfish', ERRCODE = '42P01', HINT = 'swordfish'; END $$")
	for name, test := range map[string]struct{ sql, said string }{
		"a key":             {"INSERT INTO people SELECT 2, name FROM people WHERE id = 1", `duplicate key value violates unique constraint "people_name_key"`},
		"a check":           {"UPDATE people SET age = age + id", `violates check constraint`},
		"not null":          {"ALTER TABLE people ADD CONSTRAINT c CHECK (name <> 'swordfish')", `check constraint "c" of relation "people" is violated by some row`},
		"a cast":            {"SELECT name::int FROM people WHERE id = 1", `invalid input syntax for type integer: ***`},
		"a change of type":  {"ALTER TABLE people ALTER name TYPE date USING name::date", `invalid input syntax for type date: `},
		"a large number":    {"SELECT (name || '4711')::int FROM people WHERE id = 4711", `out of range for type integer`},
		"json":              {"SELECT name::json FROM people WHERE id = 1", `invalid input syntax for type json`},
		"raise":             {"DO $$ DECLARE n text; BEGIN SELECT name INTO n FROM people WHERE id = 1; RAISE EXCEPTION 'nobody knows %''s age', n; END $$", `nobody knows ***'s age`},
		"raise a part":      {"DO $$ BEGIN RAISE EXCEPTION 'only 50%% of %', (SELECT name FROM people WHERE id = 1); END $$", `only 50% of ***.`},
		"raise elsewhere":   {"SELECT shout()", `a function raised an error`},
		"raise in disguise": {"SELECT disguised()", `a function raised an error`},
		"a password":        {"CREATE ROLE nobody PASSWORD 'swordfish' NONSENSE", `unrecognized role option "nonsense"`},
		"a password alone":  {"ALTER ROLE nothere PASSWORD 'swordfish'", `role "nothere" does not exist`},
	} {
		t.Run(name, func(t *testing.T) {
			f := folder(t, migrate.GolangMigrate, files{"1_a.up.sql": "SELECT 1;\n  " + test.sql + ";"})
			report, err := carry(t, url, 1, f, all)
			if err == nil {
				t.Fatal("it went through")
			}
			if !strings.Contains(err.Error(), test.said) {
				t.Errorf("got %s", err)
			}
			said := *report.Failure
			if everything := err.Error() + said.Message + said.Hint; strings.Contains(everything, "swordfish") || strings.Contains(everything, "4711") {
				t.Errorf("said %s", everything)
			}
			if strings.Contains(said.Text, "PASSWORD 'swordfish'") {
				t.Errorf("shown %s", said.Text)
			}
		})
	}
}

func TestWhatPostgreSQLSaysIsPassedOn(t *testing.T) {
	url := clustertest.Database(t)
	f := folder(t, migrate.GolangMigrate, files{"1_a.up.sql": "CREATE TABLE orders (total int);\nCREATE VIEW sums AS SELECT total FROM orders;\n\nSELECT totl\n  FROM orders;"})
	report, err := carry(t, url, 1, f, all)
	if err == nil || report.Failure.Line != 4 || report.Failure.Column != 8 || !strings.Contains(report.Failure.Hint, "orders.total") {
		t.Errorf("%+v, %v", report.Failure, err)
	}
	f = folder(t, migrate.GolangMigrate, files{"1_a.up.sql": "CREATE TABLE orders (total int); CREATE VIEW sums AS SELECT total FROM orders; DROP TABLE orders"})
	if _, err := carry(t, url, 1, f, all); err == nil || !strings.Contains(err.Error(), "view sums depends on table orders") {
		t.Errorf("got %v", err)
	}
}
