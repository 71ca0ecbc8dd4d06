package postgres

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawn writes a tree as 1(2 3(4)).
func drawn(all []*Knot) string {
	var parts []string
	for _, k := range all {
		part := fmt.Sprint(k.Session.PID)
		if len(k.Behind) > 0 {
			part += "(" + drawn(k.Behind) + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

func TestTree(t *testing.T) {
	wait := func(pid int, blockers ...int) Wait { return Wait{PID: pid, Blockers: blockers} }
	for name, test := range map[string]struct {
		waits []Wait
		want  string
	}{
		"nobody":                 {nil, ""},
		"a chain":                {[]Wait{wait(2, 1), wait(3, 2), wait(4, 3)}, "1(2(3(4)))"},
		"a queue":                {[]Wait{wait(2, 1), wait(3, 1, 2), wait(4, 1, 2, 3)}, "1(2(3(4)))"},
		"two knots, worst first": {[]Wait{wait(2, 1), wait(6, 5), wait(7, 5)}, "5(6 7) 1(2)"},
		"two blockers of one":    {[]Wait{wait(3, 1, 2)}, "1(3) 2"},
		"a prepared transaction": {[]Wait{wait(2, 0)}, "0(2)"},
		"a circle":               {[]Wait{wait(1, 2), wait(2, 1)}, "1(2)"},
		"a circle and a tail":    {[]Wait{wait(1, 2), wait(2, 1), wait(3, 2)}, "1(2(3))"},
		"its blocker is gone":    {[]Wait{wait(1)}, "1"},
		"itself":                 {[]Wait{wait(1, 1)}, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := drawn(Locks{Waits: test.waits}.Tree()); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// Whoever waits for whomever: everybody who waits stands in the tree exactly once.
func TestTreeHoldsEverybodyOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l Locks
		for pid := range rapid.IntRange(0, 12).Draw(t, "waiting") {
			l.Waits = append(l.Waits, Wait{PID: pid + 1, Waited: Age(pid), Blockers: rapid.SliceOfN(rapid.IntRange(0, 15), 0, 4).Draw(t, "blockers")})
		}
		count := map[int]int{}
		var visit func(all []*Knot)
		visit = func(all []*Knot) {
			for _, k := range all {
				count[k.Session.PID]++
				visit(k.Behind)
			}
		}
		tree := l.Tree()
		visit(tree)
		for _, w := range l.Waits {
			if count[w.PID] != 1 {
				t.Fatalf("%d stands %d times in %s", w.PID, count[w.PID], drawn(tree))
			}
		}
		total := 0
		for _, k := range tree {
			if total += k.Waiting(); k.Wait != nil {
				total++
			}
			if k.Longest() > Age(len(l.Waits)) {
				t.Fatalf("longest %d", k.Longest())
			}
		}
		if total != len(l.Waits) {
			t.Fatalf("%d wait, %d are counted in %s", len(l.Waits), total, drawn(tree))
		}
	})
}
