package lint

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"

	"dbbot/ops/migrate/script"
)

// Seen is what a rehearsal saw of one statement. It beats the rules, but for what a rehearsal cannot show.
type Seen struct {
	Locks []Lock            // taken by the statement itself, or on relations that it wrote or read; of those that were there before the plan
	Held  map[string]string // the modes, by relation, in which the transaction had locked them before
	Rows  bool              // there were rows, so that a table which was not read is not read with rows either
}

// Locks are those of a statement: as they were seen, or by the rules where nothing was.
func (p Parsed) Locks(i int, f Facts) []Lock {
	ruled := Locks(p.Script.Statements[i], f)
	if i >= len(p.Seen) || p.Seen[i] == nil {
		return ruled
	}
	return p.Seen[i].over(p.Script.Statements[i], ruled)
}

// over puts what was seen in the place of what the rules say.
func (s *Seen) over(statement script.Statement, ruled []Lock) []Lock {
	var all []Lock
	for _, r := range ruled {
		i := slices.IndexFunc(s.Locks, func(l Lock) bool { return l.Relation == r.Relation })
		held := s.Held[r.Relation]
		switch {
		case r.New: // nobody waits for it, and a rehearsal tells of none of them
			all = append(all, r)
		case i >= 0 && stronger(held, s.Locks[i].Mode) == held: // it was locked already: its own lock does not show
			r.Rewrite, r.Scan = s.Locks[i].Rewrite, s.scans(statement, r, s.Locks[i])
			all = append(all, r)
		case i >= 0:
			l := s.Locks[i]
			l.Scan = s.scans(statement, r, l)
			all = append(all, l)
		case held != "" && stronger(held, r.Mode) == held:
			r.Rewrite, r.Scan = false, s.scans(statement, r, Lock{})
			all = append(all, r)
		}
	}
	for _, l := range s.Locks {
		if !slices.ContainsFunc(ruled, func(r Lock) bool { return r.Relation == l.Relation }) {
			l.Scan = s.scans(statement, Lock{}, l)
			all = append(all, l)
		}
	}
	return all
}

// scans: what was read is read, and what was not is not; but on empty tables PostgreSQL skips the check of a foreign key,
// and finds rows in another way than where there are some.
func (s *Seen) scans(statement script.Statement, ruled, seen Lock) bool {
	switch {
	case s.Rows:
		return seen.Scan
	case looksForRows(statement), statement.Node.GetDoStmt() != nil && seen.Blocks() == "":
		return ruled.Scan
	}
	return seen.Scan || ruled.Scan && emptyMisleads(statement)
}

// looksForRows: statements that have a planner choose how.
func looksForRows(s script.Statement) bool {
	n := s.Node
	return n.GetSelectStmt() != nil || n.GetInsertStmt() != nil || n.GetUpdateStmt() != nil || n.GetDeleteStmt() != nil || n.GetMergeStmt() != nil || n.GetCreateTableAsStmt() != nil
}

// emptyMisleads: statements that may read no row of an empty table and every row of a full one.
func emptyMisleads(s script.Statement) bool {
	return s.Node.GetAlterTableStmt() == nil || referencing(s.Node.GetAlterTableStmt())
}

// referencing: an ALTER TABLE that checks a foreign key, which PostgreSQL does with a query.
func referencing(a *pg.AlterTableStmt) bool {
	return slices.ContainsFunc(a.GetCmds(), func(n *pg.Node) bool {
		c := n.GetAlterTableCmd()
		return c.GetSubtype() == pg.AlterTableType_AT_ValidateConstraint || c.GetDef().GetConstraint().GetContype() == pg.ConstrType_CONSTR_FOREIGN ||
			constraintOf(c.GetDef().GetColumnDef(), pg.ConstrType_CONSTR_FOREIGN) != nil
	})
}
