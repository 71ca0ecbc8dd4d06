// Package restore brings backups back: into a scratch database to see whether they are good, into a new database, and
// beside a live one that it then takes the place of. Nothing half-done ever has a name that somebody uses: all of it
// happens under a scratch name first. It may import ops, ops/client, ops/backup and its inventory, pgx, age and zstd.
package restore

import (
	"context"
	"strings"
	"time"

	"filippo.io/age"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// Source is a backup, where it lies, and what opens it.
type Source struct {
	Backup   backup.Backup
	Store    backup.Store
	Identity ops.Secret // one or more age identities, a line each; empty: none
}

// Target is where to, and for whom.
type Target struct {
	URL     ops.Secret // of a direct connection whose role may create databases; which database it names does not matter
	Name    string     // of the database that is made, or taken the place of, as the server knows it; scratch ones need none
	Request int64      // what it is done for; 0 from a terminal
	Asked   time.Time  // when that was asked for
	By      string
	Jobs    int // how many sessions restore at once; 0: as many as this machine has processors, up to 4
}

// Progress hears where the work is; what done and total count changes with the phase.
type Progress = func(phase string, done, total int64)

// identities reads the keys. The error holds nothing of them.
func (s Source) identities() ([]age.Identity, error) {
	all, err := age.ParseIdentities(strings.NewReader(s.Identity.Reveal()))
	if err != nil {
		return nil, &ops.Error{
			Message: "The age identity that opens backups cannot be read.",
			Hint:    "It is what age-keygen writes: a line that begins with AGE-SECRET-KEY-.",
		}
	}
	return all, nil
}

// locked says that nothing more than the checksum can be looked at.
func (s Source) locked() bool { return s.Backup.Archive.Age && s.Identity == "" }

func (t Target) application(id backup.ID) string {
	name := "dbbot restore " + string(id)
	return name[:min(len(name), 63)] // PostgreSQL's bound
}

// wait returns false where ctx ends first.
func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
