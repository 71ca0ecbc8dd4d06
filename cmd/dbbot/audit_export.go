package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"time"

	"dbbot/ops"
	"dbbot/ops/audit"
)

type auditExportCommand struct {
	configFlag
	Since string `placeholder:"TIME" help:"Only what is not older: 72h, 2026-11-01, or 2026-11-01T03:00:00Z. Default: all."`
}

// Help is what --help says beside the summary.
func (auditExportCommand) Help() string {
	return "One entry a line, to standard output, the oldest first; the last line is a signature over all of them. That it was exported is an entry too. " +
		"Verify it anywhere: dbbot audit verify --file export.jsonl. Exit codes: 0 written and signed, 1 tampered with, so not signed, 2 it could not be done."
}

// Run writes what there is to standard output. What was tampered with is written up to there, and not signed.
func (c auditExportCommand) Run(ctx context.Context, p *process) error {
	since, err := sinceWhen(c.Since, time.Now())
	if err != nil {
		return err
	}
	_, kept, key, err := openAudit(ctx, c.Config, p)
	if err != nil {
		tell(p.errs, err)
		return couldNotTell
	}
	defer kept.Close()
	who := operator()
	err = kept.Note(ctx, audit.Entry{
		Team: who.ID.Team, User: who.ID.User, Name: who.Name, Event: audit.Exported, Detail: "to a terminal, " + or(c.Since != "", "since "+c.Since, "all of it"),
	})
	if err != nil { // what nobody can know of is not handed out
		tell(p.errs, err)
		return couldNotTell
	}
	from := int64(1)
	entries := kept.Chain(ctx, from)
	if !since.IsZero() {
		from, entries = 0, skip(entries, func(e audit.Entry) bool { return e.At.Before(since) })
	}
	out := bufio.NewWriter(p.out)
	closing, err := audit.Export(out, entries, from, key)
	err = errors.Join(err, out.Flush())
	if fault, wrong := errors.AsType[*audit.Fault](err); wrong {
		return tampered(p.errs, fault)
	}
	if err != nil {
		tell(p.errs, err)
		return couldNotTell
	}
	fmt.Fprintf(p.errs, "entries %d to %d, signed by %s\n", closing.First, closing.Last, closing.By)
	return nil
}

func or(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// sinceWhen reads a duration back from now, a day, or a time; zero of nothing.
func sinceWhen(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if back, err := time.ParseDuration(text); err == nil && back > 0 {
		return now.Add(-back), nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(form, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, misuse("--since "+ops.Printable(text, maxSaid)+" is no time.", "Write 72h, 2026-11-01 or 2026-11-01T03:00:00Z; times are in UTC where they do not say otherwise.")
}
