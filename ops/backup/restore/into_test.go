package restore

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/inventory"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// to is a target of the tests: request 12.
func to(address, name string) Target {
	return Target{URL: ops.Secret(address), Name: name, Request: 12, Asked: time.Unix(1_700_000_000, 0).UTC(), By: "U0ANA"}
}

// at is the URL of another database of the same server.
func at(tb testing.TB, address, name string) string {
	tb.Helper()
	u, err := url.Parse(address)
	must(tb, err)
	u.Path = "/" + name
	return u.String()
}

// held is everything in a database, with hashes of all rows.
func held(tb testing.TB, address string) (all backup.Inventory, frame backup.Frame) {
	tb.Helper()
	conn := clustertest.Connect(tb, address)
	must(tb, pgx.BeginTxFunc(tb.Context(), conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) (err error) {
		frame, err = inventory.ReadFrame(tb.Context(), tx)
		must(tb, err)
		all, err = inventory.Read(tb.Context(), tx, true, func(int64, int64) {})
		must(tb, err)
		return inventory.Hash(tb.Context(), tx, &all, func(int64, int64) {})
	}))
	must(tb, conn.Close(context.Background()))
	return all, frame
}

// name of the database of a URL.
func name(tb testing.TB, address string) string {
	tb.Helper()
	u, err := url.Parse(address)
	must(tb, err)
	return strings.TrimPrefix(u.Path, "/")
}

// framed gives a database what stands around it.
func framed(tb testing.TB, address string, role string) {
	tb.Helper()
	db := name(tb, address)
	clustertest.Exec(tb, address, "CREATE ROLE "+role+" LOGIN", "ALTER TABLE orders OWNER TO "+role, "GRANT SELECT ON customers TO "+role,
		"ALTER DATABASE "+db+" OWNER TO "+role, "REVOKE ALL ON DATABASE "+db+" FROM PUBLIC", "GRANT CONNECT ON DATABASE "+db+" TO pg_monitor WITH GRANT OPTION",
		"ALTER DATABASE "+db+" SET search_path = shop, \"Od d\", public", "ALTER DATABASE "+db+` SET app.motto = 'it''s \a'`, "ALTER DATABASE "+db+" CONNECTION LIMIT 17",
		"ALTER ROLE "+role+" IN DATABASE "+db+" SET work_mem = '5MB'")
}

func TestIntoANewDatabase(t *testing.T) {
	from := clustertest.Database(t)
	clustertest.Exec(t, from, shop)
	framed(t, from, "keeper")
	s := taken(t, from, taking{zstd: true, age: true, hashes: true})
	target := to(from, "co py")
	ready, err := Examine(t.Context(), s, target)
	if err != nil || len(ready.Faults) > 0 || len(ready.Roles) > 0 || ready.Client == "" {
		t.Errorf("%+v, %v", ready, err)
	}
	phases := map[string]bool{}
	r, err := Into(t.Context(), s, target, func(phase string, done, total int64) {
		if phases[phase] = true; done < 0 || total < 0 || done > total {
			t.Errorf("%s: %d of %d", phase, done, total)
		}
	})
	if err != nil || r.Name != "co py" || r.Took <= 0 || len(r.Notes) > 0 || len(r.Found) > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if !phases["fetching"] || !phases["analysing"] || !phases["comparing"] {
		t.Errorf("said: %v", phases)
	}
	want, around := held(t, from)
	got, its := held(t, at(t, from, "co py"))
	if found := inventory.Compare(want, got); len(found) > 0 {
		t.Errorf("%q", found)
	}
	its.Server, its.LSN = around.Server, around.LSN
	if !reflect.DeepEqual(around, its) {
		t.Errorf("around it: %+v, want %+v", its, around)
	}
	if owner := ask(t, at(t, from, "co py"), "SELECT tableowner::text FROM pg_tables WHERE tablename = 'orders'"); owner != "keeper" {
		t.Errorf("orders belongs to %s", owner)
	}
	if n := ask(t, at(t, from, "co py"), "SELECT count(*)::text FROM pg_stats WHERE tablename = 'orders'"); n == "0" {
		t.Error("it was not analysed")
	}
	if found, err := Look(t.Context(), target); err != nil || !found.Whole || found.Name != "co py" {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := Into(t.Context(), s, target, quiet); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("a second time: %v", err)
	}
	clustertest.Exec(t, from, `DROP DATABASE "co py"`)
	if got := left(t, from); got != "" {
		t.Errorf("left: %s", got)
	}
}

// strange is a second server, where nobody is known: the tests share it.
func strange(tb testing.TB) string {
	tb.Helper()
	second.Do(func() { elsewhere, elsewhereErr = cluster.Start(context.Background(), cluster.Options{}) })
	must(tb, elsewhereErr)
	return elsewhere.URL("postgres")
}

var (
	second       sync.Once
	elsewhere    *cluster.Cluster
	elsewhereErr error
)

// On a server of its own, where nobody is known.
func TestIntoAnotherServer(t *testing.T) {
	from := clustertest.Database(t)
	clustertest.Exec(t, from, shop, "CREATE ROLE reader", "GRANT SELECT ON orders TO reader", "CREATE POLICY p ON orders TO reader USING (true)")
	framed(t, from, "writer")
	s := taken(t, from, taking{zstd: true})
	other := strange(t)
	if v, err := Verify(t.Context(), s, Target{URL: ops.Secret(other)}, quiet); err != nil || len(v.Found) > 0 || !strings.Contains(fmt.Sprint(v.Notes), "policy") {
		t.Errorf("%+v, %v", v, err)
	}
	target := to(other, "orders")
	ready, err := Examine(t.Context(), s, target)
	if err != nil || !reflect.DeepEqual(ready.Roles, []string{"reader", "writer"}) {
		t.Errorf("%+v, %v", ready, err)
	}
	r, err := Into(t.Context(), s, target, quiet)
	if err != nil || !reflect.DeepEqual(r.Roles, ready.Roles) {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := ask(t, at(t, other, "orders"), "SELECT string_agg(rolname || rolcanlogin, ' ' ORDER BY 1) FROM pg_roles WHERE rolname ~ '^[^_]*er$'"); got != "readerfalse writerfalse" {
		t.Errorf("roles: %s", got)
	}
	clustertest.Exec(t, other, "DROP DATABASE orders")
}

// Damage is found while it is restored: nothing remains, not even the roles.
func TestWhatFailsLeavesNothing(t *testing.T) {
	from := clustertest.Database(t)
	clustertest.Exec(t, from, shop)
	framed(t, from, "passing")
	s := taken(t, from, taking{})
	other := strange(t)
	s.Backup.Contents.Tables[0].Rows++
	r, err := Into(t.Context(), s, to(other, "orders"), quiet)
	if fault, ok := errors.AsType[*ops.Error](err); !ok || len(r.Found) != 1 || r.Name != "" || !strings.Contains(fault.Message, "501") {
		t.Errorf("%+v, %v", r, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("cancelled by Ana")
	r, err = Into(ctx, s, to(other, "orders"), func(phase string, _, _ int64) {
		if phase == "analysing" {
			cancel(over)
		}
	})
	if !errors.Is(err, over) || r.Name != "" {
		t.Errorf("%+v, %v", r, err)
	}
	if got := left(t, other) + ask(t, other, "SELECT count(*)::text FROM pg_roles, pg_database WHERE rolname = 'passing' OR datname = 'orders'"); got != "0" {
		t.Errorf("left: %s", got)
	}
}
