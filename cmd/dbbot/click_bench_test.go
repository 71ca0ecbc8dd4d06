package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dbbot/ops/postgres/cluster/clustertest"
)

// BenchmarkClickToCard is a lead's press of Approve, over the local workspace and a real PostgreSQL: from the press until
// the card reads anew for somebody who watches it, and until it says that the change has succeeded. One operation is one
// request: asked for, agreed, run, said.
func BenchmarkClickToCard(b *testing.B) {
	w := newWorld(b, sampleDatabases(b), 1)
	ana, lee := w.listen(b, "U0ANA"), w.listen(b, "U0LEE")
	var changed, done []time.Duration
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		if n > 0 && n%5 == 0 { // people are slower: their allowance of commands is no part of this
			pause(b.Context(), 6*time.Second)
		}
		victim := clustertest.Connect(b, w.databases.application("reporting"))
		var pid int
		if err := victim.QueryRow(b.Context(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			b.Fatal(err)
		}
		w.page(b, "say", map[string]any{"as": []string{"U0ANA", "U0BEN"}[n%2], "channel": "C0ORDERS", "text": fmt.Sprintf("/db terminate %d reporting", pid)}, nil)
		channel, pending := everyone.of("C0ORDERS"), fmt.Sprintf("…terminate %d …pending…", pid)
		lee.finally(b, channel, "the card", pending)
		ana.finally(b, channel, "the card", pending)
		press := lee.button("Approve")
		press["as"], press["state"] = "U0LEE", map[string]any{}
		b.StartTimer()
		pressed := time.Now()
		w.page(b, "action", press, nil)
		lee.next(b, channel, "the card, decided")
		changed = append(changed, time.Since(pressed))
		ana.finally(b, channel, "the card, at the end", "…succeeded…")
		done = append(done, time.Since(pressed))
		b.StopTimer()
		lee.finally(b, channel, "the card, at the end", "…succeeded…")
		b.StartTimer()
	}
	for name, all := range map[string][]time.Duration{"card": changed, "done": done} {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Milliseconds()), name+"-p50-ms")
		b.ReportMetric(float64(all[len(all)*99/100].Milliseconds()), name+"-p99-ms")
	}
}
