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
	// unansweredAfter is longer than a command takes to be answered and settled: whoever lost only its lock, or has not taken
	// it yet, still comes to it.
	unansweredAfter = "20 seconds"
)

// Worker gives a new process its number.
func (s *Store) Worker(ctx context.Context, host, version string) (int64, error) {
	return one(ctx, s, pgx.RowTo[int64], "INSERT INTO dbbot.workers (host, version) VALUES ($1, $2) RETURNING id", ops.Printable(host, 60), ops.Printable(version, 60))
}

// living is the set of workers whose lock is held. The numbers of the lock are unsigned in pg_locks.
var living = fmt.Sprintf(`SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = %d AND objsubid = 2 AND granted
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, LiveClass)

// strays are the lists, each found through an index of what is open.
var strays = []string{
	`SELECT id FROM dbbot.requests WHERE state = 'running' AND worker NOT IN (` + living + `) ORDER BY id LIMIT $1`,
	`SELECT id FROM dbbot.requests r WHERE state = 'approved'
		AND (worker = 0 AND moved < now() - interval '` + unclaimedAfter + `' OR worker <> 0 AND worker NOT IN (` + living + `))
		AND NOT (waits_for <> 0 AND EXISTS (SELECT FROM dbbot.requests h WHERE h.id = r.waits_for AND h.state = 'running')) ORDER BY id LIMIT $1`,
	`SELECT id FROM dbbot.requests WHERE state = 'pending' AND expires < now() - interval '` + unclaimedAfter + `' ORDER BY id LIMIT $1`,
	`SELECT id FROM dbbot.messages WHERE sent < wanted AND NOT lost AND due < now() - interval '` + unsentAfter + `'
		AND (leased IS NULL OR leased < now()) ORDER BY due LIMIT $1`,
	`SELECT ` + invocationColumns + ` FROM dbbot.inbox WHERE settled IS NULL AND received < now() - interval '` + unansweredAfter + `' AND worker NOT IN (` + living + `)
		ORDER BY received LIMIT $1`,
}

// Strays finds what somebody should take up, in one round trip.
func (s *Store) Strays(ctx context.Context) (found Strays, err error) {
	err = s.again(ctx, func(ctx context.Context) error {
		found = Strays{}
		var batch pgx.Batch
		collect(&batch, 0, pgx.RowTo[approval.ID], &found.Running)
		collect(&batch, 1, pgx.RowTo[approval.ID], &found.Approved)
		collect(&batch, 2, pgx.RowTo[approval.ID], &found.Overdue)
		collect(&batch, 3, pgx.RowTo[int64], &found.Messages)
		collect(&batch, 4, readInvocation, &found.Invocations)
		return s.pool.SendBatch(ctx, &batch).Close()
	})
	return found, err
}

func collect[T any](batch *pgx.Batch, which int, read pgx.RowToFunc[T], into *[]T) {
	batch.Queue(strays[which], strayLimit).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, read)
		return err
	})
}
