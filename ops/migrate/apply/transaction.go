package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
)

// sweep takes away what an earlier file left in the session, but for the locks: DISCARD ALL would give them back.
const sweep = "CLOSE ALL; UNLISTEN *; DEALLOCATE ALL; DISCARD TEMP; DISCARD SEQUENCES; "

// reset ends what a file has set, so that neither the books nor the next file run under it.
const reset = "SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; "

// transaction runs a file together with its books in one transaction, statement by statement: all of it stands
// afterwards, or nothing.
func (r *run) transaction(ctx context.Context, i int, p Prepared) error {
	var f Failure
	sent := false
	err := r.patiently(ctx, p, 0, func() (undone bool, err error) {
		f, sent, err = r.attempt(ctx, i, p)
		if err == nil || unknown(r, sent, err) {
			return false, err
		}
		r.rollBack(ctx)
		return true, err
	})
	switch {
	case err == nil:
		r.have.tool, r.have.own, r.have.mark = true, true, true
		return nil
	case unknown(r, sent, err):
		return r.unclear(err)
	}
	return r.rolledBack(ctx, p, f, err)
}

// errEnded: something in the file ended the transaction that it ran in.
var errEnded = errors.New("the file ended its transaction")

// unknown says that the transaction may stand: its commit was sent and not answered, or was somebody else's.
func unknown(r *run, sent bool, err error) bool {
	return sent && r.work.IsClosed() || errors.Is(err, errEnded)
}

// attempt is one try. sent says that the commit may have arrived.
func (r *run) attempt(ctx context.Context, i int, p Prepared) (f Failure, sent bool, err error) {
	if err := r.begin(ctx, i, p); err != nil {
		return Failure{Books: true}, false, err
	}
	ops.Reached("begun")
	for n, s := range p.Script.Statements {
		r.say(p, n, fmt.Sprintf("%s, statement %d of %d", s.Tag, n+1, len(p.Script.Statements)))
		if err := r.watched(ctx, func() error { return r.exec(ctx, s.Text) }, func(news string) { r.say(p, n, s.Tag+" "+news) }); err != nil {
			return Failure{Statement: n}, false, err
		}
		ops.Reached("statement")
	}
	sent, err = r.commit(ctx, i, p)
	return Failure{Books: true}, sent, err
}

// begin opens the transaction with what must be written first: dbbot's own row, on which a second run of the same
// request fails before it has done anything.
func (r *run) begin(ctx context.Context, i int, p Prepared) error {
	if err := r.exec(ctx, sweep+reset+r.guards()+"; BEGIN; "+r.missing(r.have)); err != nil {
		return err
	}
	b := &pgx.Batch{}
	r.queueFrom(b, p)
	r.queueOwn(b, i, p)
	r.queueBegun(b, p)
	return r.work.SendBatch(ctx, b).Close()
}

// commit writes the end into the books and commits. sent says that the commit may have arrived.
func (r *run) commit(ctx context.Context, i int, p Prepared) (sent bool, err error) {
	if status := r.work.PgConn().TxStatus(); status != 'T' {
		return true, errEnded
	}
	b := &pgx.Batch{}
	for _, sql := range []string{"SET SESSION AUTHORIZATION DEFAULT", "RESET ROLE", "RESET ALL", r.lockGuard(), durable} {
		b.Queue(sql)
	}
	r.queueEnded(b, p)
	r.queueOwnEnded(b, i, p)
	if err := r.work.SendBatch(ctx, b).Close(); err != nil {
		return false, err
	}
	ops.Reached("written")
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	tag, err := r.work.Exec(ctx, "COMMIT")
	if err == nil && tag.String() != "COMMIT" {
		err = fmt.Errorf("COMMIT was answered with %s", tag)
	}
	ops.Reached("committed")
	return true, err
}

// lockGuard is the one that RESET ALL must not take from the books: they wait for nobody for long.
func (c *Conn) lockGuard() string {
	return fmt.Sprintf("SET lock_timeout = %d", c.lockTimeout.Milliseconds())
}

// rolledBack reports a transaction that failed. As its commit was never sent, or refused, nothing of it remains, also
// where the connection is gone.
func (r *run) rolledBack(ctx context.Context, p Prepared, f Failure, err error) error {
	r.rollBack(ctx)
	f.Nothing = !p.Step.Resume
	return r.failed(ctx, p, f, err)
}

// rollBack ends whatever transaction is open. A connection that breaks here rolls back, too.
func (r *run) rollBack(ctx context.Context) {
	if r.work.IsClosed() || r.work.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), booksWithin)
	defer cancel()
	_ = r.exec(ctx, "ROLLBACK")
}

// exec runs SQL exactly as it is, in one message, and throws its rows away as they come.
func (c *Conn) exec(ctx context.Context, sql string) error {
	results := c.work.PgConn().Exec(ctx, sql)
	for results.NextResult() {
		rows := results.ResultReader()
		for rows.NextRow() {
		}
	}
	return results.Close()
}
