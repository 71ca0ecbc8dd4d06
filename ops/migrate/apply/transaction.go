package apply

import (
	"context"
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
	have := r.have
	if err := r.begin(ctx, i, p); err != nil {
		return r.rolledBack(ctx, p, Failure{Books: true}, err)
	}
	ops.Reached("begun")
	for n, s := range p.Script.Statements {
		r.say(p, n, fmt.Sprintf("%s, statement %d of %d", s.Tag, n+1, len(p.Script.Statements)))
		if err := r.exec(ctx, s.Text); err != nil {
			return r.rolledBack(ctx, p, Failure{Statement: n}, err)
		}
		ops.Reached("statement")
	}
	if r.work.PgConn().TxStatus() != 'T' {
		return r.unclear(fmt.Errorf("after the file the transaction is in state %q", r.work.PgConn().TxStatus()))
	}
	if ctx.Err() != nil {
		return r.rolledBack(ctx, p, Failure{Statement: len(p.Script.Statements)}, ctx.Err())
	}
	sent, err := r.commit(ctx, i, p)
	switch {
	case err == nil:
		r.have = standing{tool: true, own: true, others: have.others, prisma8: have.prisma8}
		return nil
	case sent && r.work.IsClosed():
		return r.unclear(err)
	}
	return r.rolledBack(ctx, p, Failure{Books: true}, err)
}

// begin opens the transaction with what must be written first: dbbot's own row, on which a second run of the same
// request fails before it has done anything.
func (r *run) begin(ctx context.Context, i int, p Prepared) error {
	if err := r.exec(ctx, sweep+reset+r.guards()+"; BEGIN; "+r.missing(r.have)); err != nil {
		return err
	}
	b := &pgx.Batch{}
	r.queueOwn(b, i, p)
	r.queueBegun(b, p)
	return r.work.SendBatch(ctx, b).Close()
}

// commit writes the end into the books and commits. sent says that the commit may have arrived.
func (r *run) commit(ctx context.Context, i int, p Prepared) (sent bool, err error) {
	b := &pgx.Batch{}
	for _, sql := range []string{"SET SESSION AUTHORIZATION DEFAULT", "RESET ROLE", "RESET ALL", r.lockGuard()} {
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
	return fmt.Sprintf("SET lock_timeout = %d", lockTimeout.Milliseconds())
}

// rolledBack ends a transaction that failed. As its commit was never sent, nothing of it remains, also where the
// connection is gone.
func (r *run) rolledBack(ctx context.Context, p Prepared, f Failure, err error) error {
	if !r.work.IsClosed() {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), booksWithin)
		defer cancel()
		_, _ = r.work.Exec(undo, "ROLLBACK") // a connection that breaks here rolls back too
	}
	f.Nothing = true
	return r.failed(ctx, p, f, err)
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
