package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// README's page for the bad day works as it stands: every line of it that dbbot is typed in, one after the other, with
// only the names of this place put in.
func TestREADMEsBadDay(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, page, found := strings.Cut(string(text), "\n## The bad day\n")
	page, _, _ = strings.Cut(page, "\n## ")
	lines := regexp.MustCompile(`(?m)^ +dbbot (.+)$`).FindAllStringSubmatch(page, -1)
	if !found || len(lines) != 5 {
		t.Fatalf("%d commands on the page", len(lines))
	}
	d := newBadDay(t)
	d.does(0, "backup", "now", "--store", d.store, "-d", "orders", "--encrypt-to", d.recipient, "-i", d.key)
	d.does(0, "verify", "--store", d.store, "-i", d.key)
	d.vars["DBBOT_SERVER_URL"] = strings.Replace(d.url, "/"+d.live, "/postgres", 1)
	here := strings.NewReplacer("s3://backups/shop", d.store, "key.txt", d.key, "orders", d.live, " --server postgres://postgres@localhost/postgres", "")
	for _, line := range lines {
		args := strings.Fields(here.Replace(line[1]))
		if strings.Contains(line[1], " over ") || strings.Contains(line[1], " undo ") {
			args = append(args, "--confirm", d.live)
		}
		d.does(0, args...)
	}
}

// What --help says of restoring is found without a network, and without dbbot's words being known.
func TestHelpOfTheBadDay(t *testing.T) {
	_, help, _ := runs(t, nil, "restore", "--help")
	for _, want := range []string{"dbbot backup list --store s3://backups/shop", "--identity", "PGPASSWORD", "dbbot restore latest into orders_new", "pg_restore --exit-on-error", "Exit codes"} {
		if !strings.Contains(help, want) {
			t.Errorf("%q is not in:\n%s", want, help)
		}
	}
	for _, line := range strings.Split(help, "\n") {
		if len([]rune(line)) > 120 {
			t.Errorf("too long for a terminal: %s", line)
		}
	}
}
