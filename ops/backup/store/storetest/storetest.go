// Package storetest is what every backup.Store must do. A test of each kind of store calls Run with a fixture. It may import
// ops and ops/backup, and test code alone may import it.
package storetest

import (
	"testing"

	"dbbot/ops/backup"
)

// Fixture is one empty store, and what its tests can see of its inside.
type Fixture struct {
	Store backup.Store
	// Again opens the same store anew, as another process would.
	Again func() backup.Store
	// Part is more bytes than the store sends at once.
	Part int64
	// Abandon leaves of name what a process leaves that is killed while it writes. Nil where stores clean up by themselves.
	Abandon func(t testing.TB, name string)
	// Unfinished counts what lies in the store and is no complete file. Nil where that cannot be seen.
	Unfinished func(t testing.TB) int
}

// Run proves the contract on stores that open makes, a new and empty one each time.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for _, c := range contract {
		t.Run(c.says, func(t *testing.T) {
			f := open(t)
			t.Cleanup(func() {
				if err := f.Store.Close(); err != nil {
					t.Errorf("closing: %v", err)
				}
			})
			c.prove(t, f)
		})
	}
}

// clause is one sentence of the contract.
type clause struct {
	says  string
	prove func(t testing.TB, f Fixture)
}

var contract = []clause{
	{"what was put comes back", comesBack},
	{"a stream of unknown size, larger than one part", streams},
	{"an estimate binds nobody", estimates},
	{"nothing can be seen before all is there", appearsWhole},
	{"a second process sees what is there", seenByOthers},
	{"a reader that fails leaves nothing", failingReader},
	{"a reader that fails in its second part leaves nothing", failingLater},
	{"a reader that fails as a cut stream does leaves nothing", failingAsCut},
	{"a cancelled write leaves nothing", cancelled},
	{"a cancelled write whose reader ends in peace leaves nothing", cancelledPeacefully},
	{"a write that begins too late leaves nothing", cancelledBefore},
	{"a failed overwriting leaves what was there", failedOverwrite},
	{"overwriting replaces", overwrites},
	{"a tag changes with the content", tags},
	{"what is missing is missing", missing},
	{"listing goes by prefix", lists},
	{"listing is complete and in order", listsMany},
	{"deleting", deletes},
	{"sweeping takes what is old and unfinished", sweeps},
	{"many at once", many},
	{"two write the same name", same},
	{"names that are no names", names},
	{"reading ends with its context", readingEnds},
	{"a location says no secret", location},
}
