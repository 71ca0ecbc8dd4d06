package main

import (
	"strings"
	"testing"

	"dbbot/ops"

	"filippo.io/age"
)

// said is one line of all that was found, for looking into it.
func said(found []finding) string {
	var all strings.Builder
	for _, f := range found {
		all.WriteString(string(f.grade) + ": " + f.detail + " → " + f.fix + "\n")
	}
	return all.String()
}

func TestCheckLooksWhetherABackupCanBeTaken(t *testing.T) {
	shop := newShopOf(t, sampleDatabases(t))
	key, other := newIdentity(t), newIdentity(t)
	scheduled := Backup{Store: "file://" + t.TempDir(), Schedule: "0 3 * * *", Keep: Keep{Last: 3}}
	look := func(d Database, with func(*Backup)) string {
		b := scheduled
		with(&b)
		d.Backup = &b
		return said(Config{Databases: []Database{d}}.lookAtBackups(t.Context(), d))
	}
	good := Database{Name: "shop", URL: ops.Secret(shop.keeper)}
	for _, tt := range []struct {
		name string
		of   Database
		with func(*Backup)
		says []string
		not  string
	}{
		{"all is well", good, func(b *Backup) {
			b.EncryptTo, b.Identity = []string{key.Recipient().String()}, ops.Secret(key.String())
		}, []string{"ok: can be taken: ", "pg_dump"}, "warn"},
		{"not encrypted", good, func(*Backup) {}, []string{"warn: are not encrypted"}, "WRONG"},
		{"no schedule, all kept", good, func(b *Backup) { b.Schedule, b.Keep = "", Keep{} }, []string{"warn: are taken only when somebody asks", "note: are all kept for ever"}, "WRONG"},
		{"no key to open them", good, func(b *Backup) { b.EncryptTo = []string{key.Recipient().String()} }, []string{"warn: are verified by their checksum alone"}, "WRONG"},
		{"the wrong key", good, func(b *Backup) {
			b.EncryptTo, b.Identity = []string{key.Recipient().String()}, ops.Secret(other.String())
		}, []string{"WRONG: cannot be opened"}, "ok: encrypted"},
		{"not a key, and a folder that cannot be", good, func(b *Backup) { b.EncryptTo, b.Store = []string{"age1…"}, "file:///dev/null/backups" }, []string{"WRONG: ", "age1"}, "ok: can be taken"},
		{
			"a role that may not read",
			Database{Name: "shop", URL: ops.Secret(strings.Replace(shop.keeper, "keeper", "reader", 1))},
			func(*Backup) {},
			[]string{"WRONG: ", "GRANT"},
			"ok: can be taken",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := look(tt.of, tt.with)
			for _, words := range tt.says {
				if !strings.Contains(found, words) {
					t.Errorf("%q is not said:\n%s", words, found)
				}
			}
			if strings.Contains(found, tt.not) || strings.Contains(found, key.String()) || strings.Contains(found, testPassword) {
				t.Errorf("said, and should not be:\n%s", found)
			}
		})
	}
}

func newIdentity(t *testing.T) *age.X25519Identity {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return key
}
