package commands

import (
	"context"
	"strings"

	"dbbot/ops"
	"dbbot/ops/migrate"
)

var _ = add(migrateResolve)

const (
	asApplied    = "applied"
	asRolledBack = "rolled-back"
)

// migrateResolve says of one migration of Prisma whether it counts.
func migrateResolve(t Toolbox) Command {
	return change(bookkeeping{tools: t, entry: resolveEntry, view: resolveView, write: writeResolve}.change(About{
		Path: "migrate resolve", Risk: ops.Destroy,
		Args: []Arg{
			{Name: "name", Kind: WordArg, Hint: "of the migration"},
			{Name: asApplied + "|" + asRolledBack, Kind: WordArg, Hint: "applied: it counts from now on; rolled-back: it is pending again"},
			ofDatabase,
		},
		Summary: "say of one migration whether it counts (Prisma)", Example: "migrate resolve 20260110120000_gift_notes rolled-back orders",
	}, parseResolve))
}

// parseResolve takes both words in either order.
func parseResolve(v Values) (bookWish, ops.Target, error) {
	w := bookWish{target: v.Databases()[0], name: v.Word("name")}
	how, known := resolution(v.Word(asApplied + "|" + asRolledBack))
	if !known {
		if how, known = resolution(w.name); !known {
			return w, w.target, &ops.Error{Message: "Say whether it counts as applied or as rolled-back.", Hint: "For example: /db migrate resolve " + name(w.name) + " rolled-back"}
		}
		w.name = v.Word(asApplied + "|" + asRolledBack)
	}
	w.applied = how == asApplied
	return w, w.target, nil
}

func resolution(word string) (string, bool) {
	switch strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(word)) {
	case "applied":
		return asApplied, true
	case "rolledback":
		return asRolledBack, true
	}
	return "", false
}

func resolveEntry(v migrate.Survey, w bookWish) (entry, error) {
	m, err := v.Resolve(w.name, w.applied)
	if err != nil {
		return entry{}, err
	}
	e := entry{migrations: []migrate.Migration{m}, to: v.At, applied: w.applied}
	for _, broken := range v.Broken {
		if broken != m.Name {
			e.left = append(e.left, broken)
		}
	}
	if w.applied {
		e.to = m.Name
	}
	return e, nil
}

func resolveView(s site, e entry) View {
	m := e.migrations[0]
	title, effect := "Count "+name(m.Name)+" as rolled back", "It is pending again: the next up runs it from its first statement."
	if e.applied {
		title, effect = "Count "+name(m.Name)+" as applied", "dbbot takes the word of whoever agrees that all of it is in the database: no up runs it any more."
	}
	view := bookView(s, title, effect, e)
	if m.Up != nil {
		room := shownSQL
		code := sqlOf(m.Up, &room)
		view.Parts = append(view.Parts, Part{Code: &code})
	}
	return view
}

func writeResolve(ctx context.Context, b Books, e entry, all []migrate.Migration) error {
	return b.Resolve(ctx, all[0], e.applied)
}
