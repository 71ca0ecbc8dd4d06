package apply

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// obstacle is in the way of the last statement: it can be taken away, and the file goes on.
const obstacle = "CREATE SCHEMA shop; SET search_path = shop, public;\nCREATE TABLE notes (id int);\nCREATE INDEX CONCURRENTLY by_id ON notes (id);\nCREATE TABLE archive ();"

// goOn applies all that is pending, and says how far it has come.
func goOn(t *testing.T, url string, request int64, f migrate.Folder) string {
	t.Helper()
	if report, err := carry(t, url, request, f, all); err != nil {
		return explained(err)
	} else if report.Failure != nil {
		return "a failure without an error"
	}
	return ask(t, url, `SELECT concat_ws(' ', to_regclass('shop.notes'), to_regclass('shop.archive'), (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('shop.by_id')),
		(SELECT count(*) FROM dbbot_migrations WHERE finished IS NULL))`)
}

func TestAFileGoesOnWhereItBrokeOff(t *testing.T) {
	for tool, all := range map[migrate.Tool]files{
		migrate.GolangMigrate: {"0001_first.up.sql": first, "0002_next.up.sql": obstacle, "0003_last.up.sql": "CREATE TABLE last ();"},
		migrate.Prisma:        {"1_first/migration.sql": first, "2_next/migration.sql": obstacle, "3_last/migration.sql": "CREATE TABLE last ();"},
	} {
		t.Run(string(tool), func(t *testing.T) {
			url, f := clustertest.Database(t), folder(t, tool, all)
			reached(t, "alone", func() { clustertest.Exec(t, url, "CREATE TABLE shop.archive ()") })
			if said := goOn(t, url, 1, f); !strings.Contains(said, `relation "archive" already exists`) || !strings.Contains(said, "4 statements of") {
				t.Fatal(said)
			}
			left := journal(t, url, tool).Left
			if left == nil || left.Applied != 4 || left.Of != 5 || !strings.HasSuffix(left.Name, "2_next") {
				t.Fatalf("left: %+v", left)
			}
			if said := goOn(t, url, 2, f); !strings.Contains(said, "4 statements of") || strings.Contains(said, "Nothing of") {
				t.Errorf("in vain again: %s", said)
			}
			clustertest.Exec(t, url, "DROP TABLE shop.archive")
			if said := goOn(t, url, 3, f); said != "shop.notes shop.archive t 2" {
				t.Errorf("in the end: %s", said)
			}
			if j := journal(t, url, tool); j.Left != nil || len(j.Own) != 3 {
				t.Errorf("%+v", j)
			}
			if at := ask(t, url, "SELECT to_regclass('last')::text"); at != "last" {
				t.Error("the next one did not run")
			}
			if tool == migrate.Prisma {
				if rows := ask(t, url, "SELECT string_agg(migration_name || applied_steps_count || coalesce(logs, ''), ' ' ORDER BY started_at) FROM _prisma_migrations WHERE finished_at IS NOT NULL"); rows != "1_first1 2_next1 3_last1" {
					t.Errorf("Prisma's rows: %s", rows)
				}
			}
		})
	}
}

// When somebody else has touched the mark since, or the file, nobody goes on by itself.
func TestNobodyGoesOnBehindOthers(t *testing.T) {
	for name, meddle := range map[string]func(t *testing.T, url string, f migrate.Folder){
		"forced there and back": func(t *testing.T, url string, _ migrate.Folder) {
			clustertest.Exec(t, url, "UPDATE schema_migrations SET dirty = false", "UPDATE schema_migrations SET dirty = true")
		},
		"the tool's own way": func(t *testing.T, url string, _ migrate.Folder) {
			clustertest.Exec(t, url, "TRUNCATE schema_migrations", "INSERT INTO schema_migrations VALUES (2, true)")
		},
		"another file": func(t *testing.T, _ string, f migrate.Folder) {
			if err := os.WriteFile(filepath.Join(f.Dir, "0002_next.up.sql"), []byte(obstacle+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			url, f := clustertest.Database(t), folder(t, migrate.GolangMigrate, files{"0001_first.up.sql": first, "0002_next.up.sql": obstacle})
			reached(t, "alone", func() { clustertest.Exec(t, url, "CREATE TABLE shop.archive ()") })
			_ = goOn(t, url, 1, f)
			meddle(t, url, f)
			set, err := f.Load()
			if err != nil {
				t.Fatal(err)
			}
			if steps, err := set.Survey(journal(t, url, f.Tool)).Up(0, ""); err == nil {
				t.Errorf("it would go on: %+v", steps)
			}
		})
	}
}

// An index that was left half built is removed and built anew, where that was agreed to, and is in the way otherwise.
func TestAHalfBuiltIndexIsBuiltAnew(t *testing.T) {
	url := clustertest.Database(t)
	f := folder(t, migrate.GolangMigrate, files{"0001_first.up.sql": first, "0002_next.up.sql": "CREATE UNIQUE INDEX CONCURRENTLY by_total ON orders (total);"})
	if _, err := carry(t, url, 1, f, all); err == nil {
		t.Fatal("a unique index on rows that are not")
	}
	clustertest.Exec(t, url, "DELETE FROM orders WHERE id = 2")
	if _, err := carry(t, url, 2, f, all); err == nil || !strings.Contains(err.Error(), `relation "by_total" already exists`) {
		t.Fatalf("removed without being asked: %v", err)
	}
	c := open(t, url, f.Tool, 3)
	steps := plan(t, c, f, all)
	if steps[0].Step.Skip != 0 || !steps[0].Step.Resume {
		t.Fatalf("%+v", steps[0].Step)
	}
	steps[0].Removes = []string{"by_total"}
	if err := c.Lock(t.Context(), quiet); err != nil {
		t.Fatal(err)
	}
	var said []string
	if _, err := c.Run(t.Context(), steps, func(phase string, _, _ int64) { said = append(said, phase) }); err != nil {
		t.Fatal(explained(err))
	}
	if !strings.Contains(strings.Join(said, "\n"), "removing the half-built index public.by_total") {
		t.Errorf("%q", said)
	}
	if got := ask(t, url, "SELECT concat(indisvalid, indisunique) FROM pg_index WHERE indexrelid = 'by_total'::regclass"); got != "tt" || state(t, url) != "2" {
		t.Errorf("valid and unique: %s, at %s", got, state(t, url))
	}
}

// Before dbbot's table knew of marks it may have been made: the column is added, and what broke off then is left to people.
func TestATableWithoutMarks(t *testing.T) {
	url, f := clustertest.Database(t), folder(t, migrate.GolangMigrate, files{"0001_first.up.sql": first, "0002_next.up.sql": obstacle})
	if _, err := carry(t, url, 1, f, func(v migrate.Survey) ([]migrate.Step, error) { return v.Up(1, "") }); err != nil {
		t.Fatal(err)
	}
	clustertest.Exec(t, url, "ALTER TABLE dbbot_migrations DROP COLUMN mark, DROP COLUMN objects")
	if j := journal(t, url, f.Tool); len(j.Own) != 1 || j.Left != nil {
		t.Errorf("%+v", j)
	}
	if said := goOn(t, url, 2, f); said != "shop.notes shop.archive t 0" {
		t.Error(said)
	}
}
