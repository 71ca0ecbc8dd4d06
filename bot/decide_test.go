package bot

import (
	"strings"
	"testing"
)

// Ana asks, and cannot agree herself; Lee agrees, and it may run.
func TestAskAndAgree(t *testing.T) {
	w := newWorks(t)
	same(t, "ana asks", w.asks("U0ANA", "up orders -- the shop needs it"), "")
	same(t, "it waits", w.is(1), "pending")
	same(t, "ana agrees", w.presses("U0ANA", "approve", 1), "fault: You asked for this, so somebody else must agree. Withdraw takes it back.")
	same(t, "ben agrees", w.presses("U0BEN", "approve", 1), "fault: Only leads may decide this. Ask one of them.")
	same(t, "lee agrees", w.presses("U0LEE", "approve", 1), "")
	same(t, "it may run", w.is(1), "approved")
	if got := w.presses("U0MIA", "approve", 1); !strings.HasPrefix(got, "fault: This was approved") {
		t.Errorf("mia comes late: %s", got)
	}
	same(t, "refusals", w.refusals(), "approve (own request), approve (not entitled), approve (late)")
}
