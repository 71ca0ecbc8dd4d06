package approvaltest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"dbbot/ops/approval"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) Fixture {
		m := NewMemory(rising())
		return fixture(m, m)
	})
}

// rising is a clock of which no two readings are equal, as of transactions one after the other.
func rising() func() time.Time {
	var ticks atomic.Int64
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return func() time.Time { return start.Add(time.Duration(ticks.Add(1)) * time.Millisecond) }
}

// fixture looks into m, through whatever stands before it.
func fixture(m *Memory, s approval.Store) Fixture {
	tokens := 0
	return Fixture{
		Store: s, Now: m.Now,
		Token: func(_ testing.TB, id approval.ID, at Surface) string {
			tokens++
			token := fmt.Sprintf("token-%d", tokens)
			m.Bind(token, id, at)
			return token
		},
		Work: func(testing.TB) []approval.Work { return m.Work() },
		Refused: func(testing.TB) (codes []string) {
			for _, r := range m.Refused() {
				codes = append(codes, r.Code)
			}
			return codes
		},
		Events: func(_ testing.TB, id approval.ID) (events []approval.Event) {
			for _, move := range m.Moves() {
				if move.After.ID == id {
					events = append(events, move.Event)
				}
			}
			return events
		},
	}
}
