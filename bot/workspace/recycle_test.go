package workspace

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// patient is a client that does it right: on a warning it opens the next socket, and it reads and acks on the old one
// until the server closes it.
func (w *world) patient(ctx context.Context, clients *sync.WaitGroup) {
	clients.Add(1)
	b := w.dial()
	go func() {
		defer clients.Done()
		for {
			_, frame, err := b.conn.Read(ctx)
			if err != nil {
				return
			}
			var e struct {
				ID     string `json:"envelope_id"`
				Reason string
			}
			if json.Unmarshal(frame, &e) != nil {
				w.Errorf("a frame that is not JSON: %s", frame)
			}
			if e.Reason == "warning" {
				w.patient(ctx, clients)
			}
			if e.ID != "" {
				ack, _ := json.Marshal(fields{"envelope_id": e.ID})
				_ = b.conn.Write(ctx, websocket.MessageText, ack) // a lost ack is seen below
			}
		}
	}()
}

// Sockets come and go all the time, and no command is lost on a client that reads each one to its end.
func TestRecyclingLosesNothing(t *testing.T) {
	w := open(t, func(cfg *Config) { unlimited(cfg); cfg.Periods.Warning = 20 * time.Millisecond })
	ctx, cancel := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	w.patient(ctx, &clients)
	w.patient(ctx, &clients)
	w.eventually("two sockets", func() bool { return len(w.Sockets()) == 2 })

	const people, each = 8, 250
	stop, recycled := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		defer func() { recycled <- n }()
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				fresh := 0
				for _, k := range w.Sockets() {
					if !k.Warned {
						fresh++
					}
				}
				if fresh >= 2 && w.Warn("") == nil { // Slack too leaves time to open the next one
					n++
				}
			}
		}
	}()
	var typing sync.WaitGroup
	for range people {
		typing.Go(func() {
			for range each {
				if a, err := w.Slash(ctx, "U0ANA", "C0GENERAL", "/db ping"); err != nil || a.Outcome != Acked {
					t.Errorf("%+v, %v", a, err)
					return
				}
			}
		})
	}
	typing.Wait()
	close(stop)
	if n := <-recycled; n == 0 {
		t.Error("no socket was recycled: the test proves nothing")
	}
	cancel()
	clients.Wait()
}
