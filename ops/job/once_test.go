package job

import (
	"fmt"
	"sync"
	"testing"

	"dbbot/ops/approval"
	"dbbot/ops/store"
)

const storeClass = store.LiveClass

// two replicas and many requests at once: each runs exactly once, whoever has it
func TestEachRequestRunsOnce(t *testing.T) {
	h := newHouse(t)
	one, two := h.start(&desk{}), h.start(&desk{})
	const many = 60
	ids := make([]approval.ID, many)
	var asking sync.WaitGroup
	for i := range ids {
		asking.Go(func() { ids[i] = h.ask([]*replica{one, two}[i%2], fmt.Sprint(i%20)) })
	}
	asking.Wait()
	by := map[int64]int{}
	for _, id := range ids {
		h.until(one, id, approval.Succeeded)
		done := h.effects(one, id)
		if len(done) != 1 {
			t.Errorf("%s ran %d times", id, len(done))
			continue
		}
		by[done[0]]++
	}
	if by[one.Worker()] == 0 || by[two.Worker()] == 0 {
		t.Errorf("one replica did nothing: %v", by)
	}
}
