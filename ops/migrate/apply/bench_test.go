package apply

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// A thousand small migrations: dbbot, which checks, counts and writes two journals, beside golang-migrate's library and
// beside psql, which writes none. go test -bench Thousand -benchtime 1x ./ops/migrate/apply
func BenchmarkThousandMigrations(b *testing.B) {
	all1000 := files{}
	for n := range 1000 {
		all1000[fmt.Sprintf("%04d_t.up.sql", n+1)] = fmt.Sprintf("CREATE TABLE t%d (id bigint PRIMARY KEY, note text);", n)
	}
	f := folder(b, migrate.GolangMigrate, all1000)
	server := clustertest.Start(b, nil)
	for name, run := range map[string]func(b *testing.B, url string){
		"dbbot": func(b *testing.B, url string) {
			if report, err := carry(b, url, 1, f, all); err != nil || len(report.Done) != 1000 {
				b.Fatal(err)
			}
		},
		"library": func(b *testing.B, url string) {
			if err := library(b, url, f).Up(); err != nil {
				b.Fatal(err)
			}
		},
		"psql": func(b *testing.B, url string) {
			args := []string{"-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", url}
			names, _ := filepath.Glob(filepath.Join(f.Dir, "*.sql"))
			slices.Sort(names)
			for _, name := range names {
				args = append(args, "-f", name)
			}
			if out, err := exec.Command("/usr/lib/postgresql/15/bin/psql", args...).CombinedOutput(); err != nil {
				b.Skipf("%v: %s", err, out)
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			for n := range b.N {
				b.StopTimer()
				url := fresh(b, server, fmt.Sprintf("%s_%d_%d", name, b.N, n))
				b.StartTimer()
				run(b, url)
			}
		})
	}
}

func fresh(tb testing.TB, server *cluster.Cluster, name string) string {
	tb.Helper()
	clustertest.Exec(tb, server.URL("postgres"), "CREATE DATABASE "+name)
	return server.URL(name)
}

// How long another session waits at most, while a migration wants a table that a long transaction reads: with dbbot's
// retries, and as golang-migrate and psql do it, who stand in the queue until they get it.
func BenchmarkOthersWait(b *testing.B) {
	const reads = 5 * time.Second
	for name, patient := range map[string]bool{"retries": true, "queue": false} {
		b.Run(name, func(b *testing.B) {
			url := clustertest.Database(b)
			clustertest.Exec(b, url, first)
			reader, other := clustertest.Connect(b, url), clustertest.Connect(b, url)
			if _, err := reader.Exec(b.Context(), "BEGIN; SELECT * FROM orders"); err != nil {
				b.Fatal(err)
			}
			time.AfterFunc(reads, func() { _, _ = reader.Exec(b.Context(), "COMMIT") })
			f := folder(b, migrate.GolangMigrate, files{"1_a.up.sql": "ALTER TABLE orders ADD note text;"})
			done := make(chan error)
			go func() {
				if patient {
					_, err := carry(b, url, 1, f, all)
					done <- err
					return
				}
				done <- library(b, url, f).Up()
			}()
			var worst time.Duration
			for waiting := true; waiting; {
				select {
				case err := <-done:
					waiting = false
					if err != nil {
						b.Fatal(err)
					}
				default:
					begun := time.Now()
					if _, err := other.Exec(b.Context(), "SELECT count(*) FROM orders"); err != nil {
						b.Fatal(err)
					}
					worst = max(worst, time.Since(begun))
				}
			}
			b.ReportMetric(worst.Seconds(), "s-worst")
			b.ReportMetric(0, "ns/op")
		})
	}
}
