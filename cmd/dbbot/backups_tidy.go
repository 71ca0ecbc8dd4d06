package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/backup/dump"
	"dbbot/ops/backup/restore"
)

// tidyWithin is how long looking after one database may take.
const tidyWithin = 2 * time.Minute

// tidy removes what processes that were lost have left of backups and restores, one database after the other: sessions,
// unfinished files, scratch databases. What is in use stays.
func (b *backups) tidy(ctx context.Context, log *slog.Logger) {
	for _, d := range b.config.Databases {
		if d.Backup == nil {
			continue
		}
		removed, err := b.tidied(ctx, d)
		for _, what := range removed {
			log.Info("backups: removed what was left behind", "database", d.Name, "what", what)
		}
		if err != nil && ctx.Err() == nil {
			log.Warn("backups: what was left behind could not be looked for", "database", d.Name, "cause", err)
		}
	}
}

func (b *backups) tidied(ctx context.Context, d Database) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, tidyWithin)
	defer cancel()
	o, err := b.dumping(ctx, d.Name, approval.Request{})
	if err != nil {
		return nil, err
	}
	left, fault := dump.Sweep(ctx, o)
	scratch, err := restore.Sweep(ctx, b.landing(d, approval.Request{}).URL)
	return append(left, scratch...), errors.Join(fault, err)
}
