package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbbot/ops"

	"github.com/jackc/pgx/v5"
)

const (
	// tries of a step that broke off before it was kept. With firstPause doubling they span a restart of the server.
	tries      = 8
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

// step runs work in a transaction, again where it broke off without anything being kept. Work that has committed returns
// nil or an answer for the caller.
func (s *Store) step(ctx context.Context, work func(context.Context, *transaction) error) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	pause := firstPause
	for try := 1; ; try++ {
		err := s.once(ctx, work)
		if err == nil || errors.Is(err, ErrUnsure) || try == tries || !passing(err) || !sleep(ctx, pause) {
			return fault(err)
		}
		pause *= 2
	}
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

// commit sends the last statements and COMMIT in one round trip; xid is the transaction's own number. It is not sent when
// its answer could not be heard in time: then the caller may truly say that nothing was kept. When it was sent and no
// answer came, somebody looks.
func (t *transaction) commit(ctx context.Context, xid string, last *pgx.Batch) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < t.trip+spare {
		return errSlow
	}
	last.Queue("COMMIT")
	ops.Reached("committing")
	err := t.SendBatch(ctx, last).Close()
	if err == nil || answered(err) {
		t.kept = err == nil
		return err
	}
	_ = t.Conn().Close(ctx) // nothing that is still on its way shall find it open
	kept, lookErr := t.store.wasKept(ctx, xid)
	switch {
	case lookErr != nil:
		t.kept = true // as far as the caller is concerned: it is over
		return unsure(err)
	case kept:
		t.kept = true
		return nil
	}
	return err
}

// wasKept looks whether the transaction xid has committed. One that still goes on is ended first: after that nothing more
// can happen by surprise.
func (s *Store) wasKept(ctx context.Context, xid string) (bool, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookWithin+leftOf(ctx))
	defer cancel()
	for pause := firstPause; ; pause *= 2 {
		status, err := s.status(ctx, xid)
		switch {
		case err == nil && status == "committed":
			return true, nil
		case err == nil && status == "aborted":
			return false, nil
		case err != nil && !away(err):
			return false, err
		}
		if !sleep(ctx, pause) {
			return false, ctx.Err()
		}
	}
}

// status ends the session of a transaction that is in progress, and says how far it is.
func (s *Store) status(ctx context.Context, xid string) (status string, err error) {
	err = s.pool.QueryRow(ctx, `WITH ended AS (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND backend_xid = $1::text::xid8::xid)
		SELECT pg_xact_status($1::text::xid8), (SELECT count(*) FROM ended)`, xid).Scan(&status, new(int))
	return status, err
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
