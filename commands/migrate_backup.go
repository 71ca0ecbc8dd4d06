package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
	"dbbot/ops/policy"
	"dbbot/ops/postgres"
)

// backupBefore is what migrations need of backups. Errors are *ops.Error, of the context's cause where it was stopped.
type backupBefore interface {
	// Newest gives the newest backup of a database that was verified and found good; nil where there is none. configured is
	// false where the database has no store for backups.
	Newest(ctx context.Context, database string) (newest *backup.Backup, configured bool, err error)
	// Before takes a backup as a part of the request, and verifies it. No lock is held any more when it returns.
	Before(ctx context.Context, database string, r approval.Request, progress Progress) (backup.ID, error)
}

// backups are those of a database that is to be migrated, and what the policy asks of them.
type backups struct {
	database string
	asked    policy.Rule
	store    bool           // there is one
	newest   *backup.Backup // that is verified; nil: there is none
	unseen   error          // why that is not known
	now      time.Time
}

// newestBound is how long the store of backups may take; a plan has more to do.
const newestBound = 3 * time.Second

func (t Toolbox) backups(ctx context.Context, target ops.Target, risk ops.Risk) backups {
	b := backups{database: target.Database, asked: t.Policy.Rule(risk, target), now: time.Now()}
	if t.Backups == nil {
		return b
	}
	ctx, cancel := context.WithTimeout(ctx, newestBound)
	defer cancel()
	b.newest, b.store, b.unseen = t.Backups.Newest(ctx, target.Database)
	return b
}

// refusal says what the policy asks of backups, and is not so.
func (b backups) refusal() error {
	asks, limit := "", postgres.Age(b.asked.RequireBackup).String()
	switch {
	case b.asked.Backup == policy.Before:
		asks = "dbbot's policy has a backup taken before " + name(b.database) + " is migrated"
	case b.asked.RequireBackup > 0:
		asks = fmt.Sprintf("dbbot's policy asks for a verified backup of %s that is no older than %s", name(b.database), limit)
	default:
		return nil
	}
	take := "/db backup now " + typed(b.database) + " takes one and verifies it."
	switch {
	case !b.store && b.unseen == nil:
		return &ops.Error{Message: asks + ", and no store for its backups is configured.", Hint: "It is given as backup: {store: …} of the database, in dbbot's file."}
	case b.asked.Backup == policy.Before:
		return nil
	case b.unseen != nil:
		return &ops.Error{Message: asks + ", and the store of backups could not be read: " + inWords(b.unseen), Hint: "Try again in a moment.", Cause: errors.Join(ErrUnread, b.unseen)}
	case b.newest == nil:
		return &ops.Error{Message: asks + ", and there is none.", Hint: take}
	case b.now.Sub(b.newest.Started) > b.asked.RequireBackup:
		return &ops.Error{Message: fmt.Sprintf("%s, and the newest was taken %s ago.", asks, elapsed(b.now, b.newest.Started)), Hint: take}
	}
	return nil
}

// section says how old the newest backup is, and how good. oneWay are the migrations from which nothing else leads back;
// without them, and without a store, there is nothing to say.
func (b backups) section(oneWay []string) *Section {
	s := &Section{Title: "Backup"}
	switch {
	case b.unseen != nil:
		s.Verdict, s.Summary = Unseen, Say("the store of backups could not be read: "+inWords(b.unseen))
	case !b.store && len(oneWay) == 0:
		return nil
	case !b.store:
		s.Summary, s.Verdict = Say("none: no store for backups is configured"), Watch
	default:
		s.Summary, s.Verdict = newestLine(b.newest, b.asked.RequireBackup, b.now)
	}
	if b.asked.Backup == policy.Before {
		if b.newest == nil {
			s.Verdict = ""
		}
		s.Lines = append(s.Lines, Say("One is taken and verified first, as a part of this. If that fails, nothing is migrated."))
	}
	if len(oneWay) == 0 {
		return s
	}
	switch back := "The only way back from " + list(oneWay) + " is to restore a backup: "; {
	case b.asked.Backup == policy.Before:
		s.Lines = append(s.Lines, Say(back+"the one that is taken first."))
	case b.newest != nil:
		s.Lines = append(s.Lines, append(Say(back), literal("/db restore "+typed(string(b.newest.ID))+" over "+typed(b.database)),
			Span{Text: ". It loses what is written after the backup was taken."}))
	case b.store && b.unseen == nil:
		s.Lines = append(s.Lines, append(Say(back), literal("/db backup now "+typed(b.database)), Span{Text: " takes one."}))
	}
	return s
}

// conditions are what else a plan says before its files: its backup, and why more people must agree than usual.
func (a ahead) conditions() (parts []Part) {
	if section := a.backups.section(a.oneWay()); section != nil {
		parts = append(parts, Part{Section: section})
	}
	if usual := a.backups.asked.Approve; a.severe() && usual.For(true) != usual {
		parts = append(parts, Part{Section: &Section{
			Title: "More people", Verdict: Bad,
			Summary: sayf("the check finds something severe, so %d must agree, and not %d", usual.For(true).Count, usual.Count),
		}})
	}
	return parts
}

// unmigrated is the outcome of a run that was stopped while the backup before it was taken; one that failed says so itself.
func unmigrated(ctx context.Context) View {
	if ctx.Err() == nil {
		return View{}
	}
	return View{Title: "Nothing was migrated", Lead: Say("Nothing was migrated: the backup before it was still being taken.")}
}

// backUp takes the backup that the policy wants before a migration.
func (t Toolbox) backUp(ctx context.Context, r approval.Request, p stepPlan, progress Progress) (backup.ID, error) {
	progress("taking a backup first", 0, 0)
	id, err := t.Backups.Before(ctx, p.Alias, r, func(phase string, done, total int64) { progress("backup first: "+phase, done, total) })
	if err == nil {
		ops.Reached("backed up")
		return id, nil
	}
	return "", &ops.Error{
		Message: "Nothing was migrated, since the backup that must come before failed. " + inWords(err),
		Hint:    "When backups work again, ask again.", Cause: err,
	}
}
