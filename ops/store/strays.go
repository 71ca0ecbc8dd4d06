package store

import (
	"context"
	"fmt"

	"dbbot/ops"
	"dbbot/ops/approval"

	"github.com/jackc/pgx/v5"
)

const (
	// LiveClass is the first half of the advisory lock that a process holds for as long as it lives, on a connection of its
	// own; the second is its number in the workers table.
	LiveClass = 0x64620001
	// strayLimit bounds each list of Strays.
	strayLimit = 100
	// unclaimedAfter is how long the queue has to claim an approved request, or to end an overdue one, before it is a stray.
	unclaimedAfter = "5 seconds"
	// unsentAfter is the same for messages, which wait for Slack.
	unsentAfter = "10 seconds"
)

// Worker gives a new process its number.
func (s *Store) Worker(ctx context.Context, host, version string) (id int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	err = s.pool.QueryRow(ctx, "INSERT INTO dbbot.workers (host, version) VALUES ($1, $2) RETURNING id", ops.Printable(host, 60), ops.Printable(version, 60)).Scan(&id)
	return id, fault(err)
}

// alive is the set of workers whose lock is held. The numbers of the lock are unsigned in pg_locks.
var living = fmt.Sprintf(`SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = %d AND objsubid = 2 AND granted
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, LiveClass)

// strays are the lists, each found through an index of what is open.
var strays = []string{
	`SELECT id FROM dbbot.requests WHERE state = 'running' AND worker NOT IN (` + living + `) ORDER BY id LIMIT $1`,
	`SELECT id FROM dbbot.requests r WHERE state = 'approved'
		AND (worker = 0 AND moved < clock_timestamp() - interval '` + unclaimedAfter + `' OR worker <> 0 AND worker NOT IN (` + living + `))
		AND NOT (waits_for <> 0 AND EXISTS (SELECT FROM dbbot.requests h WHERE h.id = r.waits_for AND h.state = 'running')) ORDER BY id LIMIT $1`,
	`SELECT id FROM dbbot.requests WHERE state = 'pending' AND expires < clock_timestamp() - interval '` + unclaimedAfter + `' ORDER BY id LIMIT $1`,
	`SELECT id FROM dbbot.messages WHERE sent < wanted AND NOT lost AND due < clock_timestamp() - interval '` + unsentAfter + `'
		AND (leased IS NULL OR leased < clock_timestamp()) ORDER BY due LIMIT $1`,
	`SELECT ` + invocationColumns + ` FROM dbbot.inbox WHERE settled IS NULL AND worker NOT IN (` + living + `) ORDER BY received LIMIT $1`,
}

// Strays finds what somebody should take up, in one round trip.
func (s *Store) Strays(ctx context.Context) (found Strays, err error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	var batch pgx.Batch
	for i, list := range []any{&found.Running, &found.Approved, &found.Overdue, &found.Messages, &found.Invocations} {
		batch.Queue(strays[i], strayLimit).Query(func(rows pgx.Rows) (err error) {
			switch list := list.(type) {
			case *[]approval.ID:
				*list, err = pgx.CollectRows(rows, pgx.RowTo[approval.ID])
			case *[]int64:
				*list, err = pgx.CollectRows(rows, pgx.RowTo[int64])
			case *[]Invocation:
				*list, err = pgx.CollectRows(rows, readInvocation)
			}
			return err
		})
	}
	err = s.pool.SendBatch(ctx, &batch).Close()
	return found, fault(err)
}
