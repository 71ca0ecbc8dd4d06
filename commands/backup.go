package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// backupShelf knows what is kept of the configured databases. Errors are *ops.Error, of ErrUnread where it may be
// readable later.
type backupShelf interface {
	// Rules are what the file says about a database's backups; ok is false where it says nothing.
	Rules(database string) (rules BackupRules, ok bool)
	// Shelf reads all that the store holds of a database. Glance does too, and leaves a store that hangs when ctx ends.
	Shelf(ctx context.Context, database string) (Shelf, error)
	Glance(ctx context.Context, database string) (Shelf, error)
}

// BackupRules are what the file says about a database's backups.
type BackupRules struct {
	Location   string // of the store, without secrets
	Schedule   string // as cron writes it; empty: nothing is taken by itself
	Zone       *time.Location
	Keep       backup.Keep
	Recipients []string // age public keys; empty: not encrypted
	Key        bool     // an identity is there that may open what is encrypted
	Verify     string   // each, daily, weekly or never
	Parallel   int
	Limit      time.Duration // the newest verified backup should not be older; 0: no limit
}

// Shelf is all that a store holds of a database, as it was just now.
type Shelf struct {
	Backups []backup.Backup // the newest first
	Faults  []string        // what lies there and is no whole backup, a sentence each
	Cluster *Cluster        // what pgBackRest says; nil where none is configured
	At      time.Time
}

// Cluster is what backs up the whole cluster beside dbbot, for any point in time.
type Cluster struct {
	Name   string // "pgBackRest, stanza main"
	Newest time.Time
	Lines  []string // more of what it says
	Fault  string   // why nothing is known of it
}

// newest is the last backup that was taken; nil where there is none.
func (s Shelf) newest() *backup.Backup {
	if len(s.Backups) == 0 {
		return nil
	}
	return &s.Backups[0]
}

// verified is the last backup that was found good; nil where there is none.
func (s Shelf) verified() *backup.Backup {
	if i := slices.IndexFunc(s.Backups, backup.Backup.Good); i >= 0 {
		return &s.Backups[i]
	}
	return nil
}

// kept is a database that has backups configured, and what its store holds.
type kept struct {
	target ops.Target
	rules  BackupRules
	Shelf
}

// kept reads the shelf of a database; it refuses where none is configured.
func (t Toolbox) kept(ctx context.Context, target ops.Target) (k kept, err error) {
	k.target = target
	configured := false
	if k.rules, configured = t.rules(target); !configured {
		return k, noStore(target)
	}
	k.Shelf, err = t.Shelf.Shelf(ctx, target.Database)
	return k, err
}

// rules are what the file says of a database's backups.
func (t Toolbox) rules(target ops.Target) (BackupRules, bool) {
	if t.Shelf == nil {
		return BackupRules{}, false
	}
	return t.Shelf.Rules(target.Database)
}

func noStore(target ops.Target) error {
	return &ops.Error{
		Message: fmt.Sprintf("No backups are configured for %s.", name(target.Database)),
		Hint:    "Write backup: {store: file:///var/backups/" + name(target.Database) + "} below the database in dbbot's file; s3://, gs:// and azblob:// work too.",
	}
}

// unheard says that a store which did not answer may do so later.
func unheard(err error) error {
	if err == nil || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &ops.Error{Message: "The store of the backups did not answer in time.", Hint: "Try again in a moment.", Cause: errors.Join(ErrUnread, err)}
}
