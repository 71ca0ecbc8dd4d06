package slack

import (
	"context"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the sizes: never more places than there are, every accepted job runs once, and afterwards nothing is left.
func TestPoolTakesWhatItHasRoomForAndLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		workers, queue := rapid.IntRange(1, 4).Draw(t, "workers"), rapid.IntRange(0, 8).Draw(t, "queue")
		free := make(chan struct{})
		var ran atomic.Int32
		p := newPool(workers, queue, func(int) {})
		accepted := 0
		for range rapid.IntRange(0, 20).Draw(t, "jobs") {
			if p.reserve() {
				accepted++
				p.submit(func() { <-free; ran.Add(1) })
			}
		}
		if accepted > workers+queue {
			t.Fatalf("%d workers and a queue of %d took %d jobs", workers, queue, accepted)
		}
		p.close()
		if p.reserve() {
			t.Fatal("a closed pool gave a place")
		}
		close(free)
		if left := p.drain(context.Background()); left != 0 || int(ran.Load()) != accepted {
			t.Fatalf("%d of %d ran, %d left", ran.Load(), accepted, left)
		}
		p.await(context.Background())
	})
}

func TestADrainHasAnEnd(t *testing.T) {
	p := newPool(1, 1, func(int) {})
	free := make(chan struct{})
	for range 2 {
		p.reserve()
		p.submit(func() { <-free })
	}
	p.close()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if left := p.drain(over); left != 2 {
		t.Errorf("%d left, want 2", left)
	}
	p.await(over) // returns although the worker hangs
	close(free)
	p.await(t.Context())
}
