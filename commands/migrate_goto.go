package commands

import (
	"dbbot/ops"
	"dbbot/ops/migrate"
)

var _ = add(migrateGoto)

// versionArg is a version of golang-migrate, or a migration's name.
var versionArg = Arg{Name: "version", Kind: WordArg, Hint: "a version of golang-migrate, or the name of a migration; none for before the first"}

// migrateGoto goes up or down to a version. As it may go down it counts as destroying; migrate up to is for going forward.
func migrateGoto(t Toolbox) Command {
	return change(stepping{tools: t, steps: gotoSteps}.change(About{
		Path: "migrate goto", Risk: ops.Destroy, Args: []Arg{versionArg, ofDatabase},
		Summary: "go up or down to a version", Example: "migrate goto 3 orders",
	}, parseGoto))
}

func parseGoto(v Values) (stepWish, ops.Target, error) {
	w := stepWish{target: v.Databases()[0], to: v.Word(versionArg.Name)}
	return w, w.target, nil
}

func gotoSteps(v migrate.Survey, w stepWish) ([]migrate.Step, error) { return v.Goto(w.to) }
