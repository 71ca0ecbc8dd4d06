package lint

import (
	"fmt"
	"math"
	"time"

	"dbbot/ops"
	"dbbot/ops/migrate/script"
)

// Estimate is how long the work of a statement on the rows may take, from the bytes it has to go through.
type Estimate struct {
	Took  time.Duration
	Bytes int64
	Rate  int64 // bytes a second that it supposes
}

// Bytes a second, about a quarter of what BenchmarkRates measures where everything is in memory and nobody else works:
// a server at its everyday work is slower than that.
const (
	scanRate    = 200 << 20
	rewriteRate = 30 << 20
	indexRate   = 30 << 20
)

// About estimates the time of a statement from its locks; false where it has no work that depends on the size of a
// table, where the size is not known, and for what changes rows, whose number does not show.
func About(s script.Statement, f Facts) (Estimate, bool) { return about(s, Locks(s, f), f) }

// About estimates the time of a statement, by what a rehearsal saw of it.
func (p Parsed) About(i int, f Facts) (Estimate, bool) {
	return about(p.Script.Statements[i], p.Locks(i, f), f)
}

func about(s script.Statement, locks []Lock, f Facts) (Estimate, bool) {
	var e Estimate
	for _, l := range locks {
		t, known := f.Tables[l.Relation]
		rate := rateOf(s, l)
		if rate == 0 || !known || t.Bytes == 0 {
			continue
		}
		bytes := t.Bytes
		if l.Rewrite { // its indexes are built anew, too
			for _, i := range t.Indexes {
				bytes += i.Bytes
			}
		}
		e.Bytes += bytes
		e.Took += time.Duration(float64(bytes) / float64(rate) * float64(time.Second))
		e.Rate = rate
	}
	return e, e.Bytes > 0
}

func rateOf(s script.Statement, l Lock) int64 {
	switch {
	case changesMany(s.Node) || s.Node.GetRefreshMatViewStmt() != nil:
		return 0
	case l.Rewrite:
		return rewriteRate
	case l.Scan && buildsIndex(s):
		return indexRate
	case l.Scan:
		return scanRate
	}
	return 0
}

func buildsIndex(s script.Statement) bool {
	return s.Node.GetIndexStmt() != nil || s.Node.GetReindexStmt() != nil || len(uniqueColumns(s.Node)) > 0
}

// String says it for people: "about 4 minutes (7.2 GB at 30 MB a second)".
func (e Estimate) String() string {
	return fmt.Sprintf("%s (%s at %s a second)", spoken(e.Took), ops.Bytes(e.Bytes), ops.Bytes(e.Rate))
}

// spoken rounds a time to what can honestly be said of it.
func spoken(d time.Duration) string {
	switch {
	case d < time.Second:
		return "less than a second"
	case d < 90*time.Second:
		return "about " + ops.Count(int(math.Round(d.Seconds())), "second")
	case d < 90*time.Minute:
		return "about " + ops.Count(int(math.Round(d.Minutes())), "minute")
	}
	return "about " + ops.Count(int(math.Round(d.Hours())), "hour")
}
