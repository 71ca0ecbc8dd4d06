package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/restore"
)

type verifyCommand struct {
	depotFlags
	keyFlag
	serverFlag
	Backup string `arg:"" optional:"" default:"latest" help:"Its id, the beginning of it, or latest: the newest verified one, else the newest."`
	How    string `enum:"surest,checksum,read,restored" default:"surest" help:"checksum: the bytes are those that were written. read: decrypted, decompressed and parsed to the end. restored: restored into a scratch database, compared with the manifest, and removed. Default: the surest that key and server allow."`
}

// Help is what --help says beside the summary.
func (verifyCommand) Help() string {
	return `For example, with nothing but the store, the key and some PostgreSQL server:

    dbbot verify latest --store s3://backups/shop --identity key.txt \
        --server postgres://postgres@localhost/postgres

Without --server it is read; without a key, what is encrypted is compared with its checksum alone. What was found is written beside the backup, where it may be.

Exit codes: 0 good, 1 not good, 2 it could not be told.`
}

// Run verifies one.
func (c verifyCommand) Run(ctx context.Context, p *process) error {
	v, id, err := c.verify(ctx, p)
	switch {
	case err != nil:
		tell(p.errs, here(ctx, err))
		return couldNotTell
	case c.JSON:
		err = json.NewEncoder(p.out).Encode(struct {
			ID backup.ID
			backup.Verification
		}{id, v})
	default:
		err = c.say(p, id, v)
	}
	if err == nil && len(v.Found) > 0 {
		return notGood
	}
	return err
}

func (c verifyCommand) verify(ctx context.Context, p *process) (v backup.Verification, id backup.ID, err error) {
	d, err := c.open(ctx, p)
	if err != nil {
		return v, "", err
	}
	defer d.close()
	b, err := d.pick(ctx, c.Backup)
	if err != nil {
		return v, "", err
	}
	key, err := c.key(p, d)
	if err != nil {
		return v, "", err
	}
	target, err := c.landing(p, d)
	if err != nil {
		return v, "", err
	}
	v, err = d.verify(ctx, p, restore.Source{Backup: b, Store: d.store, Identity: key}, target, c.how(b, key, target))
	return v, b.ID, err
}

// how thoroughly: as was asked, else as sure as can be.
func (c verifyCommand) how(b backup.Backup, key ops.Secret, target restore.Target) backup.How {
	switch {
	case c.How != "surest":
		return backup.How(c.How)
	case b.Archive.Age && key == "":
		return backup.Checksum
	case target.URL == "":
		return backup.Read
	}
	return backup.Restored
}

// verify looks at one that is held meanwhile, and writes beside it what was found.
func (d *depot) verify(ctx context.Context, p *process, s restore.Source, t restore.Target, how backup.How) (v backup.Verification, err error) {
	release, err := d.reading(ctx, p, s.Backup.ID)
	if err != nil {
		return v, err
	}
	defer release()
	told := p.teller()
	defer told.done()
	switch {
	case how == backup.Restored && t.URL == "":
		return v, misuse("There is no server to restore it on.", "Name one with --server, or take --how read.")
	case how != backup.Checksum && s.Backup.Archive.Age && s.Identity == "":
		return v, misuse("The backup is encrypted, and there is no key.", "Name the file of the age key with --identity, or take --how checksum.")
	}
	if v, err = verification(ctx, s, t, how, told.say); err != nil {
		return v, err
	}
	told.done()
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	defer cancel()
	if err := d.Verified(noting, s.Backup.ID, v); err != nil {
		fmt.Fprintln(p.errs, "dbbot: what was found could not be written beside the backup:", ops.Redact(err.Error()))
	}
	return v, nil
}

func (c verifyCommand) say(p *process, id backup.ID, v backup.Verification) error {
	word := map[backup.How]string{
		backup.Checksum: "has the bytes that were written; more was not looked at", backup.Read: "was read to its end, and is whole",
		backup.Restored: "was restored, and equals its manifest",
	}[v.How]
	if len(v.Found) > 0 {
		word = "is NOT good"
	}
	fmt.Fprintf(p.out, "%s %s (%s).\n", id, word, v.Took.Round(100*time.Millisecond))
	for _, wrong := range append(v.Found, v.Notes...) {
		fmt.Fprintln(p.out, " ", ops.Printable(wrong, 500))
	}
	return nil
}
