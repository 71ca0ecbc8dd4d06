package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/restore"
	"dbbot/ops/postgres"
)

type restoreCommand struct {
	depotFlags
	keyFlag
	serverFlag
	Words   []string `arg:"" name:"what" help:"<backup> into <new database>, <backup> over <live database>, undo <database>, or release <database>. A backup is its id, the beginning of it, or latest: the newest verified one, else the newest."`
	Jobs    int      `short:"j" placeholder:"N" help:"Sessions that restore at once. Default: as many as this machine has processors, up to 4."`
	Look    bool     `help:"Say what would be done and what stands in its way, and do nothing."`
	Confirm string   `placeholder:"NAME" help:"The name that would be asked for before something is replaced, for scripts."`
}

// Help is written for the day it is needed.
func (restoreCommand) Help() string {
	return `For the day when Slack, dbbot's own database or the whole server are gone. You need this program, PostgreSQL's client programs of the version the backup is of, the store's URL and its credentials, the age key if the backups are encrypted, and a PostgreSQL server with a role that may create databases. You need no configuration file and no Slack.

1. See what there is:

    export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…      (a store in S3)
    dbbot backup list --store s3://backups/shop

2. Bring one back, beside whatever is there. Nothing that exists is touched:

    export PGPASSWORD=…
    dbbot restore latest into orders_new --store s3://backups/shop \
        --identity key.txt --server postgres://postgres@localhost/postgres

It is restored under a scratch name, compared with its manifest, and only then has its own name. Roles that are missing are made without a login and without a password: the cluster's own are in the backup's globals.sql.

3. Or put it in the place of a live database, which is closed, kept under a dated name, and can be brought back:

    dbbot restore latest over orders …
    dbbot restore undo orders …           the old one is live again
    dbbot restore release orders …        the old one is dropped for good

Add --look to see what would be done. Everything that is replaced or dropped asks for its name first.

Without dbbot, in the backup's folder:

    age -d -i key.txt globals.sql.zst.age | zstd -d | psql -d postgres
    createdb orders
    age -d -i key.txt archive.dump.zst.age | zstd -d | pg_restore --exit-on-error -d orders

Names without .age are not encrypted, those without .zst need no zstd; of a .tar, untar it and give pg_restore the folder.

Exit codes: 0 done, 1 not done, and nothing half-done is left, 2 wrong use.`
}

// Run does what the words say.
func (c restoreCommand) Run(ctx context.Context, p *process) error {
	words := c.Words
	switch {
	case len(words) == 3 && words[1] == "into":
		return c.bring(ctx, p, words[0], words[2], false)
	case len(words) == 3 && words[1] == "over":
		return c.bring(ctx, p, words[0], words[2], true)
	case (len(words) == 2 || len(words) == 3) && (words[0] == "undo" || words[0] == "release"):
		return c.aside(ctx, p, words[0], words[1], strings.Join(words[2:], ""))
	}
	return misuse("That is no restore: "+ops.Printable(strings.Join(words, " "), maxSaid)+".",
		"Write: <backup> into <new database>, <backup> over <live database>, undo <database>, or release <database>.")
}

// bring restores a backup into a new database, or over a live one.
func (c restoreCommand) bring(ctx context.Context, p *process, wanted, name string, over bool) error {
	d, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	defer d.close()
	b, err := d.pick(ctx, wanted)
	if err != nil {
		return here(ctx, err)
	}
	s, t, err := c.ends(p, d, b, name)
	if err != nil {
		return err
	}
	release, err := d.reading(ctx, p, b.ID)
	if err != nil {
		return here(ctx, err)
	}
	defer release()
	if done, err := c.plan(ctx, p, s, t, over); done || err != nil {
		return here(ctx, err)
	}
	told := p.teller()
	defer told.done()
	run := restore.Into
	if over {
		run = restore.Over
	}
	r, err := run(ctx, s, t, told.say)
	told.done()
	if err != nil {
		for _, wrong := range r.Found {
			fmt.Fprintln(p.errs, " ", ops.Printable(wrong, 500))
		}
		return here(ctx, err)
	}
	return c.report(p, b, r)
}

