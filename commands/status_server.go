package commands

import (
	"fmt"
	"strings"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

func serverFacts(v postgres.Server) (Text, []Text) {
	version, _, _ := strings.Cut(v.Version, " ")
	return sayf("PostgreSQL %s, up %s", ops.Printable(version, 20), v.Up), nil
}

func roleFacts(v postgres.Server) (Text, []Text) {
	role := "primary"
	if v.Replica {
		role = "replica: it can be read, not written"
	}
	return Say(role), nil
}

// over is the time a tally is about: since the last look where there was one.
func over(c postgres.Counters) (w postgres.Tally, age postgres.Age, when string) {
	if c.Recent != nil {
		return *c.Recent, c.Over, "in the last " + c.Over.String()
	}
	return c.Tally, c.Since, "since the statistics were reset" + ago(c.Since, " ") + map[bool]string{true: " ago"}[c.Since > 0]
}

func throughputFacts(c postgres.Counters) (Text, []Text) {
	w, age, when := over(c)
	if age == 0 { // never reset: a rate comes with the next look
		return sayf("%d transactions so far, %.1f%% rolled back; the next look says how many a second", w.Transactions(), w.RolledBack()), nil
	}
	return sayf("%.1f transactions a second, %.1f%% rolled back, %s", float64(w.Transactions())/age.Seconds(), w.RolledBack(), when), nil
}

func cacheFacts(c postgres.Counters, t postgres.Thresholds) (Text, []Text) {
	w, _, when := over(c)
	if w.Read < t.CacheMinReads {
		w, when = c.Tally, "in all"
	}
	if w.Read < t.CacheMinReads {
		return Say("too little was read from disk to say"), nil
	}
	return sayf("%.1f%% of the blocks were found in the cache %s", w.Cached(), when), nil
}

func disturbanceFacts(c postgres.Counters) (Text, []Text) {
	w, _, when := over(c)
	if c.Since == 0 && c.Recent == nil {
		when = "so far"
	}
	return sayf("%s, %s (%s), %s", none(w.Deadlocks, "deadlock"), none(w.TempFiles, "temporary file"), w.TempBytes, when), nil
}

// none says "no deadlock" for 0.
func none(n int64, one string) string {
	if n == 0 {
		return "no " + one
	}
	return counted(int(n), one)
}

func replicationFacts(v postgres.Replication) (summary Text, lines []Text) {
	switch {
	case v.Receiver != nil && v.Receiver.Lag() == 0:
		summary = Say("up to date with its primary")
	case v.Receiver != nil:
		summary = sayf("%s behind its primary", v.Receiver.Lag())
	default:
		summary = Say(map[bool]string{true: "no replica"}[len(v.Replicas) == 0])
	}
	if len(v.Replicas) > 0 {
		summary = append(summary, Span{Text: counted(len(v.Replicas), "replica")})
	}
	if len(v.Slots) > 0 {
		summary = append(summary, Span{Text: ", " + counted(len(v.Slots), "slot")})
	}
	for _, r := range v.Replicas {
		lines = append(lines, Text{literal(name(r.Name)), {Text: fmt.Sprintf(": %s, %s, %s behind%s", r.State, r.Sync, r.Bytes, ago(r.Lag, ", "))}})
	}
	for _, s := range v.Slots {
		state := "read"
		if !s.Active {
			state = "nobody reads it" + ago(s.Inactive, ", for ")
		}
		if s.Reason != "" {
			state += ", invalid: " + name(s.Reason)
		}
		lines = append(lines, Text{{Text: "slot "}, literal(name(s.Name)), {Text: fmt.Sprintf(" (%s): %s, keeps %s, WAL %s", s.Kind, state, s.Kept, s.WAL)}})
	}
	return summary, lines
}

func sizeFacts(size postgres.Reading[postgres.Size], tables postgres.Reading[postgres.Tables]) (summary Text, lines []Text) {
	switch {
	case size.Fault == nil:
		summary = Say(size.Value.Bytes.String())
		if g := size.Value.Growth; g != nil {
			sign := "+"
			if g.Bytes < 0 {
				sign = ""
			}
			summary = append(summary, Span{Text: fmt.Sprintf(" (%s%s in the last %s)", sign, g.Bytes, g.Over)})
		}
	case tables.Fault == nil:
		summary = sayf("about %s by the catalogue", tables.Value.Bytes)
	}
	if tables.Fault != nil {
		return summary, nil
	}
	for _, t := range tables.Value.Largest {
		lines = append(lines, Text{literal(name(t.Name)), {Text: " about " + t.Bytes.String()}})
	}
	return summary, lines
}

func freezeFacts(v postgres.Freeze) (summary Text, lines []Text) {
	if h := v.Holder; h != nil {
		lines = []Text{{{Text: "old rows are kept for " + h.Kind + " "}, literal(name(h.Name)), {Text: fmt.Sprintf(" (%d transactions old)", h.Age)}}}
	}
	return sayf("%.0f%% used up", v.Used()), lines
}

func checkpointFacts(c postgres.Checkpoints) (Text, []Text) {
	since := "so far"
	if c.Since > 0 {
		since = "in " + c.Since.String()
	}
	return sayf("%d on schedule, %d forced, %s", c.Timed, c.Requested, since), nil
}

func statementFacts(s postgres.Statements) (summary Text, lines []Text) {
	summary = Say(s.Spent.String() + " in all" + ago(s.Since, ", counted for "))
	for _, t := range s.Top {
		share := 0.0
		if s.Spent > 0 {
			share = 100 * float64(t.Spent) / float64(s.Spent)
		}
		mean := postgres.Age(0)
		if t.Calls > 0 {
			mean = t.Spent / postgres.Age(t.Calls)
		}
		lines = append(lines, Text{{Text: fmt.Sprintf("%.0f%%, %s, %s each: ", share, counted(int(t.Calls), "call"), mean)},
			query(t.Query), {Text: " id " + ops.Printable(t.ID, 24)}})
	}
	return summary, lines
}
