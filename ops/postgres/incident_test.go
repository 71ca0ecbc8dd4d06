package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// Somebody has forgotten a transaction, DDL waits behind it, and everybody waits behind the DDL.
func TestBlockedSessions(t *testing.T) {
	eachServer(t, func(t *testing.T, c *cluster.Cluster) {
		url := shop(t, c)
		r := reader(t, Database{URL: ops.Secret(url)})
		forgotten, ddl, shopper := clustertest.Connect(t, url), clustertest.Connect(t, url+"&application_name=deploy"), clustertest.Connect(t, url)
		do(t, forgotten, "BEGIN", "UPDATE orders SET note = 'the customer''s secret' WHERE id = 1")
		inBackground(t, ddl, "ALTER TABLE orders ADD COLUMN total int")
		eventually(t, r, func(s Status) bool { return s.Locks.Value.Waiting == 1 })
		inBackground(t, shopper, "SELECT count(*) FROM orders")
		s := eventually(t, r, func(s Status) bool { // what pg_stat_activity shows may be older than the locks
			l := s.Locks.Value
			return l.Waiting == 2 && l.Waits[0].Waited > 0 && l.Waits[1].Waited > 0 && s.Connections.Value.Active >= 3
		})

		tree := s.Locks.Value.Tree()
		if len(tree) != 1 || tree[0].Session.PID != pid(forgotten) || tree[0].Waiting() != 2 {
			t.Fatalf("the tree is %+v", tree)
		}
		if got := tree[0].Session; got.State != "idle in transaction" || got.Query != "UPDATE orders SET note = ? WHERE id = ?" {
			t.Errorf("the root is %+v", got)
		}
		second := tree[0].Behind[0]
		if second.Session.PID != pid(ddl) || second.Session.Application != "deploy" || second.Wait.Relation != "public.orders" || second.Wait.Mode != "AccessExclusiveLock" {
			t.Errorf("behind it is %+v, waiting for %+v", second.Session, second.Wait)
		}
		if third := second.Behind[0]; third.Session.PID != pid(shopper) || third.Wait.Waited <= 0 {
			t.Errorf("behind that is %+v", third)
		}
		if v := s.Activity.Value; v.IdleInTransaction != 1 || len(v.Idlers) != 1 || v.Idlers[0].PID != pid(forgotten) || v.Transactions[0].PID != pid(forgotten) {
			t.Errorf("activity: %+v", v)
		}
		if v := s.Connections.Value; v.IdleInTransaction != 1 || v.Active < 3 {
			t.Errorf("connections: %+v", v)
		}
	})
}

// A table that nobody can even read hides nothing but itself.
func TestBesideAccessExclusive(t *testing.T) {
	eachServer(t, func(t *testing.T, c *cluster.Cluster) {
		url := shop(t, c)
		r := reader(t, Database{URL: ops.Secret(url), Migrations: GolangMigrate})
		migration := clustertest.Connect(t, url)
		do(t, migration, "BEGIN", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
		s := lookNow(t, r)
		if all := faults(s); all != nil {
			t.Errorf("not read beside the lock: %v", all)
		}
		if v := s.Locks.Value.Exclusive; len(v) != 1 || v[0].Relation != "public.orders" || v[0].PID != pid(migration) {
			t.Errorf("the lock is seen as %+v", v)
		}
		do(t, migration, "LOCK TABLE schema_migrations IN ACCESS EXCLUSIVE MODE")
		s = lookNow(t, r)
		if all := faults(s); len(all) != 1 || !strings.HasPrefix(all[0], "migrations: the migration table is locked by somebody") {
			t.Errorf("got %v", all)
		}
	})
}

func TestLongestAndPrepared(t *testing.T) {
	url := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(url)})
	slow := clustertest.Connect(t, url)
	do(t, clustertest.Connect(t, url), "BEGIN", "INSERT INTO orders VALUES (-1)", "PREPARE TRANSACTION 'left over'")
	inBackground(t, slow, "SELECT pg_sleep(600), 'swordfish'")
	s := eventually(t, r, func(s Status) bool { return s.Activity.Value.Active == 1 })
	if q := s.Activity.Value.Queries[0]; q.PID != pid(slow) || q.Query != "SELECT pg_sleep(?), ?" || q.QueryAge <= 0 {
		t.Errorf("the longest query is %+v", q)
	}
	if p := s.Activity.Value.Prepared; len(p) != 1 || p[0].Name != "left over" || p[0].Age <= 0 {
		t.Errorf("prepared: %+v", p)
	}
	blocked := clustertest.Connect(t, url)
	inBackground(t, blocked, "INSERT INTO orders VALUES (-1)")
	s = eventually(t, r, func(s Status) bool { return s.Locks.Value.Waiting == 1 })
	if tree := s.Locks.Value.Tree(); len(tree) != 1 || tree[0].Session.PID != 0 || tree[0].Behind[0].Session.PID != pid(blocked) {
		t.Errorf("behind the prepared transaction: %+v", tree)
	}
	if h := s.Freeze.Value.Holder; h == nil {
		t.Error("nobody holds old rows back, though a query has run for a while")
	}
	do(t, clustertest.Connect(t, url), "ROLLBACK PREPARED 'left over'")
}

