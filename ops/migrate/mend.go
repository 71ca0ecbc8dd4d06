package migrate

import (
	"slices"

	"dbbot/ops"
)

// Force gives the migration whose version is to be written down as applied and clean, without running anything; the
// zero Migration for None. The tool takes any number; here it must be one that the folder has, as the tool could not
// go on from any other. Errors are *ops.Error.
func (v Survey) Force(to string) (Migration, error) {
	if v.Tool == Prisma {
		return Migration{}, &ops.Error{Message: "Prisma has no force.", Hint: "migrate resolve says of one migration whether it counts as applied or as rolled back."}
	}
	if err := v.foldable(); err != nil {
		return Migration{}, err
	}
	var m Migration
	if to != None && to != beforeTheFirst {
		var err error
		if m, err = v.named(to); err != nil {
			return m, err
		}
	}
	mark := ""
	if m.Name != "" {
		mark = v.mark(m)
	}
	if len(v.Broken) == 0 && mark == v.At {
		return m, &ops.Error{Message: "The database is at " + v.at() + " already, and clean."}
	}
	return m, nil
}

// foldable refuses what cannot be relied on before anything is written down.
func (v Survey) foldable() error {
	if len(v.Faults) > 0 {
		return &ops.Error{Message: v.Faults[0], Hint: "Nothing is changed until that is mended" + more(len(v.Faults)-1) + "."}
	}
	return nil
}

// Resolve says what Prisma's command of that name would refuse, with its codes. As applied, the migration must be in
// the folder; as rolled back, it needs a row that broke off. Errors are *ops.Error.
func (v Survey) Resolve(name string, applied bool) (Migration, error) {
	if v.Tool != Prisma {
		return Migration{}, &ops.Error{Message: "golang-migrate has no resolve.", Hint: "migrate force sets the version that is true."}
	}
	if err := v.foldable(); err != nil {
		return Migration{}, err
	}
	shown := ops.Printable(name, 80)
	rows := slices.DeleteFunc(slices.Clone(v.journal.Records), func(r Record) bool { return r.Name != name })
	if applied {
		m, err := v.named(name)
		if err == nil && slices.ContainsFunc(rows, Record.applied) {
			err = &ops.Error{Message: shown + " is applied already (P3008)."}
		}
		return m, err
	}
	switch {
	case len(rows) == 0:
		return Migration{}, &ops.Error{Message: shown + " never ran here, so it cannot be rolled back (P3011)."}
	case !slices.ContainsFunc(rows, func(r Record) bool { return r.Finished == nil }):
		return Migration{}, &ops.Error{Message: shown + " did not break off, so it cannot be marked as rolled back (P3012).", Hint: "migrate down undoes it, where it has a down.sql."}
	case !slices.ContainsFunc(rows, Record.failed):
		return Migration{}, &ops.Error{Message: shown + " is marked as rolled back already."}
	}
	m, _ := v.find(name)
	m.Name = name
	return m, nil
}

// Baseline lists what is to be written down as applied, up to a migration, in a database that has the tables but no
// journal. Errors are *ops.Error.
func (v Survey) Baseline(to string) ([]Migration, error) {
	if err := v.foldable(); err != nil {
		return nil, err
	}
	if len(v.journal.Records) > 0 {
		return nil, &ops.Error{Message: "The database has a journal already: it is at " + v.at() + ".", Hint: "migrate status shows it."}
	}
	m, err := v.named(to)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(v.set.Migrations, func(o Migration) bool { return o.Name == m.Name })
	return v.set.Migrations[:i+1], nil
}
