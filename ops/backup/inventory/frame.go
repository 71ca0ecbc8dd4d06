package inventory

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"dbbot/ops/backup"
)

//go:embed frame.sql
var frameSQL string

// ReadFrame says what stands around the contents of the database of tx, in one round trip, and leaves tx as Read does.
func ReadFrame(ctx context.Context, tx pgx.Tx) (backup.Frame, error) {
	var f backup.Frame
	if err := ask(ctx, tx, frameSQL, &f); err != nil {
		return f, fmt.Errorf("what stands around the database: %w", err)
	}
	return f, nil
}
