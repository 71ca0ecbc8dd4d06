package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"

	"github.com/jackc/pgx/v5"
)

const (
	// tries of a call that broke off. With firstPause doubling they span the five seconds of a server's restart.
	tries      = 9
	firstPause = 20 * time.Millisecond
	// lookWithin is how long, beyond the caller's time, one may look whether a step was kept when its commit got no answer.
	lookWithin = 500 * time.Millisecond
	// spare is the least time that must be left when COMMIT is sent.
	spare = 5 * time.Millisecond
)

// transaction is one step. Whoever opened it ends it with commit or with nothing, which undoes all.
type transaction struct {
	pgx.Tx
	store *Store
	trip  time.Duration // what the first round trip took: what to expect of the last
	kept  bool
}

// again runs one call within its bound, and anew where it broke off without anything being kept: a restart of the server
// is no reason to bother anybody. work may be run more than once.
func (s *Store) again(ctx context.Context, work func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	pause := firstPause
	for try := 1; ; try++ {
		err := work(ctx)
		if err == nil || errors.Is(err, ErrUnsure) || try == tries || !passing(err) || !sleep(ctx, pause) {
			return fault(err)
		}
		pause *= 2
	}
}

// step runs work in a transaction. Work that has committed returns nil or an answer for the caller.
func (s *Store) step(ctx context.Context, work func(context.Context, *transaction) error) error {
	return s.again(ctx, func(ctx context.Context) error { return s.once(ctx, work) })
}

// all reads every row of a query.
func all[T any](ctx context.Context, s *Store, read pgx.RowToFunc[T], sql string, args ...any) (found []T, err error) {
	err = s.again(ctx, func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, sql, args...)
		if err == nil {
			found, err = pgx.CollectRows(rows, read)
		}
		return err
	})
	return found, err
}

// one reads the first row of a query; approval.ErrUnknown where there is none.
func one[T any](ctx context.Context, s *Store, read pgx.RowToFunc[T], sql string, args ...any) (found T, err error) {
	err = s.again(ctx, func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, sql, args...)
		if err == nil {
			found, err = pgx.CollectOneRow(rows, read)
		}
		return known(err)
	})
	return found, err
}

// exec runs one statement that may be run twice.
func (s *Store) exec(ctx context.Context, sql string, args ...any) (rows int64, err error) {
	err = s.again(ctx, func(ctx context.Context) error {
		tag, err := s.pool.Exec(ctx, sql, args...)
		rows = tag.RowsAffected()
		return err
	})
	return rows, err
}

// known says "unknown" in the words of the contract where there is no row.
func known(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return approval.ErrUnknown
	}
	return err
}

func (s *Store) once(ctx context.Context, work func(context.Context, *transaction) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	began := time.Now()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: bounded(ctx)})
	if err != nil {
		return err
	}
	t := &transaction{Tx: tx, store: s, trip: time.Since(began)}
	defer func() {
		if !t.kept {
			undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookWithin)
			defer cancel()
			_ = tx.Rollback(undo) // the connection may be broken: then the server has undone it
		}
	}()
	return work(ctx, t)
}

// bounded begins a transaction in which the server itself gives up when the caller does.
func bounded(ctx context.Context) string {
	left := callWithin
	if deadline, ok := ctx.Deadline(); ok {
		left = max(time.Until(deadline), time.Millisecond)
	}
	return fmt.Sprintf("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL statement_timeout = %d; SET LOCAL lock_timeout = %d",
		left.Milliseconds()+1, min(left, lockWithin).Milliseconds()+1)
}

// trace is what a step leaves behind if it is kept, and nothing else does: a question whose answer is true then.
type trace struct {
	xid string // the step's own transaction
	sql string
	at  []any // its arguments
}

// commit sends the last statements and COMMIT in one round trip. It is not sent when its answer could not be heard in
// time: then the caller may truly say that nothing was kept. When it was sent and no answer came, somebody looks.
func (t *transaction) commit(ctx context.Context, left trace, last *pgx.Batch) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < t.trip+spare {
		return errSlow
	}
	last.Queue("COMMIT")
	pid := t.Conn().PgConn().PID()
	ops.Reached("committing")
	err := t.SendBatch(ctx, last).Close()
	ops.Reached("committed")
	if err == nil || answered(err) {
		t.kept = err == nil
		return err
	}
	_ = t.Conn().Close(ctx) // nothing that is still on its way shall find it open
	kept, lookErr := t.store.wasKept(ctx, pid, left)
	switch {
	case lookErr != nil:
		t.kept = true // as far as the caller is concerned: it is over
		return unsure(errors.Join(err, lookErr))
	case kept:
		t.kept = true
		return nil
	}
	return err
}

// wasKept looks whether a step has committed. Its session is ended first, and seen to be gone: after that nothing more can
// happen by surprise. (pg_xact_status would do, but for a crash of the server, after which numbers are given out anew.)
func (s *Store) wasKept(ctx context.Context, pid uint32, left trace) (kept bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookWithin+leftOf(ctx))
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, lookWithin) {
		var there int
		err = s.pool.QueryRow(ctx, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE pid = $1 AND datname = current_database() AND backend_xid = $2::text::xid8::xid`, pid, left.xid).Scan(&there)
		if err == nil && there == 0 {
			err = s.pool.QueryRow(ctx, left.sql, left.at...).Scan(&kept)
			if err == nil {
				return kept, nil
			}
		}
		if err != nil && !away(err) {
			return false, err
		}
		if !sleep(ctx, pause) {
			return false, ctx.Err()
		}
	}
}

func leftOf(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return max(time.Until(deadline), 0)
	}
	return 0
}

// answered: the server itself has refused, and the session goes on; so nothing was kept.
func answered(err error) bool {
	refused, ok := asRefusal(err)
	return ok && refused.SeverityUnlocalized != "FATAL" && refused.SeverityUnlocalized != "PANIC"
}

func unsure(err error) error {
	return &ops.Error{
		Message: "dbbot's own database stopped answering just then: whether this was counted is not known yet.",
		Hint:    "Look again in a moment: /db requests and the card show what is true.",
		Cause:   fmt.Errorf("%w: %w", ErrUnsure, err),
	}
}

// sleep waits, and says whether there is time left.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
