package commands

import (
	"context"
	"fmt"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
)

var _ = add(backupDelete)

// backupDelete deletes one backup. What one would come back to first is refused.
func backupDelete(t Toolbox) Command {
	return shelving{
		tools: t, done: " is deleted.", refuse: undeletable,
		view: func(k kept, b backup.Backup) View {
			return View{Title: "Delete " + name(string(b.ID)), Verdict: Watch, Lead: Say("It cannot be had back. " + k.stillGood(b.ID))}
		},
		do: func(ctx context.Context, store backupKeeper, p shelvedPlan, _ approval.Request) error {
			return store.Delete(ctx, p.Alias, p.ID)
		},
		so: func(b *backup.Backup) bool { return b == nil },
	}.change(About{
		Path: "backup delete", Risk: ops.Destroy,
		Summary: "delete a backup; never the newest verified one", Example: "backup delete orders-20261123-030000-7f3a",
	})
}

// undeletable is why a backup is not deleted. The store looks again when it is done.
func undeletable(k kept, b backup.Backup) error {
	switch newest := k.verified(); {
	case newest != nil && newest.ID == b.ID:
		return &ops.Error{
			Message: fmt.Sprintf("%s is the newest verified backup of %s, so it is not deleted.", b.ID, name(k.target.Database)),
			Hint:    "Take a newer one first: /db backup now " + typed(k.target.Database) + ".",
		}
	case b.Kept != nil:
		return &ops.Error{Message: string(b.ID) + " is kept, so it is not deleted.", Hint: "/db backup release " + string(b.ID) + " first."}
	case len(holders(b, k)) > 0:
		return &ops.Error{Message: string(b.ID) + " is being read, so it is not deleted.", Hint: holders(b, k)[0].String()}
	}
	return nil
}
