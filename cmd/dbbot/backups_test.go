package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
	"dbbot/ops/backup/restore"
	"dbbot/ops/postgres/cluster/clustertest"

	"filippo.io/age"
)

// silent is a progress that nobody hears.
func silent(string, int64, int64) {}

// depotOf is a database with a file store, and what the file says of it.
func depotOf(t *testing.T, shop shopOf, change func(*Database)) *backups {
	t.Helper()
	d := Database{
		Name: "shop", Environment: "production", URL: ops.Secret(shop.url), BackupURL: ops.Secret(shop.keeper), RestoreURL: ops.Secret(shop.keeper),
		Backup: &Backup{Store: "file://" + shop.store, Keep: Keep{Last: 1}, Verify: "each"},
	}
	if change != nil {
		change(&d)
	}
	b := newBackups(Config{Databases: []Database{d}})
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// taken takes a backup as request number n, of the very database.
func (b *backups) taken(t *testing.T, n approval.ID) (backup.Backup, approval.Request) {
	t.Helper()
	r := approval.Request{ID: n, Asked: time.Now().UTC().Truncate(time.Microsecond), Requester: ops.PersonID{User: "U0ANA"}, Reason: "to try"}
	ready, err := b.Ready(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	one, err := b.Take(t.Context(), "shop", r, approval.Server{System: ready.System, Database: ready.Catalog}, silent)
	if err != nil {
		t.Fatal(err)
	}
	return one, r
}

func TestBackupsOfTheConfiguration(t *testing.T) {
	databases := sampleDatabases(t)
	t.Run("encrypted", func(t *testing.T) { encryptedBackups(t, newShopOf(t, databases)) })
	t.Run("damaged", func(t *testing.T) { damagedBackups(t, newShopOf(t, databases)) })
	t.Run("retention", func(t *testing.T) { backupsGo(t, newShopOf(t, databases)) })
	t.Run("stopped", func(t *testing.T) { stoppedBackups(t, newShopOf(t, databases), databases) })
	t.Run("elsewhere", func(t *testing.T) { restoresElsewhere(t, newShopOf(t, databases)) })
}

// What is encrypted can be read with the key alone; without it only the checksum can be looked at.
func encryptedBackups(t *testing.T, shop shopOf) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	encrypt := func(d *Database) { d.Backup.EncryptTo = []string{key.Recipient().String()} }
	with := depotOf(t, shop, func(d *Database) { encrypt(d); d.Backup.Identity = ops.Secret(key.String()) })
	one, r := with.taken(t, 1)
	if one.By != "U0ANA" || one.Request != 1 || one.Why != "to try" || !one.Archive.Age || len(one.Recipients) != 1 {
		t.Errorf("the manifest says %+v", one.Manifest)
	}
	for _, how := range []backup.How{backup.Checksum, backup.Read, backup.Restored} {
		v, err := with.Verify(t.Context(), "shop", one.ID, how, r, silent)
		if err != nil || v.How != how || len(v.Found) > 0 || v.By != "U0ANA" {
			t.Errorf("%s: %+v, %v", how, v, err)
		}
	}
	newest, configured, err := with.Newest(t.Context(), "shop")
	if err != nil || !configured || newest == nil || newest.ID != one.ID || newest.Verified.How != backup.Restored {
		t.Errorf("the newest is %+v, %v, %v", newest, configured, err)
	}
	without := depotOf(t, shop, encrypt)
	if rules, _ := without.Rules("shop"); rules.Key {
		t.Error("a key that nobody has given is there")
	}
	if v, err := without.Verify(t.Context(), "shop", one.ID, backup.Checksum, r, silent); err != nil || len(v.Found) > 0 {
		t.Errorf("without the key: %+v, %v", v, err)
	}
	if _, err := without.Landing(t.Context(), "shop", one, "shop_copy"); err == nil || !strings.Contains(err.Error(), "encrypted") {
		t.Errorf("restoring without the key: %v", err)
	}
}

// One flipped byte is found, written down, and makes the one before the newest that is good.
func damagedBackups(t *testing.T, shop shopOf) {
	b := depotOf(t, shop, nil)
	id, err := b.Before(t.Context(), "shop", approval.Request{ID: 7, Asked: time.Now()}, silent)
	if err != nil {
		t.Fatal(err)
	}
	second, r := b.taken(t, 8)
	path := filepath.Join(shop.store, filepath.FromSlash(second.ID.Path(second.Archive.Name)))
	bytes, err := os.ReadFile(path)
	if err == nil {
		bytes[len(bytes)/2] ^= 1
		err = os.WriteFile(path, bytes, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	v, err := b.Verify(t.Context(), "shop", second.ID, backup.Restored, r, silent)
	if err != nil || len(v.Found) == 0 {
		t.Errorf("a flipped byte: %+v, %v", v, err)
	}
	shelf, err := b.Shelf(t.Context(), "shop")
	if err != nil || len(shelf.Backups) != 2 || !shelf.Backups[0].Bad() || !shelf.Backups[1].Good() || shelf.Backups[1].By != backup.BeforeMigration || shelf.Backups[1].Why != "before #7" {
		t.Errorf("the shelf holds %+v, %v", shelf, err)
	}
	if newest, _, err := b.Newest(t.Context(), "shop"); err != nil || newest == nil || newest.ID != id {
		t.Errorf("the newest good one is %+v, %v", newest, err)
	}
}

// The rules let the older one go, and never the newest that is verified, nor one that is kept.
func backupsGo(t *testing.T, shop shopOf) {
	b := depotOf(t, shop, nil)
	var ids []backup.ID
	for n := range approval.ID(3) {
		one, r := b.taken(t, n+1)
		if _, err := b.Verify(t.Context(), "shop", one.ID, backup.Read, r, silent); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, one.ID)
		if n == 0 {
			if err := b.Keep(t.Context(), "shop", one.ID, backup.Kept{At: time.Now(), By: "U0ANA"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := b.Delete(t.Context(), "shop", ids[2]); err == nil {
		t.Error("the newest verified one was deleted")
	}
	deleted, spared, err := b.Prune(t.Context(), "shop")
	if err != nil || len(deleted) != 1 || len(spared) != 0 {
		t.Errorf("deleted %v, spared %v, %v", deleted, spared, err)
	}
	if err := b.Release(t.Context(), "shop", ids[0]); err != nil {
		t.Error(err)
	}
	if err := b.Delete(t.Context(), "shop", ids[0]); err != nil {
		t.Error(err)
	}
	if shelf, err := b.Shelf(t.Context(), "shop"); err != nil || len(shelf.Backups) != 1 {
		t.Errorf("the shelf holds %+v, %v", shelf, err)
	}
}

// Who is stopped leaves nothing: no file, no session, no scratch database.
func stoppedBackups(t *testing.T, shop shopOf, databases sample) {
	b := depotOf(t, shop, nil)
	ready, err := b.Ready(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("somebody stopped it")
	ctx, cancel := context.WithCancelCause(t.Context())
	r := approval.Request{ID: 9, Asked: time.Now().UTC()}
	_, err = b.Take(ctx, "shop", r, approval.Server{System: ready.System, Database: ready.Catalog}, func(string, int64, int64) { cancel(stop) })
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(shop.store, "*", "*", "*")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	one, r := b.taken(t, 10)
	ctx, cancel = context.WithCancelCause(t.Context())
	if _, err := b.Into(ctx, "shop", one.ID, shop.database+"_x", r, func(string, int64, int64) { cancel(stop) }); !errors.Is(err, stop) {
		t.Errorf("a stopped restore: %v", err)
	}
	var left int
	err = clustertest.Connect(t, databases.server.URL("postgres")).QueryRow(t.Context(),
		"SELECT count(*) FROM pg_database WHERE datname LIKE 'dbbot_scratch%' OR datname = $1", shop.database+"_x").Scan(&left)
	if err != nil || left > 0 {
		t.Errorf("%d databases are left, %v", left, err)
	}
	if came, err := b.Came(t.Context(), "shop", r); err != nil || came.Happened != commands.HappenedNothing {
		t.Errorf("it came to %+v, %v", came, err)
	}
	if swept, err := b.Swept(t.Context(), "shop", r); err != nil || len(swept) > 0 {
		t.Errorf("there was something to sweep: %v, %v", swept, err)
	}
}

// A backup takes the place of a live database on that one's own server alone.
func restoresElsewhere(t *testing.T, shop shopOf) {
	other := clustertest.Start(t, nil)
	b := depotOf(t, shop, func(d *Database) { d.RestoreURL = ops.Secret(other.URL("postgres")) })
	one, _ := b.taken(t, 11)
	if _, err := b.Landing(t.Context(), "shop", one, ""); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Errorf("over: %v", err)
	}
	if _, _, err := b.Aside(t.Context(), "shop"); err == nil {
		t.Error("what is set aside on another server is this one's")
	}
	landing, err := b.Landing(t.Context(), "shop", one, "shop_copy")
	if err != nil || len(landing.Roles) == 0 || landing.Aside != "" {
		t.Errorf("into: %+v, %v", landing, err)
	}
	if same, err := depotOf(t, shop, nil).Landing(t.Context(), "shop", one, ""); err != nil || same.Name != shop.database || len(same.Roles) > 0 || same.Aside == "" {
		t.Errorf("over its own: %+v, %v", same, err)
	}
	away := depotOf(t, shop, func(d *Database) { d.BackupURL = "postgres://keeper@127.0.0.1:1/x" })
	if _, err := away.Ready(t.Context(), "shop"); !errors.Is(err, commands.ErrUnread) {
		t.Errorf("a server that is away: %v", err)
	}
}

func TestWhatARestoreLosesIsSaid(t *testing.T) {
	lost := restore.Lost{
		Tables: []restore.Change{{Name: "public.orders", Live: 2_401_220, Then: 2_400_000, About: true}, {Name: "public.lines", Live: -1, Then: 1}, {Name: "public.items", Live: 7, Then: 8}},
		Gone:   []string{"public.gifts"},
	}
	want := "orders has about 2,401,220 rows now, and 2,400,000 rows in the backup. lines has an unknown number of rows now, and 1 row in the backup. items has 7 rows now, and 8 rows in the backup. gifts is not in the backup."
	if got := strings.Join(differences(lost), " "); got != want {
		t.Errorf("got %s", got)
	}
	lost.Gone = []string{"shop.gifts"}
	if got := differences(lost); !strings.HasPrefix(got[0], "public.orders has") || got[3] != "shop.gifts is not in the backup." {
		t.Errorf("of two schemas: %s", got)
	}
}
