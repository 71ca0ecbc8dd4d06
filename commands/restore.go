package commands

import (
	"context"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/backup"
)

// restorer brings backups back. Errors are *ops.Error, of ErrUnread, ErrUnclear or the context's cause where that is so.
type restorer interface {
	// Landing says what a restore would find. name is the database to make; empty: the backup's own, which is live. It refuses
	// where there is no chance.
	Landing(ctx context.Context, database string, b backup.Backup, name string) (Landing, error)
	// Into restores into a new database; Over beside the live one, whose place it then takes.
	Into(ctx context.Context, database string, id backup.ID, name string, r approval.Request, progress Progress) (Restored, error)
	Over(ctx context.Context, database string, id backup.ID, r approval.Request, progress Progress) (Restored, error)
	// Aside are the databases that others took the place of, the newest first.
	Aside(ctx context.Context, database string) (all []Aside, on approval.Server, err error)
	// Undo puts one back in its place; Drop removes it for good.
	Undo(ctx context.Context, database, aside string, r approval.Request, progress Progress) (Restored, error)
	Drop(ctx context.Context, database, aside string, r approval.Request) error
	// Came removes what a lost process left of the request, and says what came of it.
	Came(ctx context.Context, database string, r approval.Request) (Came, error)
}

// Landing is the place where a backup is to be restored, as it was just now.
type Landing struct {
	System   string
	Name     string // of the database as the server knows it
	Where    string // the server, without secrets
	Version  string
	Client   string   // of pg_restore
	Roles    []string // that are made first, without the right to log in
	Owner    string   // of everything, where it cannot be given to those who owned it; else empty
	Notes    []string // what else is worth knowing, a sentence each
	Free     int64    // bytes for the database; 0: not known
	Aside    string   // what a live database will be called
	Sessions []string // of a live database, which are ended: "12 sessions of app"
	Lost     []string // of a live database: what it has and the backup has not, a sentence each
}

// Restored is what a restore did.
type Restored struct {
	Name  string   // where it is now
	Aside string   // what stood there before; empty where nothing did
	Found []string // what was not as when the backup was taken; then nothing stands
	Notes []string // a sentence each
	Left  []string // what a restore that failed could not take away again
}

// Aside is a database that another one took the place of.
type Aside struct {
	Name    string
	Since   time.Time
	Bytes   int64
	Request int64
}

// Came is what came of a restore whose process was lost.
type Came struct {
	Happened Happened
	Restored
	Removed []string // what it had left
}
