package apply

import (
	"testing"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// The planner's numbers are near the truth where the tables were counted, and nothing is run to get them.
func TestTouched(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url,
		"CREATE TABLE orders (id int, total int)", "INSERT INTO orders SELECT n, n % 2 FROM generate_series(1, 20000) n",
		"CREATE TABLE events (at int) PARTITION BY RANGE (at)", "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (1000)", "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (1000) TO (2000)",
		"INSERT INTO events SELECT n FROM generate_series(0, 1999) n", "CREATE TABLE kept (id int)", "CREATE TABLE shut (id int)", "ANALYZE",
		"CREATE SEQUENCE called", "CREATE FUNCTION sly() RETURNS bigint STABLE LANGUAGE sql AS $$ SELECT nextval('called') $$",
		"CREATE RULE also AS ON DELETE TO kept DO ALSO UPDATE orders SET total = 3 WHERE total = 1",
	)
	holder := clustertest.Connect(t, url)
	if _, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE shut"); err != nil {
		t.Fatal(err)
	}
	wanted := map[string]int64{
		"UPDATE orders SET total = 2 WHERE total = 1":                                               10_000,
		"UPDATE orders SET total = total + 1":                                                       20_000,
		"-- why\nDELETE FROM orders USING events WHERE orders.id = events.at AND orders.total = 1;": 1_000,
		"DELETE FROM events": 2_000,
		"INSERT INTO kept SELECT id FROM orders WHERE total = 1":                                              10_000,
		"WITH gone AS (DELETE FROM orders WHERE total = 0 RETURNING id) INSERT INTO kept SELECT id FROM gone": 20_000,
		"DELETE FROM kept WHERE id = 1":                                                                       10_000, // by the rule
	}
	unknown := []string{
		"UPDATE orders SET nothere = 1", "DELETE FROM shut", "UPDATE orders SET total = 1; DROP TABLE kept", "UPDATE orders SET total = 5 WHERE id > sly()", "VACUUM", "UPDATE",
	}
	c := open(t, url, migrate.GolangMigrate, 0)
	asked := unknown
	for sql := range wanted {
		asked = append(asked, sql)
	}
	got := c.Touched(t.Context(), asked)
	for sql, want := range wanted {
		if rows := got[sql]; rows < want*8/10 || rows > want*12/10 {
			t.Errorf("%s: %d rows, not about %d", sql, rows, want)
		}
	}
	for _, sql := range unknown {
		if rows, known := got[sql]; known {
			t.Errorf("%s: %d rows", sql, rows)
		}
	}
	if left := ask(t, url, "SELECT concat_ws(' ', (SELECT count(*) FROM orders WHERE total < 2), (SELECT count(*) FROM events), (SELECT count(*) FROM kept), (SELECT is_called FROM called))"); left != "20000 2000 0 f" {
		t.Errorf("something was run: %s", left)
	}
	if held := ask(t, url, "SELECT count(*)::text FROM pg_locks l JOIN pg_class ON relation = pg_class.oid WHERE relname IN ('orders', 'events', 'kept')"); held != "0" {
		t.Errorf("%s locks are left", held)
	}
	c.Close()
	if got := c.Touched(t.Context(), asked); len(got) != 0 {
		t.Errorf("%v over a closed connection", got)
	}
}

func TestNotAllStatementsAreExplained(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, "CREATE TABLE orders (id int)")
	var asked []string
	for range mostExplained + 10 {
		asked = append(asked, "UPDATE orders SET id = "+uuid()[:1]+" WHERE '"+uuid()+"' <> ''")
	}
	if got := open(t, url, migrate.GolangMigrate, 0).Touched(t.Context(), asked); len(got) > mostExplained {
		t.Errorf("%d were asked about", len(got))
	}
}
