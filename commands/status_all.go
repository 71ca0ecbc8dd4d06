package commands

import (
	"fmt"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

// screen is all databases, one line each, worst first; why one is not good stands first on its line.
func screen(all []seen) View {
	view := View{Title: "Status", Buttons: refreshAndShare()}
	worstFirst(all, seen.verdict)
	var verdicts []Verdict
	var slowest time.Duration
	for _, s := range all {
		section := s.line()
		view.Parts = append(view.Parts, Part{Section: &section})
		verdicts = append(verdicts, section.Verdict)
		slowest = max(slowest, s.status.Took)
	}
	view.Verdict = Worst(verdicts...)
	view.Lead = Say(leadOf(all))
	if len(all) > 0 {
		view.Notes = append(view.Notes, read(all[0].status.At, slowest), Text{
			{Kind: Literal, Text: "/db status " + name(all[0].target.Database)}, {Text: " gives the full report of one."},
		})
	}
	return view
}

// leadOf says how many need somebody, and why the first of them does.
func leadOf(all []seen) string {
	count := map[Verdict]int{}
	for _, s := range all {
		count[s.verdict()]++
	}
	switch {
	case len(all) == 0:
		return "No database is configured."
	case count[Bad] > 0:
		return fmt.Sprintf("%d of %s: %s", count[Bad], ops.Count(len(all), "database")+needs(count[Bad]), first(all))
	case count[Watch] > 0:
		return "Nothing is down. Worth a look: " + first(all)
	case count[Unseen] > 0:
		return "Nothing bad was seen, but not everything could be read."
	}
	return "All is well."
}

// first names the worst database and its worst fault, then the others that are as bad.
func first(all []seen) string {
	worst := all[0]
	said := name(worst.target.Database) + ", down."
	if worst.status.Down == nil {
		said = name(worst.target.Database) + ", " + worst.reasons()[0].Why + "."
	}
	var others []string
	for _, s := range all[1:] {
		if s.verdict() == worst.verdict() {
			others = append(others, name(s.target.Database))
		}
	}
	if len(others) > 0 {
		said += " Then: " + few(others) + "."
	}
	return said
}

func needs(n int) string {
	if n == 1 {
		return " needs you now"
	}
	return " need you now"
}

// few names the first three.
func few(names []string) string {
	if len(names) > 3 {
		names = append(names[:3:3], fmt.Sprintf("and %d more", len(names)-3))
	}
	return strings.Join(names, ", ")
}

// line is one database.
func (s seen) line() Section {
	section := Section{Title: s.title(), Verdict: s.verdict()}
	if down := s.status.Down; down != nil {
		section.Summary = Say("down. " + down.Message)
		if down.Hint != "" {
			section.Lines = []Text{Say(down.Hint)}
		}
		return section
	}
	parts := s.parts()
	if unseen := s.unseen(); unseen != "" {
		parts = append(parts, "could not be seen: "+unseen)
	}
	section.Summary = Say(strings.Join(parts, " · "))
	return section
}

// parts of the line: why the database is not well, then what everybody wants to know, without what the first has said.
func (s seen) parts() (parts []string) {
	var worst postgres.Finding
	if why := s.reasons(); len(why) > 0 {
		worst = why[0]
		parts = []string{capital(worst.Why)}
	}
	unless := func(said bool, part string) {
		if !said {
			parts = append(parts, part)
		}
	}
	parts = append(parts, s.role())
	unless(worst.Topic == postgres.ConnectionsTopic, s.slots())
	parts = append(parts, s.size())
	unless(s.tellsOldest(worst), s.oldest())
	unless(worst.Topic == postgres.BlockedTopic, s.blocked())
	parts = append(parts, s.lag()) // the worst of replication may be a slot, which this does not name
	unless(worst.Topic == migrationsTopic, s.state.short())
	unless(worst.Topic == backupsTopic, s.backups.short())
	return parts
}

func (s seen) title() string {
	if s.target.Environment == "" {
		return name(s.target.Database)
	}
	return name(s.target.Database) + ", " + name(s.target.Environment)
}

func (s seen) role() string {
	return of(s.status.Server, "role unseen", func(v postgres.Server) string {
		if v.Replica {
			return "up, replica"
		}
		return "up, primary"
	})
}

func (s seen) slots() string {
	return of(s.status.Connections, "connections unseen", func(v postgres.Connections) string {
		return fmt.Sprintf("%d of %d connections", v.Used, v.Usable())
	})
}

// size falls back to the catalogue's page counts when the files cannot be measured.
func (s seen) size() string {
	return of(s.status.Size, of(s.status.Tables, "size unseen", func(v postgres.Tables) string { return "about " + v.Bytes.String() }),
		func(v postgres.Size) string { return v.Bytes.String() })
}

func (s seen) oldest() string {
	return of(s.status.Activity, "transactions unseen", func(v postgres.Activity) string {
		switch {
		case len(v.Transactions) > 0:
			return "oldest transaction " + v.Transactions[0].TransactionAge.String()
		case v.Hidden > 0:
			return "transactions unseen"
		}
		return "no transaction open"
	})
}

// tellsOldest: what is wrong is the oldest transaction, not a query.
func (s seen) tellsOldest(f postgres.Finding) bool {
	open := s.status.Activity.Value.Transactions
	return f.Topic == postgres.LongestTopic && len(open) > 0 && strings.Contains(f.Why, open[0].TransactionAge.String())
}

func (s seen) blocked() string {
	return of(s.status.Locks, "locks unseen", func(v postgres.Locks) string {
		if v.Waiting == 0 {
			return "none blocked"
		}
		return fmt.Sprintf("%d blocked", v.Waiting)
	})
}

func (s seen) lag() string {
	return of(s.status.Replication, "replication unseen", func(v postgres.Replication) string {
		switch {
		case v.Receiver != nil && v.Receiver.Behind() == "":
			return "up to date with its primary"
		case v.Receiver != nil:
			return v.Receiver.Behind() + " behind its primary"
		case v.Hidden > 0:
			return "replicas unseen"
		case len(v.Replicas) == 0:
			return "no replica"
		}
		var lag postgres.Age
		for _, r := range v.Replicas {
			lag = max(lag, r.Lag)
		}
		if lag == 0 {
			return ops.Count(len(v.Replicas), "replica") + " up to date"
		}
		return fmt.Sprintf("%s, up to %s behind", ops.Count(len(v.Replicas), "replica"), lag)
	})
}

// of says a reading, or otherwise where there is none.
func of[T any](r postgres.Reading[T], otherwise string, say func(T) string) string {
	if r.Fault != nil {
		return otherwise
	}
	return say(r.Value)
}
