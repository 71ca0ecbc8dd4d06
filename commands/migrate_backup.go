package commands

import (
	"context"

	"dbbot/ops/approval"
	"dbbot/ops/backup"
)

// backupBefore is what migrations need of backups. Errors are *ops.Error, of the context's cause where it was stopped.
type backupBefore interface {
	// Newest gives the newest backup of a database that was verified and found good; nil where there is none. configured is
	// false where the database has no store for backups.
	Newest(ctx context.Context, database string) (newest *backup.Backup, configured bool, err error)
	// Before takes a backup as a part of the request, and verifies it. No lock is held any more when it returns.
	Before(ctx context.Context, database string, r approval.Request, progress Progress) (backup.ID, error)
}
