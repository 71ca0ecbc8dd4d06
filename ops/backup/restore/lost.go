package restore

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/inventory"
)

// countedBytes is how much is counted before anybody is asked, the smallest tables first: half a second's work. Of larger
// ones the server's estimate has to do.
const countedBytes = 256 << 20

// unknown is the number of rows of a table that is large, and that nobody has looked at.
const unknown = -1

// size fills in how many rows the tables have, the smallest first: the first so many are counted, the others as the
// planner takes them to be.
func size(ctx context.Context, tx pgx.Tx, tables []backup.Table) (counted int, err error) {
	slices.SortStableFunc(tables, func(a, b backup.Table) int { return cmp.Compare(a.Bytes, b.Bytes) })
	for total := int64(0); counted < len(tables) && total+tables[counted].Bytes <= countedBytes; counted++ {
		total += tables[counted].Bytes
	}
	if err := inventory.Count(ctx, tx, tables[:counted], func(int64, int64) {}); err != nil {
		return counted, err
	}
	return counted, estimate(ctx, tx, tables[counted:])
}

// estimate scales what was found at the last ANALYZE or VACUUM to the table's present size, as the planner does. What the
// counters of activity say is used only where it is more: they may have been reset.
func estimate(ctx context.Context, tx pgx.Tx, tables []backup.Table) error {
	for i, t := range tables {
		err := tx.QueryRow(ctx, `SELECT CASE WHEN reltuples < 0 THEN -1 ELSE greatest(pg_stat_get_live_tuples(oid),
				(reltuples / greatest(relpages, 1) * (pg_relation_size(oid) / current_setting('block_size')::int))::bigint) END
			FROM pg_catalog.pg_class WHERE oid = $1::text::regclass`, ident(t.Schema)+"."+ident(t.Name)).Scan(&tables[i].Rows)
		if err != nil {
			return err
		}
	}
	return nil
}

// differ compares the numbers of rows, of which the first so many were counted, and names what the backup does not have.
func (l *Lost) differ(then, live backup.Inventory, counted int) {
	there := map[[2]string]int64{}
	for _, t := range then.Tables {
		there[[2]string{t.Schema, t.Name}] = t.Rows
	}
	for i, t := range live.Tables {
		name := ops.Printable(t.Schema, 63) + "." + ops.Printable(t.Name, 63)
		switch before, ok := there[[2]string{t.Schema, t.Name}]; {
		case !ok:
			l.Gone = append(l.Gone, name)
		case before != t.Rows:
			l.Tables = append(l.Tables, Change{Name: name, Then: before, Live: t.Rows, About: i >= counted})
		}
	}
	slices.Sort(l.Gone)
	slices.SortStableFunc(l.Tables, func(a, b Change) int { return cmp.Compare(b.size(), a.size()) })
	l.Tables, l.Gone = bounded(l.Tables), bounded(l.Gone)
}

func (c Change) size() int64 {
	if c.Live == unknown {
		return 0
	}
	return max(c.Live-c.Then, c.Then-c.Live)
}

// mostChanges bounds what is told of tables and sessions.
const mostChanges = 20

func bounded[T any](all []T) []T { return all[:min(len(all), mostChanges)] }