// The reader keeps one slot of its own: it answers when nobody else gets in.
func TestNoFreeSlot(t *testing.T) {
	eachServer(t, func(t *testing.T, c *cluster.Cluster) {
		url := shop(t, c)
		plain := role(t, url, "crowd")
		do(t, clustertest.Connect(t, url), "GRANT pg_monitor TO crowd")
		r := reader(t, Database{URL: ops.Secret(plain)})
		if _, err := r.Ping(t.Context(), "orders"); err != nil {
			t.Fatal(err)
		}
		var crowd []*pgx.Conn
		for {
			conn, err := pgx.Connect(t.Context(), plain)
			if err != nil {
				if sqlState(err) != "53300" {
					t.Fatal(err)
				}
				break
			}
			crowd = append(crowd, conn)
		}
		defer func() {
			for _, conn := range crowd {
				_ = conn.Close(context.Background())
			}
		}()
		s := lookNow(t, r)
		if v := s.Connections.Value; faults(s) != nil || v.Used < v.Usable() || v.Top[0].User != "crowd" {
			t.Errorf("connections: %+v, not read: %v", v, faults(s))
		}
		late := reader(t, Database{URL: ops.Secret(plain)}).Status(t.Context(), "orders")
		if late.Down == nil || late.Down.Message != "orders has no connection slot left." {
			t.Errorf("one who comes late hears %+v", late.Down)
		}
	})
}

// What one section does wrong, or how long it takes, is its own affair; and the connection survives it.
func TestOneSectionSpoilsNoOther(t *testing.T) {
	r := reader(t, Database{URL: ops.Secret(shop(t, anyServer(t)))})
	spoil(r, map[string]string{"connections": "SELECT 1/0", "locks": "nonsense", "counters": "SELECT pg_sleep(60)"})
	first := lookNow(t, r)
	if got := unread(first); !slices.Equal(got, []string{"connections", "counters", "locks"}) {
		t.Errorf("not read: %v", faults(first))
	}
	if f := first.Counters.Fault; f.Message != "took longer than 1 s" {
		t.Errorf("of the slow one it is said: %s", f.Message)
	}
	if second := lookNow(t, r); second.Server.Value.Backend != first.Server.Value.Backend {
		t.Error("the connection was given up")
	}
}

// Without the transaction there are no limits: nothing is asked then.
func TestNothingRunsOutsideTheTransaction(t *testing.T) {
	r := reader(t, Database{URL: ops.Secret(shop(t, anyServer(t)))})
	spoil(r, map[string]string{"counters": "COMMIT"})
	s := lookNow(t, r)
	if got := unread(s); !slices.Equal(got, []string{"checkpoints", "freeze", "size", "statements", "tables"}) {
		t.Errorf("not read: %v", faults(s))
	}
	if code := sqlState(s.Size.Fault.Cause); code != "25P01" {
		t.Errorf("the server said %s, want 25P01: no active transaction", code)
	}
}

