package workspace

import (
	"context"
	"testing"

	"github.com/coder/websocket"
)

// BenchmarkCommands is the workspace's own share of a command: envelope, ack and what is logged, with a client that
// does nothing but ack. It shows that the workspace is not what limits a bot.
func BenchmarkCommands(b *testing.B) {
	w := open(b, unlimited)
	for range 2 {
		app := w.connect()
		go app.acks()
	}
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if a, err := w.Slash(context.Background(), "U0ANA", "C0GENERAL", "/db ping"); err != nil || a.Outcome != Acked {
				b.Errorf("%+v, %v", a, err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
}

// acks answers every envelope until the socket ends.
func (b *bot) acks() {
	for {
		_, frame, err := b.conn.Read(context.Background())
		if err != nil {
			return
		}
		const head = len(`{"envelope_id":"`)
		if len(frame) < head+36 || string(frame[:head]) != `{"envelope_id":"` {
			continue // hello
		}
		ack := append([]byte(`{"envelope_id":"`), frame[head:head+36]...)
		if b.conn.Write(context.Background(), websocket.MessageText, append(ack, `"}`...)) != nil {
			return
		}
	}
}

// BenchmarkPosts is one chat.postMessage with blocks, over HTTP.
func BenchmarkPosts(b *testing.B) {
	w := open(b, unlimited)
	blocks := asJSON(b, append(buttons("Refresh", "Share"), fields{"type": "section", "text": fields{"type": "mrkdwn", "text": "*orders* is well"}}))
	for b.Loop() {
		w.botPosts("C0GENERAL", "text", "orders is well", "blocks", blocks)
	}
}
