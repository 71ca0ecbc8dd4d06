package postgres

import (
	"context"
	"slices"
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

func TestWholeStatus(t *testing.T) {
	eachServer(t, func(t *testing.T, c *cluster.Cluster) {
		r := reader(t, Database{URL: ops.Secret(shop(t, c)), Migrations: GolangMigrate})
		s := lookNow(t, r)
		if all := faults(s); all != nil {
			t.Fatalf("not read: %v", all)
		}
		if v := s.Server.Value; major(v.Version) != c.Binaries.Major || v.Replica || !v.SeesAll || v.Pooled || v.User != "postgres" || v.Up <= 0 {
			t.Errorf("server: %+v", v)
		}
		if v := s.Connections.Value; v.Used < 1 || v.Here < 1 || v.Max != 30 || v.Reserved != 3 || v.Usable() != 27 || len(v.Top) == 0 || v.Hidden != 0 {
			t.Errorf("connections: %+v", v)
		}
		if v := s.Size.Value.Bytes; v < 1<<20 {
			t.Errorf("size: %s", v)
		}
		if v := s.Tables.Value; v.Largest[0].Name != "public.orders" || v.Largest[0].Bytes < 1<<20 || v.Bytes < v.Largest[0].Bytes {
			t.Errorf("tables: %+v", v)
		}
		if v := s.Freeze.Value; v.Transactions <= 0 || v.AutovacuumFrom != 200_000_000 {
			t.Errorf("transaction ids: %+v", v)
		}
		if v := s.Statements.Value; v.Spent <= 0 || !slices.ContainsFunc(v.Top, func(s Statement) bool {
			return strings.HasPrefix(string(s.Query), "INSERT INTO orders SELECT n, repeat($1, $2) FROM generate_series($3, $4)")
		}) {
			t.Errorf("statements: %+v", v)
		}
		if v := s.Migrations.Value; len(v.Rows) != 1 || v.Rows[0] != (Migration{Version: "2"}) {
			t.Errorf("migrations: %+v", v)
		}
		if s.Replication.Value.Receiver != nil || s.Took <= 0 || s.At.IsZero() || s.Thresholds != DefaultThresholds() {
			t.Errorf("%+v", s)
		}
	})
}

func TestPrismaMigrations(t *testing.T) {
	url := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(url), Migrations: Prisma})
	if s := lookNow(t, r); !s.Migrations.Value.Missing || s.Migrations.Fault != nil {
		t.Fatalf("before Prisma ever ran: %+v", s.Migrations)
	}
	// the table as Prisma's engine makes it
	do(t, clustertest.Connect(t, url), `CREATE TABLE _prisma_migrations (
		id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
		migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
		started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`,
		`INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, rolled_back_at) VALUES
		('c', '', '20240103_c', '2024-01-03', NULL, NULL), ('a', '', '20240101_a', '2024-01-01', now(), NULL),
		('b', '', '20240102_b', '2024-01-02', NULL, now())`)
	want := []Migration{{Name: "20240101_a", Finished: true}, {Name: "20240102_b", RolledBack: true}, {Name: "20240103_c"}}
	if s := lookNow(t, r); !slices.Equal(s.Migrations.Value.Rows, want) {
		t.Errorf("got %+v", s.Migrations)
	}
}

// The role's own search path says where the migration table is; ours finds nothing of theirs.
func TestSearchPath(t *testing.T) {
	url := shop(t, anyServer(t))
	do(t, clustertest.Connect(t, url), "CREATE SCHEMA app", "CREATE TABLE app.schema_migrations (version bigint, dirty boolean)",
		"INSERT INTO app.schema_migrations VALUES (7, true)",
		"CREATE FUNCTION app.current_database() RETURNS name LANGUAGE sql AS $$ SELECT 'somebody else'::name $$")
	r := reader(t, Database{URL: ops.Secret(url + "&search_path=app,pg_catalog"), Migrations: GolangMigrate})
	s := lookNow(t, r)
	if v := s.Migrations.Value.Rows; len(v) != 1 || v[0] != (Migration{Version: "7", Dirty: true}) {
		t.Errorf("migrations: %+v %+v", v, s.Migrations.Fault)
	}
	if s.Server.Value.Database == "somebody else" {
		t.Error("a function of the database's own answered in place of PostgreSQL's")
	}
}

