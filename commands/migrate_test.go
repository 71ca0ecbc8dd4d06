package commands

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/apply"
	"dbbot/ops/migrate/lint"
)

// fakeBooks is a database with a journal and facts, which remembers what was run there.
type fakeBooks struct {
	server  apply.Server
	journal migrate.Journal
	facts   lint.Facts
	unread  error // of Journal
	unfound error // of Facts
	report  apply.Report
	failure error // of Run and Mend
	found   apply.Found
	lost    error // of Look

	asked []string // names that facts were asked for
	ran   []apply.Prepared
	on    approval.Server
	wrote []string
}

func (f *fakeBooks) Journal(context.Context, string) (apply.Server, migrate.Journal, error) {
	return f.server, f.journal, f.unread
}

func (f *fakeBooks) Facts(_ context.Context, _ string, names []string, _ []lint.Parsed) (lint.Facts, error) {
	f.asked = names
	return f.facts, f.unfound
}

func (f *fakeBooks) Run(_ context.Context, _ string, _ approval.Request, on approval.Server, steps []apply.Prepared, progress apply.Progress) (apply.Report, error) {
	f.ran, f.on = steps, on
	progress("0004: ALTER TABLE, statement 1 of 1", 0, 1)
	return f.report, f.failure
}

func (f *fakeBooks) Look(context.Context, string, approval.Request, int) (apply.Found, error) {
	return f.found, f.lost
}

func (f *fakeBooks) Mend(ctx context.Context, _ string, _ approval.Request, on approval.Server, _ apply.Progress, do func(context.Context, Books) error) error {
	f.on = on
	if f.failure != nil {
		return f.failure
	}
	return do(ctx, openBooks{f})
}

type openBooks struct{ f *fakeBooks }

func (o openBooks) Journal(context.Context) (migrate.Journal, error) { return o.f.journal, nil }

func (o openBooks) Force(_ context.Context, version string) error {
	o.f.wrote = append(o.f.wrote, "force "+version)
	return nil
}

func (o openBooks) Resolve(_ context.Context, m migrate.Migration, applied bool) error {
	how := "rolled back"
	if applied {
		how = "applied"
	}
	o.f.wrote = append(o.f.wrote, m.Name+" "+how)
	return nil
}

func (o openBooks) Baseline(_ context.Context, all []migrate.Migration) error {
	o.f.wrote = append(o.f.wrote, "baseline "+strings.Join(migrate.Names(all), " "))
	return nil
}

// scene is a folder and a database at version 3 of 6.
type scene struct {
	*fakeBooks
	dir   string
	tools Toolbox
}

var sqlFiles = map[string]string{
	"0001_customers.up.sql": "CREATE TABLE customers (id bigint);", "0001_customers.down.sql": "DROP TABLE customers;",
	"0002_orders.up.sql": "CREATE TABLE orders (id bigint);", "0002_orders.down.sql": "DROP TABLE orders;",
	"0003_total.up.sql": "ALTER TABLE orders ADD COLUMN total numeric;", "0003_total.down.sql": "ALTER TABLE orders DROP COLUMN total;",
	"0004_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;\n", "0004_note.down.sql": "ALTER TABLE orders DROP COLUMN note;",
	"0005_index.up.sql":  "CREATE INDEX orders_note ON orders (note);\nALTER ROLE shop PASSWORD 'swordfish';\n",
	"0006_forget.up.sql": "ALTER TABLE orders DROP COLUMN total;\n", "0007-typo.up.sql": "SELECT 1;",
}

func newScene(t testing.TB, tool migrate.Tool, files map[string]string) *scene {
	t.Helper()
	s := &scene{dir: t.TempDir(), fakeBooks: &fakeBooks{server: apply.Server{System: "7291", Database: "shop", Schema: "public", Role: "owner", Version: 150018}}}
	for path, sql := range files {
		s.write(t, path, sql)
	}
	s.journal = migrate.Journal{Tool: tool, Records: []migrate.Record{{Version: "3"}}}
	s.facts = lint.Facts{Version: 15, Path: []string{"public"}, Tables: map[string]lint.Table{
		"public.orders": {Kind: lint.Ordinary, Rows: 2_400_000, Bytes: 240_000_000, Scans: 12, Longest: 3 * time.Minute, Columns: []lint.Column{{Name: "id", Type: "bigint"}, {Name: "total", Type: "numeric"}}},
	}}
	s.tools = Toolbox{Databases: shop, Migrations: s.fakeBooks, Folders: map[string]migrate.Folder{"orders": {Tool: tool, Dir: s.dir}}}
	return s
}

