package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
)

// fakeRestores lands where it is told, and remembers what it was asked for.
type fakeRestores struct {
	landing Landing
	refuses error // of Landing and Aside
	fails   error
	left    []string
	aside   []Aside
	came    Came
	done    []string
}

func (f *fakeRestores) Landing(_ context.Context, _ string, _ backup.Backup, name string) (Landing, error) {
	landing := f.landing
	if name != "" {
		landing.Name, landing.Sessions, landing.Lost, landing.Aside = name, nil, nil, ""
	}
	return landing, f.refuses
}

func (f *fakeRestores) Into(_ context.Context, _ string, id backup.ID, name string, _ approval.Request, progress Progress) (Restored, error) {
	f.done = append(f.done, fmt.Sprintf("%s into %s", id, name))
	progress("restoring", 1, 2)
	return Restored{Name: name, Notes: []string{"The roles shop_app were made."}, Left: f.left}, f.fails
}

func (f *fakeRestores) Over(_ context.Context, database string, id backup.ID, _ approval.Request, progress Progress) (Restored, error) {
	f.done = append(f.done, fmt.Sprintf("%s over %s", id, database))
	progress("restoring", 1, 2)
	return Restored{Name: "shop", Aside: "shop_old_20261123_090000", Left: f.left}, f.fails
}

func (f *fakeRestores) Aside(context.Context, string) ([]Aside, approval.Server, error) {
	return f.aside, approval.Server{System: "7291", Database: "shop"}, f.refuses
}

func (f *fakeRestores) Undo(_ context.Context, database, aside string, _ approval.Request, _ Progress) (Restored, error) {
	f.done = append(f.done, "undo "+database+": "+aside)
	return Restored{Name: "shop", Aside: "shop_undone_20261123_100000"}, f.fails
}

func (f *fakeRestores) Drop(_ context.Context, database, aside string, _ approval.Request) error {
	f.done = append(f.done, "drop "+database+": "+aside)
	return f.fails
}

func (f *fakeRestores) Came(context.Context, string, approval.Request) (Came, error) {
	return f.came, f.fails
}

// yard is a depot, and a server to restore on.
func yard(s Shelf) (*fakeRestores, *fakeDumps, Toolbox) {
	dumps, tools := depot(s)
	r := &fakeRestores{
		landing: Landing{
			System: "7291", Name: "shop", Where: "db1:5432", Version: "15.18", Client: "pg_restore (PostgreSQL) 15.18", Free: 80 << 30, Aside: "shop_old_20261123_100000",
			Roles: []string{"shop_app"}, Sessions: []string{"14 sessions of shop_app"}, Lost: []string{"public.orders has 2,401,220 rows, and 2,400,000 in the backup."},
			Notes: []string{"The extension pg_stat_statements is left out: only a superuser may create it."},
		},
		aside: []Aside{
			{Name: "shop_old_20261123_090000", Since: lookedAt, Bytes: 1500 << 20, Request: 42},
			{Name: "shop_old_20261101_090000", Since: lookedAt.AddDate(0, 0, -22), Bytes: 1400 << 20},
		},
	}
	tools.Restores = r
	return r, dumps, tools
}

func TestRestoresArePlanned(t *testing.T) {
	_, _, tools := yard(nights())
	golden(t, "restore_into_plan.golden", plannedAs(t, tools, "restore orders-20261122 into Shop_Before -- to look"))
	golden(t, "restore_over_plan.golden", plannedAs(t, tools, "restore latest over orders"))
	golden(t, "restore_undo_plan.golden", plannedAs(t, tools, "restore undo orders"))
	golden(t, "restore_release_plan.golden", plannedAs(t, tools, "restore release orders shop_old_20261101_090000"))
}

func TestRestoresAreTypedAsTheyAreSaid(t *testing.T) {
	for line, want := range map[string]string{
		"restore orders-20261122 into shop_before":                      "restore orders-20261122 into shop_before",
		"please restore latest of orders into shop_before":              "restore latest into shop_before orders",
		"restore orders-20261122 over the orders database — it is gone": "restore orders-20261122 over orders",
		"restore over orders latest":                                    "restore latest over orders",
		"restore undo orders":                                           "restore undo orders",
	} {
		change := changes(t, backupTools(nights()), line)
		if change.Words != want {
			t.Errorf("%s: got %q", line, change.Words)
		}
		if again := changes(t, backupTools(nights()), want); again.Words != want {
			t.Errorf("%s, typed again: %q", want, again.Words)
		}
	}
}

