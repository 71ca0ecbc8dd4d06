package commands

import (
	"context"
	"errors"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
	"dbbot/ops/postgres"
)

var _ = add(backupVerify)

// verifying looks whether a backup can be restored, as surely as can be done here.
type verifying struct{ tools Toolbox }

func backupVerify(t Toolbox) Command {
	v := verifying{t}
	return change(Change[backupWish, verifyPlan]{
		About: About{
			Path: "backup verify", Risk: ops.Operate, Args: []Arg{backupID(true), ofBackup},
			Summary: "restore a backup into a scratch database, compare, and remove that again", Example: "backup verify latest orders",
		},
		Parse: t.parseBackup, Plan: v.plan, Run: v.run, Look: v.look,
	})
}

// verifyPlan is what is agreed to: which bytes, and how.
type verifyPlan struct {
	Alias    string     `json:"alias"` // of the configuration
	Location string     `json:"location"`
	ID       backup.ID  `json:"id"`
	Sum      string     `json:"sum"` // of the archive
	How      backup.How `json:"how"`
}

func (v verifying) plan(ctx context.Context, w backupWish) (Planned[verifyPlan], error) {
	k, err := v.tools.kept(ctx, w.target)
	if err != nil {
		return Planned[verifyPlan]{}, unheard(err)
	}
	b, err := k.pick(w.id)
	if err != nil {
		return Planned[verifyPlan]{}, err
	}
	how := backup.Due("each", nil, k.opens(b.Recipients), k.At)
	view := View{Title: "Verify " + name(string(b.ID)), Verdict: Good, Lead: Say("It is restored into a scratch database, compared with what was counted when it was taken, and the scratch database is removed. " + k.lasted(how))}
	if how == backup.Checksum {
		view.Verdict, view.Lead = Watch, Say("It is compared with its checksum alone: it is encrypted, and dbbot has no key that opens it.")
	}
	view.Parts = k.gist(b)
	return Planned[verifyPlan]{
		Plan: verifyPlan{Alias: w.target.Database, Location: k.rules.Location, ID: b.ID, Sum: b.Archive.SHA256, How: how},
		View: view, Server: storedAs(b),
	}, nil
}

// lasted is how long such a verification took the last time.
func (k kept) lasted(how backup.How) string {
	for _, b := range k.Backups {
		if b.Verified != nil && b.Verified.How == how {
			return "The last one took " + postgres.Age(b.Verified.Took).String() + "."
		}
	}
	return ""
}

func (v verifying) run(ctx context.Context, r approval.Request, p verifyPlan, progress Progress) (View, error) {
	found, err := v.tools.Dumps.Verify(ctx, p.Alias, p.ID, p.How, r, paced(progress))
	if err != nil {
		return View{Title: "Not verified", Lead: Say("The scratch database is removed, and " + string(p.ID) + " is as it was.")}, err
	}
	k, err := v.tools.kept(ctx, ops.Target{Database: p.Alias})
	if err != nil {
		return View{}, err
	}
	section, fault := k.judged(p.ID, found)
	view := View{Title: "Backup verified", Verdict: section.Verdict, Lead: Text{ident(p.ID), {Text: " is good, verified " + proof[found.How] + "."}}, Parts: []Part{{Section: &section}}}
	if fault != nil {
		view.Title, view.Lead = "Backup not good", Say(k.stillGood(p.ID))
	}
	return view, fault
}

// look finds what a lost verification wrote down, which is the last that it does.
func (v verifying) look(ctx context.Context, r approval.Request, p verifyPlan) (Happened, View, error) {
	notes := v.tools.swept(ctx, p.Alias, r)
	k, err := v.tools.kept(ctx, ops.Target{Database: p.Alias})
	if err != nil {
		return HappenedUnclear, View{}, errors.Join(ErrUnread, err)
	}
	for _, b := range k.Backups {
		if b.ID == p.ID && b.Verified != nil && !b.Verified.At.Before(r.Started) && b.Verified.How == p.How {
			section, _ := k.judged(b.ID, *b.Verified)
			return HappenedWhole, View{Title: "Backup verified", Verdict: section.Verdict, Parts: []Part{{Section: &section}}, Notes: notes}, nil
		}
	}
	return HappenedNothing, View{Title: "Not verified", Lead: Text{ident(p.ID), {Text: " is as it was."}}, Notes: notes}, nil
}
