package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dbbot/ops/backup"
	"dbbot/ops/postgres/cluster/clustertest"

	"filippo.io/age"
)

// badDay is a machine with a store, a key and a server, and nothing else: no configuration file, no Slack, no state database.
type badDay struct {
	t          *testing.T
	vars       map[string]string
	store, key string
	recipient  string
	live       string // the database that was backed up
}

func newBadDay(t *testing.T) badDay {
	t.Helper()
	t.Chdir(t.TempDir())
	url := clustertest.Database(t)
	clustertest.Exec(t, url, `CREATE TABLE shipment (id int PRIMARY KEY, place text);
		INSERT INTO shipment SELECT i, 'place ' || i FROM generate_series(1, 500) i`)
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	day := badDay{
		t: t, store: "file://" + t.TempDir(), key: filepath.Join(t.TempDir(), "key.txt"), recipient: identity.Recipient().String(),
		vars: map[string]string{"DBBOT_SERVER_URL": url}, live: url[strings.LastIndex(url, "/")+1:],
	}
	day.live, _, _ = strings.Cut(day.live, "?")
	if err := os.WriteFile(day.key, []byte("# made by age-keygen\n"+identity.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return day
}

// does runs the program, wants an exit code, and gives what it said.
func (d badDay) does(want int, args ...string) (out, errs string) {
	d.t.Helper()
	code, out, errs := runs(d.t, d.vars, args...)
	if code != want {
		d.t.Fatalf("dbbot %s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, want, out, errs)
	}
	return out, errs
}

func (d badDay) says(text string, wanted ...string) {
	d.t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			d.t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}

// The whole day: a backup is taken, found by the store's URL alone, looked at, brought back beside, put in the live one's place,
// taken back again, and what was set aside is dropped.
func TestTheBadDay(t *testing.T) {
	d := newBadDay(t)
	out, _ := d.does(0, "backup", "now", "--store", d.store, "-d", "orders", "--encrypt-to", d.recipient, "-i", d.key, "--why", "a test")
	d.says(out, "is taken: 1 table", "was read to its end, and is whole")

	out, _ = d.does(0, "backup", "list", "--store", d.store)
	d.says(out, "orders-20", "by reading all of it", "encrypted")
	out, _ = d.does(0, "backup", "show", "--store", d.store)
	d.says(out, "public.shipment: 500 rows", "age -d -i KEY (one of "+d.recipient, "a test")
	out, _ = d.does(0, "backup", "show", "--store", d.store, "--json")
	var b backup.Backup
	if err := json.Unmarshal([]byte(out), &b); err != nil || b.By != terminal || !b.Good() || b.Contents.Tables[0].Rows != 500 {
		t.Errorf("%v: %s", err, out)
	}

	out, _ = d.does(0, "verify", "--store", d.store, "-i", d.key)
	d.says(out, "was restored, and equals its manifest")
	out, _ = d.does(0, "verify", string(b.ID), "--store", d.store, "--how", "checksum", "--json")
	d.says(out, `"How":"checksum"`, `"ID":"`+string(b.ID)+`"`)

	_, errs := d.does(0, "restore", "latest", "into", d.live+"_new", "--store", d.store, "-i", d.key, "--look")
	d.says(errs, "goes to "+d.live+"_new on")
	out, _ = d.does(0, "restore", "latest", "into", d.live+"_new", "--store", d.store, "-i", d.key)
	d.says(out, d.live+"_new stands, restored from "+string(b.ID))
	_, errs = d.does(1, "restore", "latest", "into", d.live+"_new", "--store", d.store, "-i", d.key)
	d.says(errs, "is there already")
}
