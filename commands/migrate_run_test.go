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
)

func silentProgress(string, int64, int64) {}

func TestUpRunsTheBytesThatWereAgreedTo(t *testing.T) {
	s := newScene(t, migrate.GolangMigrate, sqlFiles)
	change, planned := s.change(t, "migrate up 2 orders"), s.planned(t, "migrate up 2 orders")
	s.report = apply.Report{Done: []apply.Done{{Step: migrate.Step{Migration: migrate.Migration{Name: "0004_note"}, To: "4"}, Statements: 1, Took: 12 * time.Millisecond}}}
	view, err := change.Run(t.Context(), approval.Request{ID: 7}, planned.Plan, silentProgress)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "migrate_up_ran.golden", view.Text()+"\n")
	var ran []string
	for _, p := range s.ran {
		ran = append(ran, string(p.Step.File().SQL))
	}
	if want := []string{sqlFiles["0004_note.up.sql"], sqlFiles["0005_index.up.sql"]}; !slices.Equal(ran, want) {
		t.Errorf("ran %q", ran)
	}
	if s.on != planned.Server {
		t.Errorf("on %+v", s.on)
	}
}

func TestChangedFilesDoNotRun(t *testing.T) {
	tests := []struct {
		name   string
		change func(*scene)
		differ string
		want   string
	}{
		{"another text", func(s *scene) { s.write(t, "0005_index.up.sql", "SELECT 1;") }, "0005_index.up.sql has changed since it was agreed to.", "0005_index.up.sql has changed since it was agreed to. Nothing was run."},
		{"one letter", func(s *scene) {
			s.write(t, "0005_index.up.sql", strings.Replace(sqlFiles["0005_index.up.sql"], "orders (note)", "orders (nota)", 1))
		}, "0005_index.up.sql has changed since it was agreed to.", "0005_index.up.sql has changed since it was agreed to. Nothing was run."},
		{"gone", func(s *scene) { _ = os.Remove(filepath.Join(s.dir, "0005_index.up.sql")) }, "Other migrations are pending now than those that were agreed to.", "0005_index.up.sql is not in the folder any more. Nothing was run."},
		{"unreadable", func(s *scene) {
			_ = os.Remove(filepath.Join(s.dir, "0005_index.up.sql"))
			_ = os.Mkdir(filepath.Join(s.dir, "0005_index.up.sql"), 0o700)
		}, "Other migrations are pending now than those that were agreed to.", "0005_index.up.sql"},
		{"another name", func(s *scene) {
			_ = os.Rename(filepath.Join(s.dir, "0005_index.up.sql"), filepath.Join(s.dir, "0005_other.up.sql"))
		}, "Other migrations are pending now than those that were agreed to.", "0005_index.up.sql is not in the folder any more. Nothing was run."},
		{"two swapped", func(s *scene) {
			s.write(t, "0005_index.up.sql", sqlFiles["0006_forget.up.sql"])
			s.write(t, "0006_forget.up.sql", sqlFiles["0005_index.up.sql"])
		}, "0005_index.up.sql has changed since it was agreed to.", "0005_index.up.sql has changed since it was agreed to. Nothing was run."},
		{"no folder", func(s *scene) { _ = os.RemoveAll(s.dir) }, "", "The folder of migrations cannot be read"},
	}
	for _, tt := range tests {
		s := newScene(t, migrate.GolangMigrate, sqlFiles)
		change, planned := s.change(t, "migrate up orders"), s.planned(t, "migrate up orders")
		tt.change(s)
		_, err := change.Run(t.Context(), approval.Request{}, planned.Plan, silentProgress)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || s.ran != nil {
			t.Errorf("%s: %v, ran %d", tt.name, err, len(s.ran))
		}
		if now, err := change.Plan(t.Context()); err == nil && change.Differ(planned.Plan, now.Plan) != tt.differ {
			t.Errorf("%s: differs in %q", tt.name, change.Differ(planned.Plan, now.Plan))
		}
	}
}

// What else may make a plan another one than that which was agreed to.
func TestPlansThatDiffer(t *testing.T) {
	s := newScene(t, migrate.GolangMigrate, sqlFiles)
	change, was := s.change(t, "migrate up orders"), s.planned(t, "migrate up orders")
	if said := change.Differ(was.Plan, was.Plan); said != "" {
		t.Errorf("the same plan differs: %s", said)
	}
	s.write(t, "0008_new.up.sql", "SELECT 1;")
	if said := change.Differ(was.Plan, s.planned(t, "migrate up orders").Plan); said != "More migrations are pending now than those that were agreed to: 0008_new is new." {
		t.Error(said)
	}
	s.journal.Records[0].Version = "4"
	if said := change.Differ(was.Plan, s.planned(t, "migrate up orders").Plan); said != "The database is at 4 by now, and was at 3 when this was agreed to." {
		t.Error(said)
	}
	if said := change.Differ(json.RawMessage(`{"made":"by another version"}`), was.Plan); said != "" {
		t.Error(said)
	}
}

