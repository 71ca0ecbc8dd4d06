package dump

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"dbbot/ops/client"
	"dbbot/ops/postgres/cluster/clustertest"
)

// megabytes of data for the benchmark: DUMP_BENCH_MB, or little enough for every run of the tests.
func megabytes() int {
	if n, err := strconv.Atoi(os.Getenv("DUMP_BENCH_MB")); err == nil && n > 0 {
		return n
	}
	return 10
}

// stock fills a database: half of it rows as pgbench has them, half of it documents.
func stock(mb int) []string {
	return []string{
		"CREATE TABLE accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84))",
		fmt.Sprintf("INSERT INTO accounts SELECT n, n / 100000, (random() * 10000)::int, '' FROM generate_series(1, %d) n", mb*1<<20/2/128),
		"CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz, note text, body jsonb)",
		fmt.Sprintf(`INSERT INTO events SELECT n, now() + n * interval '1 s', 'order ' || n || ' of customer ' || n %% 9973 || ' was ' || (ARRAY['paid', 'sent', 'returned'])[1 + n %% 3],
			jsonb_build_object('id', md5(n::text), 'items', n %% 17, 'price', n * 31 %% 100000, 'tags', ARRAY['a' || n %% 7, 'b' || n %% 11]) FROM generate_series(1, %d) n`, mb*1<<20/2/230),
		"VACUUM ANALYZE",
	}
}

// BenchmarkTake compares dbbot with what it stands on, over the same data: pg_dump by itself, pg_dump through zstd's own
// program, and what the server can give at the most. To be run with -benchtime 1x.
func BenchmarkTake(b *testing.B) {
	url := newDatabase(b, stock(megabytes())...)
	p, err := client.Find(15)
	if err != nil {
		b.Skip(err)
	}
	conn := clustertest.Connect(b, url)
	size, _ := strconv.ParseInt(ask(b, conn, "SELECT (pg_table_size('accounts') + pg_table_size('events'))::text"), 10, 64)
	native := func(shell string) func(*testing.B, string) int64 {
		return func(b *testing.B, file string) int64 {
			b.Helper()
			to := filepath.Join(filepath.Dir(file), "native")
			c := client.Call{Path: "/bin/bash", Args: []string{"-c", "set -o pipefail; " + shell, p.Dump, url, to}}
			if err := client.Run(b.Context(), c); err != nil {
				b.Fatal(err)
			}
			info, err := os.Stat(to)
			if err != nil {
				b.Fatal(err)
			}
			return info.Size()
		}
	}
	for _, way := range []struct {
		name  string
		needs string
		run   func(*testing.B, string) int64
	}{
		{"dbbot", "", func(b *testing.B, dir string) int64 { return takeOnce(b, url, true) }},
		{"dbbot, not encrypted", "", func(b *testing.B, dir string) int64 { return takeOnce(b, url, false) }},
		{"pg_dump -Fc", "", native(`"$0" -Fc --dbname="$1" -f "$2"`)},
		{"pg_dump -Fc -Z0, zstd -1", "zstd", native(`"$0" -Fc -Z0 --dbname="$1" | zstd -1 -T0 -q -f -o "$2"`)},
		{"COPY to nowhere", "", func(b *testing.B, _ string) int64 { return copyAll(b, url) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			if _, err := exec.LookPath(way.needs); way.needs != "" && err != nil {
				b.Skip(err)
			}
			stored := int64(0)
			m := measure()
			for b.Loop() {
				stored = way.run(b, filepath.Join(b.TempDir(), "x"))
			}
			m.report(b, size, stored)
		})
	}
}

func takeOnce(b *testing.B, url string, sealed bool) int64 {
	b.Helper()
	w := newWorld(b, url)
	if w.bounds = nil; !sealed {
		w.Recipients = nil
	}
	return w.take(b).Archive.Size
}

// copyAll reads all tables, one after another, and keeps nothing.
func copyAll(b *testing.B, url string) int64 {
	b.Helper()
	conn := clustertest.Connect(b, url)
	defer conn.Close(context.Background())
	for _, table := range []string{"accounts", "events"} {
		if _, err := conn.PgConn().CopyTo(b.Context(), io.Discard, "COPY "+table+" TO STDOUT (FORMAT binary)"); err != nil {
			b.Fatal(err)
		}
	}
	return 0
}

// meter measures what we and our children take, the server apart.
type meter struct {
	began      time.Time
	cpu        time.Duration
	stop, done chan struct{}
	mu         sync.Mutex
	us, others int64 // bytes at the most
}

func measure() *meter {
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600) // forgets the peak so far
	m := &meter{began: time.Now(), cpu: spent(), stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(m.done)
		look := time.NewTicker(20 * time.Millisecond)
		defer look.Stop()
		for {
			m.look()
			select {
			case <-m.stop:
				return
			case <-look.C:
			}
		}
	}()
	return m
}

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// look adds up the peaks of our children and theirs: pg_dump, zstd. The server is of another group, and has a peak of its own.
func (m *meter) look() {
	sum := int64(0)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, _ := os.ReadFile(path)
		ours := parent(text) == os.Getpid()
		if !ours {
			above, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", parent(text)))
			ours = parent(above) == os.Getpid()
		}
		if name := string(text); ours && (strings.Contains(name, "(pg_dump)") || strings.Contains(name, "(pg_dumpall)") || strings.Contains(name, "(zstd)")) {
			sum += peakOf(filepath.Dir(path))
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.us, m.others = max(m.us, peakOf("/proc/self")), max(m.others, sum)
}

// parent reads the pid of a process' parent from its stat: "7 (name) S 1 …".
func parent(stat []byte) (pid int) {
	var state string
	_, after, _ := strings.Cut(string(stat), ") ")
	_, _ = fmt.Sscan(after, &state, &pid) // 0 where it is gone
	return pid
}

func peakOf(process string) int64 {
	text, _ := os.ReadFile(process + "/status")
	if found := peak.FindSubmatch(text); found != nil {
		kB, _ := strconv.ParseInt(string(found[1]), 10, 64)
		return kB << 10
	}
	return 0
}

// spent is the processor time of us and of children that have ended.
func spent() (all time.Duration) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			all += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return all
}

func (m *meter) report(b *testing.B, size, stored int64) {
	b.Helper()
	close(m.stop)
	<-m.done
	wall := time.Since(m.began).Seconds() / float64(b.N)
	b.ReportMetric(wall, "s")
	b.ReportMetric((spent()-m.cpu).Seconds()/float64(b.N), "cpu-s")
	b.ReportMetric(float64(size)/1e6/wall, "MB/s")
	b.ReportMetric(float64(stored)/1e6, "MB-stored")
	b.ReportMetric(float64(m.us)/1e6, "MB-peak-us")
	b.ReportMetric(float64(m.others)/1e6, "MB-peak-children")
	b.ReportMetric(0, "ns/op")
}
