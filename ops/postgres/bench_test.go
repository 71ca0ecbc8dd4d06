package postgres

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster/clustertest"
)

// BenchmarkStatus takes turns between the whole answer, its queries one by one over a connection of their own, and
// psql running the same queries one after another, so that all meet the same server in the same state. Reported are
// medians: of the answer, of its slowest single query, of all of them, of psql with its start, of psql's start alone,
// and the ratios. One connection runs one query at a time, so near the server the answer is the sum of its queries,
// most of it parsing and planning; what a batch saves is their round trips, which BenchmarkStatusFarAway shows.
func BenchmarkStatus(b *testing.B) {
	databaseURL := busyShop(b)
	r := reader(b, Database{URL: ops.Secret(databaseURL), Migrations: GolangMigrate})
	lookNow(b, r) // connects
	compare(b, r, databaseURL)
}

// BenchmarkStatusFarAway does the same over a network of 20 ms there and back.
func BenchmarkStatusFarAway(b *testing.B) {
	databaseURL := busyShop(b)
	p, through := proxy(b, anyServer(b))
	toxic(b, p, `{"type": "latency", "stream": "downstream", "attributes": {"latency": 20}}`)
	r := reader(b, Database{URL: ops.Secret(through(databaseURL)), Migrations: GolangMigrate})
	lookNow(b, r)
	compare(b, r, through(databaseURL))
}

// What the answer is compared with is run this often, whatever b.N is: far away a turn of it takes half a second.
const (
	singleTurns = 30
	psqlTurns   = 10
)

func compare(b *testing.B, r *Reader, databaseURL string) {
	single := clustertest.Connect(b, databaseURL).PgConn()
	queries := r.databases["orders"].queries(single)
	psql, file := psqlFile(b, queries)
	var answer, slowest, sum, script, start []time.Duration
	for b.Loop() {
		begun := time.Now()
		s := lookNow(b, r)
		answer = append(answer, time.Since(begun))
		if all := faults(s); all != nil {
			b.Fatal(all)
		}
		if len(slowest) < singleTurns {
			one, all := oneByOne(b, single, queries)
			slowest, sum = append(slowest, one), append(sum, all)
		}
		if psql != "" && len(script) < psqlTurns {
			script = append(script, run(b, psql, "-X", "-q", "-At", "-d", databaseURL, "-f", file))
			start = append(start, run(b, psql, "-X", "-q", "-At", "-d", databaseURL, "-c", "SELECT 1"))
		}
	}
	b.ReportMetric(0, "ns/op") // a turn holds all of them: it says nothing
	report := func(d []time.Duration, unit string) float64 {
		if len(d) == 0 {
			return 0
		}
		slices.Sort(d)
		ms := float64(d[len(d)/2].Microseconds()) / 1000
		b.ReportMetric(ms, unit)
		return ms
	}
	a, q := report(answer, "answer-ms"), report(slowest, "slowest-query-ms")
	b.ReportMetric(a/q, "answer/slowest")
	b.ReportMetric(report(sum, "one-by-one-ms")/a, "one-by-one/answer")
	if psql != "" {
		b.ReportMetric(report(script, "psql-ms")/a, "psql/answer")
		report(start, "psql-start-ms")
	}
}

// busyShop has as many tables as a grown application, and sessions to look at.
func busyShop(b *testing.B) string {
	databaseURL := shop(b, anyServer(b))
	conn := clustertest.Connect(b, databaseURL)
	do(b, conn, `DO $$ BEGIN FOR n IN 1..200 LOOP
		EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, note text, other text UNIQUE)', n); END LOOP; END $$`, "ANALYZE")
	for range 10 {
		do(b, clustertest.Connect(b, databaseURL), "SELECT count(*) FROM orders")
	}
	do(b, clustertest.Connect(b, databaseURL), "BEGIN", "LOCK TABLE t1")
	inBackground(b, clustertest.Connect(b, databaseURL), "SELECT * FROM t1")
	return databaseURL
}

// queries are the statements of a status, without those that open and close its transaction.
func (d *database) queries(conn *pgconn.PgConn) (all []string) {
	for _, s := range d.sections {
		all = append(all, s.statements(major(conn.ParameterStatus("server_version")))...)
	}
	return all
}

// oneByOne runs each in a transaction like the reader's, and gives the longest time of one, and of all.
func oneByOne(b *testing.B, conn *pgconn.PgConn, queries []string) (slowest, sum time.Duration) {
	for _, sql := range append([]string{begin, settings}, append(queries, rollback)...) {
		begun := time.Now()
		if result := conn.ExecParams(b.Context(), sql, nil, nil, nil, nil).Read(); result.Err != nil {
			b.Fatal(sql, result.Err)
		}
		took := time.Since(begun)
		slowest, sum = max(slowest, took), sum+took
	}
	return slowest, sum
}

// psqlFile writes the same transaction for psql; psql is empty where there is none.
func psqlFile(b *testing.B, queries []string) (psql, file string) {
	psql, err := exec.LookPath("psql")
	if err != nil {
		return "", ""
	}
	file = filepath.Join(b.TempDir(), "status.sql")
	text := strings.Join(append([]string{begin, settings}, append(queries, rollback)...), ";\n") + ";\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return psql, file
}

func run(b *testing.B, program string, args ...string) time.Duration {
	cmd := exec.Command(program, args...)
	begun := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "ERROR") {
		b.Fatal(fmt.Sprint(err), string(out))
	}
	return time.Since(begun)
}

// BenchmarkBackend is the look that a plan to end a session rests on, while forty wait behind it.
func BenchmarkBackend(b *testing.B) {
	c := clustertest.Start(b, map[string]string{"max_connections": "70"})
	url := c.URL("postgres")
	clustertest.Exec(b, url, "CREATE TABLE orders (id int PRIMARY KEY, note text)", "INSERT INTO orders VALUES (1, '')")
	r := reader(b, Database{URL: ops.Secret(url)})
	root := clustertest.Connect(b, url)
	do(b, root, "BEGIN", "UPDATE orders SET note = 'x' WHERE id = 1")
	for range 40 {
		inBackground(b, clustertest.Connect(b, url), "UPDATE orders SET note = 'y' WHERE id = 1")
	}
	seeUntil(b, r, pid(root), func(s Backend) bool { return len(s.Blocked) == 40 })
	for b.Loop() {
		see(b, r, pid(root))
	}
}

// BenchmarkTerminate is from the signal to the certainty that the session is gone, look before it included.
func BenchmarkTerminate(b *testing.B) {
	url := shop(b, anyServer(b))
	r := reader(b, Database{URL: ops.Secret(url)})
	for b.Loop() {
		b.StopTimer()
		conn := clustertest.Connect(b, url)
		do(b, conn, "BEGIN")
		aim := seeUntil(b, r, pid(conn), func(s Backend) bool { return s.State == "idle in transaction" }).Aim(Terminate)
		b.StartTimer()
		if fate, err := r.End(b.Context(), "orders", aim, func() {}); fate != Gone || err != nil {
			b.Fatal(fate, err)
		}
	}
}
