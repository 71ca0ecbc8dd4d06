package commands

import (
	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/policy"
)

// Toolbox is all that commands need from outside: one field for each small interface that a command file
// declares. cmd/dbbot fills it in one place (wire.go).
type Toolbox struct {
	Databases []ops.Target // as configured, in the order of the file
	Version   string       // of dbbot itself

	Postgres   databasePinger
	Status     statusReader
	Locks      locksReader
	Sessions   sessionEnder
	Folders    map[string]migrate.Folder // of migrations, by database; those that have one
	Migrations migrator
	Rehearsals rehearser    // nil where none is configured
	Backups    backupBefore // nil where no database has a store for backups; so are the next four
	Shelf      backupShelf
	Dumps      backupTaker
	Store      backupKeeper
	Restores   restorer
	Policy     policy.Policy // what it asks of migrations beside who must agree
	Self       selfReporter  // nil at a terminal
	Chat       chatState     // nil at a terminal
	State      pinger        // dbbot's own tables; nil where none are configured
	Requests   requestReader // nil where changes are not set up
	Audit      auditReader   // nil where changes are not set up
	Redis      redisInformer // nil where its part is played inside this process

	declared func() []About // every command, for help; All sets it
}
