package dump

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops/backup"
	"dbbot/ops/backup/inventory"
)

// snapshot is the transaction that dump and counts share.
type snapshot struct {
	conn   *pgx.Conn
	tx     pgx.Tx
	shared bool // pg_dump's workers import it too, at some time
}

// export begins the transaction, and reads what is quick to read in it.
func (t *taking) export(ctx context.Context) (*snapshot, error) {
	conn, _, err := open(ctx, t.options, t.survey.name, t.survey.place)
	if err != nil {
		return nil, err
	}
	s := &snapshot{conn: conn, shared: t.options.Parallel > 1}
	if s.tx, err = conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}); err == nil {
		err = s.tx.QueryRow(ctx, "SELECT pg_export_snapshot()").Scan(&t.m.Snapshot)
	}
	if err == nil {
		t.m.Migration, err = migrated(ctx, s.tx, t.options.Migrations)
	}
	if err == nil {
		t.m.Frame, err = inventory.ReadFrame(ctx, s.tx)
	}
	if err != nil {
		s.close()
		return nil, fmt.Errorf("the snapshot: %w", err)
	}
	return s, nil
}

// count reads all of it.
func (s *snapshot) count(ctx context.Context) (backup.Inventory, error) {
	found, err := inventory.Read(ctx, s.tx, true, func(int64, int64) {})
	if err != nil {
		return found, fmt.Errorf("counting: %w", err)
	}
	return found, nil
}

// release ends the transaction once pg_dump has imported its snapshot: it holds back VACUUM. With workers nobody knows when
// the last one has, and pg_dump holds the same snapshot anyway: it ends with the dump.
func (s *snapshot) release(ctx context.Context, w *watch) error {
	imported := w.imported
	if s.shared {
		imported = w.dumped
	}
	select {
	case <-imported.done:
	case <-w.dumped.done:
	case <-ctx.Done():
	}
	s.close()
	return nil
}

func (s *snapshot) close() { shut(s.conn) }

// golangTable is where golang-migrate keeps its version, unless a URL says otherwise.
const golangTable, prismaTable, prisma = "schema_migrations", "_prisma_migrations", "prisma"

// migrated reads where the migrations stand. Tables that are not there, or not to be read, mean that nobody knows.
func migrated(ctx context.Context, tx pgx.Tx, tool string) (*backup.Migrated, error) {
	if tool == "" {
		return nil, nil
	}
	sql, table := "SELECT version::text, dirty FROM "+golangTable+" LIMIT 1", golangTable
	if tool == prisma {
		sql = `SELECT coalesce((SELECT migration_name FROM ` + prismaTable + ` WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY finished_at DESC, migration_name DESC LIMIT 1), ''),
			EXISTS (SELECT FROM ` + prismaTable + ` WHERE finished_at IS NULL AND rolled_back_at IS NULL)`
		table = prismaTable
	}
	var there bool
	if err := tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", table).Scan(&there); err != nil || !there {
		return nil, err
	}
	m := backup.Migrated{Tool: tool}
	err := tx.QueryRow(ctx, sql).Scan(&m.Version, &m.Dirty)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return &m, err
}

// codeOf gives the SQLSTATE of an error; empty where PostgreSQL said nothing.
func codeOf(err error) string {
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return said.Code
	}
	return ""
}
