package commands

import "dbbot/ops"

var _ = add(restoreOver)

// restoreOver puts a backup in the place of the live database that it is of.
func restoreOver(t Toolbox) Command {
	s := restoring{tools: t, over: true}
	return change(Change[backupWish, restorePlan]{
		About: About{
			Path: "restore over", Split: true, Risk: ops.Destroy,
			Args:    []Arg{backupID(false), {Name: "database", Kind: DatabaseArg, Hint: "the live database that it takes the place of"}},
			Summary: "put a verified backup in the place of the live database, which is kept aside", Example: "restore latest over orders -- the import went wrong",
		},
		Parse: t.parseOver, Plan: s.plan, Differ: s.differ, Run: s.run, Look: s.look,
	})
}

// parseOver refuses the backup of another database: what people agree to is judged by the rules of the one that is named,
// and the other one's data is not theirs to show.
func (t Toolbox) parseOver(v Values) (backupWish, ops.Target, error) {
	w, target, err := t.parseBackup(v)
	if of := t.beginning(w.id); err == nil && of.Database != "" && of != target {
		err = &ops.Error{
			Message: ops.Printable(w.id, shown) + " is a backup of " + name(of.Database) + ", and not of " + name(target.Database) + ".",
			Hint:    "/db restore " + typed(w.id) + " into <name> makes a new database of it.",
		}
	}
	return w, target, err
}
