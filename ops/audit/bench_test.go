package audit

import "testing"

// Sealing happens while everybody else who records waits.
func BenchmarkSeal(b *testing.B) {
	e := chain(1, testKey)[0]
	for b.Loop() {
		Seal(e, e.Hash, testKey)
	}
}

func BenchmarkVerify(b *testing.B) {
	entries := chain(1000, testKey)
	for b.Loop() {
		if report, err := Verify(stream(entries), 1, testKey, nil); err != nil || report.Count != 1000 {
			b.Fatal(report, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/entry")
}
