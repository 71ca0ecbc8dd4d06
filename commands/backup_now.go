package commands

import (
	"context"
	"fmt"
	"slices"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
)

var _ = add(backupNow)

// backupTaker takes backups and verifies them. Errors are *ops.Error, of ErrUnread where it may work later, and of the
// context's cause where they were stopped.
type backupTaker interface {
	// Ready says what a backup of a database would be made of. It refuses with all that is in the way of one.
	Ready(ctx context.Context, database string) (Readiness, error)
	// Take takes one of that very server as a part of the request. Whoever stops it leaves nothing. With an error it gives
	// one only where another server answered, which is kept.
	Take(ctx context.Context, database string, r approval.Request, on approval.Server, progress Progress) (backup.Backup, error)
	// Verify looks whether one can be restored, and writes down beside it what it found.
	Verify(ctx context.Context, database string, id backup.ID, how backup.How, r approval.Request, progress Progress) (backup.Verification, error)
	// Prune deletes what the rules let go.
	Prune(ctx context.Context, database string) (deleted []backup.ID, spared []string, err error)
	// Swept ends and removes what a lost process left of the request: sessions, scratch databases, unfinished files.
	Swept(ctx context.Context, database string, r approval.Request) (removed []string, err error)
}

// Readiness is a database that is about to be backed up.
type Readiness struct {
	System  string
	Catalog string // its own name
	Version string // of the server
	Client  string // of pg_dump
	Tables  int
	Bytes   int64
	Notes   []string // what else is worth knowing, a sentence each
}

// backingUp takes a backup, verifies it as the file says, and deletes what the rules let go.
type backingUp struct{ tools Toolbox }

func backupNow(t Toolbox) Command {
	b := backingUp{t}
	return change(Change[ops.Target, backupPlan]{
		About: About{
			Path: "backup now", Risk: ops.Operate, Args: []Arg{{Name: "database", Kind: DatabaseArg, Hint: "what to back up"}},
			Summary: "take a backup, verify it, and delete what the rules let go", Example: "backup now orders -- before I touch it",
		},
		Parse: func(v Values) (ops.Target, ops.Target, error) { return v.Databases()[0], v.Databases()[0], nil },
		Plan:  b.plan, Run: b.run, Look: b.look,
	})
}

// backupPlan is what is agreed to: of which database, with what, to where, for whom to read, and what follows. How large it
// is, and how long it may take, changes while people read; that stands in the view.
type backupPlan struct {
	Alias      string      `json:"alias"` // of the configuration
	System     string      `json:"system"`
	Database   string      `json:"database"`
	Version    string      `json:"version"` // of the server
	Client     string      `json:"client"`
	Location   string      `json:"location"`
	Recipients []string    `json:"recipients"`
	Parallel   int         `json:"parallel"`
	Verify     string      `json:"verify"`
	Keep       backup.Keep `json:"keep"`
}

func (b backingUp) plan(ctx context.Context, target ops.Target) (Planned[backupPlan], error) {
	k, err := b.tools.kept(ctx, target)
	if err != nil {
		return Planned[backupPlan]{}, unheard(err)
	}
	ready, err := b.tools.Dumps.Ready(ctx, target.Database)
	if err != nil {
		return Planned[backupPlan]{}, unheard(err)
	}
	return Planned[backupPlan]{
		Plan: backupPlan{
			Alias: target.Database, System: ready.System, Database: ready.Catalog, Version: ready.Version, Client: ready.Client, Location: k.rules.Location,
			Recipients: k.rules.Recipients, Parallel: k.rules.Parallel, Verify: k.rules.Verify, Keep: k.rules.Keep,
		},
		View:   k.backupView(ready),
		Server: approval.Server{System: ready.System, Database: ready.Catalog},
	}, nil
}

// backupView says what will be taken, where it goes, and what goes for it.
func (k kept) backupView(ready Readiness) View {
	view := View{Title: "Back " + name(k.target.Database) + " up", Lead: Say(bytesOf(ready.Bytes) + " in " + ops.Count(ready.Tables, "table") + ". " + k.expected())}
	add := func(title string, verdict Verdict, summary Text) {
		view.Parts = append(view.Parts, Part{Section: &Section{Title: title, Verdict: verdict, Summary: summary}})
	}
	how := backup.Due(k.rules.Verify, k.Backups, k.opens(k.rules.Recipients), k.At)
	add("From", "", sayf("%s on PostgreSQL %s, with %s", name(ready.Catalog), name(ready.Version), name(ready.Client)))
	add("To", "", sayf("%s, %s", k.rules.Location, encrypted(k.rules.Recipients)))
	add("Verified", "", Say(map[backup.How]string{
		backup.Restored: "by restoring it into a scratch database and comparing",
		backup.Read:     "by reading it to its end; it is not restored this time (verify: " + k.rules.Verify + ")",
		backup.Checksum: "by its checksum alone: dbbot has no key that opens it",
	}[how]))
	text, verdict := newestLine(k.verified(), k.rules.Limit, k.At)
	add("Until now", verdict, text)
	if gone := k.leavingAfter(how); len(gone) > 0 {
		add("Then deleted", "", literals(gone))
	}
	for _, note := range ready.Notes {
		view.Notes = append(view.Notes, Say(note))
	}
	return view
}

// opens says whether dbbot can read what was encrypted for these.
func (k kept) opens(recipients []string) bool { return len(recipients) == 0 || k.rules.Key }

// expected is how long it took the last time.
func (k kept) expected() string {
	n := k.newest()
	if n == nil {
		return "How long it takes the first backup will tell."
	}
	return fmt.Sprintf("The last one took %s and is %s large.", lasting(n.Manifest), bytesOf(stored(n.Manifest)))
}

// leavingAfter are the backups that the rules let go once another one has been taken and found good.
func (k kept) leavingAfter(how backup.How) (gone []string) {
	next := backup.Backup{Manifest: backup.Manifest{Started: k.At, Finished: k.At}, Verified: &backup.Verification{At: k.At, How: how}}
	if n := k.newest(); n != nil { // as large, as quick and as full as the last: else it would look unusual
		next.Manifest = n.Manifest
		next.Started, next.Finished = k.At, k.At.Add(n.Finished.Sub(n.Started))
	}
	next.ID, next.By = "next", "schedule"
	for _, v := range k.rules.Keep.Plan(append([]backup.Backup{next}, k.Backups...), k.At, k.rules.Zone) {
		if !v.Stays {
			gone = append(gone, string(v.ID))
		}
	}
	slices.Sort(gone)
	return gone
}
