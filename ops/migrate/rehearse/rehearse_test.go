package rehearse

import (
	"strings"
	"testing"

	"dbbot/ops/postgres/cluster/clustertest"
)

const shop = `CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint REFERENCES customers, total numeric, note varchar(20));
CREATE INDEX orders_total ON orders (total);
INSERT INTO customers SELECT i, 'x' FROM generate_series(1, 500) i;
INSERT INTO orders SELECT i, i, i, 'x' FROM generate_series(1, 500) i;`

func shopped(tb testing.TB) string {
	tb.Helper()
	url := clustertest.Database(tb)
	clustertest.Exec(tb, url, shop)
	return url
}

func TestARehearsalTracesEachStatement(t *testing.T) {
	url := shopped(t)
	got := rehearsed(t, beside(url),
		"ALTER TABLE orders ADD COLUMN paid boolean;\nALTER TABLE orders ALTER total TYPE bigint;\nCREATE INDEX ON orders (note);",
		"CREATE INDEX CONCURRENTLY late ON orders (paid);\nALTER TABLE customers ALTER name SET NOT NULL;",
		"BEGIN; CREATE TABLE fresh (id bigint REFERENCES customers); COMMIT; DO $$ BEGIN EXECUTE 'ALTER TABLE customers ADD x uuid DEFAULT gen_random_uuid()'; END $$;",
		"ALTER TABLE orders RENAME TO bought; ALTER TABLE bought ADD CHECK (id > 0)",
	)
	want := []string{
		"public.orders AccessExclusive", "public.orders AccessExclusive rewrite scan", "public.orders AccessExclusive scan",
		"untraced", "public.customers AccessExclusive",
		"untraced", "public.customers ShareRowExclusive", "untraced", "public.customers AccessExclusive rewrite scan",
		"public.orders AccessExclusive", "public.orders AccessExclusive scan",
	}
	if said := told(got); strings.Join(said, "\n") != strings.Join(want, "\n") {
		t.Errorf("%+v\n%s", got, strings.Join(said, "\n"))
	}
	if held := got.Steps[0].Statements[2].Seen.Held["public.orders"]; held != "AccessExclusive" {
		t.Errorf("held %q", held)
	}
	if got.Failure != nil || got.Refused+got.Stopped != "" || got.Under || got.Rows || len(got.Missing) > 0 || got.Server != "the server of orders" || got.Took == 0 {
		t.Errorf("%+v", got)
	}
	if left := scratches(t, url); len(left) > 0 {
		t.Errorf("%q stay behind", left)
	}
	if n := ask(t, url, "SELECT count(*)::text FROM information_schema.columns WHERE table_name = 'orders'"); n != "4" {
		t.Errorf("the real table has %s columns", n)
	}
}

func told(trace Trace) (all []string) {
	for _, s := range trace.Steps {
		for _, one := range s.Statements {
			if !one.Traced {
				all = append(all, "untraced")
				continue
			}
			all = append(all, listed(one.Seen.Locks))
		}
	}
	return all
}
