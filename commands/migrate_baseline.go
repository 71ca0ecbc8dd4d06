package commands

import (
	"context"
	"fmt"

	"dbbot/ops"
	"dbbot/ops/migrate"
)

var _ = add(migrateBaseline)

// migrateBaseline begins the books of a database that has its tables already.
func migrateBaseline(t Toolbox) Command {
	return change(bookkeeping{tools: t, entry: baselineEntry, view: baselineView, write: writeBaseline}.change(About{
		Path: "migrate baseline", Risk: ops.Destroy, Args: []Arg{versionArg, ofDatabase},
		Summary: "begin the books of a database that has its tables already", Example: "migrate baseline 3 orders",
	}, parseVersion))
}

func baselineEntry(v migrate.Survey, w bookWish) (entry, error) {
	all, err := v.Baseline(w.name)
	if err != nil {
		return entry{}, err
	}
	last := all[len(all)-1]
	e := entry{migrations: all, to: last.Name, applied: true}
	if v.Tool == migrate.GolangMigrate {
		e.to = fmt.Sprint(last.Version)
	}
	return e, nil
}

func baselineView(s site, e entry) View {
	view := bookView(s, fmt.Sprintf("Count %s as applied", ops.Count(len(e.migrations), "migration")),
		"dbbot takes the word of whoever agrees that all of them are in the database: no up runs them any more.", e)
	view.Parts = append(view.Parts, namesOf("They are", e.migrations))
	return view
}

func writeBaseline(ctx context.Context, b Books, _ entry, all []migrate.Migration) error {
	return b.Baseline(ctx, all)
}