// spoil runs a statement before some sections.
func spoil(r *Reader, statements map[string]string) {
	d := r.databases["orders"]
	for i, s := range d.sections {
		if sql, ok := statements[s.file]; ok {
			d.sections[i] = s.after(sql)
		}
	}
}

// unread names the sections that could not be read.
func unread(s Status) (names []string) {
	for _, fault := range faults(s) {
		name, _, _ := strings.Cut(fault, ":")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestWithoutPgMonitor(t *testing.T) {
	eachServer(t, func(t *testing.T, c *cluster.Cluster) {
		url := shop(t, c)
		plain := role(t, url, "plain")
		somebody := clustertest.Connect(t, url)
		do(t, somebody, "BEGIN", "SELECT 'swordfish'")
		s := lookNow(t, reader(t, Database{URL: ops.Secret(plain), Migrations: GolangMigrate}))
		if s.Server.Value.SeesAll || s.Connections.Value.Hidden == 0 || s.Activity.Value.Hidden == 0 || s.Statements.Value.Hidden == 0 {
			t.Errorf("%+v %+v %+v %+v", s.Server, s.Connections, s.Activity, s.Statements)
		}
		grant := `GRANT pg_monitor TO "plain";`
		for _, f := range Judge(s, DefaultThresholds()) {
			if slices.Contains([]Topic{ConnectionsTopic, LongestTopic, IdleTopic, StatementsTopic}, f.Topic) && (f.Verdict != Unseen || f.Fix != grant) {
				t.Errorf("%+v", f)
			}
		}
		if f := s.Migrations.Fault; f == nil || f.Hint != `GRANT SELECT ON schema_migrations TO "plain"; or configure migrate_url.` {
			t.Errorf("migrations: %+v", f)
		}
		do(t, clustertest.Connect(t, url), "GRANT pg_monitor TO plain", "GRANT SELECT ON schema_migrations TO plain")
		s = lookNow(t, reader(t, Database{URL: ops.Secret(plain), Migrations: GolangMigrate}))
		if all := faults(s); all != nil || s.Activity.Value.Hidden != 0 || len(s.Migrations.Value.Rows) != 1 {
			t.Errorf("with the grants: %v, %+v", all, s.Activity.Value)
		}
	})
}

func TestMigrateURL(t *testing.T) {
	url := shop(t, anyServer(t))
	plain := role(t, url, "reads_little")
	r := reader(t, Database{URL: ops.Secret(plain), MigrateURL: ops.Secret(url), Migrations: GolangMigrate})
	for _, time := range []string{"the first time, after a refusal", "the second time, at once"} {
		if s := lookNow(t, r); s.Migrations.Fault != nil || len(s.Migrations.Value.Rows) != 1 || s.Server.Value.User != "reads_little" {
			t.Errorf("%s: %+v", time, s.Migrations)
		}
	}
	wrong := reader(t, Database{URL: ops.Secret(plain), MigrateURL: ops.Secret(as(t, url, "nobody_here", "swordfish")), Migrations: GolangMigrate})
	s := lookNow(t, wrong)
	if f := s.Migrations.Fault; f == nil || !strings.Contains(f.Message, "refused dbbot's password") || strings.Contains(fmt.Sprint(f), "swordfish") {
		t.Errorf("with a wrong migrate_url: %+v", f)
	}
}

func TestWithoutStatements(t *testing.T) {
	url := shop(t, anyServer(t))
	do(t, clustertest.Connect(t, url), "DROP EXTENSION pg_stat_statements")
	s := lookNow(t, reader(t, Database{URL: ops.Secret(url)}))
	if f := s.Statements.Fault; f == nil || f.Message != "pg_stat_statements is not installed in this database" || !strings.Contains(f.Hint, "CREATE EXTENSION") {
		t.Errorf("got %+v", f)
	}
	do(t, clustertest.Connect(t, url), "CREATE SCHEMA \"Ext's\"", "CREATE EXTENSION pg_stat_statements SCHEMA \"Ext's\"")
	if s := lookNow(t, reader(t, Database{URL: ops.Secret(url)})); s.Statements.Fault != nil || s.Statements.Value.Spent <= 0 {
		t.Errorf("in a schema of its own: %+v", s.Statements)
	}
}
