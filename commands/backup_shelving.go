package commands

import (
	"context"
	"errors"
	"slices"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
)

// backupKeeper changes what lies in a store. Errors are *ops.Error.
type backupKeeper interface {
	Keep(ctx context.Context, database string, id backup.ID, as backup.Kept) error
	Release(ctx context.Context, database string, id backup.ID) error
	// Delete refuses the newest verified backup of a database, those that are kept, and those that somebody reads.
	Delete(ctx context.Context, database string, id backup.ID) error
}

// shelving is what keep, release and delete have in common: all but their words, and what they do to a backup.
type shelving struct {
	tools  Toolbox
	refuse func(kept, backup.Backup) error
	view   func(kept, backup.Backup) View
	do     func(context.Context, backupKeeper, shelvedPlan, approval.Request) error
	// so says whether what was wanted is so; nil is a backup that is not there.
	so   func(*backup.Backup) bool
	done string // behind the id
}

// shelvedPlan is what is agreed to: which bytes, and whether they are kept now.
type shelvedPlan struct {
	Alias    string    `json:"alias"` // of the configuration
	Location string    `json:"location"`
	ID       backup.ID `json:"id"`
	Sum      string    `json:"sum"` // of the archive
	Kept     bool      `json:"kept"`
}

func (s shelving) change(about About) Command {
	about.Args = []Arg{backupID(false), ofBackup}
	return change(Change[backupWish, shelvedPlan]{About: about, Parse: s.tools.parseBackup, Plan: s.plan, Differ: otherBackup, Run: s.run, Look: s.look})
}

// otherBackup is for those who typed latest.
func otherBackup(was, is shelvedPlan) string {
	if was.ID != is.ID {
		return string(is.ID) + " is the backup that is meant by now, and it was " + string(was.ID) + " when this was agreed to."
	}
	return ""
}

func (s shelving) plan(ctx context.Context, w backupWish) (Planned[shelvedPlan], error) {
	k, err := s.tools.kept(ctx, w.target)
	if err != nil {
		return Planned[shelvedPlan]{}, unheard(err)
	}
	b, err := k.pick(w.id)
	if err == nil {
		err = s.refuse(k, b)
	}
	if err != nil {
		return Planned[shelvedPlan]{}, err
	}
	view := s.view(k, b)
	view.Parts = append(view.Parts, k.gist(b)...)
	return Planned[shelvedPlan]{
		Plan: shelvedPlan{Alias: w.target.Database, Location: k.rules.Location, ID: b.ID, Sum: b.Archive.SHA256, Kept: b.Kept != nil},
		View: view, Server: storedAs(b),
	}, nil
}

// storedAs is what a request about a stored backup holds on to: nothing else is done to the same one meanwhile.
func storedAs(b backup.Backup) approval.Server {
	return approval.Server{System: b.Server.System, Database: string(b.ID)}
}

// gist is a backup in three lines.
func (k kept) gist(b backup.Backup) []Part {
	return []Part{
		line("Taken", Text{moment(b.Started), {Text: ", " + elapsed(k.At, b.Started) + " ago; " + bytesOf(stored(b.Manifest)) + ", " + holds(b.Contents)}}),
		{Section: &Section{Title: "Verified", Verdict: verdictOn(b), Summary: verification(b)}},
		line("Stays", Say(stays(b, k.verdicts()[b.ID]))),
	}
}

func (s shelving) run(ctx context.Context, r approval.Request, p shelvedPlan, _ Progress) (View, error) {
	if err := s.do(ctx, s.tools.Store, p, r); err != nil {
		return View{}, err
	}
	return View{Title: "Done", Verdict: Good, Lead: Text{ident(p.ID), {Text: s.done}}}, nil
}

// look reads what is so now: doing it twice is as good as once.
func (s shelving) look(ctx context.Context, _ approval.Request, p shelvedPlan) (Happened, View, error) {
	k, err := s.tools.kept(ctx, ops.Target{Database: p.Alias})
	if err != nil {
		return HappenedUnclear, View{}, errors.Join(ErrUnread, err)
	}
	var now *backup.Backup
	if i := slices.IndexFunc(k.Backups, func(b backup.Backup) bool { return b.ID == p.ID }); i >= 0 {
		now = &k.Backups[i]
	}
	if s.so(now) {
		return HappenedWhole, View{Title: "Done", Lead: Text{ident(p.ID), {Text: s.done}}}, nil
	}
	return HappenedNothing, View{Title: "Nothing was done", Lead: Text{ident(p.ID), {Text: " is as it was."}}}, nil
}
