package main

import (
	"context"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/apply"
	"dbbot/ops/migrate/lint"
)

// migrator opens the databases of the configuration for those commands that are about migrations.
type migrator struct{ config Config }

// options lead to a database: over migrate_url, or url where that is all there is.
func (m migrator) options(database string, r approval.Request) apply.Options {
	o := apply.Options{Name: database, Request: int64(r.ID), Asked: r.Asked}
	for _, d := range m.config.Databases {
		if d.Name == database && d.Migrations != nil {
			o.Tool, o.URL = migrate.Tool(d.Migrations.Tool), d.URL
			if d.MigrateURL != "" {
				o.URL = d.MigrateURL
			}
		}
	}
	return o
}

// Journal reads over a connection of its own, which bears no request's name.
func (m migrator) Journal(ctx context.Context, database string) (apply.Server, migrate.Journal, error) {
	c, err := apply.Open(ctx, m.options(database, approval.Request{}))
	if err != nil {
		return apply.Server{}, migrate.Journal{}, err
	}
	defer c.Close()
	journal, err := c.Journal(ctx)
	return c.Server(), journal, err
}

// Facts reads the sizes and the use of relations, and asks how many rows the steps would write.
func (m migrator) Facts(ctx context.Context, database string, names []string, steps []lint.Parsed) (lint.Facts, error) {
	c, err := apply.Open(ctx, m.options(database, approval.Request{}))
	if err != nil {
		return lint.Facts{}, err
	}
	defer c.Close()
	facts, err := c.Facts(ctx, names)
	if err == nil {
		facts.Touched = c.Touched(ctx, lint.Countable(steps, facts))
	}
	return facts, err
}

// Run takes the locks of both tools, and then the steps.
func (m migrator) Run(ctx context.Context, database string, r approval.Request, on approval.Server, steps []apply.Prepared, progress apply.Progress) (apply.Report, error) {
	c, err := m.locked(ctx, database, r, on, progress)
	if err != nil {
		return apply.Report{}, err
	}
	defer c.Close()
	return c.Run(ctx, steps, progress)
}

// locked opens the very server that a plan was made for, and takes the locks.
func (m migrator) locked(ctx context.Context, database string, r approval.Request, on approval.Server, progress apply.Progress) (*apply.Conn, error) {
	c, err := apply.Open(ctx, m.options(database, r))
	if err != nil {
		return nil, err
	}
	if is := c.Server(); is.System != on.System || is.Database != on.Database {
		err = &ops.Error{Message: ops.Printable(database, 60) + " is another server or another database than when this was agreed to. Nothing was run.", Hint: "Ask again."}
	} else {
		err = c.Lock(ctx, func(what string) { progress(what, 0, 0) })
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Mend lets the books be changed under the locks.
func (m migrator) Mend(ctx context.Context, database string, r approval.Request, on approval.Server, progress apply.Progress, do func(context.Context, commands.Books) error) error {
	c, err := m.locked(ctx, database, r, on, progress)
	if err != nil {
		return err
	}
	defer c.Close()
	return do(ctx, c)
}

// Look ends what a lost run left, and reads what came of it.
func (m migrator) Look(ctx context.Context, database string, r approval.Request, steps int) (apply.Found, error) {
	return apply.Look(ctx, m.options(database, r), steps)
}
