package restore

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/client"
	"dbbot/ops/postgres/cluster/clustertest"
)

// BenchmarkBesidePgRestore compares restoring, and what is done beside it, with pg_restore -j of the same archive into
// the same server. DBBOT_BENCH_MB is how large the rows are; 64 where it is not set.
func BenchmarkBesidePgRestore(b *testing.B) {
	size, err := strconv.Atoi(os.Getenv("DBBOT_BENCH_MB"))
	if err != nil {
		size = 64
	}
	url := clustertest.Start(b, map[string]string{"shared_buffers": "256MB", "max_wal_size": "4GB"}).URL("postgres")
	clustertest.Exec(b, url, "CREATE DATABASE shop")
	from := at(b, url, "shop")
	clustertest.Exec(b, from, fmt.Sprintf(`CREATE TABLE accounts AS SELECT n AS id, n %% 1000 AS branch, (random() * 1e6)::int AS balance, rpad(md5(n::text), 84) AS filler
		FROM generate_series(1, %d) n`, size*6000), "ALTER TABLE accounts ADD PRIMARY KEY (id)", "CREATE INDEX ON accounts (branch, balance)",
		fmt.Sprintf(`CREATE TABLE events AS SELECT n AS id, now() - n * interval '1 s' AS at, jsonb_build_object('n', n, 'text', md5(n::text)) AS body
		FROM generate_series(1, %d) n`, size*2500), "ALTER TABLE events ADD PRIMARY KEY (id)", "CREATE INDEX ON events (at)", "ANALYZE")
	s := taken(b, from, taking{zstd: true, age: true})
	file := b.TempDir() + "/dump"
	must(b, os.WriteFile(file, dumped(b, from, s.Backup.Server.Major, taking{}), 0o600))
	programs, err := client.Find(s.Backup.Server.Major)
	must(b, err)
	target := to(url, "again")
	var theirs, ours, verified, read time.Duration
	for b.Loop() {
		clustertest.Exec(b, url, "CREATE DATABASE theirs TEMPLATE template0")
		theirs += took(func() {
			execute(b, programs.Restore, "-e", "-j", strconv.Itoa(target.jobs()), "-d", at(b, url, "theirs"), file)
		})
		clustertest.Exec(b, url, "DROP DATABASE theirs", "CHECKPOINT")
		ours += took(func() { _, err = Into(b.Context(), s, target, quiet); must(b, err) })
		clustertest.Exec(b, url, "DROP DATABASE again", "CHECKPOINT")
		verified += took(func() { _, err = Verify(b.Context(), s, Target{URL: ops.Secret(url)}, quiet); must(b, err) })
		clustertest.Exec(b, url, "CHECKPOINT")
		read += took(func() { _, err = Read(b.Context(), s, quiet); must(b, err) })
	}
	for name, all := range map[string]time.Duration{"pg_restore-s": theirs, "into-s": ours, "verify-s": verified, "read-s": read} {
		b.ReportMetric(all.Seconds()/float64(b.N), name)
	}
	b.ReportMetric(float64(s.Backup.Archive.Raw)/1e6, "raw-MB")
	b.ReportMetric(float64(s.Backup.Archive.Size)/1e6, "stored-MB")
}

func took(do func()) time.Duration {
	begun := time.Now()
	do()
	return time.Since(begun)
}
