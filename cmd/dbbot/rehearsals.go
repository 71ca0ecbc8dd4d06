package main

import (
	"cmp"
	"context"

	"dbbot/ops/migrate/lint"
	"dbbot/ops/migrate/rehearse"
)

// rehearsals take place where the configuration says.
type rehearsals struct {
	config Config
	rooms  *rehearse.Rooms
}

// options of a database; false where none is wanted.
func (r rehearsals) options(database string) (o rehearse.Options, wanted bool) {
	for _, d := range r.config.Databases {
		if d.Name != database || d.Migrations == nil || !d.Migrations.Rehearse && d.Migrations.RehearsalURL == "" {
			continue
		}
		return rehearse.Options{
			Name: database, URL: cmp.Or(d.MigrateURL, d.URL), Scratch: d.Migrations.RehearsalURL, Beside: d.RestoreURL,
		}, true
	}
	return o, false
}

// Rehearses says whether the configuration wants it.
func (r rehearsals) Rehearses(database string) bool {
	_, wanted := r.options(database)
	return wanted
}

// Rehearse tells what is known shortly before ctx ends.
func (r rehearsals) Rehearse(ctx context.Context, database string, steps []lint.Parsed) rehearse.Trace {
	o, _ := r.options(database)
	return r.rooms.Rehearse(ctx, o, steps)
}

// Arrived says whether a database has become what the rehearsal of the steps showed.
func (r rehearsals) Arrived(ctx context.Context, database string, steps []lint.Parsed) (there, known bool, err error) {
	o, wanted := r.options(database)
	if !wanted {
		return false, false, nil
	}
	return r.rooms.Arrived(ctx, o, steps)
}

// Leftovers are what dead processes left on the server for rehearsals.
func (r rehearsals) Leftovers(ctx context.Context, database string) ([]rehearse.Leftover, error) {
	o, wanted := r.options(database)
	if !wanted {
		return nil, nil
	}
	return r.rooms.Leftovers(ctx, o)
}
