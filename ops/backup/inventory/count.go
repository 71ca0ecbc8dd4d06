package inventory

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"dbbot/ops/backup"
)

const (
	// together is how many tables or sequences are asked about in one statement: a database of ten thousand small ones
	// is counted in a hundred round trips.
	together = 100
	// togetherBytes is how large these tables may be in all: a server answers at a statement's end, and progress waits
	// for that.
	togetherBytes = 16 << 20
)

const (
	countSQL = "SELECT %d AS n, count(*) FROM ONLY %s t"
	// hashSQL: the sum of hashes is the same in any order, and cannot overflow as numeric.
	hashSQL = "SELECT %d AS n, to_char(coalesce(sum(hashtextextended(t::text COLLATE \"C\", 0)), 0), 'FM9999999999999999999999999999999990') || '/' || count(*) FROM ONLY %s t"
)

// each asks one thing about all tables, small ones together, and gives each answer to take.
func each(ctx context.Context, tx pgx.Tx, tables []backup.Table, sql string, progress func(done, total int64), take func(*backup.Table, pgx.Rows) error) error {
	var done, total int64
	for _, t := range tables {
		total += t.Bytes
	}
	progress(0, total)
	for len(tables) > 0 {
		n, size := group(tables)
		var parts []string
		for i, t := range tables[:n] {
			parts = append(parts, fmt.Sprintf(sql, i, pgx.Identifier{t.Schema, t.Name}.Sanitize()))
		}
		rows, err := tx.Query(ctx, strings.Join(parts, " UNION ALL ")+" ORDER BY n", pgx.QueryExecModeExec)
		if err != nil {
			return err
		}
		for i := 0; rows.Next(); i++ {
			if err := take(&tables[i], rows); err != nil {
				rows.Close()
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("counting %s.%s and %d more: %w", tables[0].Schema, tables[0].Name, n-1, err)
		}
		tables, done = tables[n:], done+size
		progress(done, total)
	}
	return nil
}

// group says how many of the tables go into one statement, and how large they are; one goes at least.
func group(tables []backup.Table) (n int, size int64) {
	for n < min(together, len(tables)) && (n == 0 || size+tables[n].Bytes <= togetherBytes) {
		size += tables[n].Bytes
		n++
	}
	return n, size
}

// sequences reads where each stands: the view of all says nothing of those that were never used.
func sequences(ctx context.Context, tx pgx.Tx, all []backup.Sequence) error {
	for len(all) > 0 {
		n := min(together, len(all))
		var parts []string
		for i, s := range all[:n] {
			parts = append(parts, fmt.Sprintf("SELECT %d AS n, last_value, is_called FROM %s", i, pgx.Identifier{s.Schema, s.Name}.Sanitize()))
		}
		rows, err := tx.Query(ctx, strings.Join(parts, " UNION ALL "), pgx.QueryExecModeExec)
		if err != nil {
			return err
		}
		var i int
		var last int64
		var called bool
		if _, err := pgx.ForEachRow(rows, []any{&i, &last, &called}, func() error {
			all[i].Last, all[i].Called = last, called
			return nil
		}); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}
