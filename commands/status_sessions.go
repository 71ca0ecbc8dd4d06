package commands

import (
	"fmt"
	"slices"
	"strings"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

func connectionFacts(c postgres.Connections) fact {
	doing := fmt.Sprintf("%d running, %d idle, %d idle in transaction", c.Active, c.Idle, c.IdleInTransaction)
	if c.Here != c.Used {
		doing += fmt.Sprintf("; %d of them in this database", c.Here)
	}
	f := fact{good: sayf("%d of %d used (%s)", c.Used, c.Usable(), doing), closer: []Text{Say(doing)}}
	for _, t := range c.Top {
		f.closer = append(f.closer, Text{{Text: ops.Count(t.Sessions, "connection") + ": "}, who(t.User, t.Application)})
	}
	f.closer = append(f.closer, sayf("%d slots in all, %d of them reserved for administrators", c.Max, c.Reserved))
	return f
}

func (t told) longest(a postgres.Activity) fact {
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
	f := fact{good: Say(strings.Join(parts, ", "))}
	here := told{}
	// Others who joined the look read the same lists: appending to one would write into theirs.
	for _, s := range slices.Concat(a.Queries, a.Transactions) {
		if !here[s.PID] {
			f.closer = append(f.closer, t.session(s))
		}
		here[s.PID] = true
	}
	for _, p := range a.Prepared {
		f.closer = append(f.closer, Text{{Text: "prepared " + p.Age.String() + " ago: "}, literal(name(p.Name)), {Text: " by "}, literal(name(p.User))})
	}
	return f
}

func (t told) idle(a postgres.Activity) fact {
	if len(a.Idlers) == 0 {
		return fact{good: Say("none")}
	}
	f := fact{good: Say(ops.Count(a.IdleInTransaction, "session") + ", the longest " + a.Idlers[0].StateAge.String())}
	for _, s := range a.Idlers {
		f.closer = append(f.closer, t.session(s))
	}
	return f
}

// session is one on a line: who, since when, and what it last said. The second time only its pid and its age.
func (t told) session(s postgres.Session) Text {
	line := pid(s.PID)
	if t[s.PID] {
		return append(line, Span{Text: " (above)" + age(s)})
	}
	t[s.PID] = true
	return append(append(line, Span{Text: ", "}, who(s.User, s.Application), Span{Text: age(s)}), saying(s)...)
}

func pid(n int) Text { return Text{{Text: "pid "}, literal(fmt.Sprint(n))} }

// age says what a session has been doing, and for how long.
func age(s postgres.Session) string {
	switch {
	case s.State == "active" && s.Wait == "Lock":
		return ", waiting for a lock for " + s.QueryAge.String()
	case s.State == "active":
		return ", running for " + s.QueryAge.String()
	case strings.HasPrefix(s.State, "idle in transaction"):
		return ", idle in a transaction for " + s.StateAge.String()
	case s.State == "":
		return ", what it does is hidden"
	}
	return ago(s.TransactionAge, ", in a transaction for ")
}

// saying is a session's last statement.
func saying(s postgres.Session) Text {
	if s.Query == "" {
		return nil
	}
	return Text{{Text: ": "}, query(s.Query)}
}

// who is a role and the program it came with.
func who(user, application string) Span {
	if application == "" {
		return literal(name(user))
	}
	return literal(name(user) + " via " + name(application))
}

func query(q postgres.SQL) Span { return literal(ops.Printable(string(q), queryRunes)) }
