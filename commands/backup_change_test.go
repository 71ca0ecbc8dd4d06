package commands

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
)

// fakeDumps takes backups onto a shelf, finds in them what it is told, and remembers what it was asked for.
type fakeDumps struct {
	shelf   *fakeShelf
	ready   Readiness
	refuses error // of Ready
	fails   error // of Take
	found   []string
	broken  error // of Verify
	pruning error
	spared  []string
	swept   []string
	done    []string
}

func (f *fakeDumps) Ready(context.Context, string) (Readiness, error) { return f.ready, f.refuses }

// errElsewhere: it is another server than was agreed to, of which one was taken.
var errElsewhere = errors.New("another server")

func (f *fakeDumps) Take(_ context.Context, database string, r approval.Request, on approval.Server, progress Progress) (backup.Backup, error) {
	f.done = append(f.done, fmt.Sprintf("take %s of %s/%s", database, on.System, on.Database))
	progress("copying", 1, 2)
	b := taken(0, nil)
	b.ID, b.Started, b.Finished, b.Request, b.Asked = "orders-20261123-090000-beef", lookedAt, lookedAt.Add(80*time.Second), int64(r.ID), r.Asked
	if f.fails != nil && !errors.Is(f.fails, errElsewhere) {
		return backup.Backup{}, f.fails
	}
	if f.fails == nil {
		f.shelf.shelf.Backups = append([]backup.Backup{b}, f.shelf.shelf.Backups...)
	}
	return b, f.fails
}

func (f *fakeDumps) Verify(_ context.Context, _ string, id backup.ID, how backup.How, _ approval.Request, progress Progress) (backup.Verification, error) {
	f.done = append(f.done, fmt.Sprintf("verify %s: %s", id, how))
	progress("restoring into a scratch database", 1, 2)
	v := backup.Verification{At: lookedAt.Add(3 * time.Minute), Took: 95 * time.Second, How: how, Found: f.found}
	for i, b := range f.shelf.shelf.Backups {
		if b.ID == id && f.broken == nil {
			f.shelf.shelf.Backups[i].Verified = &v
		}
	}
	return v, f.broken
}

func (f *fakeDumps) Prune(context.Context, string) ([]backup.ID, []string, error) {
	f.done = append(f.done, "prune")
	return []backup.ID{"orders-20261120-030000-7f3a"}, f.spared, f.pruning
}

func (f *fakeDumps) Swept(context.Context, string, approval.Request) ([]string, error) {
	return f.swept, nil
}

func (f *fakeDumps) Keep(_ context.Context, _ string, id backup.ID, as backup.Kept) error {
	f.done = append(f.done, fmt.Sprintf("keep %s for %s: %s", id, as.By, as.Why))
	return f.fails
}

func (f *fakeDumps) Release(_ context.Context, _ string, id backup.ID) error {
	f.done = append(f.done, "release "+string(id))
	return f.fails
}

func (f *fakeDumps) Delete(_ context.Context, _ string, id backup.ID) error {
	f.done = append(f.done, "delete "+string(id))
	return f.fails
}

// depot is a database with backups, and what is done with them.
func depot(s Shelf) (*fakeDumps, Toolbox) {
	f := &fakeDumps{
		shelf: &fakeShelf{rules: map[string]BackupRules{"orders": ordersRules()}, shelf: s},
		ready: Readiness{System: "7291", Catalog: "shop", Version: "15.18", Client: "pg_dump (PostgreSQL) 15.18", Tables: 12, Bytes: 1500 << 20},
	}
	return f, Toolbox{Databases: shop, Shelf: f.shelf, Dumps: f, Store: f}
}

func changes(t *testing.T, tools Toolbox, line string) *Changing {
	t.Helper()
	call, err := All(tools).Find(line)
	if err != nil || call.Change == nil {
		t.Fatalf("%q: %v", line, err)
	}
	return call.Change
}

// plannedAs is the plan's text, and below it the plan itself; or the refusal, with its hint.
func plannedAs(t *testing.T, tools Toolbox, line string) string {
	t.Helper()
	planned, err := changes(t, tools, line).Plan(t.Context())
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		return "refused: " + marked.Message + " " + marked.Hint
	}
	if err != nil {
		t.Fatal(err)
	}
	again, err := changes(t, tools, line).Plan(t.Context())
	if err != nil || string(again.Plan) != string(planned.Plan) {
		t.Errorf("%s: the same wish has another plan: %s, %v", line, again.Plan, err)
	}
	return fmt.Sprintf("%s\n\n%s\n%+v\n", planned.View.Text(), planned.Plan, planned.Server)
}

