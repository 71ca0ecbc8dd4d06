package main

import (
	"context"
	"time"

	"dbbot/bot"
	"dbbot/commands"
	"dbbot/ops/backup"
)

// backed are the databases whose backups are looked after by the clock: all that have a store. look reads what it holds.
func (c Config) backed(look func(ctx context.Context, database string) (commands.Shelf, error)) (all []bot.Backed) {
	for _, d := range c.Databases {
		if d.Backup == nil {
			continue
		}
		all = append(all, bot.Backed{
			Target: d.target(), Schedule: d.Backup.times(d.Backup.Schedule), Digest: d.Backup.times(d.Backup.Digest),
			Quiet: d.Backup.Notify == "failures", Limit: d.Backup.limit(),
			Backups: func(ctx context.Context) ([]backup.Backup, error) {
				shelf, err := look(ctx, d.Name)
				return shelf.Backups, err
			},
		})
	}
	return all
}

// limit of the newest verified one's age: as it is written, else what the schedule makes of it; zero without either.
func (b *Backup) limit() time.Duration {
	if s := b.times(b.Schedule); b.Limit == 0 && s != nil {
		return s.Limit()
	}
	return b.Limit
}

// times are those of an expression in the zone of the database's backups; nil where there is none.
func (b *Backup) times(expression string) *backup.Schedule {
	zone, err := time.LoadLocation(b.Zone)
	if err != nil { // the configuration was checked, and the zones are part of the program
		zone = time.UTC
	}
	s, err := backup.ParseSchedule(expression, zone)
	if err != nil {
		return nil
	}
	return &s
}
