package main

import (
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// sampleShop is a filled one, or the test is skipped where PostgreSQL is not installed.
func sampleShop(t *testing.T) (s *shop, orders, reporting int) {
	t.Helper()
	s, err := openShop(t.Context())
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	orders, reporting, err = s.fill(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, orders, reporting
}

func TestShopIsWorthLookingAt(t *testing.T) {
	begun := time.Now()
	s, orders, reporting := sampleShop(t)
	t.Logf("ready after %s, %d and %d rows", time.Since(begun), orders, reporting)
	if orders < 200_000 || reporting < 1000 {
		t.Errorf("orders has %d rows, reporting %d", orders, reporting)
	}

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { s.work(ctx); close(ended) }()
	conn, err := pgx.Connect(t.Context(), s.url(s.reader, "orders").Reveal())
	if err != nil {
		t.Fatal(err)
	}
	defer closeNow(conn)
	for what, sql := range map[string]string{
		"many connections":    `SELECT count(*) >= 9 FROM pg_stat_activity WHERE usename = 'shop'`,
		"idle in transaction": `SELECT count(*) = 1 FROM pg_stat_activity WHERE state = 'idle in transaction' AND application_name = 'support-console'`,
		"one blocked":         `SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'warehouse' AND cardinality(pg_blocking_pids(pid)) = 1`,
		"slow query":          `SELECT count(*) = 1 FROM pg_stat_activity WHERE state = 'active' AND application_name = 'weekly-report' AND query LIKE '%pg_sleep%'`,
		"statements counted":  `SELECT count(*) > 0 FROM pg_extension WHERE extname = 'pg_stat_statements'`,
		"traffic":             `SELECT xact_commit > 100 FROM pg_stat_database WHERE datname = 'orders'`,
	} {
		eventually(t, conn, what, sql)
	}

	// Somebody ends the session that forgot its transaction: it is gone, who waited goes on, and the demo goes on too.
	super, err := pgx.Connect(t.Context(), s.cluster.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer closeNow(super)
	const end = `SELECT bool_and(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1`
	for _, application := range []string{"support-console", "storefront"} {
		if _, err := super.Exec(t.Context(), end, application); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, conn, "nobody blocked", `SELECT count(*) = 0 FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0`)
	eventually(t, conn, "the others are back", `SELECT count(*) = 4 FROM pg_stat_activity WHERE application_name = 'storefront'`)

	stop()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the workload does not end")
	}
	eventually(t, conn, "no session left", `SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = 'shop'`)
}

// eventually asks until it is so.
func eventually(t *testing.T, conn *pgx.Conn, what, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		var so bool
		if err := conn.QueryRow(ctx, sql).Scan(&so); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if so {
			return
		}
		pause(ctx, 20*time.Millisecond)
	}
}

func TestShopsReaderMayOnlyRead(t *testing.T) {
	s, _, _ := sampleShop(t)
	conn, err := pgx.Connect(t.Context(), s.url(s.reader, "orders").Reveal())
	if err != nil {
		t.Fatal(err)
	}
	defer closeNow(conn)
	for _, sql := range []string{"UPDATE orders SET status = 'sent'", "SELECT * FROM customers", "CREATE TABLE x (y int)", "SELECT * FROM schema_migrations"} {
		if _, err := conn.Exec(t.Context(), sql); err == nil {
			t.Errorf("the reading role may %s", sql)
		}
	}
}

func TestShopsMigrations(t *testing.T) {
	s, _, _ := sampleShop(t)
	var version int
	var dirty bool
	conn, err := pgx.Connect(t.Context(), s.url(s.owner, "orders").Reveal())
	if err != nil {
		t.Fatal(err)
	}
	defer closeNow(conn)
	err = conn.QueryRow(t.Context(), "SELECT version, dirty FROM schema_migrations").Scan(&version, &dirty)
	if err != nil || version != appliedMigrations || dirty {
		t.Errorf("version %d, dirty %v, %v", version, dirty, err)
	}
}