func TestUpThatFails(t *testing.T) {
	s := newScene(t, migrate.GolangMigrate, sqlFiles)
	change, planned := s.change(t, "migrate up orders"), s.planned(t, "migrate up orders")
	s.report = apply.Report{
		Done: []apply.Done{{Step: migrate.Step{Migration: migrate.Migration{Name: "0004_note"}, To: "4"}, Statements: 1, Took: 12 * time.Millisecond}},
		Failure: &apply.Failure{
			Name: "0005_index", Path: "0005_index.up.sql", Statement: 0, Line: 1, Column: 34, Text: "CREATE INDEX CONCURRENTLY orders_note ON orders (note);", Code: "23505",
			Message: "could not create unique index", Hint: "look", Applied: 0, Invalid: []string{"public.orders_note"},
		},
		Notes: []string{"It tried 3 times."},
	}
	s.failure = &ops.Error{Message: "0005_index.up.sql, line 1: could not.", Cause: apply.ErrUnclear}
	view, err := change.Run(t.Context(), approval.Request{}, planned.Plan, silentProgress)
	if !errors.Is(err, ErrUnclear) || err.Error() != "0005_index.up.sql, line 1: could not." {
		t.Errorf("got %v", err)
	}
	golden(t, "migrate_up_failed.golden", view.Text()+"\n")

	s.report = apply.Report{Failure: &apply.Failure{Name: "0004_note", Code: "55P03", Message: "Session 4242 of ana has the lock.", Hint: "Try again later.", Nothing: true}}
	view, _ = change.Run(t.Context(), approval.Request{}, planned.Plan, silentProgress)
	if text := view.Text(); strings.Contains(text, "PostgreSQL says") || !strings.Contains(text, "Session 4242 of ana has the lock. (55P03)") {
		t.Errorf("who has the lock is dbbot's to say: %s", text)
	}
	s.report, s.failure = apply.Report{}, context.Canceled
	if view, err := change.Run(t.Context(), approval.Request{}, planned.Plan, silentProgress); !errors.Is(err, context.Canceled) || view.Title != "" {
		t.Errorf("a run that was stopped before it began says %q, %v", view.Title, err)
	}
}

func TestLookAfterAMigration(t *testing.T) {
	tests := []struct {
		found     apply.Found
		elsewhere bool
		happened  Happened
		lead      string
	}{
		{apply.Found{Fate: apply.Whole}, false, HappenedWhole, "Everything was applied."},
		{apply.Found{Fate: apply.Nothing}, false, HappenedNothing, "Nothing was applied, and nothing remains."},
		{apply.Found{Fate: apply.Partly, Done: []migrate.Own{{Name: "0004_note"}}}, false, HappenedUnclear, "1 migration went through, up to 0004_note; nothing of the others remains."},
		{apply.Found{Fate: apply.Unclear, Broken: &apply.Broken{Name: "0005_index", Applied: 1, Of: 2}}, false, HappenedUnclear, "0005_index broke off after 1 of its 2 statements"},
		{apply.Found{Fate: apply.Whole}, true, HappenedUnclear, "Another server answers under this name now, or none."},
	}
	for _, tt := range tests {
		s := newScene(t, migrate.GolangMigrate, sqlFiles)
		change, planned := s.change(t, "migrate up orders"), s.planned(t, "migrate up orders")
		s.fakeBooks.found = tt.found
		if tt.elsewhere {
			s.server.System = "7300"
		}
		happened, view, err := change.Look(t.Context(), approval.Request{}, planned.Plan)
		if happened != tt.happened || err != nil || !strings.HasPrefix(view.Lead.String(), tt.lead) {
			t.Errorf("%s: %s, %q, %v", tt.found.Fate, happened, view.Lead, err)
		}
		s.lost = &ops.Error{Message: "no answer", Cause: apply.ErrUnread}
		if _, _, err := change.Look(t.Context(), approval.Request{}, planned.Plan); !tt.elsewhere && !errors.Is(err, ErrUnread) {
			t.Errorf("%s: a database that does not answer is %v", tt.found.Fate, err)
		}
	}
}

