// Package approvaltest is the contract of approval.Store as tests that every keeper of requests passes, and a keeper in
// memory that passes them. It is for tests alone, and imports ops and approval.
package approvaltest

import (
	"testing"
	"time"

	"dbbot/ops/approval"
)

// Fixture is an empty keeper, and what a test must see of it that the contract does not show.
type Fixture struct {
	Store approval.Store
	Peer  approval.Store   // the same requests as another process has them; nil: Store
	Now   func() time.Time // the keeper's clock
	// Token gives a new token that acts for a request from one surface.
	Token func(t testing.TB, id approval.ID, at Surface) string
	// Work gives what was put into the queue since it was asked last, in that order.
	Work func(t testing.TB) []approval.Work
	// Refused gives the codes of all refusals in the audit, oldest first; Events, those of the moves of one request.
	Refused func(t testing.TB) []string
	Events  func(t testing.TB, id approval.ID) []approval.Event
}

// check is one sentence of the contract.
type check struct {
	says string
	test func(b *bench)
}

// Run holds a keeper against the whole contract; open gives an empty one each time.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for _, c := range contract() {
		t.Run(c.says, func(t *testing.T) { c.test(newBench(t, open(t))) })
	}
}

func contract() (all []check) {
	for _, part := range [][]check{creating, moving, racing, deciding, turns, reporting, listing, wild} {
		all = append(all, part...)
	}
	return all
}
