package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/apply"
	"dbbot/ops/migrate/lint"
	"dbbot/ops/migrate/rehearse"
)

// The shop's pending migrations are rehearsed where the configuration says: by the keeper, beside the shop.
func TestRehearsalsAsConfigured(t *testing.T) {
	databases := sampleDatabases(t)
	for _, s := range []shopOf{newShopOf(t, databases), newPrismaShop(t, databases)} {
		d := Database{
			Name: "shop", Environment: "production", URL: "postgres://nobody@127.0.0.1:1/none", MigrateURL: ops.Secret(s.url), RestoreURL: ops.Secret(databases.keeper(s.database)),
			Migrations: &Migrations{Tool: s.tool, Dir: s.dir, Rehearse: true},
		}
		r := rehearsals{config: Config{Databases: []Database{d}}, rooms: rehearse.New(slog.New(slog.DiscardHandler))}
		set, err := migrate.Folder{Tool: migrate.Tool(s.tool), Dir: s.dir}.Load()
		if err != nil {
			t.Fatal(err)
		}
		from := map[string]int{"golang-migrate": appliedMigrations}[s.tool]
		var steps []lint.Parsed
		for _, m := range set.Migrations[from:] {
			p := apply.Prepare([]migrate.Step{{Migration: m}})[0]
			steps = append(steps, lint.Parsed{Step: p.Step, Script: p.Script})
		}
		got := r.Rehearse(context.Background(), "shop", steps)
		if got.Refused+got.Stopped != "" || got.Failure != nil || len(got.Steps) != len(steps) || got.Server != "the same server" || len(got.Missing) > 0 {
			t.Errorf("%s: %+v %+v", s.tool, got, got.Failure)
		}
		r.rooms.Close()
		if left, err := r.Leftovers(t.Context(), "shop"); err != nil || len(left) > 0 {
			t.Errorf("%v, %v", left, err)
		}
	}
}

func TestRehearsalsThatNobodyWants(t *testing.T) {
	r := rehearsals{config: Config{Databases: []Database{
		{Name: "plain"}, {Name: "quiet", Migrations: &Migrations{Tool: "prisma"}}, {Name: "branch", Migrations: &Migrations{RehearsalURL: "://x"}},
	}}, rooms: rehearse.New(slog.New(slog.DiscardHandler))}
	defer r.rooms.Close()
	for name, want := range map[string]bool{"plain": false, "quiet": false, "branch": true, "unknown": false} {
		if r.Rehearses(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
	if left, err := r.Leftovers(t.Context(), "quiet"); left != nil || err != nil {
		t.Errorf("%v, %v", left, err)
	}
	if got := r.Rehearse(t.Context(), "branch", nil); !strings.Contains(got.Refused, "could not be read") {
		t.Errorf("%+v", got)
	}
}
