package lint

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// rule is one thing worth saying. Those about tables are sized: the bigger and busier the table, the more they matter,
// and about one that is empty or made by the plan itself they say nothing.
type rule struct {
	name     string
	sized    bool
	severity Severity // where it is not sized, or nothing is known about sizes
	why      string
	claims   func(Lock) bool   // what it says comes of the statement; a rehearsal that did not see it silences the rule
	judge    func(*spot) []hit // asked for each statement
	whole    func(*file) []hit // asked once, behind the last statement
}

// hit is what a rule found.
type hit struct {
	table     string
	what      string
	safe      string
	why       string   // instead of the rule's
	severity  Severity // instead of the rule's
	loses     bool
	statement int // of rules about whole files
}

// rules of all topics, in the order in which findings about one statement are told.
var rules = slices.Concat(toolRules, lossRules, rowRules, indexRules, constraintRules, columnRules, tableRules, transactionRules, useRules, qualityRules, accessRules, seenRules)

const wholeFile = -1

func one(h hit) []hit { return []hit{h} }

func (r rule) findings(f *file, hits []hit, statement int) []Finding {
	var all []Finding
	for _, h := range hits {
		severity, speaks := r.weigh(f, h)
		if !speaks {
			continue
		}
		if r.whole != nil {
			statement = h.statement
		}
		found := Finding{
			Rule: r.name, Severity: severity, Statement: statement, Table: h.table, What: h.what, Why: r.why, Safe: h.safe, Loses: h.loses,
		}
		if h.why != "" {
			found.Why = h.why
		}
		if statement >= 0 {
			found.Line = f.parsed.Script.Statements[statement].Line
		}
		all = append(all, found)
	}
	return all
}

func (r rule) weigh(f *file, h hit) (Severity, bool) {
	switch {
	case h.severity != "":
		return h.severity, true
	case !r.sized:
		return r.severity, true
	case !f.exists(h.table):
		return "", false
	}
	if _, known := f.facts.Tables[h.table]; !known {
		return r.severity, true
	}
	return f.facts.whole(h.table).weight()
}

// Tables below the first are small, above the second large (rows).
const (
	smallTable = 10_000
	largeTable = 1_000_000
)

// weight of a table: small, middling or large, and one more where it is busy. An empty one weighs nothing.
func (t Table) weight() (Severity, bool) {
	rows := t.count()
	switch {
	case rows == 0 && !t.busy():
		return "", false
	case rows >= largeTable:
		return Severe, true
	case rows >= smallTable && t.busy():
		return Severe, true
	case rows >= smallTable, t.busy():
		return Warning, true
	}
	return Note, true
}

const (
	thinRow   = 100                // bytes of a row, where rows were never counted
	justMade  = 1 << 20            // bytes below which a table that counts 0 rows is believed to be empty
	busyRate  = 100                // scans and writes a second from which a moment's lock is noticed
	longWorks = 60 * 1_000_000_000 // nanoseconds: a transaction as old as that keeps a lock waiting
)

// count is the number of rows, guessed from the bytes where nobody counted.
func (t Table) count() int64 {
	if t.Rows < 0 || t.Rows == 0 && t.Bytes >= justMade {
		return t.Bytes / thinRow
	}
	return t.Rows
}

func (t Table) busy() bool { return t.Scans+t.Updates >= busyRate || t.Longest >= longWorks }

// each asks about every command of an ALTER TABLE that is of one of the kinds.
func each(judge func(s *spot, table string, c *pg.AlterTableCmd) []hit, kinds ...pg.AlterTableType) func(*spot) []hit {
	return func(s *spot) []hit {
		a := s.Node.GetAlterTableStmt()
		if a == nil || a.GetObjtype() != pg.ObjectType_OBJECT_TABLE {
			return nil
		}
		var all []hit
		for _, c := range a.GetCmds() {
			if slices.Contains(kinds, c.GetAlterTableCmd().GetSubtype()) {
				all = append(all, judge(s, s.facts.key(a.GetRelation()), c.GetAlterTableCmd())...)
			}
		}
		return all
	}
}
