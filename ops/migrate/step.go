package migrate

import (
	"fmt"
	"slices"
	"strconv"

	"dbbot/ops"
)

// Step is one file to run.
type Step struct {
	Migration Migration
	Down      bool
	From, To  string // the version or name before and after; empty before the first

	Resume bool // it broke off, and goes on where it did
	Skip   int  // so many of its statements stand already
}

// File gives the bytes to run.
func (s Step) File() *File {
	if s.Down {
		return s.Migration.Down
	}
	return s.Migration.Up
}

// Up goes n migrations up, or up to one, or (0, "") to the end. Errors are *ops.Error: nothing to do, or why nothing
// can be done.
// What broke off goes on first, where that can be: then it is the first of them.
func (v Survey) Up(n int, to string) ([]Step, error) {
	if first := v.resumed(); first != nil {
		return v.onwards(*first, n, to)
	}
	if err := v.ready(); err != nil {
		return nil, err
	}
	if v.Tool == Prisma && v.journal.Missing && v.journal.Tables {
		return nil, &ops.Error{
			Message: "The database has tables already, but Prisma never ran here, and refuses to begin (P3005).",
			Hint:    "Say with migrate baseline which migrations these tables stand for.",
		}
	}
	pending := v.Pending
	switch {
	case to != "":
		m, err := v.named(to)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(pending, func(p Migration) bool { return p.Name == m.Name })
		if i < 0 {
			return nil, &ops.Error{Message: ops.Printable(m.Name, 80) + " is not pending: the database is at " + v.at() + ".", Hint: "migrate goto leads to any version, up or down."}
		}
		pending = pending[:i+1]
	case len(pending) == 0:
		return nil, &ops.Error{Message: "Nothing is pending: the database is at " + v.at() + ".", Hint: v.why()}
	case n < 0 || n > len(pending):
		return nil, &ops.Error{Message: fmt.Sprintf("%d cannot be applied: %s pending.", n, are(len(pending), "migration"))}
	case n > 0:
		pending = pending[:n]
	}
	return v.upwards(v.At, pending)
}

// onwards goes on with a file that broke off, and then with the pending ones behind it.
func (v Survey) onwards(first Step, n int, to string) ([]Step, error) {
	all := append([]Migration{first.Migration}, v.Pending...)
	switch {
	case to != "":
		m, err := v.named(to)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(p Migration) bool { return p.Name == m.Name })
		if i < 0 {
			return nil, &ops.Error{Message: ops.Printable(m.Name, 80) + " is not pending: " + ops.Printable(first.Migration.Name, 80) + " broke off, and goes on first."}
		}
		all = all[:i+1]
	case n < 0 || n > len(all):
		return nil, &ops.Error{Message: fmt.Sprintf("%d cannot be applied: one broke off, and %s pending.", n, are(len(v.Pending), "migration"))}
	case n > 0:
		all = all[:n]
	}
	rest, err := v.upwards(first.To, all[1:])
	return append([]Step{first}, rest...), err
}

func are(n int, one string) string {
	if n == 1 {
		return "1 " + one + " is"
	}
	return ops.Count(n, one) + " are"
}

func (v Survey) upwards(at string, pending []Migration) ([]Step, error) {
	steps := []Step{}
	for _, m := range pending {
		if m.Up == nil {
			return nil, &ops.Error{
				Message: ops.Printable(m.Name, 80) + " has no up file: golang-migrate would count it as applied and run nothing.",
				Hint:    "Add the file; an empty one says that nothing is to be done.",
			}
		}
		step := Step{Migration: m, From: at, To: v.mark(m)}
		steps, at = append(steps, step), step.To
	}
	return steps, nil
}

// mark is what the tool writes down for a migration.
func (v Survey) mark(m Migration) string {
	if v.Tool == Prisma {
		return m.Name
	}
	return strconv.FormatUint(m.Version, 10)
}

// Down goes n migrations down, newest first: by version, or for Prisma by when they were applied. It is refused as a
// whole when one of them has no way back.
func (v Survey) Down(n int) ([]Step, error) {
	if err := v.ready(); err != nil {
		return nil, err
	}
	applied := v.undo()
	switch {
	case len(applied) == 0:
		return nil, &ops.Error{Message: "Nothing is applied that could be undone."}
	case n < 1 || n > len(applied):
		return nil, &ops.Error{Message: fmt.Sprintf("%d cannot be undone: %s applied.", n, are(len(applied), "migration"))}
	}
	return v.downwards(applied, n)
}

func (v Survey) downwards(applied []Migration, n int) ([]Step, error) {
	var steps []Step
	for i, m := range applied[:n] {
		if err := v.irreversible(m); err != nil {
			return nil, err
		}
		step := Step{Migration: m, Down: true, From: v.mark(m)}
		if i+1 < len(applied) {
			step.To = v.mark(applied[i+1])
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// undo lists what is applied, the newest first. With golang-migrate that is every file up to the version, also one
// that never ran: the tool would run its down file.
func (v Survey) undo() []Migration {
	var all []Migration
	if v.Tool == GolangMigrate {
		for _, m := range v.set.Migrations {
			if at, ok := leading(v.At); ok && m.Version <= at {
				all = append(all, m)
			}
		}
		slices.Reverse(all)
		return all
	}
	for _, row := range slices.Backward(v.journal.Records) {
		i := slices.IndexFunc(v.Applied, func(m Migration) bool { return m.Name == row.Name })
		if i >= 0 && row.applied() && !slices.ContainsFunc(all, func(m Migration) bool { return m.Name == row.Name }) {
			all = append(all, v.Applied[i])
		}
	}
	return all
}

func (v Survey) irreversible(m Migration) error {
	name := ops.Printable(m.Name, 80)
	switch {
	case slices.Contains(v.OutOfOrder, m.Name):
		return &ops.Error{Message: name + " never ran, so its way down must not run.", Hint: "Give the file a number above " + v.at() + ", and it runs in its turn."}
	case m.Down == nil && v.Tool == Prisma:
		return &ops.Error{Message: name + " has no way back: there is no down.sql beside its migration.sql.", Hint: "Write one, or restore a backup."}
	case m.Down == nil:
		return &ops.Error{Message: name + " has no down file: golang-migrate would count it as undone and run nothing.", Hint: "Write one, or restore a backup."}
	case !m.Reversible():
		return &ops.Error{Message: ops.Printable(m.Down.Path, 100) + " is empty: the version would go down and the tables stay.", Hint: "Write one, or restore a backup."}
	}
	return nil
}

// Goto goes up or down to a migration of the folder; "none" leads down behind the first.
func (v Survey) Goto(to string) ([]Step, error) {
	if err := v.ready(); err != nil {
		return nil, err
	}
	applied := v.undo()
	if to == None {
		return v.Down(len(applied))
	}
	m, err := v.named(to)
	if err != nil {
		return nil, err
	}
	switch i := slices.IndexFunc(applied, func(a Migration) bool { return a.Name == m.Name }); {
	case i == 0:
		return nil, &ops.Error{Message: "The database is at " + v.at() + " already."}
	case i > 0:
		return v.downwards(applied, i)
	}
	return v.Up(0, m.Name)
}

// None stands for the state before the first migration, where a version is asked for.
const None = "none"
