package commands

import (
	"errors"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
)

// Backups stand in the report of a database, in its line, and in how it is on the whole.
func TestStatusOfBackups(t *testing.T) {
	box := desk(t)
	box.Databases, box.Status, box.Folders = shop[:1], fakeStatus{"orders": well(orders)}, nil
	for what, tt := range map[string]struct {
		spoil   func(*fakeShelf)
		verdict string
		section string
		line    string
	}{
		"well": {
			func(*fakeShelf) {}, "good",
			"Backups: good, the newest verified is orders-20261123-030000-7f3a, taken 6 h ago, verified by restoring it", "verified backup of 6 h ago",
		},
		"the last is bad": {
			func(f *fakeShelf) { f.shelf.Backups[0].Verified = restored(0, "It is cut.") }, "bad",
			"Backups: bad, the last backup is not good: It is cut\n  /db backup show orders-20261123-030000-7f3a tells all.", "The last backup is not good",
		},
		"too old": {
			func(f *fakeShelf) { f.shelf.Backups = f.shelf.Backups[3:] }, "watch",
			"Backups: watch, the newest verified is orders-20261120-030000-7f3a, taken 3 days ago, verified by restoring it; it should not be older than 1 day 2 h\n  /db backup now orders takes one.", "The newest verified is",
		},
		"none": {
			func(f *fakeShelf) { f.shelf.Backups = nil }, "bad",
			"Backups: bad, there is no verified backup\n  /db backup now orders takes one.\n  0 backups, 0 bytes in s3://backups/orders", "There is no verified backup",
		},
		"a fault": {
			func(f *fakeShelf) { f.shelf.Faults = []string{"x has no manifest."} }, "watch",
			"Backups: watch, in the store: x has no manifest", "In the store: x has no manifest",
		},
		"unread": {
			func(f *fakeShelf) { f.err = &ops.Error{Message: "The store does not answer.", Hint: "Is it up?"} }, "unseen",
			"Backups: unseen, The store does not answer\n  Is it up?", "could not be seen: backups",
		},
		"unread, unsaid": {
			func(f *fakeShelf) { f.err = errors.New("secret") }, "unseen",
			"Backups: unseen, The store of the backups could not be read", "backups unseen",
		},
		"the cluster's": {
			func(f *fakeShelf) {
				f.shelf.Cluster = &Cluster{Name: "pgBackRest", Newest: lookedAt.Add(-2 * time.Hour)}
			}, "good",
			"  For any point in time: pgBackRest, newest backup 2 h ago", "verified backup of 6 h ago",
		},
		"the cluster's is old": {
			func(f *fakeShelf) {
				f.shelf.Cluster = &Cluster{Name: "pgBackRest", Newest: lookedAt.Add(-30 * time.Hour)}
			}, "watch",
			"Backups: watch, the newest backup of pgBackRest is older than 1 day 2 h", "The newest backup of pgBackRest is older than 1 day 2 h",
		},
		"the cluster's is unknown": {
			func(f *fakeShelf) { f.shelf.Cluster = &Cluster{Name: "pgBackRest", Fault: "It is not installed."} }, "unseen",
			"For any point in time: pgBackRest could not be asked. It is not installed.", "could not be seen: backups",
		},
	} {
		shelf := &fakeShelf{rules: map[string]BackupRules{"orders": ordersRules()}, shelf: nights()}
		tt.spoil(shelf)
		box.Shelf = shelf
		report, screen := say(t, All(box), "status orders"), say(t, All(box), "status")
		if !strings.Contains(report, tt.section) || !strings.HasPrefix(report, "orders, production: "+tt.verdict) {
			t.Errorf("%s: %s", what, report)
		}
		if !strings.Contains(screen, tt.line) {
			t.Errorf("%s: %s", what, screen)
		}
	}
	box.Status, box.Shelf = fakeStatus{"orders": down(orders)}, backupTools(nights()).Shelf
	if text := say(t, All(box), "status orders"); !strings.Contains(text, "Backups: good, the newest verified is") {
		t.Errorf("of a database that is down: %s", text)
	}
}
