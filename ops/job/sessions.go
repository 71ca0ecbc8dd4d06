package job

import (
	"context"

	"dbbot/ops"
)

// livingLocks are the sessions in the state database that say that a worker lives.
const livingLocks = `FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory' AND l.classid = $1 AND l.objsubid = 2 AND l.granted
AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`

// seen checks that a lock that was taken over the direct connection is where the others look for it.
func (q *Queue) seen(ctx context.Context, worker int64) error {
	var there bool
	err := q.Pool.QueryRow(ctx, "SELECT EXISTS (SELECT "+livingLocks+" AND l.objid = $2)", int64(liveClass), worker).Scan(&there)
	if err == nil && !there {
		return &ops.Error{
			Message: "The direct connection to the state database leads to another database than its requests are in.",
			Hint:    "Both must be the same database of the same server, the primary.",
		}
	}
	return err
}

// thaw ends the sessions of workers that have asked nothing for too long: a process that is stopped, or a host that is
// frozen behind a proxy that is not, would hold its lock for ever. Whoever it is takes its lock again when it wakes, and
// finds that its fences are old. The server's clock alone counts.
func (q *Queue) thaw(ctx context.Context) error {
	rows, err := q.Pool.Query(ctx, `SELECT l.objid::bigint, pg_catalog.pg_terminate_backend(l.pid) `+livingLocks+` AND l.objid <> $2 AND l.pid IN
(SELECT pid FROM pg_catalog.pg_stat_activity WHERE state = 'idle' AND state_change < pg_catalog.clock_timestamp() - $3::interval)`,
		int64(liveClass), q.Worker(), q.pace.silent)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var worker int64
		var ended bool
		if err := rows.Scan(&worker, &ended); err != nil {
			return err
		}
		q.Log.Warn("ended the session of a worker that has been silent", "worker", worker, "longer than", q.pace.silent, "ended", ended)
	}
	return rows.Err()
}
