package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dbbot/ops/postgres/cluster/clustertest"
)

// A ruin is a step of a backup or of a restore over a live database, at which the only replica is killed.
type ruin struct {
	at     string
	over   bool // of a restore; else of a backup
	always bool // or only where somebody asks for many kills
}

var ruins = []ruin{
	{at: "backup locked"},
	{at: "backup snapshot", always: true},
	{at: "backup dumped"},
	{at: "backup manifest"},
	{at: "backup taken", always: true},
	{at: "scratch made"},
	{at: "filled"},
	{at: "compared"},
	{at: "scratch made", over: true},
	{at: "filled", over: true},
	{at: "framed", over: true},
	{at: "closed", over: true, always: true},
	{at: "emptied", over: true},
	{at: "swapped", over: true, always: true},
}

// TestCrashInBackups kills the only replica at steps of backups and restores. Afterwards the request says what is so, the
// live database answers, nothing half-done is anywhere, and the next backup is taken.
func TestCrashInBackups(t *testing.T) {
	h := newHouse(t)
	shop := newShopOf(t, h.world.databases)
	config, err := os.ReadFile("testdata/crash_migrate.yml")
	if err == nil {
		const may = "change: {allow: [engineers]}"
		text := strings.Replace(string(config), may, may+"\n    operate: {allow: [engineers]}\n    destroy: {allow: [engineers]}", 1)
		h.file = filepath.Join(t.TempDir(), "dbbot.yml")
		err = os.WriteFile(h.file, fmt.Appendf(nil, "%s  - {name: shop, environment: staging, url: %q, backup_url: %q, restore_url: %q, backup: {store: 'file://%s'}}\n",
			text, shop.url, shop.keeper, shop.keeper, shop.store), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	last := int64(0)
	for _, r := range slices.DeleteFunc(slices.Clone(ruins), func(r ruin) bool { return !r.always && *kills < manyKills }) {
		last = h.ruin(t, r, shop, last)
	}
	for _, left := range h.leftBehind(t) {
		t.Error(left)
	}
}

// ruin kills at one step, and gives the last request.
func (h *house) ruin(t *testing.T, r ruin, shop shopOf, last int64) int64 {
	t.Helper()
	state := h.look(t)
	words := "backup now shop"
	if r.over {
		healthy := h.start("")
		last = h.asks(t, state, words, last)
		if ended := h.ends(t, state, last); ended != "succeeded" {
			t.Fatalf("%+v: the backup to restore %s", r, ended)
		}
		healthy.stop()
		words = "restore latest over shop"
	}
	clustertest.Exec(t, shop.url, "CREATE TABLE IF NOT EXISTS since (n int)", "INSERT INTO since VALUES (1)") // what a restore loses
	before, rows := manifests(t, shop), asked(t, clustertest.Connect(t, shop.url), "SELECT count(*)::text FROM since")
	doomed := h.start(r.at)
	last = h.asks(t, state, words, last)
	h.until("the replica is killed at "+r.at, func() bool { return !doomed.lives() })
	heir := h.start("")
	ended := h.ends(t, state, last)
	now := asked(t, clustertest.Connect(t, shop.url), "SELECT coalesce((SELECT count(*)::text FROM since), '0')")
	switch {
	case r.over && (ended == "succeeded") != (now != rows), ended != "succeeded" && ended != "failed":
		t.Errorf("killed at %s: the restore %s, and there were %s rows, and are %s", r.at, ended, rows, now)
	case !r.over && (ended == "succeeded") != (manifests(t, shop) == before+1):
		t.Errorf("killed at %s: the backup %s, and there were %d, and are %d", r.at, ended, before, manifests(t, shop))
	}
	last = h.asks(t, state, "backup now shop", last)
	if again := h.ends(t, state, last); again != "succeeded" {
		t.Errorf("killed at %s: the next backup %s", r.at, again)
	}
	if scratch := asked(t, clustertest.Connect(t, h.world.databases.server.URL("postgres")), "SELECT count(*)::text FROM pg_database WHERE datname LIKE 'dbbot\\_scratch%'"); scratch != "0" {
		t.Errorf("killed at %s: %s scratch databases are left", r.at, scratch)
	}
	heir.stop()
	t.Logf("killed at %-16s over %-5v: it %s", r.at, r.over, ended)
	return last
}

// manifests counts the whole backups of a store, and finds what belongs to none.
func manifests(t *testing.T, shop shopOf) int {
	t.Helper()
	whole, err := filepath.Glob(filepath.Join(shop.store, "shop", "*", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	return len(whole)
}
