package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"dbbot/ops"
	"dbbot/ops/backup/restore"
	"dbbot/ops/postgres"
)

// aside brings back, or drops, the database whose place a restore took.
func (c restoreCommand) aside(ctx context.Context, p *process, act, of, name string) error {
	t, err := c.server(p)
	if err == nil && t == "" {
		t, err = c.configured(p)
	}
	if err != nil {
		return err
	}
	target := restore.Target{URL: t, By: terminal}
	k, err := kept(ctx, t, of, name)
	if err != nil {
		return here(ctx, err)
	}
	if act == "release" {
		what := fmt.Sprintf("%s (%s), which was %s until %s UTC, is dropped for good.", k.Name, postgres.Bytes(k.Bytes), of, k.At.UTC().Format("2006-01-02 15:04"))
		if err := p.confirm(k.Name, c.Confirm, what); err != nil {
			return err
		}
		freed, err := restore.Release(ctx, target, k.Name)
		if err == nil {
			fmt.Fprintf(p.out, "%s is dropped; %s are free.\n", k.Name, postgres.Bytes(freed))
		}
		return here(ctx, err)
	}
	if err := p.confirm(of, c.Confirm, of+" is closed and kept, and "+k.Name+" is live again in its place."); err != nil {
		return err
	}
	told := p.teller()
	defer told.done()
	r, err := restore.Undo(ctx, target, k.Name, told.say)
	told.done()
	if err != nil {
		return here(ctx, err)
	}
	if c.JSON {
		return json.NewEncoder(p.out).Encode(r)
	}
	fmt.Fprintf(p.out, "%s is again what it was before the restore. What the restore brought is kept as %s.\n", r.Name, r.Kept)
	return nil
}

// configured is the server that the file names; a store is of no use here.
func (c restoreCommand) configured(p *process) (ops.Secret, error) {
	config, err := load(c.Config, p.env, need{})
	if err != nil {
		return "", err
	}
	d, err := c.choose(config)
	if err != nil {
		return "", err
	}
	return c.server(p, d.RestoreURL, d.MigrateURL, d.BackupURL, d.URL)
}

// kept is the database that was set aside: the last, or the one that is named.
func kept(ctx context.Context, at ops.Secret, of, name string) (restore.Kept, error) {
	all, err := restore.KeptOf(ctx, at, of)
	if err != nil {
		return restore.Kept{}, err
	}
	var names []string
	for _, k := range all {
		if name == "" || k.Name == name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	if len(names) == 0 {
		return restore.Kept{}, &ops.Error{Message: "No database is kept aside of " + ops.Printable(of, maxSaid) + "."}
	}
	return restore.Kept{}, misuse("No such database is kept aside.", "There are: "+strings.Join(names, ", ")+".")
}
