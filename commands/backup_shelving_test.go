package commands

import (
	"errors"
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
)

func TestBackupsAreKeptReleasedAndDeleted(t *testing.T) {
	for line, want := range map[string]string{
		"backup keep latest orders -- before the move": "keep orders-20261123-030000-7f3a for U0ANA: before the move",
		"backup release orders-20261114":               "release orders-20261114-030000-7f3a",
		"backup delete orders-20261120":                "delete orders-20261120-030000-7f3a",
	} {
		f, tools := depot(nights())
		word, _, _ := strings.Cut(strings.TrimPrefix(line, "backup "), " ")
		golden(t, "backup_"+word+"_plan.golden", plannedAs(t, tools, line))
		said, err := ranAs(t, tools, line)
		if err != nil || len(f.done) != 1 || f.done[0] != want {
			t.Errorf("%s: did %q, %v", line, f.done, err)
		}
		if !strings.HasPrefix(said, "\n\nDone: good") {
			t.Errorf("%s: %s", line, said)
		}
		f.fails = &ops.Error{Message: "The store is away."}
		if _, err := ranAs(t, tools, line); err == nil {
			t.Errorf("%s: what fails is said to be done", line)
		}
	}
}

func TestWhatIsNotDoneToBackups(t *testing.T) {
	for line, want := range map[string]string{
		"backup keep orders-20261114":    "refused: orders-20261114-030000-7f3a is kept already. /db backup release orders-20261114-030000-7f3a gives it back to the rules.",
		"backup release latest orders":   "refused: orders-20261123-030000-7f3a is not kept by anybody: the rules say how long it stays. /db backup schedule shows what they would delete.",
		"backup delete latest orders":    "refused: orders-20261123-030000-7f3a is the newest verified backup of orders, so it is not deleted. Take a newer one first: /db backup now orders.",
		"backup delete orders-20261114":  "refused: orders-20261114-030000-7f3a is kept, so it is not deleted. /db backup release orders-20261114-030000-7f3a first.",
		"backup delete orders-20261122":  "refused: orders-20261122-030000-7f3a is being read, so it is not deleted. Being read by restore of #41, until 2026-11-23 10:00:00 UTC at the latest.",
		"backup delete orders-20251122":  "refused: There is no backup “orders-20251122” of orders. Did you mean orders-20261123-030000-7f3a, or orders-20261122-030000-7f3a, or orders-20261121-030000-7f3a? /db backup list orders shows all.",
		"backup delete latest reporting": "refused: No backups are configured for reporting. Write backup: {store: file:///var/backups/reporting} below the database in dbbot's file; s3://, gs:// and azblob:// work too.",
	} {
		_, tools := depot(nights())
		if got := plannedAs(t, tools, line); got != want {
			t.Errorf("%s: %s", line, got)
		}
	}
}

// Twice is as good as once: what is so now is what came of a lost run.
func TestWhatCameOfALostKeeping(t *testing.T) {
	for _, tt := range []struct {
		line string
		so   func(*backup.Backup) bool // false: it is gone
		want Happened
	}{
		{"backup keep latest orders", func(b *backup.Backup) bool { b.Kept = &backup.Kept{}; return true }, HappenedWhole},
		{"backup keep latest orders", func(*backup.Backup) bool { return true }, HappenedNothing},
		{"backup keep latest orders", func(*backup.Backup) bool { return false }, HappenedNothing},
		{"backup release orders-20261114", func(b *backup.Backup) bool { b.Kept = nil; return true }, HappenedWhole},
		{"backup release orders-20261114", func(*backup.Backup) bool { return true }, HappenedNothing},
		{"backup delete orders-20261120", func(*backup.Backup) bool { return false }, HappenedWhole},
		{"backup delete orders-20261120", func(*backup.Backup) bool { return true }, HappenedNothing},
	} {
		f, tools := depot(nights())
		change := changes(t, tools, tt.line)
		planned, err := change.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var left []backup.Backup
		for _, b := range f.shelf.shelf.Backups {
			if string(b.ID) != planned.Server.Database || tt.so(&b) {
				left = append(left, b)
			}
		}
		f.shelf.shelf.Backups = left
		if happened, _, err := change.Look(t.Context(), approval.Request{}, planned.Plan); happened != tt.want || err != nil {
			t.Errorf("%s: %s, %v", tt.line, happened, err)
		}
		f.shelf.err = errors.New("away")
		if happened, _, err := change.Look(t.Context(), approval.Request{}, planned.Plan); happened != HappenedUnclear || !errors.Is(err, ErrUnread) {
			t.Errorf("%s: unreadable: %s, %v", tt.line, happened, err)
		}
	}
}

func TestLatestIsAnotherBackupByNow(t *testing.T) {
	f, tools := depot(nights())
	change := changes(t, tools, "backup keep latest orders")
	before, err := change.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.shelf.shelf.Backups = f.shelf.shelf.Backups[1:]
	after, err := change.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := "orders-20261122-030000-7f3a is the backup that is meant by now, and it was orders-20261123-030000-7f3a when this was agreed to."
	if got := change.Differ(before.Plan, after.Plan); got != want || string(before.Plan) == string(after.Plan) {
		t.Errorf("got %q", got)
	}
	if got := change.Differ(before.Plan, before.Plan); got != "" {
		t.Errorf("the same: %q", got)
	}
}

func TestBackupVerify(t *testing.T) {
	f, tools := depot(nights())
	golden(t, "backup_verify_plan.golden", plannedAs(t, tools, "backup verify orders-20261119"))
	said, err := ranAs(t, tools, "backup verify orders-20261119")
	if err != nil || f.done[0] != "verify orders-20261119-030000-7f3a: restored" {
		t.Errorf("did %q, %v", f.done, err)
	}
	golden(t, "backup_verify_ran.golden", said)

	f, tools = depot(nights())
	f.found = []string{"The archive ends early."}
	said, err = ranAs(t, tools, "backup verify latest orders")
	if err == nil {
		t.Error("what is not good is called good")
	}
	golden(t, "backup_verify_bad.golden", said)

	f, tools = depot(nights())
	rules := ordersRules()
	rules.Key = false
	f.shelf.rules["orders"] = rules
	if said := plannedAs(t, tools, "backup verify orders"); !strings.Contains(said, "compared with its checksum alone") || !strings.Contains(said, `"how":"checksum"`) {
		t.Errorf("without a key: %s", said)
	}
	f.broken = &ops.Error{Message: "The server for scratch databases does not answer."}
	if said, err := ranAs(t, tools, "backup verify orders"); err == nil || !strings.Contains(said, "Not verified\n\nThe scratch database is removed, and orders-20261123-030000-7f3a is as it was.") {
		t.Errorf("could not: %s, %v", said, err)
	}
}

func TestWhatCameOfALostVerification(t *testing.T) {
	at := restored(0).At
	for what, tt := range map[string]struct {
		started approval.Request
		want    Happened
	}{
		"written down since": {approval.Request{Started: at.Add(-1)}, HappenedWhole},
		"from before":        {approval.Request{Started: at.Add(1)}, HappenedNothing},
	} {
		_, tools := depot(nights())
		change := changes(t, tools, "backup verify latest orders")
		planned, err := change.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if happened, _, err := change.Look(t.Context(), tt.started, planned.Plan); happened != tt.want || err != nil {
			t.Errorf("%s: %s, %v", what, happened, err)
		}
	}
}
