package commands

import (
	"dbbot/ops"
	"dbbot/ops/migrate"
)

var _ = add(migrateDown)

// downTo is the version that stays.
var downTo = Arg{Name: "version", Kind: ToArg, Optional: true, Hint: "down to this version or migration, which stays"}

// migrateDown undoes what was applied last. It is refused where a migration has no way back.
func migrateDown(t Toolbox) Command {
	return change(stepping{tools: t, steps: downSteps}.change(About{
		Path: "migrate down", Risk: ops.Destroy,
		Args:    []Arg{{Name: "n", Kind: NumberArg, Optional: true, Hint: "so many migrations; one if left out"}, downTo, ofDatabase},
		Summary: "undo the last migration, the last n, or all behind a version", Example: "migrate down 1 orders -- back to before the gift notes",
	}, parseDown))
}

func parseDown(v Values) (stepWish, ops.Target, error) {
	w := stepWish{target: v.Databases()[0], n: 1, to: v.Word(downTo.Name)}
	n, counted := v.Number("n")
	if counted && w.to != "" {
		return w, w.target, &ops.Error{Message: "Either so many migrations or down to a version, not both.", Hint: "For example: /db migrate down 2, or: /db migrate down to 3."}
	}
	if counted {
		w.n = n
	}
	return w, w.target, nil
}

func downSteps(v migrate.Survey, w stepWish) ([]migrate.Step, error) {
	if w.to == "" {
		return v.Down(w.n)
	}
	steps, err := v.Goto(w.to)
	if err == nil && !steps[0].Down {
		return nil, &ops.Error{Message: name(w.to) + " lies ahead: nothing is undone on the way there.", Hint: "/db migrate up to " + typed(w.to) + " leads there."}
	}
	return steps, err
}
