package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
	"dbbot/ops/backup/dump"
	"dbbot/ops/backup/restore"

	"github.com/jackc/pgx/v5/pgconn"
)

// by is whom a backup is taken for, as its manifest says it.
func by(r approval.Request) string {
	if r.Requester.Itself() {
		return "schedule"
	}
	return r.Requester.User
}

// dumping leads to a database: over backup_url, else migrate_url, else url.
func (b *backups) dumping(ctx context.Context, database string, r approval.Request) (dump.Options, error) {
	s, err := b.shelf(ctx, database)
	if err != nil {
		return dump.Options{}, err
	}
	d, _ := b.configured(database)
	o := dump.Options{
		URL: cmp.Or(d.BackupURL, d.MigrateURL, d.URL), Database: d.Name, Environment: d.Environment, Store: s.store, Recipients: d.Backup.EncryptTo,
		Parallel: d.Backup.Parallel, By: by(r), Why: r.Reason, Request: int64(r.ID), Asked: r.Asked,
	}
	if d.Migrations != nil {
		o.Migrations = d.Migrations.Tool
	}
	return o, nil
}

// landing leads to where backups of a database are restored: over restore_url, else migrate_url, else backup_url.
func (b *backups) landing(d Database, r approval.Request) restore.Target {
	return restore.Target{
		URL: cmp.Or(d.RestoreURL, d.MigrateURL, d.BackupURL, d.URL), Request: int64(r.ID), Asked: r.Asked, By: by(r),
	}
}

// Ready looks whether a backup can be taken.
func (b *backups) Ready(ctx context.Context, database string) (commands.Readiness, error) {
	o, err := b.dumping(ctx, database, approval.Request{})
	if err != nil {
		return commands.Readiness{}, err
	}
	ready, err := dump.Preflight(ctx, o)
	return commands.Readiness{
		System: ready.Server.System, Catalog: ready.Server.Catalog, Version: ready.Server.Version, Client: ready.Client,
		Tables: ready.Tables, Bytes: ready.Bytes, Notes: ready.Notes,
	}, later(err)
}

// Take takes a backup of the very server that a plan was made for.
func (b *backups) Take(ctx context.Context, database string, r approval.Request, on approval.Server, progress commands.Progress) (backup.Backup, error) {
	o, err := b.dumping(ctx, database, r)
	if err != nil {
		return backup.Backup{}, err
	}
	m, err := dump.Take(ctx, o, dump.Progress(progress))
	if err != nil {
		return backup.Backup{}, err
	}
	if m.Server.System != on.System || m.Server.Catalog != on.Database {
		return backup.Backup{Manifest: m}, &ops.Error{
			Message: fmt.Sprintf("%s is another server or another database than when this was agreed to. %s was taken of it, and is kept.", ops.Printable(database, 60), m.ID),
			Hint:    "Ask again.",
		}
	}
	return backup.Backup{Manifest: m}, nil
}

// Before takes a backup as a part of a migration, and verifies it as the file says.
func (b *backups) Before(ctx context.Context, database string, r approval.Request, progress commands.Progress) (backup.ID, error) {
	o, err := b.dumping(ctx, database, r)
	if err != nil {
		return "", err
	}
	o.By, o.Why = backup.BeforeMigration, "before "+r.ID.String()
	m, err := dump.Take(ctx, o, dump.Progress(progress))
	if err != nil {
		return "", err
	}
	s, err := b.Shelf(ctx, database)
	if err != nil {
		return "", err
	}
	rules, _ := b.Rules(database)
	v, err := b.Verify(ctx, database, m.ID, backup.Due(rules.Verify, s.Backups, rules.Key || len(m.Recipients) == 0, s.At), r, progress)
	switch {
	case err != nil:
		return "", err
	case len(v.Found) > 0:
		return "", &ops.Error{Message: fmt.Sprintf("The backup %s, taken before it, is not good: %s", m.ID, v.Found[0]), Hint: "/db backup show " + string(m.ID) + " tells all."}
	}
	return m.ID, nil
}

// recordWithin is how long a store may take to write down what was found, also after whoever asked is gone.
const recordWithin = 30 * time.Second

// Verify looks whether a backup can be restored, and writes down beside it what it found.
func (b *backups) Verify(ctx context.Context, database string, id backup.ID, how backup.How, r approval.Request, progress commands.Progress) (backup.Verification, error) {
	source, release, err := b.source(ctx, database, id, "verification of "+r.ID.String())
	if err != nil {
		return backup.Verification{}, err
	}
	defer release()
	d, _ := b.configured(database)
	v, err := verification(ctx, source, b.landing(d, r), how, restore.Progress(progress))
	if err != nil {
		return v, err
	}
	s, err := b.shelf(ctx, database)
	if err != nil {
		return v, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	defer cancel()
	return v, s.Verified(ctx, id, v)
}

// source is a backup that is not deleted while it is read.
func (b *backups) source(ctx context.Context, database string, id backup.ID, reader string) (restore.Source, func(), error) {
	s, err := b.shelf(ctx, database)
	if err != nil {
		return restore.Source{}, nil, err
	}
	release, err := s.Hold(ctx, id, reader)
	if err != nil {
		return restore.Source{}, nil, err
	}
	one, err := s.Get(ctx, id)
	if err != nil {
		release()
		return restore.Source{}, nil, err
	}
	d, _ := b.configured(database)
	return restore.Source{Backup: one, Store: s.store, Identity: d.Backup.Identity}, release, nil
}

// verification looks as thoroughly as it was asked to, and no more.
func verification(ctx context.Context, s restore.Source, t restore.Target, how backup.How, progress restore.Progress) (backup.Verification, error) {
	if how == backup.Restored {
		return restore.Verify(ctx, s, t, progress)
	}
	look := map[backup.How]func(context.Context, restore.Source, restore.Progress) ([]string, error){backup.Checksum: restore.Checksum, backup.Read: restore.Read}[how]
	began := time.Now()
	found, err := look(ctx, s, progress)
	return backup.Verification{At: time.Now().UTC(), Took: time.Since(began), How: how, By: t.By, Found: found}, err
}

// Swept removes what a lost process has left in the database, in the store and where backups are restored.
func (b *backups) Swept(ctx context.Context, database string, r approval.Request) ([]string, error) {
	o, err := b.dumping(ctx, database, r)
	if err != nil {
		return nil, err
	}
	d, _ := b.configured(database)
	left, fault := dump.Sweep(ctx, o)
	found, err := restore.Look(ctx, b.landing(d, r))
	return append(left, found.Did...), later(errors.Join(fault, err))
}

// later says of a server or a store that did not answer that it may do so later.
func later(err error) error {
	if err == nil || !away(err) {
		return err
	}
	if said, ok := errors.AsType[*ops.Error](err); ok {
		return &ops.Error{Message: said.Message, Hint: said.Hint, Cause: errors.Join(commands.ErrUnread, err)}
	}
	return errors.Join(commands.ErrUnread, err)
}

// away says whether somebody could not be reached. Of several faults each must be that: else waiting does not help.
func away(err error) bool {
	if faults, several := errors.AsType[dump.Faults](err); several {
		return !slices.ContainsFunc(faults, func(f *ops.Error) bool { return !away(f.Cause) })
	}
	_, refused := errors.AsType[*pgconn.ConnectError](err)
	_, lost := errors.AsType[net.Error](err)
	return refused || lost
}
