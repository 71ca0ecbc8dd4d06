package commands

import (
	"context"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
)

// fakeShelf holds the same backups of every database that has rules.
type fakeShelf struct {
	rules map[string]BackupRules
	shelf Shelf
	err   error
}

func (f fakeShelf) Rules(database string) (BackupRules, bool) {
	rules, ok := f.rules[database]
	return rules, ok
}

func (f fakeShelf) Shelf(context.Context, string) (Shelf, error)  { return f.shelf, f.err }
func (f fakeShelf) Glance(context.Context, string) (Shelf, error) { return f.shelf, f.err }

// night is when everything below was looked at.
var lookedAt = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

const recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

func ordersRules() BackupRules {
	return BackupRules{
		Location: "s3://backups/orders", Schedule: "0 3 * * *", Zone: time.UTC, Keep: backup.Keep{Last: 2},
		Recipients: []string{recipient}, Key: true, Verify: "each", Limit: 26 * time.Hour,
	}
}

// taken is a backup of orders that was taken so many days before lookedAt, at three in the morning.
func taken(days int, verified *backup.Verification) backup.Backup {
	at := time.Date(2026, 11, 23-days, 3, 0, 0, 0, time.UTC)
	b := backup.Backup{Verified: verified, Manifest: backup.Manifest{
		Format: backup.Format, ID: backup.ID(at.Format("orders-20060102-150405") + "-7f3a"), Database: "orders", Environment: "production",
		Client: "pg_dump (PostgreSQL) 15.18", Started: at, Finished: at.Add(74 * time.Second), By: "schedule", Recipients: []string{recipient},
		Archive: backup.File{Name: "archive.dump.zst.age", Size: 348 << 20, Raw: 1441 << 20, SHA256: strings.Repeat("5c", 32), Format: "custom", Zstd: true, Age: true},
		Contents: backup.Inventory{
			Tables:     []backup.Table{{Schema: "public", Name: "orders", Rows: 2_400_000, Bytes: 240 << 20}, {Schema: "public", Name: "lines", Rows: 9_100_000, Bytes: 980 << 20}},
			Sequences:  []backup.Sequence{{Schema: "public", Name: "orders_id_seq", Last: 2_400_017, Called: true}},
			Extensions: []backup.Extension{{Name: "citext", Version: "1.6", Schema: "public"}},
		},
		Migration: &backup.Migrated{Tool: "golang-migrate", Version: "6"},
	}}
	b.Server = backup.Server{System: "7291", Catalog: "shop", Version: "15.18", Major: 15, Bytes: 1500 << 20}
	b.Roles = []string{"shop_owner", "shop_app"}
	return b
}

// restored is a verification three minutes after a backup of so many days ago.
func restored(days int, found ...string) *backup.Verification {
	at := time.Date(2026, 11, 23-days, 3, 4, 0, 0, time.UTC)
	return &backup.Verification{At: at, Took: 95 * time.Second, How: backup.Restored, By: "schedule", Where: "PostgreSQL 15.18 at db2:5432", Found: found, Notes: []string{"The extension pg_stat_statements was not compared."}}
}

// nights is a shelf as it looks after some days: kept, verified, failed, never verified.
func nights() Shelf {
	kept := taken(9, restored(9))
	kept.Kept = &backup.Kept{At: lookedAt, By: "U0LEE", Why: "before the move to 16"}
	held := taken(1, restored(1))
	held.Held = []backup.Hold{{By: "restore of #41", Until: lookedAt.Add(time.Hour)}}
	return Shelf{At: lookedAt, Backups: []backup.Backup{
		taken(0, restored(0)), held, taken(2, restored(2, "public.lines has 9,099,998 rows, and had 9,100,000.")), taken(3, restored(3)), taken(4, nil), kept,
	}}
}

func backupTools(s Shelf) Toolbox {
	return Toolbox{Databases: shop, Shelf: fakeShelf{rules: map[string]BackupRules{"orders": ordersRules()}, shelf: s}}
}

