package slack

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dbbot/bot"
	"dbbot/bot/workspace"
)

// BenchmarkCommand types commands into the local workspace, by one person and by sixteen at a time, and reports how long
// the acks took as Slack sees it (from writing the envelope to reading the ack) and how many commands went through in a
// second. Both ends share the machine.
func BenchmarkCommand(b *testing.B) {
	for _, people := range []int{1, 16} {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) { benchmarkCommand(b, people) })
	}
}

// BenchmarkDecision presses a button that is certain before its ack, by as many people; what it takes to make it certain is
// not in it.
func BenchmarkDecision(b *testing.B) {
	for _, people := range []int{1, 16} {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) {
			var at bot.Posted
			benchmark(b, people, func(w *town) {
				w.desk.taken = make(chan bot.Act, b.N+1)
				w.decides(func(context.Context, bot.Act) bot.Taken { return bot.Taken{} })
				at = w.posts(orders, "1:card")
			}, func(w *town) (workspace.Answer, error) {
				return w.Click(b.Context(), "U0LEE", at.Channel, at.Stamp, "approve")
			})
		})
	}
}

func benchmarkCommand(b *testing.B, people int) {
	benchmark(b, people, func(*town) {}, func(w *town) (workspace.Answer, error) {
		return w.Slash(b.Context(), "U0ANA", "C0ORDERS", "/db status")
	})
}

func benchmark(b *testing.B, people int, prepare func(*town), act func(*town) (workspace.Answer, error)) {
	w := newTown(b, func(slack *workspace.Config, c *Config, _ *bounds) {
		slack.Limits.History = 1000
		c.Queue = 10_000
	})
	prepare(w)
	latencies := make(chan time.Duration, b.N)
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	b.ResetTimer()
	for range people {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				a, err := act(w)
				if err != nil || a.Outcome != workspace.Acked {
					b.Errorf("%s, %v", a.Outcome, err)
					return
				}
				latencies <- a.Latency
			}
		})
	}
	all.Wait()
	b.StopTimer()
	close(latencies)
	var sorted []time.Duration
	for l := range latencies {
		sorted = append(sorted, l)
	}
	slices.Sort(sorted)
	b.ReportMetric(float64(len(sorted))/b.Elapsed().Seconds(), "commands/s")
	b.ReportMetric(float64(sorted[len(sorted)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(sorted[len(sorted)*99/100].Microseconds()), "p99-µs")
}