// ranAs plans, runs, and gives the phases and what came of it.
func ranAs(t *testing.T, tools Toolbox, line string) (said string, fault error) {
	t.Helper()
	change := changes(t, tools, line)
	planned, err := change.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var phases []string
	r := approval.Request{ID: 42, Asked: lookedAt, Started: lookedAt, Requester: anaID, Reason: change.Reason}
	view, fault := change.Run(t.Context(), r, planned.Plan, func(phase string, done, total int64) {
		phases = append(phases, fmt.Sprintf("%s %d/%d", phase, done, total))
	})
	said = fmt.Sprintf("%s\n\n%s\n", strings.Join(phases, "; "), view.Text())
	if marked, ok := errors.AsType[*ops.Error](fault); ok {
		said += "\nerror: " + marked.Message + " " + marked.Hint + "\n"
	}
	return said, fault
}

func TestBackupNowIsPlanned(t *testing.T) {
	_, tools := depot(nights())
	golden(t, "backup_now_plan.golden", plannedAs(t, tools, "backup now orders -- before I touch it"))
	f, first := depot(Shelf{At: lookedAt})
	rules := ordersRules()
	rules.Recipients, rules.Verify = nil, "never"
	f.shelf.rules["orders"] = rules
	golden(t, "backup_now_first.golden", plannedAs(t, first, "backup now orders"))
	rules.Recipients, rules.Key = []string{recipient}, false
	f.shelf.rules["orders"] = rules
	if said := plannedAs(t, first, "backup now orders"); !strings.Contains(said, "Verified: by its checksum alone: dbbot has no key that opens it") {
		t.Errorf("without a key: %s", said)
	}
	f.refuses = &ops.Error{Message: "PostgreSQL 15's pg_dump is not installed here.", Hint: "Install it."}
	for line, want := range map[string]string{
		"backup now orders":    "refused: PostgreSQL 15's pg_dump is not installed here. Install it.",
		"backup now reporting": "refused: No backups are configured for reporting. Write backup: {store: file:///var/backups/reporting} below the database in dbbot's file; s3://, gs:// and azblob:// work too.",
	} {
		if got := plannedAs(t, first, line); got != want {
			t.Errorf("%s: %s", line, got)
		}
	}
}

// Whatever is written in the file, or is another server, makes another plan.
func TestBackupPlansDiffer(t *testing.T) {
	_, tools := depot(nights())
	base := plannedAs(t, tools, "backup now orders")
	for what, spoil := range map[string]func(*fakeDumps, *BackupRules){
		"another server":    func(f *fakeDumps, _ *BackupRules) { f.ready.System = "7292" },
		"another version":   func(f *fakeDumps, _ *BackupRules) { f.ready.Version = "15.19" },
		"another client":    func(f *fakeDumps, _ *BackupRules) { f.ready.Client = "pg_dump (PostgreSQL) 16.4" },
		"another store":     func(_ *fakeDumps, r *BackupRules) { r.Location = "file:///tmp" },
		"other recipients":  func(_ *fakeDumps, r *BackupRules) { r.Recipients = nil },
		"less verified":     func(_ *fakeDumps, r *BackupRules) { r.Verify = "never" },
		"others deleted":    func(_ *fakeDumps, r *BackupRules) { r.Keep.Last = 1 },
		"another format":    func(_ *fakeDumps, r *BackupRules) { r.Parallel = 4 },
		"nothing: a size":   func(f *fakeDumps, _ *BackupRules) { f.ready.Bytes++ },
		"nothing: a table":  func(f *fakeDumps, _ *BackupRules) { f.ready.Tables++ },
		"nothing: schedule": func(_ *fakeDumps, r *BackupRules) { r.Schedule = "" },
	} {
		f, tools := depot(nights())
		rules := ordersRules()
		spoil(f, &rules)
		f.shelf.rules["orders"] = rules
		last := func(s string) string {
			lines := strings.Split(strings.TrimSpace(s), "\n")
			return strings.Join(lines[len(lines)-2:], "\n")
		}
		if same := last(plannedAs(t, tools, "backup now orders")) == last(base); same != strings.HasPrefix(what, "nothing") {
			t.Errorf("%s: the same plan: %v", what, same)
		}
	}
}