func TestBackupList(t *testing.T) {
	well := nights()
	well.Cluster = &Cluster{Name: "pgBackRest, stanza main", Newest: lookedAt.Add(-7 * time.Hour), Lines: []string{"WAL is archived up to 4 min ago."}}
	golden(t, "backup_list.golden", say(t, All(backupTools(well)), "backup list orders")+"\n")

	failed := Shelf{At: lookedAt, Backups: []backup.Backup{taken(0, restored(0, "The archive ends early.", "public.orders is missing.")), taken(3, restored(3))}}
	failed.Faults = []string{"orders-20261122-030000-99ab has no manifest: it was never finished."}
	failed.Cluster = &Cluster{Name: "pgBackRest, stanza main", Fault: "The program pgbackrest is not installed here."}
	golden(t, "backup_list_failed.golden", say(t, All(backupTools(failed)), "backup list orders")+"\n")

	golden(t, "backup_list_empty.golden", say(t, All(backupTools(Shelf{At: lookedAt})), "backup list")+"\n")

	unread := backupTools(nights())
	unread.Shelf = fakeShelf{rules: map[string]BackupRules{"orders": ordersRules()}, err: &ops.Error{Message: "s3://backups/orders does not answer.", Hint: "Is the network up?"}}
	golden(t, "backup_list_unread.golden", say(t, All(unread), "backup list")+"\n")
	for _, line := range []string{"backup list orders", "backup show latest orders"} {
		if said := refused(t, All(unread), line); said != "s3://backups/orders does not answer." {
			t.Errorf("%s: %s", line, said)
		}
	}
}

func TestBackupShow(t *testing.T) {
	tools := backupTools(nights())
	when := time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)
	person := taken(0, nil)
	person.By, person.Request, person.Asked, person.Why, person.ID = "U0ANA", 42, when, "before I touch it", "orders-20261123-030000-aaaa"
	tools.Requests = oneRequest{approval.Request{ID: 42, Asked: when, Requester: ops.PersonID{User: "U0ANA"}}}
	golden(t, "backup_show.golden", say(t, All(tools), "backup show orders-20261123")+"\n")
	golden(t, "backup_show_failed.golden", say(t, All(tools), "backup show orders-20261121")+"\n")
	tools.Shelf = fakeShelf{rules: map[string]BackupRules{"orders": ordersRules()}, shelf: Shelf{At: lookedAt, Backups: []backup.Backup{person}}}
	golden(t, "backup_show_person.golden", say(t, All(tools), "backup show orders")+"\n")
}

// oneRequest is all that is kept.
type oneRequest struct{ r approval.Request }

func (o oneRequest) Get(_ context.Context, id approval.ID) (approval.Request, error) {
	if id != o.r.ID {
		return approval.Request{}, approval.ErrUnknown
	}
	return o.r, nil
}

func (o oneRequest) List(context.Context, approval.Filter) ([]approval.Request, error) {
	return []approval.Request{o.r}, nil
}

func (o oneRequest) Links(context.Context, []approval.ID) (map[approval.ID]string, error) {
	return nil, nil
}

// Who took a backup is data of a store: nobody is mentioned whom the request does not name too.
func TestNobodyIsMentionedFromAManifest(t *testing.T) {
	when := lookedAt.Add(-time.Hour)
	b := taken(0, nil)
	b.By, b.Request, b.Asked = "U0LEE", 42, when
	for say, r := range map[string]approval.Request{
		"another person":  {ID: 42, Asked: when, Requester: ops.PersonID{User: "U0ANA"}},
		"another state":   {ID: 42, Asked: when.Add(time.Second), Requester: ops.PersonID{User: "U0LEE"}},
		"another request": {ID: 43, Asked: when, Requester: ops.PersonID{User: "U0LEE"}},
	} {
		tools := Toolbox{Requests: oneRequest{r}}
		for _, span := range tools.asker(t.Context(), b.Manifest) {
			if span.Kind == Mention {
				t.Errorf("%s: mentioned %s", say, span.Text)
			}
		}
	}
}

func TestBackupSchedule(t *testing.T) {
	tools := backupTools(nights())
	tools.Requests = oneRequest{approval.Request{ID: 42, Command: "backup now", State: approval.Failed, Why: "The disk is full.", Started: lookedAt.Add(-6 * time.Hour)}}
	golden(t, "backup_schedule.golden", say(t, All(tools), "backup schedule orders")+"\n")
	rules, f := ordersRules(), tools.Shelf.(fakeShelf)
	rules.Zone = time.FixedZone("CET", 3600)
	f.rules["orders"] = rules
	if text := say(t, All(tools), "backup schedule orders"); !strings.Contains(text, "2026-11-24 02:00:00 UTC, there Tue 03:00 CET") {
		t.Errorf("in another zone: %s", text)
	}
	golden(t, "backup_schedule_all.golden", say(t, All(backupTools(Shelf{At: lookedAt})), "backup schedule")+"\n")
}

