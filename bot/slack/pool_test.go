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
		var panics atomic.Int32
		p := newPool(workers, queue, func(int) {}, func(any) { panics.Add(1) })
		accepted, bad := 0, int32(0)
		for _, panics := range rapid.SliceOfN(rapid.Bool(), 0, 20).Draw(t, "jobs, and which of them panic") {
			if !p.reserve() {
				continue
			}
			accepted++
			if panics {
				bad++
			}
			p.submit(func() {
				<-free
				ran.Add(1)
				if panics {
					panic("boom")
				}
			})
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
		if panics.Load() != bad {
			t.Fatalf("%d panics were reported, want %d", panics.Load(), bad)
		}
		p.await(context.Background())
	})
}

func TestADrainHasAnEnd(t *testing.T) {
	p := newPool(1, 1, func(int) {}, func(any) {})
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
