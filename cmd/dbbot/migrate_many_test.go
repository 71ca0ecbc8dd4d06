package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Three hundred pending files make one card, which Slack takes, and one run.
func TestThreeHundredFilesOnOneCard(t *testing.T) {
	var script strings.Builder
	script.WriteString("in #orders\nlee hears nothing\n")
	for n := range 300 {
		fmt.Fprintf(&script, "the file %06d_many.up.sql: CREATE TABLE many_%d (id bigint PRIMARY KEY); ALTER TABLE orders ADD COLUMN c_%d int;\n", n+100, n, n)
	}
	script.WriteString(`the file 000006_fewer_states.up.sql: SELECT 1;
ana> /db migrate up shop
bot to everyone: … #1 migrate up shop: pending
    …
    Up from 3 to 399: 303 migrations. …
    …
    …the file in the thread has all
    …
lee clicks Approve
bot to everyone, finally: … #1 migrate up shop: succeeded
    …
the shop says 399 to: SELECT version FROM schema_migrations
the shop says 300 to: SELECT count(*) FROM pg_tables WHERE tablename LIKE 'many%'
`)
	file := filepath.Join(t.TempDir(), "many.txt")
	if err := os.WriteFile(file, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	databases := sampleDatabases(t)
	c := &conversation{
		t: t, channel: "C0ORDERS", people: map[string]*listener{}, sessions: map[string]*transaction{},
		world: newWorld(t, databases, 1, func(w *world) { w.file, w.shop = "testdata/migrate.yml", newShopOf(t, databases) }),
	}
	for _, step := range readSteps(t, file) {
		c.line = fmt.Sprintf("line %d: %.200s", step.line, step.text)
		c.play(step.text)
	}
}
