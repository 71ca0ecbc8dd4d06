package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/script"
)

// Files that cannot run in one transaction of dbbot's are marked before as both tools mark them: golang-migrate's row
// is dirty, Prisma's has no end. That keeps the tools from beginning anything, even without their locks; and what a
// crash leaves says truly that a file broke off.

// outside runs such a file between its mark and its end.
func (r *run) outside(ctx context.Context, i int, p Prepared) error {
	before, err := r.invalid(ctx)
	if err == nil {
		err = r.mark(ctx, i, p)
	}
	if err != nil {
		return r.rolledBack(ctx, p, Failure{Books: true, Applied: p.Step.Skip}, err)
	}
	ops.Reached("marked")
	tools := r.locks()[1:]
	if waitsForSnapshots(p) { // whoever waits for a lock of ours would have to be waited for: see firstTry
		if err := r.unlock(ctx, tools); err != nil {
			return r.broken(ctx, i, p, before, Failure{Books: true}, err)
		}
	}
	run := r.oneByOne
	if p.Script.Mode == script.AsWritten {
		run = r.asWritten
	}
	if f, err := run(ctx, i, p); err != nil {
		return r.broken(ctx, i, p, before, f, err)
	}
	ops.Reached("outside")
	books, cancel := context.WithTimeout(context.WithoutCancel(ctx), booksWithin+lockWithin)
	defer cancel()
	if waitsForSnapshots(p) {
		if err := r.lock(books, tools, func(holder string) { r.say(p, p.units(), holder) }); err != nil {
			return r.broken(ctx, i, p, before, Failure{Books: true, Statement: p.units()}, err)
		}
	}
	if err := r.end(books, i, p); err != nil {
		return r.broken(ctx, i, p, before, Failure{Books: true, Statement: p.units()}, err)
	}
	r.have.tool, r.have.own, r.have.mark = true, true, true
	return nil
}

// waitsForSnapshots: these statements wait for every snapshot that is older than they are.
func waitsForSnapshots(p Prepared) bool {
	return strings.Contains(strings.ToLower(string(p.Step.File().SQL)), "concurrently")
}

// mark writes down, before anything is run, that the file has begun.
func (r *run) mark(ctx context.Context, i int, p Prepared) error {
	if err := r.exec(ctx, sweep+reset+r.guards()+"; BEGIN; "+r.missing(r.have)); err != nil {
		return err
	}
	b := &pgx.Batch{}
	if p.Step.Resume {
		r.queueLeft(b, p)
	} else {
		r.queueFrom(b, p)
	}
	r.queueOwn(b, i, p)
	r.queueMark(b, p)
	if err := r.work.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	return r.exec(ctx, "COMMIT")
}

// end writes down that the file came to its end, all at once, if the mark is still there.
func (r *run) end(ctx context.Context, i int, p Prepared) error {
	if err := r.stillMarked(ctx, p); err != nil {
		return err
	}
	b := &pgx.Batch{}
	r.queueEnded(b, p)
	r.queueOwnEnded(b, i, p)
	b.Queue("COMMIT")
	return r.work.SendBatch(ctx, b).Close()
}

// errUnmarked: while a file waited for others without the tools' locks, somebody changed the journal (force, resolve).
var errUnmarked = errors.New("somebody has changed the journal meanwhile")

// stillMarked begins the transaction that ends a file.
func (r *run) stillMarked(ctx context.Context, p Prepared) error {
	if err := r.exec(ctx, reset+r.guards()+"; BEGIN"); err != nil {
		return err
	}
	sql, mark := "SELECT FROM "+r.table(golangTable)+" WHERE version::text = $1 AND dirty FOR UPDATE", cmp.Or(p.Step.To, "-1")
	if r.options.Tool == migrate.Prisma {
		if p.Step.Down {
			return nil
		}
		sql, mark = "SELECT FROM "+r.table(prismaTable)+" WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL FOR UPDATE", p.Step.Migration.Name
	}
	tag, err := r.work.Exec(ctx, sql, mark)
	if err == nil && tag.RowsAffected() != 1 {
		r.rollBack(ctx)
		return errUnmarked
	}
	return err
}

