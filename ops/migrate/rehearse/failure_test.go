package rehearse

import (
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster/clustertest"
)

func TestFailuresAreCertainOnlyWhereTheSchemaDecides(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, strings.Split(shop, "INSERT")[0]+"CREATE VIEW sums AS SELECT customer, total FROM orders; CREATE TYPE mood AS ENUM ('sad')")
	config, err := opened(ops.Secret(url), "test", "")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := connect(t.Context(), config, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(conn) })
	var trace Trace
	w, err := watch(t.Context(), conn, false)
	if err != nil {
		t.Fatal(err)
	}
	p := &player{watcher: w, tell: func(change func(*Trace)) { change(&trace) }}
	for _, tt := range []struct {
		sql, code string
		line      int
		certain   bool
		says      string
	}{
		{"SELECT 1;\nALTER TABLE orders ADD CHECK (nota > 1)", "42703", 2, true, `column "nota" does not exist`},
		{"\n\nALTER TABLE ordrs ADD x int", "42P01", 3, true, `relation "ordrs" does not exist`},
		{"CREATE TABLE orders (id int)", "42P07", 1, true, ""},
		{"ALTER TABLE orders ADD note int", "42701", 1, true, ""},
		{"DROP TABLE customers", "2BP01", 1, true, "constraint orders_customer_fkey on table orders depends on"},
		{"ALTER TABLE orders ALTER total TYPE bigint", "0A000", 1, true, "cannot alter type of a column used by a view"},
		{"ALTER TYPE mood ADD VALUE 'glad'; CREATE TABLE f (m mood DEFAULT 'glad')", "55P04", 1, true, ""},
		{"ALTER TABLE orders ADD FOREIGN KEY (note) REFERENCES customers", "42804", 1, true, ""},
		{"SELECT f(1)", "42883", 1, true, ""},
		{"INSERT INTO orders (id, customer) VALUES (501, 1)", "23503", 1, false, ""},
		{"SELECT 1 / count(*) FROM orders", "22012", 1, false, "division by zero"},
		{"DO $$ BEGIN IF NOT EXISTS (SELECT FROM orders) THEN RAISE 'no orders of %', 'Ana'; END IF; END $$", "P0001", 1, false, "no orders of ***"},
		{"DO $$ DECLARE t text; BEGIN SELECT name INTO t FROM customers LIMIT 1; EXECUTE 'ALTER TABLE ' || quote_ident(coalesce(t, 'none')) || ' ADD x int'; END $$", "42P01", 1, false, ""},
		{"SET LOCAL ROLE pg_monitor; ALTER TABLE orders ADD x int", "42501", 1, false, "must be owner of table orders"},
		{"INSERT INTO customers VALUES (1, NULL)", "23502", 1, false, ""},
	} {
		trace = Trace{}
		if err := p.play(t.Context(), steps("SELECT 1", tt.sql)); err != nil {
			t.Fatalf("%s: %v", tt.sql, err)
		}
		if err := p.exec(t.Context(), "ROLLBACK"); err != nil {
			t.Fatal(err)
		}
		f := trace.Failure
		if f == nil {
			t.Errorf("%s: went through", tt.sql)
			continue
		}
		f.weigh(setting{same: true, version: true, alike: true})
		if f.Code != tt.code || f.Line != tt.line || f.Certain != tt.certain || f.Certain != (f.Doubt == "") || f.Step != 1 || !strings.Contains(f.Message, tt.says) {
			t.Errorf("%s: %+v", tt.sql, f)
		}
		if strings.Contains(f.Message, "Ana") {
			t.Errorf("a value is shown: %s", f.Message)
		}
		for name, in := range map[string]setting{
			"another version": {same: true, alike: true}, "not alike": {same: true, version: true}, "a file left out": {same: true, version: true, refused: true},
			"something lacks": {same: true, version: true, lacks: lacking{objects: []string{"x"}}},
		} {
			if f.weigh(in); f.Certain {
				t.Errorf("%s: certain with %s", tt.sql, name)
			}
		}
	}
}
