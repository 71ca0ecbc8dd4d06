// Package inventory counts what a database holds, so that a restored one can be compared with the one it came from. It
// may import ops, ops/backup and pgx.
package inventory

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"dbbot/ops/backup"
)

//go:embed inventory.sql
var inventorySQL string

// plainly makes names and values come out the same whatever role and database set: all names with their schema, no row
// hidden by a policy (an error instead), and values in the one form that hashes are made of.
const plainly = `SET LOCAL search_path = ''; SET LOCAL row_security = off; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres';
	SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = 'hex'; SET LOCAL xmloption = content`

// Read says what the database of tx holds, in tx's snapshot; with rows, their numbers too, told to progress in bytes of tables.
// Sequences stand outside of any snapshot: theirs is the moment of reading. tx is left with settings of its own for its
// rest (search_path is empty); how long a lock may be waited for is the caller's to set.
func Read(ctx context.Context, tx pgx.Tx, rows bool, progress func(done, total int64)) (backup.Inventory, error) {
	var held backup.Inventory
	if err := ask(ctx, tx, inventorySQL, &held); err != nil {
		return held, fmt.Errorf("what the database holds: %w", err)
	}
	if err := sequences(ctx, tx, held.Sequences); err != nil {
		return held, fmt.Errorf("where its sequences stand: %w", err)
	}
	if !rows {
		return held, nil
	}
	return held, Count(ctx, tx, held.Tables, progress)
}

// Count fills in how many rows each of these tables has.
func Count(ctx context.Context, tx pgx.Tx, tables []backup.Table, progress func(done, total int64)) error {
	return each(ctx, tx, tables, count, progress, func(t *backup.Table, row pgx.Rows) error {
		var n int
		return row.Scan(&n, &t.Rows)
	})
}

// Hash adds to each table of an inventory what its rows come to, in whatever order they lie. It reads everything once
// more, and takes about five times as long as counting.
func Hash(ctx context.Context, tx pgx.Tx, held *backup.Inventory, progress func(done, total int64)) error {
	var columns map[string]map[string][]string
	if err := ask(ctx, tx, columnsSQL, &columns); err != nil {
		return fmt.Errorf("the columns of its tables: %w", err)
	}
	sum := func(n int, t backup.Table) string { return hash(n, t, columns[t.Schema][t.Name]) }
	return each(ctx, tx, held.Tables, sum, progress, func(t *backup.Table, row pgx.Rows) error {
		var n int
		return row.Scan(&n, &t.Hash)
	})
}

// ask sends settings and question together, and reads the one JSON answer.
func ask(ctx context.Context, tx pgx.Tx, sql string, into any) error {
	pg := tx.Conn().PgConn()
	results, err := pg.Exec(ctx, plainly+"; "+sql).ReadAll()
	if err != nil {
		return err
	}
	last := results[len(results)-1]
	if len(last.Rows) != 1 {
		return fmt.Errorf("%d rows instead of one", len(last.Rows))
	}
	return json.Unmarshal(last.Rows[0][0], into)
}
