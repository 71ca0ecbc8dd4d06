package lint

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var rowRules = []rule{
	{ // 36
		name: "many-rows", severity: Warning, judge: manyRows,
		why: "Every row stays locked until the transaction ends, is written anew, and goes to the replicas as well.",
	},
}

// manyRows goes by what the server's planner expects. Without WHERE it is said already: see unbounded.
func manyRows(s *spot) []hit {
	key, what := touches(s.Node, s.facts)
	rows := s.facts.Touched[s.Text]
	if rows < smallTable || len(unbounded(s)) > 0 {
		return nil
	}
	h := hit{table: key, what: s.Tag + " " + what + " about " + rowsText(rows) + " of " + shown(key) + ", as the server's planner expects.", safe: "-- in batches, each its own transaction, outside of the migration"}
	if rows >= largeTable {
		h.severity = Severe
	}
	return one(h)
}

// touches gives the table whose rows a statement changes by their number, and what it does to them; empty for others.
func touches(n *pg.Node, f Facts) (key, what string) {
	switch {
	case n.GetUpdateStmt() != nil:
		return f.key(n.GetUpdateStmt().GetRelation()), "writes"
	case n.GetDeleteStmt() != nil:
		return f.key(n.GetDeleteStmt().GetRelation()), "deletes"
	case n.GetMergeStmt() != nil:
		return f.key(n.GetMergeStmt().GetRelation()), "looks at"
	case insertsMany(n.GetInsertStmt()):
		return f.key(n.GetInsertStmt().GetRelation()), "adds"
	}
	return "", ""
}

// Countable lists the statements whose rows the planner of a database can count before they run: each text once, of
// those that are about tables that exist already.
func Countable(steps []Parsed, f Facts) []string {
	var all []string
	for _, p := range steps {
		for _, s := range p.Script.Statements {
			key, _ := touches(s.Node, f)
			if _, exists := f.Tables[key]; exists && !slices.Contains(all, s.Text) {
				all = append(all, s.Text)
			}
		}
	}
	return all
}
