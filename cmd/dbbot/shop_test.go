package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dbbot/ops/postgres/cluster/clustertest"
)

// shopOf is a database of a conversation's own with a folder of migrations: those of the demo, of which the first three
// are applied, and some rows.
type shopOf struct {
	database, dir, url, tool, keeper, store string
	schedule, notify                        string // of backups; empty: seldom, and all is told
}

// newPrismaShop has an empty database, and one migration that creates a table.
func newPrismaShop(t testing.TB, databases sample) shopOf {
	t.Helper()
	s := shopOf{database: "shop_" + strings.ToLower(rand.Text()), dir: t.TempDir(), tool: "prisma"}
	s.write(t, "20260101000000_carts/migration.sql", "CREATE TABLE carts (id bigint PRIMARY KEY);")
	clustertest.Exec(t, databases.server.URL("postgres"), "CREATE DATABASE "+s.database+" OWNER application")
	s.url = databases.application(s.database)
	return s
}

func newShopOf(t testing.TB, databases sample) shopOf {
	t.Helper()
	s := shopOf{database: "shop_" + strings.ToLower(rand.Text()), dir: t.TempDir(), tool: "golang-migrate", store: t.TempDir()}
	files, err := fs.Sub(demoFiles, "demo/migrations")
	if err == nil {
		err = os.CopyFS(s.dir, files)
	}
	if err != nil {
		t.Fatal(err)
	}
	clustertest.Exec(t, databases.server.URL("postgres"), "CREATE DATABASE "+s.database+" OWNER application")
	s.url, s.keeper = databases.application(s.database), databases.keeper(s.database)
	up, err := filepath.Glob(filepath.Join(s.dir, "*.up.sql"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(up)
	for _, path := range up[:appliedMigrations] {
		sql, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		clustertest.Exec(t, s.url, string(sql))
	}
	clustertest.Exec(t, s.url,
		"CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)", "INSERT INTO schema_migrations VALUES (3, false)",
		"INSERT INTO customers (name, email, country) VALUES ('Ada', 'ada@example.com', 'DE')",
		"INSERT INTO orders (customer_id, status) SELECT 1, CASE WHEN n % 7 = 0 THEN 'returned' ELSE 'sent' END FROM generate_series(1, 20000) AS n",
		"ANALYZE")
	clustertest.Exec(t, databases.server.URL(s.database), "SELECT pg_stat_reset()") // nobody uses the tables, for all that is known
	return s
}

// env of the shop, for migrate.yml, migrate_policy.yml and backup.yml. Today is closed there, and so are yesterday and
// tomorrow, which some zone has already or still.
func (s shopOf) env(name string) string {
	if name == "SHOP_TODAY" {
		return time.Now().AddDate(0, 0, -1).Format(time.DateOnly) + ".." + time.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	}
	return map[string]string{
		"SHOP_URL": s.url, "SHOP_MIGRATIONS": s.dir, "SHOP_TOOL": s.tool, "SHOP_KEEPER_URL": s.keeper, "SHOP_STORE": s.store,
		"SHOP_SCHEDULE": cmp.Or(s.schedule, "0 3 1 1 *"), "SHOP_NOTIFY": cmp.Or(s.notify, "all"),
	}[name]
}

// write makes a file of the folder, or another one of it.
func (s shopOf) write(t testing.TB, path, sql string) {
	t.Helper()
	file := filepath.Join(s.dir, filepath.FromSlash(path))
	err := os.MkdirAll(filepath.Dir(file), 0o700)
	if err == nil {
		err = os.WriteFile(file, []byte(sql), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (c *conversation) fileIsGone(path string) {
	c.t.Helper()
	if err := os.Remove(filepath.Join(c.world.shop.dir, path)); err != nil {
		c.t.Fatal(err)
	}
}

// shopRuns does something to the shop by hand.
func (c *conversation) shopRuns(sql string) {
	c.t.Helper()
	clustertest.Exec(c.t, c.world.shop.url, sql)
}

// shopSays asks the shop for one value.
func (c *conversation) shopSays(want, sql string) {
	c.t.Helper()
	var got *string
	if err := clustertest.Connect(c.t, c.world.shop.url).QueryRow(context.Background(), "SELECT ("+sql+")::text").Scan(&got); err != nil {
		c.t.Fatalf("%s\n%v", c.line, err)
	}
	if got == nil {
		got = new(string)
	}
	if said := cmp.Or(*got, "nothing"); said != want {
		c.t.Errorf("%s\nthe shop says %s", c.line, said)
	}
}