func TestBooks(t *testing.T) {
	later := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	prisma := map[string]string{"1_init/migration.sql": "CREATE TABLE a ();", "2_note/migration.sql": "ALTER TABLE a ADD b text;", "3_more/migration.sql": "SELECT 3;"}
	broken := func(s *scene) {
		s.journal.Records = []migrate.Record{{Name: "1_init", Started: later, Finished: &later}, {Name: "2_note", Started: later}}
	}
	tests := []struct {
		name  string
		tool  migrate.Tool
		files map[string]string
		state func(*scene)
		line  string
		wrote string
	}{
		{"force", migrate.GolangMigrate, sqlFiles, func(s *scene) { s.journal.Records[0] = migrate.Record{Version: "4", Dirty: true} }, "migrate force 3 orders", "force 3"},
		{"force_none", migrate.GolangMigrate, sqlFiles, func(s *scene) { s.journal.Records[0] = migrate.Record{Version: "1", Dirty: true} }, "migrate force none orders", "force "},
		{"baseline", migrate.GolangMigrate, sqlFiles, func(s *scene) { s.journal.Records, s.journal.Missing, s.journal.Tables = nil, true, true }, "migrate baseline 2 orders", "baseline 0001_customers 0002_orders"},
		{"resolve_applied", migrate.Prisma, prisma, broken, "migrate resolve 2_note applied orders", "2_note applied"},
		{"resolve_rolled_back", migrate.Prisma, prisma, broken, "migrate resolve rolled-back 2_note orders", "2_note rolled back"},
	}
	for _, tt := range tests {
		s := newScene(t, tt.tool, tt.files)
		tt.state(s)
		change, planned := s.change(t, tt.line), s.planned(t, tt.line)
		golden(t, "migrate_"+tt.name+".golden", planned.View.Text()+"\n\n"+string(planned.Plan)+"\n")
		view, err := change.Run(t.Context(), approval.Request{}, planned.Plan, silentProgress)
		if err != nil || view.Title != "Written down" || !slices.Equal(s.wrote, []string{tt.wrote}) || s.on != planned.Server {
			t.Errorf("%s: %q, %v, wrote %q", tt.name, view.Title, err, s.wrote)
		}
		if happened, _, err := change.Look(t.Context(), approval.Request{}, planned.Plan); happened != HappenedNothing || err != nil {
			t.Errorf("%s: before, it is %s, %v", tt.name, happened, err)
		}
		s.wrote, s.journal.Records = nil, []migrate.Record{{Version: "6", Name: "3_more", Started: later, Finished: &later}}
		if _, err := change.Run(t.Context(), approval.Request{}, planned.Plan, silentProgress); err == nil || s.wrote != nil {
			t.Errorf("%s: the database has moved, and %q was written: %v", tt.name, s.wrote, err)
		}
	}
}

func TestBooksLookFindsTheEntry(t *testing.T) {
	s := newScene(t, migrate.GolangMigrate, sqlFiles)
	s.journal.Records[0] = migrate.Record{Version: "4", Dirty: true}
	change, planned := s.change(t, "migrate force 3 orders"), s.planned(t, "migrate force 3 orders")
	for _, tt := range []struct {
		now  migrate.Record
		want Happened
	}{
		{migrate.Record{Version: "3"}, HappenedWhole}, {migrate.Record{Version: "4", Dirty: true}, HappenedNothing}, {migrate.Record{Version: "5"}, HappenedUnclear},
	} {
		s.journal.Records[0] = tt.now
		if happened, _, err := change.Look(t.Context(), approval.Request{}, planned.Plan); happened != tt.want || err != nil {
			t.Errorf("at %+v: %s, %v", tt.now, happened, err)
		}
	}
	s.write(t, "0003_total.up.sql", "SELECT 'another';")
	s.journal.Records[0] = migrate.Record{Version: "4", Dirty: true}
	if _, err := change.Run(t.Context(), approval.Request{}, planned.Plan, silentProgress); err == nil || s.wrote != nil {
		t.Errorf("the file has changed, and %q was written: %v", s.wrote, err)
	}
}

func TestMigrateStatusAndHistory(t *testing.T) {
	s := newScene(t, migrate.GolangMigrate, sqlFiles)
	s.journal.Own = []migrate.Own{
		{Request: 42, Name: "0002_orders", From: "1", Sum: "other bytes", At: noon.Add(time.Minute), Took: 12 * time.Millisecond},
		{Request: 9, Name: "0003_total", From: "2", At: noon.Add(-time.Hour), Took: time.Second},
	}
	s.tools.Requests = &shelf{kept: []approval.Request{
		wish(func(r *approval.Request) { r.ID, r.Command, r.Words = 43, "migrate down", "migrate down orders" }),
		wish(func(r *approval.Request) { r.Command, r.Words = "migrate up", "migrate up orders" }, ended(approval.Succeeded, "")),
		wish(func(r *approval.Request) { r.ID = 41 }), // of another kind
	}}
	all := All(s.tools)
	golden(t, "migrate_status.golden", say(t, all, "migrate status orders"))
	golden(t, "migrate_history.golden", say(t, all, "migrate history orders"))
	s.journal.Records[0] = migrate.Record{Version: "5", Dirty: true}
	golden(t, "migrate_status_dirty.golden", say(t, all, "migrate status orders"))
	s.tools.Requests = nil
	if text := say(t, All(s.tools), "migrate history orders"); !strings.Contains(text, "Who asked and who agreed could not be read") {
		t.Error(text)
	}
	prisma := newScene(t, migrate.Prisma, map[string]string{"1_init/migration.sql": "CREATE TABLE a ();", "2_note/migration.sql": "ALTER TABLE a ADD b text;"})
	prisma.journal.Records = []migrate.Record{{Name: "2_note", Started: noon}}
	golden(t, "migrate_status_prisma.golden", say(t, All(prisma.tools), "migrate status orders"))
}
