package commands

import (
	"dbbot/ops"
	"dbbot/ops/migrate"
)

var _ = add(migrateUp)

// toArg is a version or a migration's name behind the word "to".
var toArg = Arg{Name: "version", Kind: ToArg, Optional: true, Hint: "up to this version of golang-migrate, or this migration of Prisma"}

// ofDatabase is whose migrations are meant.
var ofDatabase = Arg{Name: "database", Kind: DatabaseArg, Hint: "whose migrations"}

// migrateUp applies what is pending, in the tool's order.
func migrateUp(t Toolbox) Command {
	return change(stepping{tools: t, steps: upSteps}.change(About{
		Path: "migrate up", Risk: ops.Change,
		Args: []Arg{
			{Name: "n", Kind: NumberArg, Optional: true, Hint: "so many migrations; all that are pending if left out"}, toArg, ofDatabase,
		},
		Summary: "apply the pending migrations, the next n, or all up to a version", Example: "migrate up orders -- the gift notes",
	}, parseUp))
}

func parseUp(v Values) (stepWish, ops.Target, error) {
	w := stepWish{target: v.Databases()[0], to: v.Word(toArg.Name)}
	n, counted := v.Number("n")
	w.n = n
	switch {
	case counted && n == 0:
		return w, w.target, &ops.Error{Message: "That would be none at all: give a number from 1 on.", Hint: "Without a number all that are pending are applied."}
	case counted && w.to != "":
		return w, w.target, &ops.Error{Message: "Either so many migrations or up to a version, not both.", Hint: "For example: /db migrate up 2, or: /db migrate up to 5."}
	}
	return w, w.target, nil
}

func upSteps(v migrate.Survey, w stepWish) ([]migrate.Step, error) { return v.Up(w.n, w.to) }