// ends are where it comes from and where it goes to.
func (c restoreCommand) ends(p *process, d *depot, b backup.Backup, name string) (s restore.Source, t restore.Target, err error) {
	s = restore.Source{Backup: b, Store: d.store}
	if s.Identity, err = c.key(p, d); err != nil {
		return s, t, err
	}
	if t, err = c.landing(p, d); err != nil {
		return s, t, err
	}
	if t.URL == "" {
		return s, t, misuse("There is no server to restore it on.", "Name one with --server.")
	}
	if b.Archive.Age && s.Identity == "" {
		return s, t, misuse("The backup is encrypted, and there is no key.", "Name the file of the age key with --identity.")
	}
	t.Name, t.Jobs = name, c.Jobs
	return s, t, nil
}

// plan says what would be done; done when there is no more to do, since nothing else was asked for.
func (c restoreCommand) plan(ctx context.Context, p *process, s restore.Source, t restore.Target, over bool) (done bool, err error) {
	examine := restore.Examine
	if over {
		examine = restore.ExamineOver
	}
	ready, err := examine(ctx, s, t)
	if err != nil {
		return false, err
	}
	say := func(format string, args ...any) { fmt.Fprintf(p.errs, format+"\n", args...) }
	say("%s of %s, taken %s UTC; verified: %s", s.Backup.ID, ops.Printable(s.Backup.Database, maxSaid), s.Backup.Started.UTC().Format(time.DateTime), verifiedWords(s.Backup))
	say("goes to %s on %s, a PostgreSQL %d; it needs about %s there%s.", ops.Printable(ready.Name, maxSaid), ready.Where, ready.Major,
		postgres.Bytes(ready.Now.Needs), free(ready.Now.Free))
	if len(ready.Roles) > 0 {
		say("These roles are missing, and are made without a login: %s.", ops.Printable(strings.Join(ready.Roles, ", "), 500))
	}
	for _, note := range ready.Notes {
		say("%s", note)
	}
	lost(say, ready)
	switch {
	case len(ready.Faults) > 0:
		return false, &ops.Error{Message: strings.Join(ready.Faults, " "), Hint: "Nothing was changed."}
	case c.Look:
		return true, nil
	case over:
		return false, p.confirm(t.Name, c.Confirm, "The live database "+t.Name+" is closed, and kept as "+ready.Over.Kept+".")
	}
	return false, nil
}

func free(bytes int64) string {
	if bytes < 0 {
		return ""
	}
	return ", where " + postgres.Bytes(bytes).String() + " are free"
}

// lost says what is no longer live afterwards.
func lost(say func(format string, args ...any), ready restore.Ready) {
	l := ready.Now.Lost
	if l == nil {
		return
	}
	say("What was written since %s UTC is not in it, and is live no longer:", l.Since.UTC().Format(time.DateTime))
	for _, t := range l.Tables {
		live := strconv.FormatInt(t.Live, 10)
		switch {
		case t.Live < 0:
			live = "an unknown number"
		case t.About:
			live = "about " + live
		}
		say("  %s: %d rows in the backup, %s live", ops.Printable(t.Name, maxSaid), t.Then, live)
	}
	for _, table := range l.Gone {
		say("  %s: not in the backup", ops.Printable(table, maxSaid))
	}
	for _, s := range l.Sessions {
		say("  cut: %s", ops.Printable(s, maxSaid))
	}
}

// report says what stands.
func (c restoreCommand) report(p *process, b backup.Backup, r restore.Report) error {
	if c.JSON {
		return json.NewEncoder(p.out).Encode(r)
	}
	fmt.Fprintf(p.out, "%s stands, restored from %s and compared with its manifest, in %s.\n", ops.Printable(r.Name, maxSaid), b.ID, r.Took.Round(100*time.Millisecond))
	if r.Kept != "" {
		fmt.Fprintf(p.out, "What was live is kept as %s: `dbbot restore undo %s` brings it back, `dbbot restore release %s` drops it.\n", r.Kept, r.Name, r.Name)
	}
	if len(r.Roles) > 0 {
		fmt.Fprintf(p.out, "Made without a login: %s.\n", ops.Printable(strings.Join(r.Roles, ", "), 500))
	}
	for _, note := range r.Notes {
		fmt.Fprintln(p.out, " ", ops.Printable(note, 500))
	}
	return nil
}
