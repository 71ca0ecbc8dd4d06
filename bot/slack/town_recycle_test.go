package slack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dbbot/bot/workspace"
)

// Ten thousand commands over two hundred recycled sockets. At each recycling a socket is warned and then chosen for
// what follows, until it closes; so most commands arrive on sockets that Slack has already taken leave of. None is
// lost, none is handled twice, and nobody sees an error.
func TestNothingIsLostOverTwoHundredRecycles(t *testing.T) {
	recycles, each := 200, 50
	if testing.Short() {
		recycles = 20
	}
	w := newTown(t, func(slack *workspace.Config, c *Config, b *bounds) {
		slack.Periods.Warning = 40 * time.Millisecond // as Slack's ten seconds
		slack.Limits.History = 200 * 100
		slack.Limits.TierBurst = 1000 // apps.connections.open is scarce, and this is not about that
		c.Queue = 1000
		b.attempts = 10_000
	})
	warned := map[string]int{} // by socket: the number of the first command after its warning
	for n := range recycles {
		id := w.freshSocket()
		warned[id] = n * each
		if err := w.Warn(id); err != nil {
			t.Fatal(err)
		}
		w.DeliverOn(id) // it may have closed by now; then any socket will do
		w.typeMany(n*each, each)
	}
	late := 0 // on a socket after its warning
	for _, d := range w.Deliveries() {
		if d.Outcome != workspace.Acked {
			t.Errorf("%s on %s: %s", d.ID, d.Socket, d.Outcome)
		}
		if first, ok := warned[d.Socket]; ok && numberOf(t, d.Payload) >= first {
			late++
		}
	}
	t.Logf("%d commands, %d of them on a socket after its warning", recycles*each, late)
	if late < recycles*each/4 {
		t.Error("too few for a test of recycling")
	}
	if opened := w.Counts().Opened; opened < recycles {
		t.Errorf("%d sockets were opened over %d recycles", opened, recycles)
	}
	w.everyOneOnce(recycles * each)
	w.stop()
	if strings.Contains(w.log.w.String(), "something else is connected") {
		t.Error("our own sockets were taken for a stranger's")
	}
}

// freshSocket gives a socket that was not warned yet, once there are two: Slack does not recycle all of them at once.
func (w *town) freshSocket() (id string) {
	w.Helper()
	until(w, "there are two fresh sockets", func() bool {
		fresh := slices.DeleteFunc(w.Sockets(), func(s workspace.SocketInfo) bool { return s.Warned || s.Ending })
		if len(fresh) < 2 {
			return false
		}
		id = fresh[0].ID
		return true
	})
	return id
}

// typeMany types commands with the numbers from first, several at a time.
func (w *town) typeMany(first, count int) {
	w.Helper()
	const typists = 5
	var all sync.WaitGroup
	for typist := range typists {
		all.Go(func() {
			for n := first + typist; n < first+count; n += typists {
				a, err := w.Slash(w.Context(), "U0ANA", "C0ORDERS", fmt.Sprintf("/db status %d", n))
				if err != nil || a.Outcome != workspace.Acked {
					w.Errorf("command %d: %s, %v", n, a.Outcome, err)
				}
			}
		})
	}
	all.Wait()
}

// numberOf reads which of the commands an envelope carried.
func numberOf(t testing.TB, payload []byte) (n int) {
	t.Helper()
	var p struct{ Text string }
	if err := json.Unmarshal(payload, &p); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(p.Text, "status %d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// everyOneOnce wants each of count commands in the handler exactly once, by its words and by its key.
func (w *town) everyOneOnce(count int) {
	w.Helper()
	words, keys := map[string]int{}, map[string]int{}
	for range count {
		i := receive(w, w.desk.invokes, "a command that was acked")
		words[i.Text]++
		keys[i.Key]++
	}
	if len(words) != count || len(keys) != count || len(w.desk.invokes) != 0 {
		w.Errorf("%d commands came as %d texts and %d keys, %d too many", count, len(words), len(keys), len(w.desk.invokes))
	}
}
