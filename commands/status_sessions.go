package commands

import (
	"fmt"
	"strings"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

func connectionFacts(c postgres.Connections) (summary Text, lines []Text) {
	summary = sayf("%d of %d used (%d running, %d idle, %d idle in transaction)",
		c.Used, c.Usable(), c.Active, c.Idle, c.IdleInTransaction)
	if c.Here != c.Used {
		summary = append(summary, Span{Text: fmt.Sprintf(", %d of them in this database", c.Here)})
	}
	for _, t := range c.Top {
		lines = append(lines, Text{{Text: counted(t.Sessions, "connection") + ": "}, who(t.User, t.Application)})
	}
	return summary, append(lines, sayf("%d slots in all, %d reserved for administrators", c.Max, c.Reserved))
}

func longestFacts(a postgres.Activity) (summary Text, lines []Text) {
	var parts []string
	if len(a.Queries) > 0 {
		parts = append(parts, "query "+a.Queries[0].QueryAge.String())
	}
	if len(a.Transactions) > 0 {
		parts = append(parts, "transaction "+a.Transactions[0].TransactionAge.String())
	}
	if len(parts) == 0 {
		parts = []string{"nothing is running"}
	}
	told := map[int]bool{}
	for _, s := range append(a.Queries, a.Transactions...) {
		if !told[s.PID] {
			lines = append(lines, session(s))
		}
		told[s.PID] = true
	}
	for _, p := range a.Prepared {
		lines = append(lines, Text{{Text: "prepared " + p.Age.String() + " ago: "}, literal(name(p.Name)), {Text: " by "}, literal(name(p.User))})
	}
	return Say(strings.Join(parts, ", ")), lines
}

func idleFacts(a postgres.Activity) (summary Text, lines []Text) {
	if a.IdleInTransaction == 0 {
		return Say("none"), nil
	}
	for _, s := range a.Idlers {
		lines = append(lines, session(s))
	}
	summary = Say(counted(a.IdleInTransaction, "session"))
	if len(a.Idlers) > 0 {
		summary = append(summary, Span{Text: ", the longest " + a.Idlers[0].StateAge.String()})
	}
	return summary, lines
}

// session is one on a line: who, since when, and what it last said.
func session(s postgres.Session) Text {
	age := ago(s.TransactionAge, ", in a transaction for ")
	switch {
	case s.State == "active":
		age = ", running for " + s.QueryAge.String()
		if s.Wait == "Lock" {
			age = ", waiting for a lock for " + s.QueryAge.String()
		}
	case strings.HasPrefix(s.State, "idle in transaction"):
		age = ", idle in a transaction for " + s.StateAge.String()
	case s.State == "":
		age += ", what it does is hidden"
	}
	line := Text{{Text: "pid "}, literal(fmt.Sprint(s.PID)), {Text: ", "}, who(s.User, s.Application), {Text: age}}
	if s.Query != "" {
		line = append(line, Span{Text: ": "}, query(s.Query))
	}
	return line
}

// who is a role and the program it came with.
func who(user, application string) Span {
	if application == "" {
		return literal(name(user))
	}
	return literal(name(user) + " via " + name(application))
}

func query(q postgres.SQL) Span { return literal(ops.Printable(string(q), queryRunes)) }

// treeLines bounds how much of the tree is drawn: more does not fit a phone, and the root is what matters.
const treeLines = 10

func blockedFacts(l postgres.Locks) (summary Text, lines []Text) {
	if l.Waiting == 0 {
		return Say("none"), nil
	}
	tree := l.Tree()
	for _, root := range tree {
		lines = branch(lines, root, 0)
	}
	if len(lines) > treeLines {
		lines = append(lines[:treeLines], sayf("and %d lines more", len(lines)-treeLines))
	}
	if len(tree) > 0 && tree[0].Waiting() > 0 {
		root := tree[0]
		return Text{{Text: "ending pid "}, literal(fmt.Sprint(root.Session.PID)), {Text: fmt.Sprintf(" would let %s go on", counted(root.Waiting(), "session"))}}, lines
	}
	return Say(counted(l.Waiting, "session") + " waiting"), lines
}

// branch draws a session and those that wait for it, one step further in each.
func branch(lines []Text, k *postgres.Knot, depth int) []Text {
	var line Text
	switch {
	case depth == 0 && k.Session.PID == 0:
		line = sayf("a prepared transaction holds up %d", k.Waiting())
	case depth == 0 && len(k.Behind) > 0:
		line = append(session(k.Session), Span{Text: fmt.Sprintf(" (holds up %d)", k.Waiting())})
	case k.Wait == nil:
		line = session(k.Session)
	default:
		line = Text{{Text: strings.Repeat("  ", max(depth-1, 0)) + "↳ pid "}, literal(fmt.Sprint(k.Session.PID)), {Text: ", "},
			who(k.Session.User, k.Session.Application), {Text: ", waits " + k.Wait.Waited.String() + " for "}, wanted(*k.Wait)}
		if k.Session.Query != "" {
			line = append(line, Span{Text: ": "}, query(k.Session.Query))
		}
	}
	lines = append(lines, line)
	for _, behind := range k.Behind {
		lines = branch(lines, behind, depth+1)
	}
	return lines
}

// wanted says in plain words what a session waits for.
func wanted(w postgres.Wait) Span {
	switch {
	case w.Kind == "transactionid", w.Kind == "tuple":
		return Span{Text: "a row that another transaction has changed"}
	case w.Kind == "advisory":
		return Span{Text: "an advisory lock"}
	case w.Relation != "":
		return literal(name(w.Relation))
	}
	return Span{Text: "a lock of kind " + name(w.Kind)}
}

func lockFacts(l postgres.Locks) (summary Text, lines []Text) {
	modes, order := map[string]int{}, []string{}
	for _, w := range l.Waits {
		what := strings.TrimSuffix(w.Mode, "Lock")
		if w.Relation != "" {
			what += " on " + name(w.Relation)
		}
		if modes[what] == 0 {
			order = append(order, what)
		}
		modes[what]++
	}
	for _, what := range order {
		lines = append(lines, Text{{Text: counted(modes[what], "session") + " waiting: "}, literal(what)})
	}
	for _, e := range l.Exclusive {
		lines = append(lines, Text{{Text: "AccessExclusive held on "}, literal(name(e.Relation)), {Text: " by pid "}, literal(fmt.Sprint(e.PID)),
			{Text: ago(e.TransactionAge, ", its transaction is open for ")}})
	}
	if len(lines) > treeLines {
		lines = append(lines[:treeLines], sayf("and %d lines more", len(lines)-treeLines))
	}
	if l.Waiting == 0 {
		return Say("none waiting"), lines
	}
	return sayf("%d waiting, the longest for %s", l.Waiting, l.Waits[0].Waited), lines
}
