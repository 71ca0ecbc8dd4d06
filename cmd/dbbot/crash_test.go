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

// houses are how many servers, each with its replica, the steps are divided among: most of the time everybody waits for
// somebody to be missed.
const houses = 3

// TestCrashAtEveryStep kills the only replica at each named step of the road in turn, starts another, and looks whether the
// invariants of the design (section 6) hold. The steps are those that an undisturbed change was seen to reach.
func TestCrashAtEveryStep(t *testing.T) {
	steps := undisturbed(t)
	for n := range houses {
		t.Run(fmt.Sprintf("house %d", n+1), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			for i := n; i < len(steps); i += houses {
				h.crashAt(t, steps[i])
			}
		})
	}
}

// undisturbed lets one change happen, and gives the steps that it took.
func undisturbed(t *testing.T) (steps []string) {
	t.Helper()
	h := newHouse(t)
	only := h.start("")
	s := &scene{h: h, state: h.look(t), pid: h.victim(t)}
	s.ask(t)
	s.agree(t)
	if state := s.end(t); state != "succeeded" {
		t.Fatalf("undisturbed, and %s:\n%s", state, tail(h.log.String(), 40))
	}
	only.stop()
	if steps = h.reached(); len(steps) < 8 {
		t.Fatalf("only these steps were reached: %v", steps)
	}
	return steps
}

// crashAt lets a change happen in which the replica dies at a step, and whoever runs it starts it again.
func (h *house) crashAt(t *testing.T, step string) {
	t.Helper()
	s := &scene{h: h, state: h.look(t), pid: h.victim(t)}
	doomed := h.start(step)
	watch := make(chan struct{})
	var heir atomic.Pointer[replica]
	go func() {
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
	violations := h.violations(t, s.state)
	if len(violations) > 0 {
		t.Errorf("killed at %q, %s: %v", step, state, violations)
	}
	t.Logf("killed at %-22q the change ended as %-12s violations: %d", step, state, len(violations))
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
