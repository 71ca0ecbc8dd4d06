package rehearse

import (
	"strings"
	"testing"

	"dbbot/ops"
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
	got := rehearsed(t, beside(t, url),
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
	if got.Failure != nil || got.Refused+got.Stopped != "" || got.Under || got.Rows || len(got.Missing) > 0 || got.Server != "the same server" || got.Took == 0 {
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

// refused are the reasons for not rehearsing at all.
func TestWhereNothingIsRehearsed(t *testing.T) {
	url := shopped(t)
	other := clustertest.Database(t)
	good := beside(t, url)
	clustertest.Exec(t, url, "CREATE ROLE weak LOGIN PASSWORD 'w'", "CREATE ROLE reader LOGIN CREATEDB PASSWORD 'r' IN ROLE pg_read_server_files")
	for _, tt := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Scratch = o.URL }, "rehearsal_url leads to orders itself. "},
		{func(o *Options) { o.Scratch = o.Beside }, "rehearsal_url leads to orders itself. "},
		{func(o *Options) { o.Beside = "" }, `On the server of orders nothing is rehearsed with the rights of "postgres", which reach beyond a scratch database. Give a role as restore_url`},
		{func(o *Options) { o.Scratch = ops.Secret(other) }, `On the server of orders nothing is rehearsed with the rights of "postgres"`},
		{func(o *Options) { o.Beside = ops.Secret(clustertest.As(t, url, "reader", "r")) }, `On the server of orders nothing is rehearsed with the rights of "reader"`},
		{func(o *Options) { o.Beside = ops.Secret(clustertest.As(t, url, "weak", "w")) }, `dbbot's role "weak" may not make databases on the server for rehearsals. ALTER ROLE "weak" CREATEDB;`},
		{func(o *Options) { o.Beside = ops.Secret(clustertest.As(t, url, "keeper", "wrong-pass")) }, "The server for rehearsals did not answer. It said 28P01; look at restore_url."},
		{func(o *Options) { o.Scratch = "postgres://nobody@127.0.0.1:1/none" }, "The server for rehearsals did not answer. Look at rehearsal_url."},
		{func(o *Options) { o.Scratch = "://x" }, "The address of the server for rehearsals cannot be understood."},
		{func(o *Options) { o.URL = "postgres://nobody:hunter2@127.0.0.1:1/none" }, "The schema of the database could not be read."},
		{func(o *Options) { o.URL = o.Beside }, "The schema could not be read for the rehearsal. pg_dump says: "},
	} {
		o := good
		tt.change(&o)
		got := rehearsed(t, o, "ALTER TABLE orders ADD x int")
		if !strings.HasPrefix(got.Refused, tt.want) || len(got.Steps) > 0 || strings.Contains(got.Refused, "hunter2") {
			t.Errorf("want %q, got %+v", tt.want, got)
		}
	}
	if left := scratches(t, url); len(left) > 0 {
		t.Errorf("%q stay behind", left)
	}
}
