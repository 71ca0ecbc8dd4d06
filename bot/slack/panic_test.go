package slack

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// explosive panics instead of logging one of the messages: it stands for a fault anywhere in our own code.
type explosive struct {
	slog.Handler
	at string
}

func (e explosive) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, e.at) {
		panic("password=hunter2")
	}
	return e.Handler.Handle(ctx, r)
}

// explodingRig has one worker and one place in the queue, and panics at a log message.
func explodingRig(t *testing.T, at string) *rig {
	return newRig(t, func(c *Config, _ *bounds) {
		c.Workers, c.Queue = 1, 1
		c.Log = slog.New(explosive{c.Log.Handler(), at})
	})
}

// panicked wants so many panics counted and logged, each with a reference and without what is secret.
func (r *rig) panicked(t *testing.T, times int, where string) {
	t.Helper()
	until(t, "the panics are counted", func() bool { return testutil.ToFloat64(r.metrics.panics) == float64(times) })
	r.stop()
	log := r.log.String()
	if n := strings.Count(log, where+" panicked\" reference="); n != times || strings.Contains(log, "hunter2") {
		t.Errorf("%d panics of %d are logged:\n%s", n, times, log)
	}
}

func TestAPanicInTheReaderCostsOneFrame(t *testing.T) {
	r := explodingRig(t, "slack: refused").run()
	p := r.socket()
	const frames = 3
	for range frames {
		p.send(`{"envelope_id":`)
	}
	p.command("e1", "status")
	p.acked()
	receive(t, r.desk.invokes, "the command that followed")
	if n := len(r.peers); n != 0 {
		t.Errorf("%d more sockets were opened", n)
	}
	r.panicked(t, frames, "the reader")
}

func TestAPanicInAnApologyCostsOneApology(t *testing.T) {
	r := explodingRig(t, "slack: an apology")
	free := make(chan struct{})
	r.desk.during = func(context.Context) { <-free }
	for _, way := range []string{"answer", "chat.postEphemeral", "chat.postMessage"} {
		r.does(way, says(http.StatusServiceUnavailable, ""), says(http.StatusServiceUnavailable, ""), standardly(way))
	}
	r.run()
	p := r.socket()
	for n := range 2 {
		p.command(fmt.Sprint("e", n), "status")
		p.acked()
	}
	for n := range 3 { // the first two cannot be told; the third is told by the same apologists
		p.click(fmt.Sprint("c", n), fmt.Sprint(n))
		p.acked()
		until(t, "the click is dealt with", func() bool {
			return r.called("answer") == n+1 && (n == 2 || int(testutil.ToFloat64(r.metrics.panics)) == n+1)
		})
	}
	close(free)
	r.panicked(t, apologists, "a worker")
}

// An ack that blows up must not keep its place: with one worker and one place that would be the end of it all.
func TestAPanicInAnAckKeepsNoPlace(t *testing.T) {
	r := explodingRig(t, "slack: an ack could not").run()
	r.socket()
	until(t, "it is open", func() bool { return r.State().Open == 1 })
	dead := r.status.all()[0]
	r.stop()
	in := newIntake(t.Context(), r.Client, r.desk, self{team: "T0DEMO"})
	for range 5 {
		in.take(dead, frame{data: fmt.Appendf(nil, `{"envelope_id":"e","type":"slash_commands","payload":%s}`, goodCommand)})
		receive(t, r.desk.invokes, "the command")
	}
	if left := in.stop(t.Context()); left != 0 {
		t.Errorf("%d places are still taken", left)
	}
	in.await(t.Context())
	r.panicked(t, 5, "the reader")
}