func TestBackupNowRuns(t *testing.T) {
	f, tools := depot(nights())
	said, err := ranAs(t, tools, "backup now orders")
	if want := []string{"take orders of 7291/shop", "verify orders-20261123-090000-beef: restored", "prune"}; err != nil || !reflect.DeepEqual(f.done, want) {
		t.Errorf("did %q, %v", f.done, err)
	}
	golden(t, "backup_now_ran.golden", said)

	f, tools = depot(nights())
	f.found = []string{"public.lines has 9,099,998 rows, and had 9,100,000.", "The index lines_order is missing."}
	said, err = ranAs(t, tools, "backup now orders")
	if want := 2; err == nil || len(f.done) != want {
		t.Errorf("not good: did %q, %v", f.done, err)
	}
	golden(t, "backup_now_bad.golden", said)

	f, tools = depot(nights())
	f.broken = &ops.Error{Message: "The server for scratch databases does not answer."}
	said, err = ranAs(t, tools, "backup now orders")
	if err == nil || len(f.done) != 2 {
		t.Errorf("not verified: did %q, %v", f.done, err)
	}
	golden(t, "backup_now_unverified.golden", said)

	f, tools = depot(nights())
	f.fails = fmt.Errorf("stopped: %w", context.Canceled)
	if said, err = ranAs(t, tools, "backup now orders"); !errors.Is(err, context.Canceled) || !strings.Contains(said, "There is no new backup.") || len(f.done) != 1 {
		t.Errorf("stopped: did %q, %s, %v", f.done, said, err)
	}
	f.fails = errElsewhere
	if said, err = ranAs(t, tools, "backup now orders"); !errors.Is(err, errElsewhere) || !strings.Contains(said, "Backup taken, but of another database: watch") || strings.Contains(said, "no new backup") {
		t.Errorf("of another server: %s, %v", said, err)
	}

	f, tools = depot(nights())
	f.pruning, f.spared = &ops.Error{Message: "The store is full."}, []string{"Backup x stays: it is being read."}
	said, err = ranAs(t, tools, "backup now orders")
	if err != nil || !strings.Contains(said, "Could not be deleted: watch, Backup x stays: it is being read. The store is full.") {
		t.Errorf("pruning fails: %s, %v", said, err)
	}
}

func TestWhatCameOfALostBackup(t *testing.T) {
	for what, tt := range map[string]struct {
		spoil    func(*backup.Backup)
		happened Happened
		says     string
	}{
		"good":          {func(b *backup.Backup) { b.Verified = restored(0) }, HappenedWhole, "The backup is there: good\n\norders-20261123-030000-7f3a was taken and verified by restoring it.\n\nRemoved: a session"},
		"not good":      {func(b *backup.Backup) { b.Verified = restored(0, "It is cut.") }, HappenedWhole, "The backup is there: bad\n\norders-20261123-030000-7f3a was taken, and it is not good: It is cut.\n\nRemoved: a session"},
		"not verified":  {func(*backup.Backup) {}, HappenedWhole, "The backup is there: watch\n\norders-20261123-030000-7f3a was taken, and not verified: its process was lost.\n\nNot verified: watch, /db backup verify orders-20261123-030000-7f3a does that.\n\nRemoved: a session"},
		"another's":     {func(b *backup.Backup) { b.Request = 41 }, HappenedNothing, "Nothing was taken\n\nNothing of it is in the store.\n\nRemoved: a session"},
		"another state": {func(b *backup.Backup) { b.Asked = lookedAt.Add(1) }, HappenedNothing, "Nothing was taken\n\nNothing of it is in the store.\n\nRemoved: a session"},
	} {
		b := taken(0, nil)
		b.Request, b.Asked = 42, lookedAt
		tt.spoil(&b)
		f, tools := depot(Shelf{At: lookedAt, Backups: []backup.Backup{b}})
		f.swept = []string{"a session"}
		change := changes(t, tools, "backup now orders")
		planned, err := change.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		happened, view, err := change.Look(t.Context(), approval.Request{ID: 42, Asked: lookedAt}, planned.Plan)
		if happened != tt.happened || view.Text() != tt.says || err != nil {
			t.Errorf("%s: %s, %v:\n%s", what, happened, err, view.Text())
		}
		f.shelf.err = errors.New("away")
		if happened, _, err = change.Look(t.Context(), approval.Request{}, planned.Plan); happened != HappenedUnclear || !errors.Is(err, ErrUnread) {
			t.Errorf("%s, and an unreadable store: %s, %v", what, happened, err)
		}
	}
}
