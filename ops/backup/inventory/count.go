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

// columnsSQL names all columns of all tables in an order of their own: that of the table is another after a restore where
// a table inherits from another.
const columnsSQL = `SELECT coalesce(json_object_agg(s, tables), '{}') FROM (
	SELECT nspname AS s, json_object_agg(relname, columns) AS tables FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN LATERAL (SELECT coalesce(json_agg(attname ORDER BY attname COLLATE "C"), '[]') AS columns FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) a ON true
	WHERE relkind = 'r' AND nspname NOT LIKE 'pg\_%' GROUP BY nspname) t`

func count(n int, t backup.Table) string {
	return fmt.Sprintf("SELECT %d AS n, count(*) FROM ONLY %s t", n, pgx.Identifier{t.Schema, t.Name}.Sanitize())
}

// hash adds up a hash of each row: the sum is the same in any order, and does not overflow.
func hash(n int, t backup.Table, columns []string) string {
	row := make([]string, len(columns))
	for i, name := range columns {
		row[i] = pgx.Identifier{"t", name}.Sanitize()
	}
	return fmt.Sprintf(`SELECT %d AS n, coalesce(sum(hashtextextended(ROW(%s)::text COLLATE "C", 0)), 0)::text FROM ONLY %s t`,
		n, strings.Join(row, ", "), pgx.Identifier{t.Schema, t.Name}.Sanitize())
}

// each asks one thing about all tables, small ones together, and gives each answer to take.
func each(ctx context.Context, tx pgx.Tx, tables []backup.Table, question func(n int, t backup.Table) string, progress func(done, total int64), take func(*backup.Table, pgx.Rows) error) error {
	var done, total int64
	for _, t := range tables {
		total += t.Bytes
	}
	progress(0, total)
	for len(tables) > 0 {
		n, size := group(tables)
		var parts []string
		for i, t := range tables[:n] {
			parts = append(parts, question(i, t))
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
