package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"text/tabwriter"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/postgres"
)

type backupCommand struct {
	Now  backupNowCommand  `cmd:"" help:"Take one now, and read it to its end."`
	List backupListCommand `cmd:"" help:"What a store holds, the newest first."`
	Show backupShowCommand `cmd:"" help:"All about one backup, as its manifest says it."`
}

type backupListCommand struct{ depotFlags }

// Help is what --help says beside the summary.
func (backupListCommand) Help() string {
	return "For example: dbbot backup list --store file:///var/backups\n\nExit codes: 0 there are some, and all that lies there is whole; 1 there is none, or something is damaged; 2 it could not be told."
}

// backupLine is a backup as scripts read it. Fields are added, never renamed or taken away.
type backupLine struct {
	ID          backup.ID  `json:"id"`
	Database    string     `json:"database"`
	Environment string     `json:"environment"`
	Started     time.Time  `json:"started"`
	Seconds     float64    `json:"seconds"`
	Bytes       int64      `json:"bytes"`
	By          string     `json:"by"`
	Server      string     `json:"server_version"`
	Encrypted   bool       `json:"encrypted"`
	Verified    *time.Time `json:"verified,omitempty"` // the last look, whatever it found
	How         backup.How `json:"verified_how,omitempty"`
	Good        bool       `json:"good"` // the last look found nothing wrong
	Kept        bool       `json:"kept"`
}

// Run lists.
func (c backupListCommand) Run(ctx context.Context, p *process) error {
	d, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	defer d.close()
	all, faults, err := d.all(ctx)
	if err != nil {
		return here(ctx, err)
	}
	if c.JSON {
		err = lines(p, all)
	} else {
		err = table(p, all)
	}
	for _, fault := range faults {
		fmt.Fprintln(p.errs, "dbbot:", fault)
	}
	if err == nil && len(faults) > 0 {
		return notGood
	}
	return err
}

func lines(p *process, all []backup.Backup) error {
	out := json.NewEncoder(p.out)
	for _, b := range all {
		line := backupLine{
			ID: b.ID, Database: b.Database, Environment: b.Environment, Started: b.Started, Seconds: b.Finished.Sub(b.Started).Seconds(), Bytes: storedOf(b),
			By: b.By, Server: b.Server.Version, Encrypted: b.Archive.Age, Good: b.Good(), Kept: b.Kept != nil,
		}
		if b.Verified != nil {
			line.Verified, line.How = &b.Verified.At, b.Verified.How
		}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func table(p *process, all []backup.Backup) error {
	out := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "BACKUP\tTAKEN (UTC)\tSIZE\tPOSTGRESQL\tVERIFIED")
	for _, b := range all {
		note := verifiedWords(b)
		if b.Archive.Age {
			note += "; encrypted"
		}
		if b.Kept != nil {
			note += "; kept"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", b.ID, b.Started.UTC().Format(time.DateTime), postgres.Bytes(storedOf(b)), ops.Printable(b.Server.Version, maxSaid), note)
	}
	return out.Flush()
}

// verifiedWords: taken is never called verified.
func verifiedWords(b backup.Backup) string {
	v := b.Verified
	how := map[backup.How]string{backup.Checksum: "by its checksum alone", backup.Read: "by reading all of it", backup.Restored: "by restoring it"}
	switch {
	case v == nil:
		return "never"
	case len(v.Found) > 0:
		return "FAILED on " + v.At.UTC().Format(time.DateOnly)
	}
	return how[v.How] + " on " + v.At.UTC().Format(time.DateOnly)
}

// storedOf is how much lies in the store.
func storedOf(b backup.Backup) int64 {
	if b.Globals != nil {
		return b.Archive.Size + b.Globals.Size
	}
	return b.Archive.Size
}

func keysOf(m map[string]bool) iter.Seq[string] { return maps.Keys(m) }