func TestRestoresWithoutAChance(t *testing.T) {
	elsewhere := &ops.Error{Message: "There is a database shop_before already.", Hint: "Give another name."}
	for line, want := range map[string]string{
		"restore orders-20261119 over orders":      "refused: orders-20261119-030000-7f3a was never verified, so it does not take the place of a live database. The newest verified backup is orders-20261123-030000-7f3a, taken 6 h ago. /db backup verify orders-20261119-030000-7f3a verifies this one.",
		"restore orders-20261121 over orders":      "refused: orders-20261121-030000-7f3a is not good: public.lines has 9,099,998 rows, and had 9,100,000. The newest verified backup is orders-20261123-030000-7f3a, taken 6 h ago.",
		"restore orders-20261121 into shop_x":      "refused: orders-20261121-030000-7f3a is not good: public.lines has 9,099,998 rows, and had 9,100,000. The newest verified backup is orders-20261123-030000-7f3a, taken 6 h ago.",
		"restore orders-20251121 over orders":      "refused: There is no backup “orders-20251121” of orders. Did you mean orders-20261123-030000-7f3a, or orders-20261122-030000-7f3a, or orders-20261121-030000-7f3a? /db backup list orders shows all.",
		"restore latest over reporting":            "refused: No backups are configured for reporting. Write backup: {store: file:///var/backups/reporting} below the database in dbbot's file; s3://, gs:// and azblob:// work too.",
		"restore undo reporting":                   "refused: No backups are configured for reporting. Write backup: {store: file:///var/backups/reporting} below the database in dbbot's file; s3://, gs:// and azblob:// work too.",
		"restore release orders shop_old_20261102": "refused: There is no “shop_old_20261102” that was set aside. There is shop_old_20261123_090000, shop_old_20261101_090000.",
		"restore orders-20261122 into shop_before": "refused: There is a database shop_before already. Give another name.",
	} {
		r, _, tools := yard(nights())
		if strings.HasSuffix(line, "shop_before") {
			r.refuses = elsewhere
		}
		if got := plannedAs(t, tools, line); got != want {
			t.Errorf("%s: %s", line, got)
		}
	}
	r, dumps, tools := yard(nights())
	r.aside = nil
	if got := plannedAs(t, tools, "restore undo orders"); !strings.HasPrefix(got, "refused: No database was set aside by a restore over orders") {
		t.Errorf("nothing to undo: %s", got)
	}
	rules := ordersRules()
	rules.Key = false
	dumps.shelf.rules["orders"] = rules
	for _, line := range []string{"restore latest over orders", "restore orders-20261122 into shop_x"} {
		if got := plannedAs(t, tools, line); !strings.Contains(got, "is encrypted, and dbbot has no key that opens it.") {
			t.Errorf("without a key: %s", got)
		}
	}
	for line, want := range map[string]string{
		"restore orders-20261122 over reporting":  "orders-20261122 is a backup of orders, and not of reporting.",
		`restore latest into "a b" orders`:        "“a b” is no name for a new database.",
		`restore latest into "template0!" orders`: "“template0!” is no name for a new database.",
		"restore orders-20261122 into":            "“restore into” needs one more word: the name.",
	} {
		if _, err := All(tools).Find(line); err == nil || err.Error() != want {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestRestoresRun(t *testing.T) {
	var all strings.Builder
	for line, want := range map[string]string{
		"restore orders-20261122 into shop_before": "orders-20261122-030000-7f3a into shop_before",
		"restore latest over orders":               "orders-20261123-030000-7f3a over orders",
		"restore undo orders":                      "undo orders: shop_old_20261123_090000",
		"restore release orders":                   "drop orders: shop_old_20261123_090000",
	} {
		r, _, tools := yard(nights())
		said, err := ranAs(t, tools, line)
		if err != nil || len(r.done) != 1 || r.done[0] != want {
			t.Errorf("%s: did %q, %v", line, r.done, err)
		}
		golden(t, "restore_"+map[bool]string{true: "into"}[strings.Contains(line, "into")]+map[bool]string{true: "over"}[strings.Contains(line, "over")]+
			map[bool]string{true: "undo"}[strings.Contains(line, "undo")]+map[bool]string{true: "release"}[strings.Contains(line, "release")]+"_ran.golden", said)
		r.fails = fmt.Errorf("stopped: %w", context.Canceled)
		said, err = ranAs(t, tools, line)
		if !errors.Is(err, context.Canceled) || strings.Contains(said, "good") {
			t.Errorf("%s, stopped: %s, %v", line, said, err)
		}
		all.WriteString(said)
	}
	for _, want := range []string{"There is no database shop_before; what was restored is removed.", "shop is as it was; what was restored beside it is removed.", "shop is as it was."} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("a stopped restore does not say: %s", want)
		}
	}
}

func TestWhatCameOfALostRestore(t *testing.T) {
	for _, tt := range []struct {
		line string
		came Happened
		says string
	}{
		{"restore latest over orders", HappenedWhole, "Restored: good\n\nshop is what the backup held.\n\nKept: what stood there before is shop_old_1"},
		{"restore latest over orders", HappenedNothing, "Nothing changed\n\nshop is as it was; what was restored beside it is removed.\n\nRemoved: dbbot_scratch_1"},
		{"restore latest over orders", HappenedUnclear, "What became of the restore is not known: watch\n\nRemoved: dbbot_scratch_1"},
		{"restore orders-20261122 into shop_x", HappenedWhole, "Restored: good\n\nshop_x is what the backup held."},
		{"restore orders-20261122 into shop_x", HappenedNothing, "Nothing changed\n\nThere is no database shop_x; what was restored is removed."},
	} {
		r, _, tools := yard(nights())
		r.came = Came{Happened: tt.came, Removed: []string{"dbbot_scratch_1"}}
		if strings.Contains(tt.line, "over") && tt.came == HappenedWhole {
			r.came.Aside = "shop_old_1"
		}
		change := changes(t, tools, tt.line)
		planned, err := change.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		happened, view, err := change.Look(t.Context(), approval.Request{ID: 42}, planned.Plan)
		if happened != tt.came || err != nil || !strings.HasPrefix(view.Text(), tt.says) {
			t.Errorf("%s: %s, %v:\n%s", tt.line, happened, err, view.Text())
		}
		r.fails = ErrUnread
		if happened, _, err = change.Look(t.Context(), approval.Request{}, planned.Plan); happened != HappenedUnclear || !errors.Is(err, ErrUnread) {
			t.Errorf("%s, and no answer: %s, %v", tt.line, happened, err)
		}
	}
}

func TestWhatCameOfALostUndo(t *testing.T) {
	for _, line := range []string{"restore undo orders", "restore release orders"} {
		r, _, tools := yard(nights())
		change := changes(t, tools, line)
		planned, err := change.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.came.Removed = []string{"shop takes connections again"}
		happened, view, err := change.Look(t.Context(), approval.Request{}, planned.Plan)
		if happened != HappenedNothing || err != nil || !strings.Contains(view.Text(), "shop takes connections again") {
			t.Errorf("%s: still aside: %s, %v: %s", line, happened, err, view.Text())
		}
		r.fails = ErrUnread
		if happened, _, err := change.Look(t.Context(), approval.Request{}, planned.Plan); happened != HappenedUnclear || !errors.Is(err, ErrUnread) {
			t.Errorf("%s: not put right: %s, %v", line, happened, err)
		}
		r.fails = nil
		r.aside[0].Since = r.aside[0].Since.Add(time.Hour)
		if happened, _, err := change.Look(t.Context(), approval.Request{}, planned.Plan); happened != HappenedWhole || err != nil {
			t.Errorf("%s: another of that name is aside: %s, %v", line, happened, err)
		}
		if again, err := change.Plan(t.Context()); err != nil || string(again.Plan) == string(planned.Plan) {
			t.Errorf("%s: another of that name has the same plan: %v", line, err)
		}
		r.aside = r.aside[1:]
		if happened, _, err := change.Look(t.Context(), approval.Request{}, planned.Plan); happened != HappenedWhole || err != nil {
			t.Errorf("%s: not aside: %s, %v", line, happened, err)
		}
	}
}

func TestOtherRolesMakeAnotherRestore(t *testing.T) {
	r, _, tools := yard(nights())
	change := changes(t, tools, "restore latest over orders")
	before, _ := change.Plan(t.Context())
	r.landing.Roles = []string{"shop_app", "somebody"}
	r.landing.Sessions, r.landing.Lost, r.landing.Free, r.landing.Aside = nil, nil, 1, "another"
	after, err := change.Plan(t.Context())
	if err != nil || change.Differ(before.Plan, after.Plan) != "Other roles are missing now than when this was agreed to." {
		t.Errorf("%q, %v", change.Differ(before.Plan, after.Plan), err)
	}
}

// What a restore could not take away again is not said to be removed.
func TestWhatARestoreLeavesIsSaid(t *testing.T) {
	restores, _, tools := yard(nights())
	restores.fails, restores.left = &ops.Error{Message: "The server went away."}, []string{"The unfinished database dbbot_scratch_1 could not be removed."}
	for words, want := range map[string]string{
		"restore latest into shop_before orders": "There is no database shop_before. The unfinished database dbbot_scratch_1 could not be removed.",
		"restore latest over orders":             "shop is as it was. The unfinished database dbbot_scratch_1 could not be removed.",
	} {
		if said, err := ranAs(t, tools, words); err == nil || !strings.Contains(said, want) || strings.Contains(said, "is removed") {
			t.Errorf("%s: %v\n%s", words, err, said)
		}
	}
}

// Where the id stands between the words of a path, the form is offered: a line put together from a slip could mean another
// restore.
func TestAMistypedRestoreIsOfferedItsForm(t *testing.T) {
	_, _, tools := yard(nights())
	for _, line := range []string{"restore latest ovre orders", "restore latest"} {
		_, err := All(tools).Find(line)
		said := ops.Explain(err, "")
		if !strings.Contains(said.Hint, "/db restore <id> into <name>") || !strings.Contains(said.Hint, "/db restore <id> over <database>") {
			t.Errorf("%s: %+v", line, said)
		}
	}
}
