package commands

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
	"dbbot/ops/migrate"
	"dbbot/ops/policy"
)

// fakeBackups has one backup, or none, or fails.
type fakeBackups struct {
	newest *backup.Backup
	none   bool // no store is configured
	unseen error
	failed error // of Before
	during func()
	taken  int
}

func (f *fakeBackups) Newest(context.Context, string) (*backup.Backup, bool, error) {
	return f.newest, !f.none, f.unseen
}

func (f *fakeBackups) Before(_ context.Context, _ string, _ approval.Request, progress Progress) (backup.ID, error) {
	f.taken++
	progress("dumping", 1, 2)
	if f.during != nil {
		f.during()
	}
	return "orders-20261123-030000-7f3a", f.failed
}

func aged(age time.Duration) *backup.Backup {
	b := &backup.Backup{Verified: &backup.Verification{How: backup.Restored}}
	b.ID, b.Started = "orders-20261122-030000-0001", time.Now().Add(-age)
	return b
}

func (s *scene) under(rule policy.Rule, keeper *fakeBackups) *scene {
	rule.Allow = []string{policy.Everyone}
	s.tools.Policy = policy.Policy{Entries: []policy.Entry{{Environments: []string{policy.AnyEnvironment}, Rules: map[ops.Risk]policy.Rule{ops.Change: rule}}}}
	if keeper != nil {
		s.tools.Backups = keeper
	}
	return s
}

// What the policy asks of backups is asked each time a plan is made: when somebody asks, and right before the run.
func TestMigrationsNeedABackup(t *testing.T) {
	day, before := policy.Rule{RequireBackup: 24 * time.Hour}, policy.Rule{Backup: policy.Before}
	down := &ops.Error{Message: "The store did not answer."}
	tests := []struct {
		name   string
		rule   policy.Rule
		keeper *fakeBackups
		want   string // the refusal, and its hint; empty: none
		hint   string
	}{
		{"nothing asked", policy.Rule{}, nil, "", ""},
		{"fresh", day, &fakeBackups{newest: aged(23 * time.Hour)}, "", ""},
		{"old", day, &fakeBackups{newest: aged(73 * time.Hour)}, "dbbot's policy asks for a verified backup of orders that is no older than 1 day, and the newest was taken 3 days ago.", "/db backup now orders takes one and verifies it."},
		{"none", day, &fakeBackups{}, "dbbot's policy asks for a verified backup of orders that is no older than 1 day, and there is none.", "/db backup now orders takes one and verifies it."},
		{"no store", day, &fakeBackups{none: true}, "dbbot's policy asks for a verified backup of orders that is no older than 1 day, and no store for its backups is configured.", "It is given as backup: {store: …} of the database, in dbbot's file."},
		{"no stores at all", day, nil, "dbbot's policy asks for a verified backup of orders that is no older than 1 day, and no store for its backups is configured.", "It is given as backup: {store: …} of the database, in dbbot's file."},
		{"unseen", day, &fakeBackups{unseen: down}, "dbbot's policy asks for a verified backup of orders that is no older than 1 day, and the store of backups could not be read: The store did not answer.", "Try again in a moment."},
		{"one comes first", before, &fakeBackups{}, "", ""},
		{"one comes first, unseen", before, &fakeBackups{unseen: down}, "", ""},
		{"one comes first, without a store", before, &fakeBackups{none: true}, "dbbot's policy has a backup taken before orders is migrated, and no store for its backups is configured.", "It is given as backup: {store: …} of the database, in dbbot's file."},
	}
	for _, tt := range tests {
		s := newScene(t, migrate.GolangMigrate, sqlFiles).under(tt.rule, tt.keeper)
		_, err := s.change(t, "migrate up orders").Plan(t.Context())
		marked, _ := errors.AsType[*ops.Error](err)
		if tt.want == "" && err != nil || tt.want != "" && (marked == nil || marked.Message != tt.want || marked.Hint != tt.hint) {
			t.Errorf("%s: %v %+v", tt.name, err, marked)
		}
		if got := errors.Is(err, ErrUnread); got != (tt.name == "unseen") {
			t.Errorf("%s: worth another try: %v", tt.name, got)
		}
	}
}