func TestWhichBackupIsMeant(t *testing.T) {
	none := "refused: There is no backup “orders-2025” of orders."
	for line, want := range map[string]string{
		"backup show latest orders":                      "Backup orders-20261123-030000-7f3a",
		"backup show orders":                             "Backup orders-20261123-030000-7f3a",
		"backup show ORDERS-20261121":                    "Backup orders-20261121-030000-7f3a",
		"backup show 20261121 orders":                    "Backup orders-20261121-030000-7f3a",
		"show me the backup orders-20261121-030000-7f3a": "Backup orders-20261121-030000-7f3a",
		"backup show orders-2026":                        "refused: 6 backups begin with “orders-2026”: orders-20261123-030000-7f3a, orders-20261122-030000-7f3a, orders-20261121-030000-7f3a, orders-20261120-030000-7f3a, orders-20261119-030000-7f3a, and 1 more.",
		"backup show orders-2025":                        none,
		"backup show latest":                             "Backup orders-20261123-030000-7f3a",
		"backup show latest reporting":                   "refused: No backups are configured for reporting.",
		"backup list reporting":                          "refused: No backups are configured for reporting.",
	} {
		got := refusedOr(t, All(backupTools(nights())), line)
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
	if got := refused(t, All(backupTools(Shelf{})), "backup show orders"); got != "There is no backup of orders in s3://backups/orders." {
		t.Errorf("got %s", got)
	}
}

// Of two databases that an id could be of, it is of the one with the longer name.
func TestWhoseABackupIs(t *testing.T) {
	two := fakeShelf{rules: map[string]BackupRules{"orders": {}, "x": {}}}
	tools := Toolbox{Databases: []ops.Target{{Database: "orders"}, {Database: "orders-eu"}, {Database: "x"}}, Shelf: two}
	for id, want := range map[string]string{"orders-2026": "orders", "orders-eu-2026": "orders-eu", "x-1": "x", "orders": "", "y-1": "", "latest": ""} {
		if got, err := tools.whose(id); got.Database != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v", id, got.Database, err)
		}
	}
	delete(two.rules, "x") // of those that have no backups it is none
	if got, err := tools.whose("latest"); got.Database != "orders" || err != nil {
		t.Errorf("latest: got %q, %v", got.Database, err)
	}
}

// refusedOr answers a line with its view's text, or with the reason why not.
func refusedOr(t *testing.T, c Catalogue, line string) string {
	t.Helper()
	call, err := c.Find(line)
	if err == nil {
		var view View
		if view, err = call.Answer(t.Context(), Asker{}, call.Targets); err == nil {
			return view.Text()
		}
	}
	return "refused: " + err.Error()
}

func refused(t *testing.T, c Catalogue, line string) string {
	t.Helper()
	return strings.TrimPrefix(refusedOr(t, c, line), "refused: ")
}

func TestBackupsAreRestoredByHand(t *testing.T) {
	for want, file := range map[string]backup.File{
		"pg_restore --exit-on-error --dbname=… a.dump":                                                 {Name: "a.dump", Format: "custom"},
		"zstd -d -c a.dump.zst | pg_restore --exit-on-error --dbname=…":                                {Name: "a.dump.zst", Format: "custom", Zstd: true},
		"age -d -i key.txt a.dump.zst.age | zstd -d -c | pg_restore --exit-on-error --dbname=…":        {Name: "a.dump.zst.age", Format: "custom", Zstd: true, Age: true},
		"tar -x -f a.tar; pg_restore --exit-on-error --jobs=2 --dbname=… archive":                      {Name: "a.tar", Format: "directory"},
		"age -d -i key.txt a.tar.age | tar -x; pg_restore --exit-on-error --jobs=2 --dbname=… archive": {Name: "a.tar.age", Format: "directory", Age: true},
	} {
		if got := byHandRestore(backup.Manifest{Archive: file}); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
