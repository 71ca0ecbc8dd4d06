package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// kills is how many random kills TestCrashAtRandom makes: few in every run, many where somebody asks for it.
var kills = flag.Int("crash.kills", 10, "random kills of a replica under load")

// TestCrashAtEveryStep kills the only replica at each named step of the road in turn, starts another, and looks whether the
// invariants of the design (section 6) hold. The steps are those that an undisturbed change was seen to reach.
func TestCrashAtEveryStep(t *testing.T) {
	h := newHouse(t)
	first := h.start("")
	undisturbed := &scene{h: h, state: h.look(t), pid: h.victim(t)}
	undisturbed.ask(t)
	undisturbed.agree(t)
	if state := undisturbed.end(t); state != "succeeded" {
		t.Fatalf("undisturbed, and %s:\n%s", state, tail(h.log.String(), 40))
	}
	first.stop()
	steps := h.reached()
	if len(steps) < 8 {
		t.Fatalf("only these steps were reached: %v", steps)
	}
	violations := map[string][]string{}
	for _, step := range steps {
		s := &scene{h: h, state: undisturbed.state, pid: h.victim(t)}
		doomed := h.start(step)
		watch := make(chan struct{})
		var heir atomic.Pointer[replica]
		go func() { // whoever runs it starts it again
			defer close(watch)
			<-doomed.ended
			heir.Store(h.start(""))
		}()
		s.ask(t)
		s.agree(t)
		state := s.end(t)
		select {
		case <-watch:
		case <-time.After(truth):
			t.Fatalf("step %q was not reached again", step)
		}
		heir.Load().stop()
		if violations[step] = h.violations(t, s.state); len(violations[step]) > 0 {
			t.Errorf("killed at %q, %s: %v", step, state, violations[step])
		}
		t.Logf("killed at %-22q the change ended as %-12s violations: %d", step, state, len(violations[step]))
	}
}

// TestCrashAtRandom kills one of two replicas again and again while people ask and agree, each time starting it anew.
func TestCrashAtRandom(t *testing.T) {
	const askers = 6
	h := newHouse(t)
	replicas := []*replica{h.start(""), h.start("")}
	stop := make(chan struct{})
	var busy sync.WaitGroup
	var changes atomic.Int64
	ended := map[string]int{}
	var mu sync.Mutex
	for range askers {
		busy.Go(func() {
			state := h.look(t)
			for {
				select {
				case <-stop:
					return
				default:
				}
				s := &scene{h: h, state: state, pid: h.victim(t)}
				s.ask(t)
				s.agree(t)
				how := s.end(t)
				changes.Add(1)
				mu.Lock()
				ended[how]++
				mu.Unlock()
			}
		})
	}
	dice := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	for range *kills {
		longest := 1500 // milliseconds: faster than a take-over; now and then there is time for some
		if dice.IntN(3) == 0 {
			longest = 8000
		}
		pause(t.Context(), time.Duration(dice.IntN(longest))*time.Millisecond) // at any moment of what goes on, not at a chosen one
		n := dice.IntN(len(replicas))
		replicas[n].kill()
		h.killed.Store(time.Now().UnixNano())
		replicas[n] = h.start("")
	}
	close(stop)
	busy.Wait()
	for _, r := range replicas {
		r.stop()
	}
	violations := h.violations(t, h.look(t))
	for _, v := range violations {
		t.Error(v)
	}
	states := []string{}
	for state, count := range ended {
		states = append(states, fmt.Sprintf("%s %d", state, count))
	}
	slices.Sort(states)
	t.Logf("%d kills, %d changes (%v), %d violations", *kills, changes.Load(), states, len(violations))
}
