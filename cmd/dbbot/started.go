package main

import (
	"context"
	"fmt"
	"time"

	"dbbot/ops"
	"dbbot/ops/audit"
)

// noteWithin bounds what is recorded of the program's own coming and going.
const noteWithin = 5 * time.Second

// started records that this process begins, and that the rules are others than at the last start, where they are.
func (o *opened) started(ctx context.Context, config Config) error {
	ctx, cancel := context.WithTimeout(ctx, noteWithin)
	defer cancel()
	last, err := o.store.LastStart(ctx)
	if err != nil {
		return err
	}
	if now := config.policyDigest(); last.Seq != 0 && last.Policy != now {
		change := audit.Entry{Event: audit.Reconfigured, Detail: fmt.Sprintf("rules %s, before %s", now, last.Policy)}
		if err := o.store.Note(ctx, change); err != nil {
			return err
		}
	}
	return o.store.Note(ctx, audit.Entry{Event: audit.Started, Detail: ops.Count(len(config.Databases), "database") + " on " + hostname()})
}

// stopped records an orderly end. The program ends all the same where that cannot be recorded.
func (o *opened) stopped(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
	defer cancel()
	return o.store.Note(ctx, audit.Entry{Event: audit.Stopped, Detail: "on " + hostname()})
}