func (s *scene) write(t testing.TB, path, sql string) {
	t.Helper()
	full := filepath.Join(s.dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(sql), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) change(t *testing.T, line string) *Changing {
	t.Helper()
	call, err := All(s.tools).Find(line)
	if err != nil || call.Change == nil {
		t.Fatalf("%q: %+v, %v", line, call, err)
	}
	return call.Change
}

func (s *scene) planned(t *testing.T, line string) Planned[json.RawMessage] {
	t.Helper()
	planned, err := s.change(t, line).Plan(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return planned
}

func TestMigrationsAreParsed(t *testing.T) {
	tests := []struct{ line, words string }{
		{"migrate up orders", "migrate up orders"},
		{"migrate up", "refused: Which database? There are orders and reporting."},
		{"orders migrate up 2", "migrate up 2 orders"},
		{"please migrate the orders database up to 5 -- it is time", "migrate up to 5 orders"},
		{"migrate up to 20260110120000 orders", "migrate up to 20260110120000 orders"},
		{"migrate up to orders 5", "migrate up to 5 orders"},
		{"Migrate UP To 0005_index orders", "migrate up to 0005_index orders"},
		{"migrate up to 20260110_a.b-c orders", "migrate up to 20260110_a.b-c orders"},
		{"migrate up to orders", "refused: Behind “to” stands the version, and there is none."},
		{"migrate up 2 to 5 orders", "refused: Either so many migrations or up to a version, not both."},
		{"migrate up 0 orders", "refused: That would be none at all: give a number from 1 on."},
		{"migrate up -1 orders", "refused: The n must be a whole number, and “-1” is none."},
		{"migrate up 20260110120000 orders", "refused: The n must be a whole number, and “20260110120000” is none."},
		{"migrate down orders", "migrate down orders"},
		{"migrate down 1 orders", "migrate down 1 orders"},
		{"migrate down to 3 orders", "migrate down to 3 orders"},
		{"migrate down 1 to 3 orders", "refused: Either so many migrations or down to a version, not both."},
		{"migrate goto orders 5", "migrate goto 5 orders"},
		{"migrate goto 5 on orders", "migrate goto 5 orders"},
		{"migrate goto orders", "refused: “migrate goto” needs one more word: the version."},
		{"migrate force none orders", "migrate force none orders"},
		{"migrate baseline 3 orders", "migrate baseline 3 orders"},
		{"migrate resolve rolled-back 2_a orders", "migrate resolve rolled-back 2_a orders"},
		{"migrate resolve 2_a Applied orders", "migrate resolve 2_a Applied orders"},
		{"migrate resolve 2_a later orders", "refused: Say whether it counts as applied or as rolled-back."},
		{"migrate upp orders", "refused: There is no command called “migrate upp orders”."},
	}
	for _, tt := range tests {
		call, err := All(Toolbox{Databases: shop}).Find(tt.line)
		switch {
		case err != nil:
			if got := "refused: " + err.Error(); got != tt.words {
				t.Errorf("%q: %s", tt.line, got)
			}
		case call.Change.Words != tt.words || call.Targets[0] != orders:
			t.Errorf("%q: %q about %v", tt.line, call.Change.Words, call.Targets)
		default:
			again, err := All(Toolbox{Databases: shop}).Find(call.Change.Words)
			if err != nil || again.Change.Words != tt.words || again.Path != call.Path {
				t.Errorf("%q does not bind to itself again: %v", call.Change.Words, err)
			}
		}
	}
}

func TestUpPlan(t *testing.T) {
	s := newScene(t, migrate.GolangMigrate, sqlFiles)
	planned := s.planned(t, "migrate up orders")
	golden(t, "migrate_up_plan.golden", planned.View.Text()+"\n\n"+string(planned.Plan)+"\n")
	if planned.Server != (approval.Server{System: "7291", Database: "shop"}) {
		t.Errorf("on %+v", planned.Server)
	}
	if strings.Contains(planned.View.Text()+string(planned.Plan), "swordfish") {
		t.Error("a password of the file is shown")
	}
	if want := []string{"orders"}; !slices.Equal(s.asked, want) {
		t.Errorf("facts are asked about %q", s.asked)
	}
	s.facts.Tables = nil
	s.unfound = &ops.Error{Message: "no rights"}
	again := s.planned(t, "migrate up orders")
	if string(again.Plan) != string(planned.Plan) {
		t.Error("the same wish on unchanged files gives another plan")
	}
	if !strings.Contains(again.View.Text(), "could not be read: no rights") {
		t.Error("nothing says that the sizes are not known")
	}
}

// Of what a plan shows, whoever has a phone sees a few screens; the file has all.
func TestPlanOfThreeHundredFiles(t *testing.T) {
	files := map[string]string{}
	for i := range 300 {
		files[string(rune('a'+i/26))+strings.Repeat("x", i%26)] = ""
	}
	many := map[string]string{}
	n := 1
	for name := range files {
		many[strings.Join([]string{pad(n), "_", name, ".up.sql"}, "")] = strings.Repeat("ALTER TABLE orders ADD COLUMN "+name+" int DEFAULT random();\n", 12)
		n++
	}
	s := newScene(t, migrate.GolangMigrate, many)
	s.journal.Records = nil
	view := s.planned(t, "migrate up orders").View
	short, whole := Spill(view)
	if lines := strings.Count(short.Text(), "\n"); lines > 200 || len(short.Parts) > maxPartsIn+1 {
		t.Errorf("the card has %d lines in %d parts", lines, len(short.Parts))
	}
	for m := range many {
		if !strings.Contains(whole, strings.TrimSuffix(m, ".up.sql")) {
			t.Fatalf("%s is nowhere", m)
		}
	}
	if !strings.Contains(short.Text(), "the file in the thread has all") {
		t.Error("nothing says that there is more")
	}
}

// 20 MB of SQL give a plan that can still be kept: what is left out is said.
func TestPlanOfAHugeFile(t *testing.T) {
	s := newScene(t, migrate.GolangMigrate, map[string]string{"0001_rows.up.sql": strings.Repeat("UPDATE orders SET total = 1;\n", 20_000) + "-- " + strings.Repeat("x", shownSQL)})
	s.journal.Records = nil
	planned := s.planned(t, "migrate up orders")
	body, err := json.Marshal(planned.View)
	if err != nil || len(body) > 3<<20 || len(planned.Plan) > 1000 {
		t.Errorf("view of %d bytes, plan of %d, %v", len(body), len(planned.Plan), err)
	}
	for _, want := range []string{"more about this file are not shown", "0001_rows.up.sql, sum ", ": the first 1 MB of"} {
		if !strings.Contains(planned.View.Text(), want) {
			t.Errorf("nothing says %q", want)
		}
	}
}

func pad(n int) string {
	text := "0000" + string(rune('0'+n/100)) + string(rune('0'+n/10%10)) + string(rune('0'+n%10))
	return text[len(text)-4:]
}

func TestPlansWithoutAChance(t *testing.T) {
	dirty := func(s *scene) { s.journal.Records[0].Dirty = true }
	tests := []struct {
		line  string
		spoil func(*scene)
		want  string
	}{
		{"migrate up orders", func(s *scene) { s.journal.Records[0].Version = "6" }, "Nothing is pending: the database is at 6."},
		{"migrate up orders", dirty, "Version 3 is marked dirty: a migration broke off there, and golang-migrate stops."},
		{"migrate up to 9 orders", func(*scene) {}, "The folder has no version 9."},
		{"migrate down orders", func(s *scene) { s.journal.Records[0].Version = "6" }, "0006_forget has no down file: golang-migrate would count it as undone and run nothing."},
		{"migrate down to 4 orders", func(*scene) {}, "4 lies ahead: nothing is undone on the way there."},
		{"migrate up orders", func(s *scene) { s.journal.Records[0].Version = "9" }, "The database is at version 9, which the folder does not have; golang-migrate can go nowhere from there."},
		{"migrate up orders", func(s *scene) { s.unread = &ops.Error{Message: "orders cannot be reached.", Cause: apply.ErrUnread} }, "orders cannot be reached."},
		{"migrate up orders", func(s *scene) { s.tools.Folders = nil }, "No folder of migrations is configured for orders."},
		{"migrate up 1 orders", func(s *scene) {
			_ = os.WriteFile(filepath.Join(s.dir, "0004_note.up.sql"), []byte("COPY orders FROM STDIN;"), 0o600)
		}, "0004_note.up.sql cannot be run. "},
		{"migrate force 3 orders", func(*scene) {}, "The database is at 3 already, and clean."},
		{"migrate baseline 3 orders", func(*scene) {}, "The database has a journal already: it is at 3."},
		{"migrate resolve 0004_note applied orders", func(*scene) {}, "golang-migrate has no resolve."},
	}
	for _, tt := range tests {
		s := newScene(t, migrate.GolangMigrate, sqlFiles)
		tt.spoil(s)
		_, err := s.change(t, tt.line).Plan(t.Context())
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.line, err, tt.want)
		}
		if errors.Is(err, ErrUnread) != (s.unread != nil) {
			t.Errorf("%s: unread is not said in this package's words: %v", tt.line, err)
		}
	}
}
