package commands

import (
	"context"
	"fmt"

	"dbbot/ops"
	"dbbot/ops/migrate"
)

var _ = add(migrateForce)

// migrateForce writes a version of golang-migrate down as reached and clean.
func migrateForce(t Toolbox) Command {
	return change(bookkeeping{tools: t, entry: forceEntry, view: forceView, write: writeForce}.change(About{
		Path: "migrate force", Risk: ops.Destroy, Args: []Arg{versionArg, ofDatabase},
		Summary: "write down by hand which version is true (golang-migrate)", Example: "migrate force 4 orders -- 5 was undone by hand",
	}, parseVersion))
}

func forceEntry(v migrate.Survey, w bookWish) (entry, error) {
	m, err := v.Force(w.name)
	if err != nil || m.Name == "" {
		return entry{}, err
	}
	return entry{migrations: []migrate.Migration{m}, to: fmt.Sprint(m.Version)}, nil
}

func forceView(s site, e entry) View {
	view := bookView(s, "Force "+place(e.to), "dbbot takes the word of whoever agrees that the tables are as of this version.", e)
	var pending []migrate.Migration
	for _, m := range s.set.Migrations {
		if e.to == "" || m.Version > e.migrations[0].Version {
			pending = append(pending, m)
		}
	}
	next := Text{{Text: "nothing would be pending"}}
	if len(pending) > 0 {
		next = append(Say("up would run "), literals(migrate.Names(pending))...)
	}
	view.Parts = append(view.Parts, Part{Section: &Section{Title: "From then on", Summary: next}})
	return view
}

func writeForce(ctx context.Context, b Books, e entry, _ []migrate.Migration) error {
	return b.Force(ctx, e.to)
}