// Nothing can be written over the connection, whoever the role is.
func TestReadOnly(t *testing.T) {
	url := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(url)})
	spoil(r, map[string]string{"size": "DELETE FROM public.orders"})
	if s := lookNow(t, r); s.Size.Fault == nil || sqlState(s.Size.Fault.Cause) != "25006" {
		t.Errorf("got %+v, want 25006: read-only transaction", s.Size)
	}
}

func TestPing(t *testing.T) {
	r := reader(t, Database{URL: ops.Secret(shop(t, anyServer(t)))})
	pong, err := r.Ping(t.Context(), "orders")
	if err != nil || major(pong.Version) < oldest || pong.Replica || pong.Took <= 0 {
		t.Errorf("got %+v, %v", pong, err)
	}
	before := lookNow(t, r).Server.Value.Backend
	if _, err := r.Ping(t.Context(), "orders"); err != nil || lookNow(t, r).Server.Value.Backend != before {
		t.Errorf("the connection was not kept: %v", err)
	}
	if _, err := r.Ping(t.Context(), "nonesuch"); err == nil || !strings.Contains(err.Error(), `"nonesuch"`) {
		t.Errorf("of a database that is not configured: %v", err)
	}
	if s := r.Status(t.Context(), "nonesuch"); s.Down == nil {
		t.Errorf("of a database that is not configured: %+v", s)
	}
}

func TestChangesSinceTheLastLook(t *testing.T) {
	url := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(url)})
	if s := lookNow(t, r); s.Counters.Value.Recent != nil || s.Size.Value.Growth != nil {
		t.Fatalf("the first look compares with %+v and %+v", s.Counters.Value.Recent, s.Size.Value.Growth)
	}
	d := r.databases["orders"]
	// as if the first look had been long ago
	d.memory.counters.newer.at = d.memory.counters.newer.at.Add(-2 * rateOver)
	d.memory.size.newer.at = d.memory.size.newer.at.Add(-2 * growthOver)
	conn := clustertest.Connect(t, url)
	do(t, conn, "INSERT INTO orders SELECT n, repeat('x', 1000) FROM generate_series(10000, 12000) n", "BEGIN", "ROLLBACK")
	_ = conn.Close(context.Background()) // an ended session has reported its counters
	s := eventually(t, r, func(s Status) bool { return s.Counters.Value.Recent != nil && s.Counters.Value.Recent.Commits > 0 })
	if s.Size.Value.Growth == nil || s.Size.Value.Growth.Bytes < 1<<20 {
		t.Errorf("growth: %+v", s.Size.Value.Growth)
	}
	if s.Counters.Value.Over < Age(rateOver) {
		t.Errorf("over %s", s.Counters.Value.Over)
	}
}

// Among the statements where the time goes there is none of ours, whoever we are.
func TestOwnStatementsAreLeftOut(t *testing.T) {
	url := shop(t, anyServer(t))
	for _, name := range []string{"dbbot_plain", "dbbot_sees_all"} {
		plain := role(t, url, name)
		if name == "dbbot_sees_all" {
			do(t, clustertest.Connect(t, url), "GRANT pg_monitor TO dbbot_sees_all")
		}
		r := reader(t, Database{URL: ops.Secret(plain), Migrations: GolangMigrate})
		for range 3 {
			lookNow(t, r)
		}
		var all, unmarked []string
		if err := clustertest.Connect(t, url).QueryRow(t.Context(), `SELECT array_agg(query), array_agg(query) FILTER (WHERE query NOT LIKE '%/* dbbot */%')
			FROM pg_stat_statements WHERE userid = $1::regrole AND query <> 'ROLLBACK'`, name).Scan(&all, &unmarked); err != nil {
			t.Fatal(err)
		}
		if len(all) < 10 || len(unmarked) > 0 {
			t.Errorf("%s: of %d statements these are not known as ours: %q", name, len(all), unmarked)
		}
	}
}
