package apply

import (
	"context"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/migrate"
)

// Force writes a version of golang-migrate down as reached and clean, empty for the state before the first, and runs
// nothing. Lock must have been called. Errors are *ops.Error; of ErrUnclear where it may have happened.
func (c *Conn) Force(ctx context.Context, version string) error {
	return c.mend(ctx, func(b *pgx.Batch) { c.queueVersion(b, version, false) })
}

// Resolve writes a migration of Prisma down as applied, or as rolled back, as prisma migrate resolve does.
func (c *Conn) Resolve(ctx context.Context, m migrate.Migration, applied bool) error {
	return c.mend(ctx, func(b *pgx.Batch) {
		b.Queue("UPDATE "+c.table(prismaTable)+` SET rolled_back_at = clock_timestamp()
			WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL`, m.Name)
		if applied {
			c.queueApplied(b, m)
		}
	})
}

// Baseline writes migrations down as applied, in a database that has their tables already.
func (c *Conn) Baseline(ctx context.Context, all []migrate.Migration) error {
	return c.mend(ctx, func(b *pgx.Batch) {
		if c.options.Tool == migrate.GolangMigrate {
			c.queueVersion(b, mark(all), false)
			return
		}
		for _, m := range all {
			c.queueApplied(b, m)
		}
	})
}

// queueApplied writes the row that prisma migrate resolve --applied does: nothing was run, so no step is counted.
func (c *Conn) queueApplied(b *pgx.Batch, m migrate.Migration) {
	b.Queue("INSERT INTO "+c.table(prismaTable)+` (id, checksum, started_at, finished_at, migration_name, logs, applied_steps_count)
		SELECT $1, $2, at, at, $3, '', 0 FROM clock_timestamp() at`, uuid(), m.Up.Sum, m.Name)
}

// mend changes the books alone, all or nothing.
func (c *Conn) mend(ctx context.Context, write func(*pgx.Batch)) error {
	have, err := c.standing(ctx)
	if err != nil {
		return c.unread(err)
	}
	have.own, have.mark = true, true // nothing is written there
	tx, err := c.work.Begin(ctx)
	if err != nil {
		return c.unread(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) // after the commit it does nothing
	if err := c.exec(ctx, c.missing(have)); err != nil {
		return c.unwritten(ctx, err)
	}
	b := &pgx.Batch{}
	write(b)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return c.unwritten(ctx, err)
	}
	if err := tx.Commit(ctx); err != nil && c.work.IsClosed() {
		return c.unclear(err)
	} else if err != nil {
		return c.unwritten(ctx, err)
	}
	return nil
}

// unwritten says that the books could not be changed.
func (c *Conn) unwritten(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return c.stopped(ctx, "Nothing was changed.")
	}
	if timedOut(err) {
		return &ops.Error{Message: "The journal of migrations is locked by somebody. Nothing was changed.", Hint: "/db locks shows by whom.", Cause: err}
	}
	return &ops.Error{Message: "The journal of migrations could not be changed" + because(err) + ". Nothing was changed.", Cause: err}
}
