package commands

import "dbbot/ops"

var _ = add(restoreInto)

// restoreInto restores a backup into a database that is made for it.
func restoreInto(t Toolbox) Command {
	s := restoring{tools: t}
	return change(Change[backupWish, restorePlan]{
		About: About{
			Path: "restore into", Split: true, Risk: ops.Destroy,
			Args:    []Arg{backupID(false), {Name: "name", Kind: WordArg, Hint: "what the new database is called on the server"}, ofBackup},
			Summary: "restore a backup into a new database", Example: "restore latest into orders_before orders -- to look at what was there",
		},
		Parse: t.parseInto, Plan: s.plan, Differ: s.differ, Run: s.run, Look: s.look,
	})
}