// oneByOne runs the statements each for itself, and counts those that stand.
func (r *run) oneByOne(ctx context.Context, i int, p Prepared) (Failure, error) {
	for n, s := range p.Script.Statements {
		if n < p.Step.Skip {
			if err := r.settings(ctx, s); err != nil {
				return Failure{Statement: n, Applied: p.Step.Skip}, err
			}
			continue
		}
		r.say(p, n, fmt.Sprintf("%s, statement %d of %d", s.Tag, n+1, len(p.Script.Statements)))
		if ctx.Err() != nil {
			return Failure{Statement: n, Applied: n, Nothing: n == 0 && !p.Step.Resume}, ctx.Err()
		}
		run := r.inItsOwn
		if s.Alone {
			run = r.byItself
		}
		if f, err := run(ctx, i, n, p); err != nil {
			f.Statement, f.Applied = n, n
			f.Nothing = f.Nothing && n == 0 && !p.Step.Resume // the next statement may have done its work when the file broke off
			return f, err
		}
		ops.Reached("statement")
	}
	return Failure{}, nil
}

// settings repeats what a statement that stands already set for the session: what follows it in the file relies on that.
func (r *run) settings(ctx context.Context, s script.Statement) error {
	if !s.Session() {
		return nil
	}
	return r.exec(ctx, s.Text)
}

// inItsOwn runs a statement in a transaction with the count of those that stand.
func (r *run) inItsOwn(ctx context.Context, i, n int, p Prepared) (Failure, error) {
	err := r.patiently(ctx, p, n, func() (undone bool, err error) {
		if err := r.exec(ctx, "BEGIN"); err != nil {
			return true, err
		}
		err = r.watched(ctx, func() error { return r.exec(ctx, p.Script.Statements[n].Text) }, func(news string) { r.say(p, n, news) })
		if err == nil {
			err = r.exec(ctx, r.counted(i, n+1))
		}
		if err != nil {
			r.rollBack(ctx)
			return true, err
		}
		return false, r.exec(ctx, "COMMIT")
	})
	return Failure{Nothing: err == nil || r.work.PgConn().TxStatus() == 'I' && !r.work.IsClosed()}, err
}

// byItself runs a statement that can be in no transaction. What builds or drops an index beside the running
// applications waits for them as long as they take: nobody queues behind it.
func (r *run) byItself(ctx context.Context, i, n int, p Prepared) (Failure, error) {
	s := p.Script.Statements[n]
	patient := waitsForSnapshots(p) && len(p.Script.Leaks) == 0 // a file that has its own limits keeps them
	err := r.patiently(ctx, p, n, func() (undone bool, err error) {
		if patient {
			if err := r.exec(ctx, "SET lock_timeout = 0; SET statement_timeout = 0"); err != nil {
				return true, err
			}
		}
		err = r.watched(ctx, func() error {
			if done, err := r.before(ctx, n, p); err != nil || done {
				return err
			}
			return r.exec(ctx, s.Text)
		}, func(news string) { r.say(p, n, s.Tag+": "+news) })
		return !patient && harmless(s.Tag), err
	})
	if err != nil {
		return Failure{Nothing: harmless(s.Tag) && answered(err)}, err
	}
	ops.Reached("alone")
	after := "BEGIN; " + r.counted(i, n+1) + "; COMMIT"
	if patient {
		after += "; " + r.guards()
	}
	if err := r.exec(context.WithoutCancel(ctx), after); err != nil {
		return Failure{Books: true}, err
	}
	return Failure{}, nil
}

// harmless statements leave nothing when PostgreSQL refuses or stops them, but for an invalid index, which shows.
func harmless(tag string) bool {
	return slices.Contains([]string{"CREATE INDEX", "DROP INDEX", "REINDEX", "VACUUM"}, tag)
}

// answered: the server itself said that a statement failed, and the session goes on.
func answered(err error) bool {
	said, ok := errors.AsType[*pgconn.PgError](err)
	return ok && said.Severity == "ERROR"
}

// counted notes how many statements stand, in an open transaction, and as dbbot's own role, whatever the file has set.
func (r *run) counted(i, n int) string {
	return fmt.Sprintf("SET LOCAL SESSION AUTHORIZATION DEFAULT; SET LOCAL ROLE NONE; UPDATE %s SET done = %d WHERE (request, asked, step) = (%d, '%s', %d)", r.table(ownTable), n,
		r.options.Request, r.options.Asked.UTC().Format("2006-01-02 15:04:05.999999Z07:00"), i)
}
