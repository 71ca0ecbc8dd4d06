package commands

import (
	"fmt"
	"strings"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

func serverFacts(v postgres.Server) fact {
	version, _, _ := strings.Cut(v.Version, " ")
	said := sayf("PostgreSQL %s, up %s", ops.Printable(version, 20), v.Up)
	return fact{good: said, closer: []Text{said}}
}

func roleFacts(v postgres.Server) fact {
	if v.Replica {
		return fact{good: Say("replica: it can be read, not written")}
	}
	return fact{good: Say("primary")}
}

// over is the time a tally is about: since the last look where there was one.
func over(c postgres.Counters) (w postgres.Tally, age postgres.Age, when string) {
	if c.Recent != nil {
		return *c.Recent, c.Over, "in the last " + c.Over.String()
	}
	return c.Tally, c.Since, "since the statistics were reset" + ago(c.Since, " ") + map[bool]string{true: " ago"}[c.Since > 0]
}

func throughputFacts(c postgres.Counters) fact {
	w, age, when := over(c)
	said := sayf("%.1f transactions a second, %.1f%% rolled back, %s", float64(w.Transactions())/max(age.Seconds(), 1), w.RolledBack(), when)
	if age == 0 { // never reset: a rate comes with the next look
		said = sayf("%d transactions so far, %.1f%% rolled back; the next look says how many a second", w.Transactions(), w.RolledBack())
	}
	return fact{good: said, closer: []Text{said}}
}

func cacheFacts(c postgres.Counters, t postgres.Thresholds) fact {
	w, _, when := over(c)
	if w.Read < t.CacheMinReads {
		w, when = c.Tally, "in all"
	}
	if w.Read < t.CacheMinReads {
		return fact{good: Say("too little was read from disk to say")}
	}
	return fact{
		good:   sayf("%.1f%% of the blocks were found in the cache %s", w.Cached(), when),
		closer: []Text{sayf("%d found, %d read from disk, %s", w.Hit, w.Read, when)},
	}
}

func disturbanceFacts(c postgres.Counters) fact {
	w, _, when := over(c)
	if c.Since == 0 && c.Recent == nil {
		when = "so far"
	}
	files := "no temporary file"
	if w.TempFiles > 0 {
		files = fmt.Sprintf("%s (%s)", ops.Count(int(w.TempFiles), "temporary file"), w.TempBytes)
	}
	deadlocks := "no deadlock"
	if w.Deadlocks > 0 {
		deadlocks = ops.Count(int(w.Deadlocks), "deadlock")
	}
	said := Say(deadlocks + ", " + files + ", " + when)
	return fact{good: said, closer: []Text{said}}
}

func replicationFacts(v postgres.Replication) (f fact) {
	parts := []string{"no replica"}
	if len(v.Replicas) > 0 {
		parts[0] = ops.Count(len(v.Replicas), "replica")
	}
	if v.Receiver != nil {
		parts[0] = "up to date with its primary"
		if behind := v.Receiver.Behind(); behind != "" {
			parts[0] = behind + " behind its primary"
		}
	}
	if len(v.Slots) > 0 {
		parts = append(parts, ops.Count(len(v.Slots), "slot"))
	}
	f.good = Say(strings.Join(parts, ", "))
	for _, r := range v.Replicas {
		f.always = append(f.always, Text{literal(name(r.Name)), {Text: fmt.Sprintf(": %s, %s, %s behind%s", name(r.State), name(r.Sync), r.Bytes, ago(r.Lag, ", "))}})
	}
	for _, s := range v.Slots {
		f.always = append(f.always, slotLine(s))
	}
	return f
}

func slotLine(s postgres.Slot) Text {
	state := "is read"
	if !s.Active {
		state = "nobody reads it" + ago(s.Inactive, ", for ")
	}
	if s.Reason != "" {
		state += ", invalid: " + name(s.Reason)
	}
	return Text{{Text: "slot "}, literal(name(s.Name)), {Text: fmt.Sprintf(" (%s): %s, keeps %s of WAL (%s)", s.Kind, state, s.Kept, s.WAL)}}
}

func sizeFacts(size postgres.Reading[postgres.Size], tables postgres.Reading[postgres.Tables]) (f fact) {
	if size.Fault == nil {
		f.good = Say(size.Value.Bytes.String() + growth(size.Value.Growth))
	}
	if tables.Fault != nil {
		return f
	}
	f.closer = []Text{sayf("about %s by the catalogue", tables.Value.Bytes)}
	var largest Text
	for i, t := range tables.Value.Largest {
		if i > 0 {
			largest = append(largest, Span{Text: ", "})
		}
		largest = append(largest, literal(name(t.Name)), Span{Text: " about " + t.Bytes.String()})
	}
	if largest != nil {
		f.always = []Text{largest}
	}
	return f
}

func growth(g *postgres.Growth) string {
	switch {
	case g == nil, g.Bytes == 0:
		return ""
	case g.Bytes < 0:
		return fmt.Sprintf(" (%s in the last %s)", g.Bytes, g.Over)
	}
	return fmt.Sprintf(" (+%s in the last %s)", g.Bytes, g.Over)
}

func freezeFacts(v postgres.Freeze) fact {
	f := fact{good: sayf("%.0f%% used up", v.Used())}
	if h := v.Holder; h != nil {
		f.closer = []Text{{{Text: "old rows are kept for " + h.Kind + " "}, literal(name(h.Name)), {Text: fmt.Sprintf(" (%d transactions old)", h.Age)}}}
	}
	return f
}

func checkpointFacts(c postgres.Checkpoints) fact {
	since := "so far"
	if c.Since > 0 {
		since = "in " + c.Since.String()
	}
	said := sayf("%d on schedule, %d forced, %s", c.Timed, c.Requested, since)
	return fact{good: said, closer: []Text{said}}
}

// worthAShare is the share of all time, in per cent, from which a statement is shown: of one with less nothing is gained
// by making it faster.
const worthAShare = 5

func statementFacts(s postgres.Statements) fact {
	f := fact{good: Say(s.Spent.String() + " in all" + ago(s.Since, ", counted for "))}
	for _, t := range s.Top {
		share := 100 * float64(t.Spent) / max(float64(s.Spent), 1)
		if share < worthAShare {
			continue
		}
		mean := t.Spent / postgres.Age(max(t.Calls, 1))
		f.always = append(f.always, Text{
			{Text: fmt.Sprintf("%.0f%%, %s of %s: ", share, ops.Count(int(t.Calls), "call"), mean)},
			query(t.Query),
		})
	}
	return f
}
