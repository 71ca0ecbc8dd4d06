package commands

import (
	"fmt"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

const (
	blockedLines = 5    // of those whom a session blocks, that a plan names; the rest are counted
	queryLength  = 1500 // characters of its statement: as much as one reads before saying yes
)

// view is a session as those who agree see it. Since when, not how long: a card is read for as long as it is open.
func (s signalling) view(b postgres.Backend) View {
	view := View{Title: fmt.Sprintf(s.title, b.PID), Lead: Say(s.effect)}
	say := func(title string, summary Text, lines ...Text) {
		view.Parts = append(view.Parts, Part{Section: &Section{Title: title, Summary: summary, Lines: lines}})
	}
	say("Session", append(pid(b.PID), Span{Text: ", "}, who(whose(b), b.Application)))
	say("Connected", append(Say(from(b.Client)), since(b.Started, "since ", "")...))
	say("Doing", doing(b))
	say("Transaction", since(b.Transaction, "open since ", "none open"))
	say("Blocks", blocks(b), blockedOf(b)...)
	if b.Query != "" {
		view.Parts = append(view.Parts, Part{Code: &Code{Title: s.query, Text: ops.Printable(string(b.Query), queryLength)}})
	}
	return view
}

// whose says who a session is: its role, or what it is for where it has none.
func whose(b postgres.Backend) string {
	if b.User == "" {
		return b.Kind
	}
	return b.User
}

func from(client string) string {
	if client == "" {
		return ""
	}
	return "from " + name(client) + ", "
}

func since(at *time.Time, before, otherwise string) Text {
	if at == nil {
		return Say(otherwise)
	}
	return Text{{Text: before}, {Kind: Moment, When: *at}}
}

// doing is what a session does, and since when.
func doing(b postgres.Backend) Text {
	switch {
	case b.State == "active" && b.Wait == "Lock":
		return since(b.Asked, "running and waiting for a lock, since ", "waiting for a lock")
	case b.State == "active":
		return since(b.Asked, "running since ", "running")
	case strings.HasPrefix(b.State, "idle in transaction"):
		return since(b.Changed, "idle in a transaction since ", "idle in a transaction")
	case b.State == "":
		return Say("not permitted to see")
	}
	return since(b.Changed, name(b.State)+" since ", name(b.State))
}

func blocks(b postgres.Backend) Text {
	switch {
	case b.Unseen != nil:
		return Say("could not be seen: " + b.Unseen.Message)
	case len(b.Blocked) == 0:
		return Say("nobody, when this was read")
	}
	return Say(fmt.Sprintf("%s, the longest for %s, when this was read", ops.Count(len(b.Blocked), "session"), b.Blocked[0].Waited))
}

func blockedOf(b postgres.Backend) (lines []Text) {
	for i, w := range b.Blocked {
		if i == blockedLines {
			return append(lines, sayf("and %d more", len(b.Blocked)-i))
		}
		lines = append(lines, append(append(pid(w.PID), Span{Text: ", waits " + w.Waited.String() + " for "}), wanted(w)...))
	}
	return lines
}
