package postgres

import (
	"cmp"
	"slices"
)

// Knot is a session in the tree of who waits for whom.
type Knot struct {
	Session Session // its PID is 0 for a prepared transaction, which no session owns
	Wait    *Wait   // nil for those who wait for nobody
	Behind  []*Knot // who waits for it, longest first
}

// Waiting is how many sessions wait behind it, directly or not.
func (k *Knot) Waiting() (n int) {
	for _, b := range k.Behind {
		n += 1 + b.Waiting()
	}
	return n
}

// Longest is the longest of those waits.
func (k *Knot) Longest() (age Age) {
	for _, b := range k.Behind {
		age = max(age, b.Wait.Waited, b.Longest())
	}
	return age
}

// Tree arranges the waits below those who hold everybody up, the one with most waiting behind it first. Every waiting
// session stands in it once. Sessions that wait in a circle, which PostgreSQL resolves after deadlock_timeout, hang
// below the one that has waited longest.
func (l Locks) Tree() []*Knot {
	t := grower{waits: map[int]*Wait{}, sessions: map[int]Session{}, behind: map[int][]*Wait{}, seen: map[int]bool{}}
	for _, s := range l.Sessions {
		t.sessions[s.PID] = s
	}
	for i := range l.Waits {
		w := &l.Waits[i]
		t.waits[w.PID] = w
		for _, b := range slices.Compact(slices.Sorted(slices.Values(w.Blockers))) {
			t.behind[b] = append(t.behind[b], w)
		}
	}
	var roots []*Knot
	for b := range t.behind {
		if t.waits[b] == nil {
			roots = append(roots, &Knot{Session: t.session(b)})
		}
	}
	slices.SortFunc(roots, func(a, b *Knot) int {
		return cmp.Or(cmp.Compare(len(t.behind[b.Session.PID]), len(t.behind[a.Session.PID])), cmp.Compare(a.Session.PID, b.Session.PID))
	})
	for _, root := range roots {
		t.grow(root)
	}
	for i := range l.Waits { // what hangs below no root: circles, and waits whose blocker has just gone
		if w := &l.Waits[i]; !t.seen[w.PID] {
			roots = append(roots, t.grow(&Knot{Session: t.session(w.PID), Wait: w}))
		}
	}
	slices.SortStableFunc(roots, func(a, b *Knot) int { return cmp.Compare(b.Waiting(), a.Waiting()) })
	return roots
}

// grower remembers what already stands in the tree.
type grower struct {
	waits    map[int]*Wait
	sessions map[int]Session
	behind   map[int][]*Wait
	seen     map[int]bool
}

func (t grower) session(pid int) Session {
	s := t.sessions[pid]
	s.PID = pid
	return s
}

func (t grower) grow(k *Knot) *Knot {
	t.seen[k.Session.PID] = true
	for _, w := range t.behind[k.Session.PID] {
		if !t.seen[w.PID] {
			k.Behind = append(k.Behind, t.grow(&Knot{Session: t.session(w.PID), Wait: w}))
		}
	}
	return k
}
