package lint

import (
	"fmt"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"dbbot/ops/migrate/script"
)

var transactionRules = []rule{
	{ // 29
		name: "lock-held", sized: true, severity: Warning, judge: heldLock,
		why: "The lock that an earlier statement took is held until the transaction ends, so nobody uses that table meanwhile.",
	},
	{ // 30
		name: "several-tables-locked", severity: Note, whole: severalLocked,
		why: "Programs that take them in another order end in a deadlock with it, and one of them fails.",
	},
	{ // 31
		name: "several-alters", severity: Note, judge: severalAlters,
		why: "Each waits for its lock anew, and may read or write all rows again; one ALTER TABLE with several commands does it once.",
	},
	{ // 32, 33
		name: "own-timeout", severity: Warning, judge: ownTimeout,
		why: "From there on dbbot's own bound does not hold: others may wait behind this file for longer than they should.",
	},
	{ // 34
		name: "rows-and-tables-together", sized: true, severity: Warning, judge: mixed,
		why: "All locks are held until every row is changed, and a failure undoes both.",
	},
	{ // 45
		name: "enum-value-used", severity: Severe, judge: enumUsed,
		why: "PostgreSQL refuses to use a new value in the transaction that adds it (55P04).",
	},
	{ // 60
		name: "own-transaction", severity: Warning, judge: ownTransaction,
		why: "dbbot then runs the file as it is written: what failed in the middle may be half done, and its own record is not part of it.",
	},
	{ // 61
		name: "setting-leaks", severity: Note, whole: leaking,
		why: "With the tools' own command lines it stays for the files behind this one; dbbot sets it back.",
	},
}

// heldLock: work that takes as long as a table is large, while another table (or the same) is locked against reads.
func heldLock(s *spot) []hit {
	if !s.inside || len(s.locked) == 0 {
		return nil
	}
	for _, l := range s.locks {
		long := l.Rewrite || l.Scan || changesMany(s.Node)
		if !long {
			continue
		}
		var closed []string
		for table := range s.locked {
			if table != l.Relation || !s.closes(table) {
				closed = append(closed, table)
			}
		}
		slices.Sort(closed)
		if len(closed) == 0 {
			return nil
		}
		return one(hit{table: l.Relation, what: fmt.Sprintf("%s works on all of %s while %s is closed by statement %d.", s.Tag, shown(l.Relation), shown(closed[0]), s.locked[closed[0]]+1), safe: "-- in a migration of its own"})
	}
	return nil
}

// closes: the statement itself takes the strongest lock on a table.
func (s *spot) closes(table string) bool {
	return slices.ContainsFunc(s.locks, func(l Lock) bool { return l.Relation == table && l.Mode == AccessExclusive })
}

// changesMany: statements whose work depends on the number of rows they find.
func changesMany(n *pg.Node) bool {
	return n.GetUpdateStmt() != nil || n.GetDeleteStmt() != nil || insertsMany(n.GetInsertStmt())
}

func insertsMany(i *pg.InsertStmt) bool {
	from := i.GetSelectStmt().GetSelectStmt()
	return from != nil && len(from.GetFromClause()) > 0
}

func severalLocked(f *file) []hit {
	if f.parsed.Script.Mode != script.Transaction || len(f.locked) < 2 {
		return nil
	}
	var tables []string
	last := 0
	for key, at := range f.locked {
		tables, last = append(tables, shown(key)), max(last, at)
	}
	slices.Sort(tables)
	return one(hit{statement: last, what: fmt.Sprintf("One transaction closes %d tables: %s.", len(tables), short100(strings.Join(tables, ", ")))})
}

func severalAlters(s *spot) []hit {
	a := s.Node.GetAlterTableStmt()
	if a.GetObjtype() != pg.ObjectType_OBJECT_TABLE {
		return nil
	}
	key := s.facts.key(a.GetRelation())
	before, again := s.altered[key]
	if !again || !s.exists(key) || !s.once("altered", key) {
		return nil
	}
	return one(hit{table: key, what: fmt.Sprintf("%s was altered in statement %d already.", shown(key), before+1)})
}

func ownTimeout(s *spot) []hit {
	v := s.Node.GetVariableSetStmt()
	switch name := strings.ToLower(v.GetName()); name {
	case "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout":
		return one(hit{what: "The file sets " + name + " itself."})
	}
	return nil
}

// mixed: rows are changed in the transaction that also closes a table.
func mixed(s *spot) []hit {
	if !s.inside {
		return nil
	}
	if changesMany(s.Node) && len(s.locked) > 0 {
		for _, l := range s.locks {
			if l.Mode == RowExclusive {
				return one(hit{table: l.Relation, what: "Rows of " + shown(l.Relation) + " are changed in the transaction that alters tables.", safe: "-- change the rows in a migration of its own, in batches"})
			}
		}
	}
	if s.wrote < 0 {
		return nil
	}
	for _, l := range s.locks {
		if l.Mode == AccessExclusive && s.exists(l.Relation) && s.Node.GetAlterTableStmt() != nil {
			return one(hit{table: l.Relation, what: fmt.Sprintf("%s is altered in the transaction in which statement %d changed rows.", shown(l.Relation), s.wrote+1), safe: "-- alter it in a migration of its own"})
		}
	}
	return nil
}

func enumUsed(s *spot) []hit {
	if !s.inside || len(s.values) == 0 || s.Node.GetAlterEnumStmt() != nil {
		return nil
	}
	used := ""
	walk(s.Node, func(n *pg.Node) {
		if v := n.GetAConst().GetSval().GetSval(); v != "" {
			if _, added := s.values[v]; added {
				used = v
			}
		}
	})
	if used == "" {
		return nil
	}
	return one(hit{what: "The value " + short(used) + ", added in this file, is used in the same transaction.", safe: "-- use it in a migration behind the one that adds it"})
}

func ownTransaction(s *spot) []hit {
	switch k := s.Node.GetTransactionStmt().GetKind(); k {
	case pg.TransactionStmtKind_TRANS_STMT_BEGIN, pg.TransactionStmtKind_TRANS_STMT_START, pg.TransactionStmtKind_TRANS_STMT_PREPARE:
		return one(hit{what: "The file holds " + s.Tag + " of its own.", safe: "-- without BEGIN and COMMIT: every file is one transaction"})
	case pg.TransactionStmtKind_TRANS_STMT_ROLLBACK:
		return one(hit{severity: Severe, what: "ROLLBACK undoes what the file did.", why: "The migration counts as applied, and nothing of it is there."})
	}
	return nil
}

func leaking(f *file) []hit {
	if len(f.parsed.Script.Leaks) == 0 {
		return nil
	}
	names := strings.Join(f.parsed.Script.Leaks, ", ")
	return one(hit{statement: wholeFile, what: "The file leaves settings of the session changed: " + short100(names) + ".", safe: "SET LOCAL … -- instead of SET"})
}
