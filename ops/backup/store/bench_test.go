package store

import (
	"io"
	"runtime"
	"testing"

	"dbbot/ops/backup/store/storetest"
)

// How fast a store takes a stream whose size nobody knows, and what memory that needs: README, Figures.
func BenchmarkPut(b *testing.B) {
	b.Run("folder", func(b *testing.B) { benchPut(b, "file://"+b.TempDir()) })
	b.Run("bucket", func(b *testing.B) {
		g := storetest.StartGateway(b)
		_, url := g.Bucket(b)
		benchPut(b, url)
	})
}

func benchPut(b *testing.B, url string) {
	s, err := Open(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	const size = 512 << 20
	b.SetBytes(size)
	var peak uint64
	for b.Loop() {
		var seen int
		watched := readerFunc(func(p []byte) (int, error) {
			if seen++; seen%256 == 0 || len(p) > 1<<20 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
			return len(p), nil
		})
		if n, err := s.Put(b.Context(), "orders/a/archive.dump", io.LimitReader(watched, size), 0); err != nil || n != size {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(peak)/(1<<20), "MB-heap")
}
