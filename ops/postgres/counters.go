package postgres

// Counters count since the statistics of the database were reset.
type Counters struct {
	Tally
	Since  Age    `json:"since"` // when they were reset; 0 where the server does not know
	Recent *Tally `json:"-"`     // since an earlier look; nil at the first and after a reset
	Over   Age    `json:"-"`     // how long ago that look was
}

// Tally is what was counted.
type Tally struct {
	Commits   int64 `json:"commits"`
	Rollbacks int64 `json:"rollbacks"`
	Read      int64 `json:"read"` // blocks that were not in PostgreSQL's cache
	Hit       int64 `json:"hit"`  // blocks that were
	Deadlocks int64 `json:"deadlocks"`
	TempFiles int64 `json:"temp_files"`
	TempBytes Bytes `json:"temp_bytes"`
}

// Transactions that ended, either way.
func (t Tally) Transactions() int64 { return t.Commits + t.Rollbacks }

// RolledBack is the share of transactions that were rolled back, in per cent.
func (t Tally) RolledBack() float64 { return percent(t.Rollbacks, t.Transactions()) }

// Cached is the share of blocks that were found in PostgreSQL's cache, in per cent.
func (t Tally) Cached() float64 { return percent(t.Hit, t.Hit+t.Read) }

func (t Tally) minus(o Tally) Tally {
	return Tally{
		t.Commits - o.Commits, t.Rollbacks - o.Rollbacks, t.Read - o.Read, t.Hit - o.Hit,
		t.Deadlocks - o.Deadlocks, t.TempFiles - o.TempFiles, t.TempBytes - o.TempBytes,
	}
}

// anyNegative: the counters were reset in between.
func (t Tally) anyNegative() bool {
	return min(t.Commits, t.Rollbacks, t.Read, t.Hit, t.Deadlocks, t.TempFiles, int64(t.TempBytes)) < 0
}

// Checkpoints count since their statistics were reset, for the whole server.
type Checkpoints struct {
	Timed     int64 `json:"timed"`
	Requested int64 `json:"requested"`
	Since     Age   `json:"since"`
}

// Share of requested ones, in per cent.
func (c Checkpoints) Share() float64 { return percent(c.Requested, c.Timed+c.Requested) }

func percent(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}
