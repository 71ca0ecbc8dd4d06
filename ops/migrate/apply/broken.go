package apply

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/migrate"
)

// broken ends a file that was marked and did not come to its end. The mark is taken back only where it is certain that
// nothing of the file remains; otherwise it stays, as either tool leaves it.
func (r *run) broken(ctx context.Context, i int, p Prepared, before []string, f Failure, err error) error {
	books, cancel := context.WithTimeout(context.WithoutCancel(ctx), booksWithin)
	defer cancel()
	if again := r.again(books); again != nil {
		return &ops.Error{
			Message: "The connection broke in the middle of " + ops.Printable(p.Step.Migration.Name, 80) + ", and the database does not answer.",
			Hint:    "/db migrate status shows what stands, once it does.",
			Cause:   errors.Join(ErrUnclear, err, again),
		}
	}
	r.rollBack(books)
	after, unseen := r.invalid(books)
	f.Invalid = slices.DeleteFunc(after, func(name string) bool { return slices.Contains(before, name) })
	f.Nothing, f.only = f.Nothing && unseen == nil && len(f.Invalid) == 0, f.Nothing && unseen == nil
	fault := r.failed(ctx, p, f, err)
	if written := r.unmark(books, i, p, f.Nothing, fault.Error()); written != nil {
		r.report.Failure.Nothing = false
		return &ops.Error{Message: fault.Error() + " The journal could not be set right afterwards" + because(written) + ".", Cause: errors.Join(err, written)}
	}
	return fault
}

// again connects anew where the session is gone. What it left running is ended first: it must not finish behind our back.
func (r *run) again(ctx context.Context) error {
	if !r.work.IsClosed() {
		return nil
	}
	r.unwatch()
	if err := r.connect(ctx); err != nil {
		return err
	}
	r.locked = false
	if err := r.endOrphans(ctx, r.options); err != nil {
		return err
	}
	return r.Lock(ctx, func(string) {})
}

// unmark takes the mark back, or writes into it why the file broke off.
func (r *run) unmark(ctx context.Context, i int, p Prepared, nothing bool, why string) error {
	if err := r.stillMarked(ctx, p); err != nil {
		return err
	}
	b := &pgx.Batch{}
	if nothing {
		r.queueUnmark(b, p)
		r.queueOwnGone(b, i)
	} else {
		r.queueWhy(b, p, why)
		if r.options.Tool == migrate.Prisma {
			r.queueStays(b, i)
		}
	}
	b.Queue("COMMIT")
	return r.work.SendBatch(ctx, b).Close()
}