// A plan says how good the newest backup is, and what way back there is where the files have none.
func TestPlansTellOfBackups(t *testing.T) {
	oneWay := "The only way back from 0005_index, 0006_forget is to restore a backup: "
	tests := []struct {
		name   string
		rule   policy.Rule
		keeper *fakeBackups
		want   string
	}{
		{"fresh", policy.Rule{}, &fakeBackups{newest: aged(3 * time.Hour)}, "Backup: good, the newest verified is orders-20261122-030000-0001, taken 3 h ago, verified by restoring it\n  " +
			oneWay + "/db restore orders-20261122-030000-0001 over orders. It loses what is written after the backup was taken."},
		{"none", policy.Rule{}, &fakeBackups{}, "Backup: bad, there is no verified backup\n  " + oneWay + "/db backup now orders takes one."},
		{"no store", policy.Rule{}, nil, "Backup: watch, none: no store for backups is configured"},
		{"unseen", policy.Rule{}, &fakeBackups{unseen: &ops.Error{Message: "It hangs."}}, "Backup: unseen, the store of backups could not be read: It hangs."},
		{"first", policy.Rule{Backup: policy.Before}, &fakeBackups{}, "Backup: there is no verified backup\n  One is taken and verified first, as a part of this. If that fails, nothing is migrated.\n  " + oneWay + "the one that is taken first."},
		{"severe", policy.Rule{Approve: &policy.Consent{By: []string{"leads"}, Count: 1, Severe: 3}}, nil, "More people: bad, the check finds something severe, so 3 must agree, and not 1"},
	}
	for _, tt := range tests {
		s := newScene(t, migrate.GolangMigrate, sqlFiles).under(tt.rule, tt.keeper)
		planned := s.planned(t, "migrate up orders")
		if text := planned.View.Text(); !strings.Contains(text, tt.want) {
			t.Errorf("%s:\n%s", tt.name, text)
		}
		if !planned.Severe {
			t.Errorf("%s: nothing severe is found in a file that drops a column", tt.name)
		}
	}
	s := newScene(t, migrate.GolangMigrate, map[string]string{"0004_note.up.sql": sqlFiles["0004_note.up.sql"], "0004_note.down.sql": sqlFiles["0004_note.down.sql"]})
	s.journal.Records = nil
	planned := s.under(policy.Rule{Approve: &policy.Consent{By: []string{"leads"}, Count: 1, Severe: 3}}, nil).planned(t, "migrate up orders")
	if text := planned.View.Text(); planned.Severe || strings.Contains(text, "More people") || strings.Contains(text, "only way back") {
		t.Errorf("of something harmless:\n%s", text)
	}
}

// The backup before is agreed to, and taken before anything else; when it fails nothing runs.
func TestBackupBefore(t *testing.T) {
	keeper := &fakeBackups{}
	s := newScene(t, migrate.GolangMigrate, sqlFiles).under(policy.Rule{Backup: policy.Before}, keeper)
	change, planned := s.change(t, "migrate up 1 orders"), s.planned(t, "migrate up 1 orders")
	if !strings.Contains(string(planned.Plan), `"backup":"before"`) {
		t.Errorf("the plan does not have it: %s", planned.Plan)
	}
	keeper.during = func() {
		if s.ran != nil {
			t.Error("it ran before the backup was there")
		}
	}
	var phases []string
	view, err := change.Run(t.Context(), approval.Request{ID: 7}, planned.Plan, func(phase string, _, _ int64) { phases = append(phases, phase) })
	if err != nil || keeper.taken != 1 || len(s.ran) != 1 || !strings.Contains(view.Text(), "Taken and verified before: orders-20261123-030000-7f3a") {
		t.Errorf("%v, taken %d, ran %d:\n%s", err, keeper.taken, len(s.ran), view.Text())
	}
	if !strings.Contains(strings.Join(phases, "\n"), "taking a backup first\nbackup first: dumping") {
		t.Errorf("%q", phases)
	}

	s.ran, keeper.failed = nil, &ops.Error{Message: "The disk is full."}
	view, err = change.Run(t.Context(), approval.Request{ID: 8}, planned.Plan, silentProgress)
	if err == nil || err.Error() != "Nothing was migrated, since the backup that must come before failed. The disk is full." || s.ran != nil || view.Title != "" {
		t.Errorf("%v, ran %d, %q", err, len(s.ran), view.Title)
	}

	stop := errors.New("stopped by lee")
	ctx, cancel := context.WithCancelCause(t.Context())
	keeper.during, keeper.failed = func() { cancel(stop) }, &ops.Error{Message: "It was stopped.", Cause: stop}
	view, err = change.Run(ctx, approval.Request{ID: 9}, planned.Plan, silentProgress)
	if !errors.Is(err, stop) || s.ran != nil || !strings.HasPrefix(view.Text(), "Nothing was migrated") {
		t.Errorf("%v, ran %d:\n%s", err, len(s.ran), view.Text())
	}
	if said := change.Differ(planned.Plan, json.RawMessage(strings.Replace(string(planned.Plan), `"before"`, `""`, 1))); said != "The policy asks for another backup now than when this was agreed to." {
		t.Error(said)
	}
}

// The plan that nobody is asked about says what up would be refused for.
func TestPlanSaysWhatThePolicyRefuses(t *testing.T) {
	s := newScene(t, migrate.GolangMigrate, sqlFiles).under(policy.Rule{RequireBackup: time.Hour, Windows: &policy.Windows{Closed: []string{"Sun-Sat 0:00-23:59"}}}, &fakeBackups{})
	text := asks(t, s.tools, ana, "migrate plan orders").Text()
	for _, want := range []string{
		"Right now up is refused. dbbot's policy asks for a verified backup of orders that is no older than 1 h, and there is none.",
		"Right now up is refused. By the policy no migration runs at this hour, until ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not said:\n%s", want, text)
		}
	}
}
