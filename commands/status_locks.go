package commands

import (
	"fmt"
	"strings"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

// treeLines bounds how much of the tree is drawn: more does not fit a phone, and the root is what matters.
const treeLines = 10

func (t told) blocked(l postgres.Locks) fact {
	if l.Waiting == 0 {
		return fact{good: Say("none")}
	}
	tree := l.Tree()
	return fact{
		good:   Say(ops.Count(l.Waiting, "session") + " waiting, for a moment"),
		closer: append(best(tree), t.forest(tree, treeLines)...),
	}
}

// best says whose end would help most.
func best(tree []*postgres.Knot) []Text {
	if len(tree) == 0 || tree[0].Waiting() == 0 || tree[0].Session.PID == 0 {
		return nil
	}
	return []Text{append(append(Say("Ending "), pid(tree[0].Session.PID)...),
		Span{Text: " would let " + ops.Count(tree[0].Waiting(), "session") + " go on."})}
}

// forest is who waits for whom, at most so many lines of it.
func (t told) forest(tree []*postgres.Knot, most int) (lines []Text) {
	for _, root := range tree {
		lines = t.branch(lines, root, 0)
	}
	if more := len(lines) - most; more > 0 {
		lines = append(lines[:most], sayf("and %d lines more", more))
	}
	return lines
}

// branch draws a session and those that wait for it, one step further in each.
func (t told) branch(lines []Text, k *postgres.Knot, depth int) []Text {
	var line Text
	switch {
	case k.Wait != nil:
		line = append(Say(strings.Repeat("  ", max(depth-1, 0))+"↳ "), t.waiting(k)...)
	case k.Session.PID == 0:
		line = Say("a prepared transaction, which COMMIT PREPARED or ROLLBACK PREPARED ends")
	default:
		line = t.session(k.Session)
	}
	lines = append(lines, line)
	for _, behind := range k.Behind {
		lines = t.branch(lines, behind, depth+1)
	}
	return lines
}

// waiting is a session that waits: who, how long, for what, and with which statement.
func (t told) waiting(k *postgres.Knot) Text {
	t[k.Session.PID] = true
	line := append(pid(k.Session.PID), Span{Text: ", "}, who(k.Session.User, k.Session.Application),
		Span{Text: ", waits " + k.Wait.Waited.String() + " for "})
	return append(append(line, wanted(*k.Wait)...), saying(k.Session)...)
}

// wanted says in plain words what a session waits for.
func wanted(w postgres.Wait) Text {
	switch {
	case w.Kind == "transactionid", w.Kind == "tuple":
		return Say("a row that another transaction has changed")
	case w.Kind == "advisory":
		return Say("an advisory lock")
	case w.Relation != "":
		return Text{{Text: "table "}, literal(name(w.Relation))}
	}
	return Say("a lock of kind " + name(w.Kind))
}

// lockFacts are about the tables; who waits for them stands above.
func lockFacts(l postgres.Locks) fact {
	f := fact{good: Say("none waiting")}
	if l.Waiting > 0 {
		f.good = sayf("%d waiting", l.Waiting)
	}
	for _, e := range l.Exclusive {
		f.closer = append(f.closer, append(append(Text{{Text: "table "}, literal(name(e.Relation)), {Text: " is locked by "}}, pid(e.PID)...),
			Span{Text: ago(e.TransactionAge, ", whose transaction has been open for ")}))
	}
	if tables := tablesWaitedFor(l); tables != "" {
		f.closer = append(f.closer, Text{{Text: "waited for: "}, literal(tables)})
	}
	return f
}

// tablesWaitedFor names each once, with how many wait where it is several.
func tablesWaitedFor(l postgres.Locks) string {
	count, order := map[string]int{}, []string{}
	for _, w := range l.Waits {
		if w.Relation != "" {
			if count[w.Relation] == 0 {
				order = append(order, w.Relation)
			}
			count[w.Relation]++
		}
	}
	for i, relation := range order {
		if n := count[relation]; n > 1 {
			order[i] = fmt.Sprintf("%s (by %d)", name(relation), n)
		}
	}
	return list(order)
}
