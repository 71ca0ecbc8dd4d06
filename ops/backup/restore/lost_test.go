package restore

import (
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5"

	"dbbot/ops/backup"
	"dbbot/ops/postgres/cluster/clustertest"
)

// What the server has forgotten is not told as nothing: counters of activity may be reset at any time.
func TestEstimatesAreNeverMadeOfNothing(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, "CREATE TABLE old AS SELECT generate_series(1, 10000) a", "CREATE TABLE grown AS SELECT generate_series(1, 10000) a", "CREATE TABLE never AS SELECT generate_series(1, 10000) a",
		"CREATE TABLE empty (a int)", "ANALYZE old, grown, empty", "SELECT pg_stat_force_next_flush()", "INSERT INTO grown SELECT generate_series(1, 10000)", "SELECT pg_stat_reset()")
	tables := []backup.Table{{Schema: "public", Name: "old"}, {Schema: "public", Name: "grown"}, {Schema: "public", Name: "never"}, {Schema: "public", Name: "empty"}}
	conn := clustertest.Connect(t, url)
	must(t, pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error { return estimate(t.Context(), tx, tables) }))
	for i, want := range []int64{10000, 20000, unknown, 0} {
		if got := tables[i].Rows; got < want-want/50 || got > want+want/50 {
			t.Errorf("%s: %d, want about %d", tables[i].Name, got, want)
		}
	}
	var lost Lost
	lost.differ(backup.Inventory{Tables: []backup.Table{{Schema: "public", Name: "old", Rows: 9000}, {Schema: "public", Name: "never", Rows: 7}}}, backup.Inventory{Tables: tables[:3]}, 0)
	want := []Change{{"public.old", 9000, lost.Tables[0].Live, true}, {"public.never", 7, unknown, true}}
	if !reflect.DeepEqual(lost.Tables, want) || !reflect.DeepEqual(lost.Gone, []string{"public.grown"}) {
		t.Errorf("%+v", lost)
	}
}

// Small tables are counted, whatever the statistics say; the budget goes to the smallest first.
func TestSmallTablesAreCounted(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, "CREATE TABLE small AS SELECT generate_series(1, 77) a", "SELECT pg_stat_reset()")
	tables := []backup.Table{{Schema: "public", Name: "small", Bytes: countedBytes + 1}, {Schema: "public", Name: "small", Bytes: 100}}
	conn := clustertest.Connect(t, url)
	must(t, pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
		counted, err := size(t.Context(), tx, tables)
		if counted != 1 || tables[0].Rows != 77 || tables[1].Rows != unknown {
			t.Errorf("%d, %+v", counted, tables)
		}
		return err
	}))
}

// A server that is almost full gets fewer jobs, down to one, and is refused where not even that fits.
func TestConnectionsThatAreLeft(t *testing.T) {
	c := clustertest.Start(t, map[string]string{"max_connections": "12", "superuser_reserved_connections": "2"})
	clustertest.Exec(t, c.URL("postgres"), "CREATE DATABASE crowded")
	url := at(t, c.URL("postgres"), "crowded")
	clustertest.Exec(t, url, shop)
	s := taken(t, url, taking{zstd: true})
	target := to(url, "new")
	target.Jobs = 4
	var taken []*pgx.Conn
	for range 6 {
		taken = append(taken, clustertest.Connect(t, url))
	}
	if r, err := Into(t.Context(), s, target, quiet); err != nil || r.Name != "new" {
		t.Errorf("%+v, %v", r, err)
	}
	for range 2 {
		taken = append(taken, clustertest.Connect(t, url))
	}
	target.Name = "newer"
	if ready, err := Examine(t.Context(), s, target); err != nil || len(ready.Faults) != 1 {
		t.Errorf("%d are connected: %+v, %v", len(taken), ready, err)
	}
}
