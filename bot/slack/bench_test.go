package slack

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dbbot/bot/workspace"
)

// BenchmarkCommand types commands into the local workspace, 16 people at a time, and reports how long the acks took as
// Slack sees it (from writing the envelope to reading the ack) and how many commands went through in a second.
func BenchmarkCommand(b *testing.B) {
	w := newTown(b, func(slack *workspace.Config, c *Config, _ *bounds) {
		slack.Limits.History = 1000
		c.Queue = 10_000
	})
	latencies := make(chan time.Duration, b.N)
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for n := 0; pb.Next(); n++ {
			a, err := w.Slash(b.Context(), "U0ANA", "C0ORDERS", fmt.Sprintf("/db status %d", n))
			if err != nil || a.Outcome != workspace.Acked {
				b.Errorf("%s, %v", a.Outcome, err)
				return
			}
			latencies <- a.Latency
		}
	})
	b.StopTimer()
	close(latencies)
	var all []time.Duration
	for l := range latencies {
		all = append(all, l)
	}
	slices.Sort(all)
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "commands/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
}
