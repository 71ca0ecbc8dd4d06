package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"dbbot/ops/postgres/cluster/clustertest"

	"github.com/jackc/pgx/v5"
)

// wreck is a database in whose migration the only replica is killed.
type wreck struct {
	tool, at string // "marked>alone": at the first "alone" behind "marked"
	always   bool   // or only where somebody asks for many kills
	shop     shopOf
}

func (w wreck) name() string {
	return w.tool[:1] + "-" + strings.NewReplacer(">", "-").Replace(w.at)
}

// wrecks are all steps of a migration: three files, the second of which can run in no transaction.
var wrecks = []wreck{
	{tool: "golang-migrate", at: "begun"},
	{tool: "golang-migrate", at: "begun>statement", always: true},
	{tool: "golang-migrate", at: "written"},
	{tool: "golang-migrate", at: "written>committed", always: true},
	{tool: "golang-migrate", at: "migrated"},
	{tool: "golang-migrate", at: "marked"},
	{tool: "golang-migrate", at: "marked>statement", always: true},
	{tool: "golang-migrate", at: "alone"},
	{tool: "golang-migrate", at: "outside", always: true},
	{tool: "prisma", at: "written>committed"},
	{tool: "prisma", at: "marked", always: true},
	{tool: "prisma", at: "alone", always: true},
	{tool: "prisma", at: "outside"},
}

// manyKills is from how many random kills on somebody wants to know it thoroughly.
const manyKills = 50

var wreckFiles = map[string]string{
	"1_labels": "CREATE TABLE labels (id int);\nCREATE TABLE shelves (id int);",
	"2_index":  "CREATE TABLE racks (id int);\nCREATE INDEX CONCURRENTLY labels_id ON labels (id);\nCREATE TABLE bins (id int);",
	"3_last":   "CREATE TABLE lasts (id int);",
}

// whatStands asks PostgreSQL for one letter of each thing that the files make.
const whatStands = `SELECT concat((SELECT 'l' WHERE to_regclass('labels') IS NOT NULL), (SELECT 's' WHERE to_regclass('shelves') IS NOT NULL), (SELECT 'r' WHERE to_regclass('racks') IS NOT NULL),
	(SELECT 'i' FROM pg_index WHERE indexrelid = to_regclass('labels_id') AND indisvalid), (SELECT 'b' WHERE to_regclass('bins') IS NOT NULL), (SELECT 'L' WHERE to_regclass('lasts') IS NOT NULL))`

// truths are what status may say where so much stands: nothing else would be true.
var truths = map[string]string{
	"":       `^Nothing has been applied yet, by .*: 0 applied, 3 pending\.$`,
	"ls":     `: 1 applied, 2 pending\.$|: 1 applied, 1 pending\. It broke off in its first statement, and can be run again$`,
	"lsr":    `: 1 applied, 1 pending\. The first of its 3 statements stands; the rest can be run$`,
	"lsri":   `: 1 applied, 1 pending\. The first (2 )?of its 3 statements stands?; the rest can be run$`,
	"lsrib":  `: 2 applied, 1 pending\.$|: 1 applied, 1 pending\. All of its statements stand; only the journal is to be set right$`,
	"lsribL": `: 3 applied, 0 pending\.$`,
}

// TestCrashInMigrations kills the only replica at each step of a migration. Afterwards status says truly what stands, the
// request says no more than that, nothing is left behind, and the migration can be brought to its end.
func TestCrashInMigrations(t *testing.T) {
	wrecks := slices.DeleteFunc(slices.Clone(wrecks), func(w wreck) bool { return !w.always && *kills < manyKills })
	for n := range houses {
		t.Run(fmt.Sprintf("house %d", n+1), func(t *testing.T) {
			t.Parallel()
			var here []wreck
			for i := n; i < len(wrecks); i += houses {
				here = append(here, wrecks[i])
			}
			h := newHouse(t)
			h.settle(t, here)
			for _, w := range here {
				h.wreck(t, w)
			}
			for _, left := range h.leftBehind(t) {
				t.Error(left)
			}
		})
	}
}

