package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/postgres"
)

type backupShowCommand struct {
	depotFlags
	Backup string `arg:"" optional:"" default:"latest" help:"Its id, the beginning of it, or latest."`
}

// Help is what --help says beside the summary.
func (backupShowCommand) Help() string {
	return "With --json: the manifest as it lies in the store, and what was found out since. Exit codes: 0 it is verified and good, 1 it is not, 2 it could not be told."
}

// Run shows one.
func (c backupShowCommand) Run(ctx context.Context, p *process) error {
	d, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	defer d.close()
	b, err := d.pick(ctx, c.Backup)
	if err != nil {
		return here(ctx, err)
	}
	if c.JSON {
		out := json.NewEncoder(p.out)
		out.SetIndent("", "  ")
		err = out.Encode(b)
	} else {
		err = show(p.out, d.store.Location(), b)
	}
	if err == nil && !b.Good() {
		return notGood
	}
	return err
}

// mostTables is how many of the largest are named.
const mostTables = 10

func show(w io.Writer, at string, b backup.Backup) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	say := func(what, format string, args ...any) {
		fmt.Fprintf(out, "%s\t%s\n", what, fmt.Sprintf(format, args...))
	}
	name := func(s string) string { return ops.Printable(s, maxSaid) }
	say("backup", "%s", b.ID)
	say("of", "%s (%s): database %s of a PostgreSQL %s", name(b.Database), name(b.Environment), name(b.Server.Catalog), name(b.Server.Version))
	say("taken", "%s UTC, in %s, by %s", b.Started.UTC().Format(time.DateTime), b.Finished.Sub(b.Started).Round(time.Second), name(b.By))
	if b.Why != "" {
		say("why", "%s", name(b.Why))
	}
	say("verified", "%s", verifiedWords(b))
	for _, wrong := range verdictOf(b) {
		say("", "%s", ops.Printable(wrong, 300))
	}
	if b.Kept != nil {
		say("kept", "by %s: %s", name(b.Kept.By), name(b.Kept.Why))
	}
	folder, query, asked := strings.Cut(at, "?")
	if asked {
		query = "?" + query
	}
	say("lies in", "%s/%s%s", strings.TrimSuffix(folder, "/"), b.ID.Folder(), query)
	say("size", "%s stored, %s in the database", postgres.Bytes(storedOf(b)), postgres.Bytes(b.Server.Bytes))
	say("sha-256", "%s  %s", b.Archive.SHA256, name(b.Archive.Name))
	say("opened by", "%s", opener(b))
	if b.Globals == nil {
		say("roles", "not saved: the role that took it may not read them")
	} else {
		say("roles", "in %s, %s their passwords", name(b.Globals.Name), map[bool]string{true: "with", false: "without"}[b.Passwords])
	}
	tables := slices.SortedFunc(slices.Values(b.Contents.Tables), func(a, b backup.Table) int { return cmp.Compare(b.Bytes, a.Bytes) })
	var rows int64
	for _, t := range tables {
		rows += t.Rows
	}
	say("holds", "%s, %d rows, %s", ops.Count(len(tables), "table"), rows, ops.Count(len(b.Contents.Extensions), "extension"))
	for _, t := range tables[:min(len(tables), mostTables)] {
		say("", "%s.%s: %d rows", name(t.Schema), name(t.Name), t.Rows)
	}
	return out.Flush()
}

func verdictOf(b backup.Backup) []string {
	if b.Verified == nil {
		return nil
	}
	return b.Verified.Found
}

// opener is how it is opened without dbbot, too.
func opener(b backup.Backup) string {
	var steps []string
	if b.Archive.Age {
		steps = append(steps, fmt.Sprintf("age -d -i KEY (one of %s)", strings.Join(b.Recipients, ", ")))
	}
	if b.Archive.Zstd {
		steps = append(steps, "zstd -d")
	}
	if b.Archive.Format == "directory" {
		steps = append(steps, "tar -x")
	}
	return strings.Join(append(steps, fmt.Sprintf("pg_restore of PostgreSQL %d", b.Server.Major)), " | ")
}
