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
	url, live  string // the database that is backed up, and its name
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
		vars: map[string]string{"DBBOT_SERVER_URL": url}, url: url, live: url[strings.LastIndex(url, "/")+1:],
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

// rows of the live database's table.
func (d badDay) rows() (n int) {
	d.t.Helper()
	conn := clustertest.Connect(d.t, d.url)
	defer conn.Close(d.t.Context())
	if err := conn.QueryRow(d.t.Context(), "SELECT count(*) FROM shipment").Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// databases of the server that are called so, or scratch ones.
func (d badDay) databases(name string) (found []string) {
	d.t.Helper()
	conn := clustertest.Connect(d.t, d.url)
	defer conn.Close(d.t.Context())
	err := conn.QueryRow(d.t.Context(), "SELECT coalesce(array_agg(datname::text), '{}') FROM pg_database WHERE datname = $1 OR datname LIKE 'dbbot_scratch%'", name).Scan(&found)
	if err != nil {
		d.t.Fatal(err)
	}
	return found
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

// In the place of the live database, back, and the old one dropped: each asks for the name first.
func TestOverTheLiveOneAndBack(t *testing.T) {
	d := newBadDay(t)
	d.does(0, "backup", "now", "--store", d.store, "-d", "orders")
	d.does(0, "verify", "--store", d.store)
	clustertest.Exec(t, d.url, "DELETE FROM shipment WHERE id > 10")
	clustertest.Exec(t, d.url, "ANALYZE shipment")
	d.vars["DBBOT_SERVER_URL"] = strings.Replace(d.url, "/"+d.live, "/postgres", 1)

	over := []string{"restore", "latest", "over", d.live, "--store", d.store}
	_, errs := d.does(1, append(over, "--confirm", "another")...)
	d.says(errs, "Nothing was changed", "shipment: 500 rows in the backup, 10 live", "is closed, and kept as")
	if n := d.rows(); n != 10 {
		t.Errorf("%d rows although nothing was confirmed", n)
	}
	out, _ := d.does(0, append(over, "--confirm", d.live)...)
	d.says(out, d.live+" stands", "What was live is kept as")
	if n := d.rows(); n != 500 {
		t.Errorf("%d rows after the restore", n)
	}
	d.does(1, "restore", "undo", d.live, "--confirm", "no")
	out, _ = d.does(0, "restore", "undo", d.live, "--confirm", d.live)
	d.says(out, "is again what it was before the restore")
	if n := d.rows(); n != 10 {
		t.Errorf("%d rows after it was taken back", n)
	}
	_, errs = d.does(1, "restore", "release", d.live, "--confirm", "no")
	_, name, _ := strings.Cut(errs, "--confirm ")
	d.does(0, "restore", "release", d.live, "--confirm", strings.TrimSuffix(strings.TrimSpace(name), "."))
	_, errs = d.does(1, "restore", "undo", d.live)
	d.says(errs, "No database is kept aside of "+d.live)
}
