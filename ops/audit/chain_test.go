package audit

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// began is when the chains of the tests begin.
var began = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

// chain seals n entries that are each a little different.
func chain(n int, key Key) (out []Entry) {
	var prev []byte
	for i := range n {
		e := Entry{
			Seq: int64(i + 1), At: began.Add(time.Duration(i) * time.Second), Team: "T0DEMO", User: "U0LEE", Name: "Lee", Event: "agreed",
			From: "pending", To: "approved", Request: int64(i), Command: "terminate", Risk: "destroy", Database: "orders",
			Environment: "production", System: "7300000000000000001", Catalog: "shop", Digest: fmt.Sprintf("%064x", i), Channel: "C0ORDERS",
			Message: "1700000000.000100", Origin: "key", Policy: "p1", Version: "v1", Worker: 3, Outcome: "ended", Detail: "a detail",
		}
		e = Seal(e, prev, key)
		out, prev = append(out, e), e.Hash
	}
	return out
}

// stream gives entries one by one, as a store does.
func stream(entries []Entry) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// copied entries share no memory, so that a test may change them.
func copied(entries []Entry) []Entry {
	out := slices.Clone(entries)
	for i := range out {
		out[i].Prev, out[i].Hash = slices.Clone(out[i].Prev), slices.Clone(out[i].Hash)
	}
	return out
}

func indexOf(rt *rapid.T, entries []Entry) int {
	return rapid.IntRange(0, len(entries)-1).Draw(rt, "at")
}
