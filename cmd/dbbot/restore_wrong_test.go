package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// On the worst day one types in haste: whatever is wrong is said, with what to type.
func TestTheBadDayInHaste(t *testing.T) {
	d := newBadDay(t)
	d.does(0, "backup", "now", "--store", d.store, "-d", "orders", "--encrypt-to", d.recipient, "-i", d.key)
	out, _ := d.does(0, "backup", "list", "--store", d.store, "--json")
	d.says(out, `"database":"orders"`, `"good":true`, `"encrypted":true`)
	folder, _ := filepath.Glob(strings.TrimPrefix(d.store, "file://") + "/orders/*")
	wrongKey := filepath.Join(t.TempDir(), "other.txt")
	if err := os.WriteFile(wrongKey, []byte("AGE-SECRET-KEY-1HUNTER2"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no store":              {[]string{"backup", "list"}, 2, "With --store no configuration file is needed"},
		"not a store":           {[]string{"backup", "list", "--store", "/var/backups"}, 1, "Write file:///folder"},
		"two slashes":           {[]string{"backup", "list", "--store", "file://var/backups"}, 1, "three slashes"},
		"a secret in the URL":   {[]string{"backup", "list", "--store", "s3://AKIA:hunter2@bucket/x"}, 1, "holds no user and no password"},
		"a folder that is not":  {[]string{"backup", "list", "--store", d.store + "/nowhere"}, 1, "/nowhere does not exist"},
		"a folder too low":      {[]string{"backup", "list", "--store", d.store + "/orders"}, 1, "name the one above"},
		"one backup's folder":   {[]string{"restore", "latest", "into", "x", "--store", "file://" + folder[0]}, 1, "name the one above the database's"},
		"a folder too high":     {[]string{"backup", "list", "--store", "file://" + filepath.Dir(strings.TrimPrefix(d.store, "file://"))}, 1, "There are some further below: name " + filepath.Base(d.store)},
		"another database":      {[]string{"backup", "list", "--store", d.store, "-d", "users"}, 1, "It holds those of orders."},
		"no such backup":        {[]string{"restore", "orders-1999", "into", "x", "--store", d.store}, 2, "There is no whole backup orders-1999"},
		"no such id":            {[]string{"restore", "orders-19990101-000000-0000", "into", "x", "--store", d.store}, 1, "There is no backup orders-19990101"},
		"no key":                {[]string{"restore", "latest", "into", "x", "--store", d.store}, 2, "Name the file of the age key with --identity"},
		"not a key":             {[]string{"restore", "latest", "into", "x", "--store", d.store, "-i", wrongKey}, 1, "begins with AGE-SECRET-KEY-"},
		"no key file":           {[]string{"verify", "--store", d.store, "-i", "nowhere"}, 2, "nowhere cannot be read"},
		"reading without a key": {[]string{"verify", "--store", d.store, "--how", "read"}, 2, "--how checksum"},
		"a password":            {[]string{"restore", "latest", "into", "x", "--store", d.store, "-i", d.key, "-s", "postgres://u:hunter2@h/d"}, 2, "PGPASSWORD"},
		"a password, hidden":    {[]string{"restore", "latest", "into", "x", "--store", d.store, "-i", d.key, "-s", "postgres://h/d?password=hunter2"}, 2, "PGPASSWORD"},
		"no server there":       {[]string{"restore", "latest", "into", "x", "--store", d.store, "-i", d.key, "-s", "postgres://127.0.0.1:1/d"}, 1, "dbbot: "},
		"half a sentence":       {[]string{"restore", "latest", "--store", d.store}, 2, "<backup> into <new database>"},
		"over, not there":       {[]string{"restore", "latest", "over", "nothing_there", "--store", d.store, "-i", d.key}, 1, "nothing_there"},
		"whose":                 {[]string{"backup", "now", "--store", d.store}, 2, "Add --database"},
		"not a name":            {[]string{"backup", "now", "--store", d.store, "-d", "../etc"}, 2, "Add --database"},
		"not a recipient":       {[]string{"backup", "now", "--store", d.store, "-d", "orders", "--encrypt-to", "age1nonsense"}, 1, "age"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := runs(t, d.vars, tt.args...)
			if said := out + errs; code != tt.code || !strings.Contains(said, tt.says) || strings.Contains(said, "hunter2") || strings.Contains(said, "/db ") {
				t.Errorf("exit %d, want %d and %q in:\n%s", code, tt.code, tt.says, said)
			}
		})
	}
}

// A damaged backup is found, and restored nowhere.
func TestADamagedBackupAtATerminal(t *testing.T) {
	d := newBadDay(t)
	d.does(0, "backup", "now", "--store", d.store, "-d", "orders")
	archive, err := filepath.Glob(strings.TrimPrefix(d.store, "file://") + "/orders/*/archive*")
	if err != nil || len(archive) != 1 {
		t.Fatal(archive, err)
	}
	content, err := os.ReadFile(archive[0])
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(archive[0], content, 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := d.does(1, "verify", "--store", d.store, "--how", "checksum")
	d.says(out, "is NOT good")
	_, errs := d.does(1, "restore", "latest", "into", d.live+"_damaged", "--store", d.store)
	d.says(errs, "cannot be restored")
	if left := d.databases(d.live + "_damaged"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	d.does(1, "backup", "show", "--store", d.store)

	if err := os.WriteFile(archive[0], content[:len(content)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	_, errs = d.does(1, "backup", "list", "--store", d.store)
	d.says(errs, "is no whole backup", "should have")
	_, errs = d.does(1, "restore", "latest", "into", "x", "--store", d.store)
	d.says(errs, "No backup there is whole")
}