// settle makes the databases and folders, and a configuration that has them.
func (h *house) settle(t *testing.T, here []wreck) {
	t.Helper()
	config, err := os.ReadFile("testdata/crash_migrate.yml")
	if err != nil {
		t.Fatal(err)
	}
	for i := range here {
		w := &here[i]
		w.shop = newPrismaShop(t, h.world.databases)
		if err := os.RemoveAll(filepath.Join(w.shop.dir, "20260101000000_carts")); err != nil {
			t.Fatal(err)
		}
		for name, sql := range wreckFiles {
			path := name + "/migration.sql"
			if w.tool != "prisma" {
				path = name + ".up.sql"
			}
			w.shop.write(t, path, sql)
		}
		config = fmt.Appendf(config, "  - {name: %s, environment: staging, url: %q, migrations: {tool: %s, dir: %q}}\n", w.name(), w.shop.url, w.tool, w.shop.dir)
	}
	h.file = filepath.Join(t.TempDir(), "dbbot.yml")
	if err := os.WriteFile(h.file, config, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (h *house) wreck(t *testing.T, w wreck) {
	t.Helper()
	state, shop := h.look(t), clustertest.Connect(t, w.shop.url)
	doomed := h.start(w.at)
	first := h.migrates(t, state, w, 0)
	h.until("the replica is killed at "+w.at, func() bool { return !doomed.lives() })
	heir := h.start("")
	ended := h.ends(t, state, first)
	stands := asked(t, shop, whatStands)
	said := h.statusOf(t, w)
	if want, known := truths[stands]; !known || !regexp.MustCompile(want).MatchString(said) {
		t.Errorf("%s: %q stands, and status says: %s", w.name(), stands, said)
	}
	if want := map[string]string{"": "failed", "lsribL": "succeeded"}[stands]; ended != want && (want != "" || ended != "interrupted") {
		t.Errorf("%s: %q stands, and the request %s", w.name(), stands, ended)
	}
	if stands != "lsribL" {
		if again := h.ends(t, state, h.migrates(t, state, w, first)); again != "succeeded" {
			t.Errorf("%s: brought to its end, it %s: %s", w.name(), again, tail(h.log.String(), 5))
		}
	}
	if all, said := asked(t, shop, whatStands), h.statusOf(t, w); all != "lsribL" || !strings.HasSuffix(said, ": 3 applied, 0 pending.") {
		t.Errorf("%s: in the end %q stands, and status says: %s", w.name(), all, said)
	}
	heir.stop()
	t.Logf("killed at %-20s of %-14s the request %-11s stands: %s", w.at, w.tool, ended, stands)
}

func (h *house) migrates(t *testing.T, state *pgx.Conn, w wreck, behind int64) (id int64) {
	t.Helper()
	return h.asks(t, state, "migrate up "+w.name(), behind)
}

// asks types a command until it has become a request behind the one given, and gives that.
func (h *house) asks(t *testing.T, state *pgx.Conn, words string, behind int64) (id int64) {
	t.Helper()
	found := func() bool {
		return state.QueryRow(t.Context(), "SELECT id FROM dbbot.requests WHERE words = $1 AND id > $2", words, behind).Scan(&id) == nil
	}
	h.until("a request to "+words, func() bool {
		if found() {
			return true
		}
		ctx, cancel := context.WithTimeout(t.Context(), truth)
		defer cancel()
		_, _ = h.space.Slash(ctx, "U0ANA", where, "/db "+words) // what came of it is seen in the state
		for range 200 {
			if found() {
				return true
			}
			pause(t.Context(), 10*time.Millisecond)
		}
		return false
	})
	return id
}

func (h *house) ends(t *testing.T, state *pgx.Conn, id int64) (ended string) {
	t.Helper()
	h.until(fmt.Sprintf("request %d is over", id), func() bool {
		err := state.QueryRow(t.Context(), "SELECT state FROM dbbot.requests WHERE id = $1", id).Scan(&ended)
		return err == nil && over.MatchString(ended)
	})
	return ended
}

// statusOf is what status says at a terminal: how far it is, and what broke off.
func (h *house) statusOf(t *testing.T, w wreck) string {
	t.Helper()
	var out, errs strings.Builder
	if code := run(context.WithoutCancel(t.Context()), []string{"ask", "--config", h.file, "migrate status " + w.name()}, h.world.env, &out, &errs); code == 2 {
		t.Fatalf("%d: %s%s", code, &out, &errs)
	}
	var said []string
	for line := range strings.Lines(out.String()) {
		if line = strings.TrimSpace(line); strings.Contains(line, " applied, ") {
			said = append(said, line)
		} else if before, _, goesOn := strings.Cut(line, ": /db migrate up 1 "); goesOn {
			said = append(said, before)
		}
	}
	return strings.Join(said, " ")
}

func asked(t *testing.T, conn *pgx.Conn, sql string) (text string) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), sql).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}
