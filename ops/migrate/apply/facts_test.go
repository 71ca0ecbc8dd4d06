package apply

import (
	"reflect"
	"testing"
	"time"

	"dbbot/ops/migrate"
	"dbbot/ops/migrate/lint"
	"dbbot/ops/postgres/cluster/clustertest"
)

func TestFacts(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url,
		"CREATE TABLE people (id bigint PRIMARY KEY)",
		"CREATE TABLE orders (id bigint PRIMARY KEY, who bigint NOT NULL REFERENCES people, total numeric(10,2) DEFAULT 0 CONSTRAINT positive CHECK (total >= 0), gone int)",
		"ALTER TABLE orders DROP COLUMN gone",
		"CREATE INDEX orders_mixed ON orders (who, lower(who::text), total) WHERE total > 0",
		"INSERT INTO people SELECT generate_series(1, 1000)", "INSERT INTO orders SELECT n, n FROM generate_series(1, 1000) n", "VACUUM ANALYZE orders, people",
		"CREATE TABLE events (at date NOT NULL) PARTITION BY RANGE (at)",
		"CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')", "CREATE TABLE events_rest PARTITION OF events DEFAULT",
		"CREATE UNLOGGED TABLE aside ()", "CREATE VIEW seen AS SELECT 1 AS one", "CREATE SCHEMA other", "CREATE TABLE other.orders ()",
	)
	holder := clustertest.Connect(t, url)
	if _, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE aside IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	c := open(t, url, migrate.GolangMigrate, 0)
	f, err := c.Facts(t.Context(), nil)
	for end := time.Now().Add(20 * time.Second); err == nil && f.Tables["public.orders"].Scans == 0 && time.Now().Before(end); {
		f, err = c.Facts(t.Context(), nil) // PostgreSQL 14 counts a moment later
	}
	if err != nil {
		t.Fatal(explained(err))
	}
	if f.Version < 13 || !reflect.DeepEqual(f.Path, []string{"public"}) || !f.Superuser || f.Policies || len(f.Tables) != 8 {
		t.Errorf("%d, %v, %v, %v, %d", f.Version, f.Path, f.Superuser, f.Policies, len(f.Tables))
	}
	orders := f.Tables["public.orders"]
	if orders.Kind != lint.Ordinary || orders.Rows != 1000 || orders.Bytes < 8192 || orders.Updates <= 0 || orders.Scans <= 0 || orders.Longest != 0 {
		t.Errorf("%+v", orders)
	}
	if want := []lint.Column{{Name: "id", Type: "bigint", NotNull: true}, {Name: "who", Type: "bigint", NotNull: true}, {Name: "total", Type: "numeric(10,2)", Default: true}}; !reflect.DeepEqual(orders.Columns, want) {
		t.Errorf("%+v", orders.Columns)
	}
	if want := []lint.Constraint{
		{Name: "orders_pkey", Kind: lint.Primary, Columns: []string{"id"}, Definition: "PRIMARY KEY (id)", Valid: true},
		{Name: "orders_who_fkey", Kind: lint.ForeignTo, Columns: []string{"who"}, Table: "public.people", Definition: "FOREIGN KEY (who) REFERENCES people(id)", Valid: true},
		{Name: "positive", Kind: lint.CheckThat, Columns: []string{"total"}, Definition: "CHECK ((total >= (0)::numeric))", Valid: true},
	}; !reflect.DeepEqual(orders.Constraints, want) {
		t.Errorf("%+v", orders.Constraints)
	}
	if i := orders.Indexes[0]; i.Name != "orders_mixed" || !reflect.DeepEqual(i.Columns, []string{"who", "", "total"}) || i.Unique || !i.Partial || !i.Valid || i.Bytes == 0 {
		t.Errorf("%+v", i)
	}
	events := f.Tables["public.events"]
	if events.Kind != lint.Partitioned || !reflect.DeepEqual(events.Partitions, []string{"public.events_1", "public.events_rest"}) {
		t.Errorf("%+v", events)
	}
	if rest := f.Tables["public.events_rest"]; rest.Parent != "public.events" || !rest.Default || f.Tables["public.events_1"].Default {
		t.Errorf("%+v", rest)
	}
	if aside := f.Tables["public.aside"]; !aside.Unlogged || aside.Longest <= 0 {
		t.Errorf("%+v", aside)
	}
	if people := f.Tables["public.people"]; !reflect.DeepEqual(people.ReferencedBy, []string{"public.orders"}) {
		t.Errorf("%+v", people)
	}
	for _, test := range []struct {
		names []string
		want  int
	}{
		{[]string{"seen"}, 1}, {[]string{"people"}, 2}, {[]string{"orders_mixed"}, 2}, {[]string{"events_1"}, 3}, {[]string{"orders"}, 3}, {[]string{}, 0},
	} {
		if f, err := c.Facts(t.Context(), test.names); err != nil || len(f.Tables) != test.want {
			t.Errorf("%v: %d, %v", test.names, len(f.Tables), err)
		}
	}
}
