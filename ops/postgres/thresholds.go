package postgres

import (
	"fmt"
	"time"
)

// The defaults. Sources are the monitors whose figures were read; "ours" marks what none of them states.
const (
	connectionsWatch = 75.0             // per cent of the usable slots; pgMonitor's warning
	connectionsBad   = 90.0             // pgMonitor's critical
	queryWatch       = time.Minute      // age of a running query; PgHero
	queryBad         = 5 * time.Minute  // heroku-pg-extras and Supabase call it long-running
	transactionWatch = 5 * time.Minute  // age of an open transaction; heroku-pg-extras
	transactionBad   = time.Hour        // ours
	idleWatch        = time.Minute      // idle inside a transaction; ours
	idleBad          = 5 * time.Minute  // pgMonitor's warning, 300 s
	blockedWatch     = time.Second      // PostgreSQL's deadlock_timeout: from here on log_lock_waits logs a wait
	blockedBad       = time.Minute      // check_postgres' warning
	lagWatch         = 5 * time.Second  // of a replica; PgHero
	lagBad           = time.Minute      // ours
	lagBytesWatch    = 50 << 20         // not replayed yet; pgMonitor's warning
	lagBytesBad      = 100 << 20        // pgMonitor's critical
	freezeWatch      = 50.0             // per cent of the transaction ids; pgMonitor's warning
	freezeBad        = 75.0             // pgMonitor's critical
	cacheWatch       = 99.0             // per cent found in the cache, watched below; PgHero
	cacheMinReads    = 10_000           // blocks read (80 MB) before that share means anything; ours
	rollbacksWatch   = 10.0             // per cent of transactions; ours
	rollbacksMin     = 100              // transactions before that share means anything; ours
	checkpointsWatch = 50.0             // per cent requested; ours, in the spirit of checkpoint_warning
	checkpointsMin   = 10               // checkpoints before that share means anything; ours
	tempWatch        = 1 << 30          // bytes an hour; ours
	restartWatch     = 10 * time.Minute // a server younger than this has just been restarted; ours
)

// Thresholds say from when on something is worth watching, and from when on it is bad.
type Thresholds struct {
	ConnectionsWatch float64 `yaml:"connections_watch"` // per cent of the usable slots
	ConnectionsBad   float64 `yaml:"connections_bad"`

	QueryWatch       time.Duration `yaml:"query_watch"` // age of a running query
	QueryBad         time.Duration `yaml:"query_bad"`
	TransactionWatch time.Duration `yaml:"transaction_watch"` // age of an open transaction
	TransactionBad   time.Duration `yaml:"transaction_bad"`
	IdleWatch        time.Duration `yaml:"idle_in_transaction_watch"` // how long idle inside a transaction
	IdleBad          time.Duration `yaml:"idle_in_transaction_bad"`
	BlockedWatch     time.Duration `yaml:"blocked_watch"` // how long a session has waited for another
	BlockedBad       time.Duration `yaml:"blocked_bad"`

	LagWatch      time.Duration `yaml:"replication_lag_watch"`
	LagBad        time.Duration `yaml:"replication_lag_bad"`
	LagBytesWatch int64         `yaml:"replication_bytes_watch"`
	LagBytesBad   int64         `yaml:"replication_bytes_bad"`

	FreezeWatch float64 `yaml:"transaction_ids_watch"` // per cent used up
	FreezeBad   float64 `yaml:"transaction_ids_bad"`

	CacheWatch       float64       `yaml:"cache_hits_watch"`            // per cent, watched below
	CacheMinReads    int64         `yaml:"cache_hits_min_reads"`        // blocks from disk; not judged with fewer
	RollbacksWatch   float64       `yaml:"rollbacks_watch"`             // per cent of transactions
	RollbacksMin     int64         `yaml:"rollbacks_min"`               // transactions; not judged with fewer
	CheckpointsWatch float64       `yaml:"requested_checkpoints_watch"` // per cent of checkpoints
	CheckpointsMin   int64         `yaml:"requested_checkpoints_min"`   // checkpoints; not judged with fewer
	TempWatch        int64         `yaml:"temp_bytes_per_hour_watch"`
	RestartWatch     time.Duration `yaml:"restart_watch"` // uptime below it is worth a look
}

// DefaultThresholds are used where the configuration says nothing.
func DefaultThresholds() Thresholds {
	return Thresholds{
		ConnectionsWatch: connectionsWatch, ConnectionsBad: connectionsBad,
		QueryWatch: queryWatch, QueryBad: queryBad,
		TransactionWatch: transactionWatch, TransactionBad: transactionBad,
		IdleWatch: idleWatch, IdleBad: idleBad,
		BlockedWatch: blockedWatch, BlockedBad: blockedBad,
		LagWatch: lagWatch, LagBad: lagBad,
		LagBytesWatch: lagBytesWatch, LagBytesBad: lagBytesBad,
		FreezeWatch: freezeWatch, FreezeBad: freezeBad,
		CacheWatch: cacheWatch, CacheMinReads: cacheMinReads,
		RollbacksWatch: rollbacksWatch, RollbacksMin: rollbacksMin,
		CheckpointsWatch: checkpointsWatch, CheckpointsMin: checkpointsMin,
		TempWatch: tempWatch, RestartWatch: restartWatch,
	}
}

// Validate names the pairs whose watch does not come before their bad, each as one sentence.
func (t Thresholds) Validate() (faults []string) {
	pair := func(name string, watch, bad float64) {
		if watch > bad {
			faults = append(faults, fmt.Sprintf("%s_watch must not be above %s_bad.", name, name))
		}
	}
	pair("connections", t.ConnectionsWatch, t.ConnectionsBad)
	pair("query", t.QueryWatch.Seconds(), t.QueryBad.Seconds())
	pair("transaction", t.TransactionWatch.Seconds(), t.TransactionBad.Seconds())
	pair("idle_in_transaction", t.IdleWatch.Seconds(), t.IdleBad.Seconds())
	pair("blocked", t.BlockedWatch.Seconds(), t.BlockedBad.Seconds())
	pair("replication_lag", t.LagWatch.Seconds(), t.LagBad.Seconds())
	pair("replication_bytes", float64(t.LagBytesWatch), float64(t.LagBytesBad))
	pair("transaction_ids", t.FreezeWatch, t.FreezeBad)
	return faults
}
