package postgres

import (
	"math"
	"time"

	"dbbot/ops"
)

func (v Server) judge(f *Finding, t Thresholds) {
	if time.Duration(v.Up) < t.RestartWatch {
		f.at(Watch, "", "it was started only %s ago", v.Up)
	}
	if n := major(v.Version); n < oldest {
		f.at(Watch, "", "PostgreSQL %d is older than dbbot was tried on (%d to %d)", n, oldest, newest)
	}
}

// window is what is judged: what happened since an earlier look if that is enough to mean something, else all since
// the reset.
func (c Counters) window(enough func(Tally) bool) Tally {
	if c.Recent != nil && enough(*c.Recent) {
		return *c.Recent
	}
	return c.Tally
}

func (c Counters) judgeRollbacks(f *Finding, t Thresholds) {
	w := c.window(func(w Tally) bool { return w.Transactions() >= t.RollbacksMin })
	if w.Transactions() >= t.RollbacksMin && w.RolledBack() >= t.RollbacksWatch {
		f.at(Watch, "", "%.0f%% of the transactions are rolled back", w.RolledBack())
	}
}

func (c Counters) judgeCache(f *Finding, t Thresholds) {
	w := c.window(func(w Tally) bool { return w.Read >= t.CacheMinReads })
	if w.Read >= t.CacheMinReads && w.Cached() < t.CacheWatch {
		f.at(Watch, "Either more is read than shared_buffers holds, or a query reads whole tables.",
			"only %.1f%% of the blocks were found in the cache", w.Cached())
	}
}

// tempOver is the shortest time from which temporary files are projected to an hour.
const tempOver = Age(10 * time.Minute)

func (c Counters) judgeDisturbances(f *Finding, t Thresholds) {
	if c.Recent != nil && c.Recent.Deadlocks > 0 {
		f.at(Watch, "The server's log names both statements of each.", "%s in the last %s",
			ops.Count(int(c.Recent.Deadlocks), "deadlock"), c.Over)
	}
	bytes, over := c.TempBytes, c.Since
	if c.Recent != nil && c.Over >= tempOver {
		bytes, over = c.Recent.TempBytes, c.Over
	}
	if over < tempOver {
		return
	}
	if hourly := float64(bytes) / time.Duration(over).Hours(); hourly >= float64(t.TempWatch) {
		f.at(Watch, "Sorts and hashes do not fit into work_mem.", "%s an hour go to temporary files", Bytes(hourly))
	}
}

// idSpace is how many transaction ids there are between the oldest row and now before PostgreSQL stops taking writes:
// half of 2^32, less the three million it keeps back (PostgreSQL manual, 25.1.5).
const idSpace = math.MaxInt32 - 3_000_000

// Used is the share of the id space that is used up, in per cent: of transactions or multixacts, whichever is more.
func (v Freeze) Used() float64 { return percent(max(v.Transactions, v.Multixacts), idSpace) }

func (v Freeze) judge(f *Finding, t Thresholds) {
	f.above(v.Used(), t.FreezeWatch, t.FreezeBad, "Find what keeps autovacuum from freezing, then VACUUM (FREEZE) the oldest tables.",
		"%.0f%% of the transaction ids are used up; at 100%% PostgreSQL takes no more writes", v.Used())
}

func (c Checkpoints) judge(f *Finding, t Thresholds) {
	if c.Timed+c.Requested >= t.CheckpointsMin && c.Share() >= t.CheckpointsWatch {
		f.at(Watch, "Raise max_wal_size, so that writes come on schedule.",
			"%.0f%% of the checkpoints were forced before their time", c.Share())
	}
}

func (s Statements) judge(f *Finding, grant string) {
	if s.Hidden > 0 {
		f.at(Unseen, grant, "other roles' statements are hidden")
	}
}
