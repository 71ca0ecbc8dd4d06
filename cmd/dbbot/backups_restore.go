package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
	"dbbot/ops/backup/restore"

	"github.com/jackc/pgx/v5"
)

// Landing looks at where a backup is to be restored.
func (b *backups) Landing(ctx context.Context, database string, one backup.Backup, name string) (commands.Landing, error) {
	d, t, err := b.target(ctx, database, approval.Request{}, name)
	if err != nil {
		return commands.Landing{}, err
	}
	s, err := b.shelf(ctx, database)
	if err != nil {
		return commands.Landing{}, err
	}
	look := restore.Examine
	if name == "" {
		look = restore.ExamineOver
	}
	ready, err := look(ctx, restore.Source{Backup: one, Store: s.store, Identity: d.Backup.Identity}, t)
	switch {
	case err != nil:
		return commands.Landing{}, later(err)
	case len(ready.Faults) > 0:
		return commands.Landing{}, &ops.Error{Message: strings.Join(ready.Faults, " "), Hint: "Nothing was changed."}
	}
	return landed(ready), nil
}

// landed is what was found, as commands show it.
func landed(r restore.Ready) commands.Landing {
	l := commands.Landing{
		System: r.System, Name: r.Name, Where: r.Where, Version: strconv.Itoa(r.Major), Client: r.Client, Roles: r.Roles, Owner: r.NoOwner,
		Notes: r.Notes, Free: max(r.Now.Free, 0),
	}
	if r.Over != nil {
		l.Aside = r.Over.Kept
	}
	if r.Now.Lost != nil {
		l.Sessions, l.Lost = r.Now.Lost.Sessions, differences(*r.Now.Lost)
	}
	return l
}

// differences are what a live database has and the backup has not. Where all tables are in public, that is not said of each.
func differences(lost restore.Lost) (said []string) {
	name := func(table string) string { return strings.TrimPrefix(table, "public.") }
	elsewhere := func(table string) bool { return !strings.HasPrefix(table, "public.") }
	if slices.ContainsFunc(lost.Tables, func(t restore.Change) bool { return elsewhere(t.Name) }) || slices.ContainsFunc(lost.Gone, elsewhere) {
		name = func(table string) string { return table }
	}
	for _, t := range lost.Tables {
		live := commands.Counted(t.Live, "row")
		switch {
		case t.Live < 0:
			live = "an unknown number of rows"
		case t.About:
			live = "about " + live
		}
		said = append(said, fmt.Sprintf("%s has %s now, and %s in the backup.", name(t.Name), live, commands.Counted(t.Then, "row")))
	}
	for _, gone := range lost.Gone {
		said = append(said, name(gone)+" is not in the backup.")
	}
	return said
}

// target leads to where a backup is restored. Without a name that is in the place of the live database, which must be on the
// very server that restores.
func (b *backups) target(ctx context.Context, database string, r approval.Request, name string) (Database, restore.Target, error) {
	d, ok := b.configured(database)
	if !ok {
		return d, restore.Target{}, &ops.Error{Message: "No backups are configured for " + ops.Printable(database, 60) + "."}
	}
	t := b.landing(d, r)
	if t.Name = name; name != "" {
		return d, t, nil
	}
	live, err := identity(ctx, d.URL)
	if err != nil {
		return d, t, unknown(database, "its url", err)
	}
	other, err := identity(ctx, t.URL)
	if err != nil {
		return d, t, unknown(database, "its restore_url", err)
	}
	if live.System != other.System {
		return d, t, &ops.Error{
			Message: "restore_url leads to another server than the one that " + ops.Printable(database, 60) + " is on, and takes no place there.",
			Hint:    "A backup can be restored into a new database there; for its place, let restore_url lead to its own server.",
		}
	}
	t.Name = live.Database
	return d, t, nil
}

func unknown(database, setting string, err error) error {
	return later(&ops.Error{Message: ops.Printable(database, 60) + " does not answer over " + setting + ".", Hint: "Try again in a moment; dbbot check says more.", Cause: err})
}

// identityWithin is how long a server may take to say which one it is.
const identityWithin = 10 * time.Second

