package commands

import (
	"context"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
)

var (
	_ = add(backupKeep)
	_ = add(backupRelease)
)

// backupKeep lets a backup stay, whatever the rules say.
func backupKeep(t Toolbox) Command {
	return shelving{
		tools: t, done: " stays until somebody releases it.",
		refuse: func(_ kept, b backup.Backup) error {
			if b.Kept != nil {
				return &ops.Error{Message: string(b.ID) + " is kept already.", Hint: "/db backup release " + string(b.ID) + " gives it back to the rules."}
			}
			return nil
		},
		view: func(_ kept, b backup.Backup) View {
			return View{Title: "Keep " + name(string(b.ID)), Verdict: Good, Lead: Say("It stays, whatever the rules say, until somebody releases it.")}
		},
		do: func(ctx context.Context, store backupKeeper, p shelvedPlan, r approval.Request) error {
			return store.Keep(ctx, p.Alias, p.ID, backup.Kept{At: r.Started.UTC(), By: r.Requester.User, Why: r.Reason})
		},
		so: func(b *backup.Backup) bool { return b != nil && b.Kept != nil },
	}.change(About{
		Path: "backup keep", Risk: ops.Operate,
		Summary: "let a backup stay, whatever the rules say", Example: "backup keep latest orders -- before the move to 16",
	})
}

// backupRelease gives a kept backup back to the rules, which may let it go.
func backupRelease(t Toolbox) Command {
	return shelving{
		tools: t, done: " is not kept any more: the rules say how long it stays.",
		refuse: func(_ kept, b backup.Backup) error {
			if b.Kept == nil {
				return &ops.Error{Message: string(b.ID) + " is not kept by anybody: the rules say how long it stays.", Hint: "/db backup schedule shows what they would delete."}
			}
			return nil
		},
		view: func(k kept, b backup.Backup) View {
			view := View{Title: "Release " + name(string(b.ID)), Verdict: Good, Lead: Say("The rules let it stay for now: " + k.without(b).Why + ".")}
			if !k.without(b).Stays {
				view.Verdict, view.Lead = Watch, Say("The next successful backup deletes it: "+k.without(b).Why+".")
			}
			return view
		},
		do: func(ctx context.Context, store backupKeeper, p shelvedPlan, _ approval.Request) error {
			return store.Release(ctx, p.Alias, p.ID)
		},
		so: func(b *backup.Backup) bool { return b != nil && b.Kept == nil },
	}.change(About{
		Path: "backup release", Risk: ops.Destroy,
		Summary: "give a kept backup back to the rules, which may delete it", Example: "backup release orders-20261123-030000-7f3a",
	})
}

// without is what the rules say of a kept backup once it is released.
func (k kept) without(b backup.Backup) (said backup.Verdict) {
	all := make([]backup.Backup, len(k.Backups))
	for i, other := range k.Backups {
		if all[i] = other; other.ID == b.ID {
			all[i].Kept = nil
		}
	}
	for _, v := range k.rules.Keep.Plan(all, k.At, k.rules.Zone) {
		if v.ID == b.ID {
			said = v
		}
	}
	return said
}
