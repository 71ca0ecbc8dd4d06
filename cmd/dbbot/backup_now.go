package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/dump"
	"dbbot/ops/backup/restore"
	"dbbot/ops/postgres"
)

type backupNowCommand struct {
	depotFlags
	keyFlag
	serverFlag
	EncryptTo []string `placeholder:"age1…" help:"Public age keys that can open it; name two, one of which is kept elsewhere. Default: those of the configuration. Without any it is not encrypted."`
	Parallel  int      `placeholder:"N" help:"Sessions that dump at once; needs room for all of it on this machine's disk."`
	Why       string   `placeholder:"TEXT" help:"What it is for; stands in the manifest."`
}

// Help is what --help says beside the summary.
func (backupNowCommand) Help() string {
	return `For example, without a configuration file:

    dbbot backup now --store file:///mnt/disk --database orders \
        --server postgres://postgres@db.example/orders

The database is the one that the server's URL names; --database is what its backups are filed under. It is never taken beside a migration of the same database: it waits a moment for it, and then says who is at it.

Exit codes: 0 taken and read to its end, 1 not, 2 wrong use.`
}

// Run takes one and reads it.
func (c backupNowCommand) Run(ctx context.Context, p *process) error {
	if c.Store != "" && (c.Database == "" || backup.NewID(c.Database, time.Now()).Database() != c.Database) {
		return misuse("What is it a backup of?", "Add --database with a short name in small letters: its backups lie under it.")
	}
	d, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	defer d.close()
	o, err := c.options(p, d)
	if err != nil {
		return err
	}
	told := p.teller()
	defer told.done()
	left, err := dump.Sweep(ctx, o)
	if err != nil { // a key that may not sweep can take one all the same
		fmt.Fprintln(p.errs, "dbbot: what earlier ones may have left is not looked for:", ops.Redact(err.Error()))
	}
	for _, one := range left {
		fmt.Fprintln(p.errs, "dbbot: removed what an earlier one left:", ops.Printable(one, maxSaid))
	}
	m, err := dump.Take(ctx, o, told.say)
	if err != nil {
		return here(ctx, err)
	}
	told.done()
	return here(ctx, c.judge(ctx, p, d, m))
}

func (c backupNowCommand) options(p *process, d *depot) (o dump.Options, err error) {
	file := d.config.Backup
	if file == nil {
		file = &Backup{}
	}
	o = dump.Options{
		Database: d.database, Environment: d.config.Environment, Store: d.store, Recipients: c.EncryptTo, Parallel: cmp.Or(c.Parallel, file.Parallel),
		By: terminal, Why: c.Why, Asked: time.Now().UTC(),
	}
	if len(o.Recipients) == 0 {
		o.Recipients = file.EncryptTo
	}
	if d.config.Migrations != nil {
		o.Migrations = d.config.Migrations.Tool
	}
	o.URL, err = c.server(p, d.config.BackupURL, d.config.MigrateURL, d.config.URL)
	if err == nil && o.URL == "" {
		err = misuse("There is no server to take it from.", "Name one with --server.")
	}
	return o, err
}

// judge reads what was taken, as far as it can be opened here, and says what came of it.
func (c backupNowCommand) judge(ctx context.Context, p *process, d *depot, m backup.Manifest) error {
	key, err := c.key(p, d)
	if err != nil {
		return err
	}
	how := backup.Read
	if m.Archive.Age && key == "" {
		how = backup.Checksum
	}
	b := backup.Backup{Manifest: m}
	v, err := d.verify(ctx, p, restore.Source{Backup: b, Store: d.store, Identity: key}, restore.Target{By: terminal}, how)
	if err != nil {
		fmt.Fprintf(p.errs, "dbbot: %s is taken, and could not be verified.\n", m.ID)
		return err
	}
	b.Verified = &v
	if c.JSON {
		err = json.NewEncoder(p.out).Encode(b)
	} else {
		fmt.Fprintf(p.out, "%s is taken: %s in %s, %s, in %s.\n", m.ID, ops.Count(len(m.Contents.Tables), "table"), postgres.Bytes(storedOf(b)),
			m.Finished.Sub(m.Started).Round(100*time.Millisecond), d.store.Location())
		err = verifyCommand{}.say(p, m.ID, v)
	}
	if err == nil && len(v.Found) > 0 {
		return notGood
	}
	return err
}