// identity is which database of which server a URL leads to.
func identity(ctx context.Context, url ops.Secret) (is approval.Server, err error) {
	ctx, cancel := context.WithTimeout(ctx, identityWithin)
	defer cancel()
	conn, err := pgx.Connect(ctx, url.Reveal())
	if err != nil {
		return is, err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it has answered all that was asked
	err = conn.QueryRow(ctx, "SELECT system_identifier::text, current_database()::text FROM pg_control_system()").Scan(&is.System, &is.Database)
	return is, err
}

// Into restores into a new database.
func (b *backups) Into(ctx context.Context, database string, id backup.ID, name string, r approval.Request, progress commands.Progress) (commands.Restored, error) {
	return b.bring(ctx, restore.Into, database, id, name, r, progress)
}

// Over restores beside the live database, and puts that in its place.
func (b *backups) Over(ctx context.Context, database string, id backup.ID, r approval.Request, progress commands.Progress) (commands.Restored, error) {
	return b.bring(ctx, restore.Over, database, id, "", r, progress)
}

type bringing func(context.Context, restore.Source, restore.Target, restore.Progress) (restore.Report, error)

func (b *backups) bring(ctx context.Context, how bringing, database string, id backup.ID, name string, r approval.Request, progress commands.Progress) (commands.Restored, error) {
	_, t, err := b.target(ctx, database, r, name)
	if err != nil {
		return commands.Restored{}, err
	}
	source, release, err := b.source(ctx, database, id, "restore of "+r.ID.String())
	if err != nil {
		return commands.Restored{}, err
	}
	defer release()
	report, err := how(ctx, source, t, restore.Progress(progress))
	return done(report), looked(err)
}

func done(r restore.Report) commands.Restored {
	return commands.Restored{Name: r.Name, Aside: r.Kept, Found: r.Found, Notes: r.Notes, Left: r.Left}
}

// Aside lists the databases that restores over this one have set aside.
func (b *backups) Aside(ctx context.Context, database string) (all []commands.Aside, on approval.Server, err error) {
	_, t, err := b.target(ctx, database, approval.Request{}, "")
	if err != nil {
		return nil, on, err
	}
	on, err = identity(ctx, t.URL)
	if err != nil {
		return nil, on, unknown(database, "its restore_url", err)
	}
	on.Database = t.Name
	kept, err := restore.KeptOf(ctx, t.URL, t.Name)
	for _, k := range kept {
		all = append(all, commands.Aside{Name: k.Name, Since: k.At, Bytes: k.Bytes, Request: k.Request})
	}
	return all, on, later(err)
}

// Undo puts back what was set aside.
func (b *backups) Undo(ctx context.Context, database, aside string, r approval.Request, progress commands.Progress) (commands.Restored, error) {
	_, t, err := b.target(ctx, database, r, "")
	if err != nil {
		return commands.Restored{}, err
	}
	report, err := restore.Undo(ctx, t, aside, restore.Progress(progress))
	return done(report), looked(err)
}

// looked lets Look open a live database that a restore could not open again itself, and say what there is.
func looked(err error) error {
	said, ok := errors.AsType[*ops.Error](err)
	if !ok || !errors.Is(err, restore.ErrClosed) {
		return err
	}
	return &ops.Error{Message: said.Message, Hint: said.Hint, Cause: errors.Join(commands.ErrUnclear, err)}
}

// Drop removes what was set aside, for good.
func (b *backups) Drop(ctx context.Context, database, aside string, r approval.Request) error {
	_, t, err := b.target(ctx, database, r, "")
	if err != nil {
		return err
	}
	_, err = restore.Release(ctx, t, aside)
	return err
}

// Came finds out what came of a lost restore, and removes what it left.
func (b *backups) Came(ctx context.Context, database string, r approval.Request) (commands.Came, error) {
	d, ok := b.configured(database)
	if !ok {
		return commands.Came{}, &ops.Error{Message: "No backups are configured for " + ops.Printable(database, 60) + " any more."}
	}
	found, err := restore.Look(ctx, b.landing(d, r))
	if err != nil {
		return commands.Came{}, later(err)
	}
	came := commands.Came{Happened: commands.HappenedNothing, Restored: commands.Restored{Name: found.Name, Aside: found.Kept}, Removed: found.Did}
	if found.Whole {
		came.Happened = commands.HappenedWhole
	}
	return came, nil
}
