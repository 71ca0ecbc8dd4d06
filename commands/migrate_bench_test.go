package commands

import (
	"fmt"
	"strings"
	"testing"

	"dbbot/ops/migrate"
)

// BenchmarkPlan is the plan of 300 pending files with 3,000 statements: reading, parsing, the check, the view, and what a
// card takes of it. The database is not part of it.
func BenchmarkPlan(b *testing.B) {
	files := map[string]string{}
	for i := range 300 {
		var sql strings.Builder
		for n := range 10 {
			fmt.Fprintf(&sql, "ALTER TABLE orders ADD COLUMN c%d_%d integer NOT NULL DEFAULT 0;\n", i, n)
		}
		files[fmt.Sprintf("%04d_step.up.sql", i+1)] = sql.String()
	}
	s := newScene(b, migrate.GolangMigrate, files)
	s.journal.Records = nil
	call, err := All(s.tools).Find("migrate up orders")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		planned, err := call.Change.Plan(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		short, whole := Spill(planned.View)
		b.ReportMetric(float64(len(short.Text())), "bytes/card")
		b.ReportMetric(float64(len(whole)), "bytes/file")
	}
}
