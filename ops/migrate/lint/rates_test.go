package lint

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops/postgres/cluster/clustertest"
)

// BenchmarkRates measures what Estimate supposes, on a table of some 200 MB: bytes of the table a second.
func BenchmarkRates(b *testing.B) {
	conn := clustertest.Connect(b, clustertest.Database(b))
	run := func(sql string) {
		if _, err := conn.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	run("CREATE TABLE t (id bigint, a int, note text)")
	run("INSERT INTO t SELECT i, i % 1000, repeat('x', 60) FROM generate_series(1, 2000000) i")
	run("VACUUM ANALYZE t")
	bytes := 0
	if err := conn.QueryRow(b.Context(), "SELECT pg_table_size('t')").Scan(&bytes); err != nil {
		b.Fatal(err)
	}
	for name, sql := range map[string]string{
		"scan": "ALTER TABLE t ALTER id SET NOT NULL", "rewrite": "ALTER TABLE t ALTER a TYPE bigint", "index": "CREATE INDEX ON t (id)", "text-index": "CREATE INDEX ON t (note, id)",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				undone(b, conn, sql, bytes)
			}
		})
	}
}

func undone(b *testing.B, conn *pgx.Conn, sql string, bytes int) {
	tx, err := conn.Begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if _, err := tx.Exec(b.Context(), sql); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(bytes)/1e6/time.Since(start).Seconds(), "MB/s")
	if err := tx.Rollback(b.Context()); err != nil {
		b.Fatal(err)
	}
}
