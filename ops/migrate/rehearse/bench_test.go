package rehearse

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"dbbot/ops/postgres/cluster/clustertest"
)

// BenchmarkRehearsal runs 50 statements in 10 files on a schema of 500 tables, from nothing: its schema is dumped, a
// database is made of it, and it is removed. "again" is the same request before it runs.
func BenchmarkRehearsal(b *testing.B) {
	url := clustertest.Database(b)
	var schema strings.Builder
	for i := range 500 {
		fmt.Fprintf(&schema, "CREATE TABLE t%d (id bigint PRIMARY KEY, a int NOT NULL, b text CHECK (b <> ''), c timestamptz DEFAULT now(), up bigint REFERENCES t%d); CREATE INDEX ON t%d (a, c);\n", i, max(0, i-1), i)
	}
	clustertest.Exec(b, url, schema.String())
	var files []string
	for f := range 10 {
		var sql strings.Builder
		for s := range 5 {
			fmt.Fprintf(&sql, "ALTER TABLE t%d ADD COLUMN d%d int DEFAULT 1, ALTER a TYPE bigint;\n", f*50+s, s)
		}
		files = append(files, sql.String())
	}
	o := beside(b, url)
	all := steps(files...)
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			r := New(quiet())
			t := r.Rehearse(context.Background(), o, all)
			if len(told(t)) != 50 || t.Failure != nil {
				b.Fatalf("%+v", t)
			}
			b.ReportMetric(t.Took.Seconds(), "s/trace")
			r.Close()
		}
	})
	b.Run("again", func(b *testing.B) {
		r := New(quiet())
		defer r.Close()
		r.Rehearse(context.Background(), o, all)
		for b.Loop() {
			if t := r.Rehearse(context.Background(), o, all); len(told(t)) != 50 {
				b.Fatalf("%+v", t)
			}
		}
	})
}
