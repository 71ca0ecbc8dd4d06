package lint

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// What these rules find is gone afterwards: only a backup brings it back.
var lossRules = []rule{
	{ // 37
		name: "drop-column", severity: Severe, judge: each(droppedColumn, pg.AlterTableType_AT_DropColumn),
		why: "Its values are lost, and programs that still name it fail from that moment on.",
	},
	{ // 38
		name: "drop-table", severity: Severe, judge: droppedTable,
		why: "Its rows are lost, and programs that still name it fail from that moment on.",
	},
	{ // 39
		name: "drop-everything", severity: Severe, judge: droppedEverything,
		why: "More is lost than the statement names.",
	},
	{
		name: "cascade", severity: Severe, judge: cascading,
		why: "Whatever depends on it goes too: views, foreign keys, columns of that type. The statement does not say what.",
	},
	{ // 27
		name: "truncate", severity: Severe, judge: truncated,
		why: "All rows are lost, and nobody reads or writes the table meanwhile.",
	},
	{ // 35
		name: "change-without-where", sized: true, severity: Warning, judge: unbounded,
		why: "Every row is locked and written, and the old versions stay until the transaction ends.",
	},
	{ // 35
		name: "delete-rows", severity: Note, judge: deleted,
		why: "What is deleted is lost; how much it is does not show before it runs.",
	},
}

const usersFail = "Programs that still name it fail from that moment on."

// lost marks what takes rows or values away: from a table without rows it takes none.
func (s *spot) lost(h hit) hit {
	_, known := s.facts.Tables[h.table]
	if _, heavy := s.facts.whole(h.table).weight(); known && !heavy {
		h.severity, h.why = Warning, "It holds nothing now. "+usersFail
		return h
	}
	h.loses = true
	return h
}

func droppedColumn(s *spot, table string, c *pg.AlterTableCmd) []hit {
	if _, ours := s.made[table]; ours {
		return nil
	}
	if t, known := s.facts.Tables[table]; known && c.GetMissingOk() {
		if _, there := t.Column(c.GetName()); !there {
			return nil
		}
	}
	return one(s.lost(hit{table: table, what: "The column " + short(c.GetName()) + " of " + shown(table) + " is dropped."}))
}

func droppedTable(s *spot) []hit {
	n := s.Node.GetDropStmt()
	if k := n.GetRemoveType(); n == nil || k != pg.ObjectType_OBJECT_TABLE && k != pg.ObjectType_OBJECT_MATVIEW && k != pg.ObjectType_OBJECT_FOREIGN_TABLE {
		return nil
	}
	var all []hit
	for _, o := range n.GetObjects() {
		key := s.facts.named(o)
		_, known := s.facts.Tables[key]
		h := s.lost(hit{table: key, what: shown(key) + " is dropped" + size(s.facts.whole(key), known) + "."})
		if _, ours := s.made[key]; ours || s.facts.isNew(key) && n.GetMissingOk() {
			continue
		}
		if n.GetRemoveType() != pg.ObjectType_OBJECT_TABLE { // its rows are elsewhere
			h.severity, h.loses, h.why = Warning, false, usersFail
		}
		all = append(all, h)
	}
	return all
}

func droppedEverything(s *spot) []hit {
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_DropStmt:
		if n.DropStmt.GetRemoveType() != pg.ObjectType_OBJECT_SCHEMA {
			return nil
		}
		var all []hit
		for _, o := range n.DropStmt.GetObjects() {
			h := hit{loses: true, what: "The schema " + short(strings.Join(words(o), ".")) + " is dropped."}
			if n.DropStmt.GetBehavior() != pg.DropBehavior_DROP_CASCADE { // refused unless it is empty
				h.severity, h.loses, h.why = Note, false, "It fails unless the schema is empty."
			}
			all = append(all, h)
		}
		return all
	case *pg.Node_DropdbStmt:
		return one(hit{loses: true, what: "The database " + short(n.DropdbStmt.GetDbname()) + " is dropped."})
	case *pg.Node_DropOwnedStmt:
		return one(hit{loses: true, what: "Everything that a role owns in this database is dropped."})
	}
	return nil
}

func cascading(s *spot) []hit {
	const cascade = pg.DropBehavior_DROP_CASCADE
	if d := s.Node.GetDropStmt(); d.GetBehavior() == cascade && d.GetRemoveType() != pg.ObjectType_OBJECT_SCHEMA {
		loses := d.GetRemoveType() == pg.ObjectType_OBJECT_TYPE || d.GetRemoveType() == pg.ObjectType_OBJECT_DOMAIN || d.GetRemoveType() == pg.ObjectType_OBJECT_EXTENSION
		return one(hit{loses: loses, severity: map[bool]Severity{false: Warning}[loses], what: s.Tag + " … CASCADE drops what depends on it, too."})
	}
	return each(func(s *spot, table string, c *pg.AlterTableCmd) []hit {
		if c.GetBehavior() != cascade {
			return nil
		}
		return one(hit{table: table, severity: Warning, what: "CASCADE drops what depends on " + short(c.GetName()) + " of " + shown(table) + ", too."})
	}, pg.AlterTableType_AT_DropColumn, pg.AlterTableType_AT_DropConstraint)(s)
}

func truncated(s *spot) []hit {
	n := s.Node.GetTruncateStmt()
	var all []hit
	for _, r := range n.GetRelations() {
		key := s.facts.key(r.GetRangeVar())
		if !s.exists(key) {
			continue
		}
		t, known := s.facts.Tables[key]
		all = append(all, s.lost(hit{table: key, what: shown(key) + " is emptied" + size(s.facts.whole(key), known) + "."}))
		if n.GetBehavior() == pg.DropBehavior_DROP_CASCADE {
			for _, other := range t.ReferencedBy {
				_, known := s.facts.Tables[other]
				all = append(all, s.lost(hit{table: other, what: shown(other) + " refers to it and is emptied, too" + size(s.facts.whole(other), known) + "."}))
			}
		}
	}
	return all
}

func unbounded(s *spot) []hit {
	if u := s.Node.GetUpdateStmt(); u != nil && u.GetWhereClause() == nil && len(u.GetFromClause()) == 0 {
		key := s.facts.key(u.GetRelation())
		return one(hit{table: key, loses: true, what: "UPDATE without WHERE writes every row of " + shown(key) + ".", safe: "UPDATE " + sql(key) + " SET … WHERE id BETWEEN … AND …; -- in batches, each its own transaction"})
	}
	if d := s.Node.GetDeleteStmt(); d != nil && d.GetWhereClause() == nil && len(d.GetUsingClause()) == 0 {
		key := s.facts.key(d.GetRelation())
		if !s.exists(key) {
			return nil
		}
		return one(hit{table: key, loses: true, severity: Severe, what: "DELETE without WHERE deletes every row of " + shown(key) + "."})
	}
	return nil
}

func deleted(s *spot) []hit {
	d := s.Node.GetDeleteStmt()
	if d == nil || d.GetWhereClause() == nil && len(d.GetUsingClause()) == 0 {
		return nil
	}
	key := s.facts.key(d.GetRelation())
	if !s.exists(key) {
		return nil
	}
	if rows, told := s.facts.Touched[s.Text]; told {
		return one(hit{table: key, loses: true, what: "About " + rowsText(rows) + " of " + shown(key) + " are deleted, as the server's planner expects.", why: "What is deleted is lost."})
	}
	return one(hit{table: key, loses: true, what: "Rows of " + shown(key) + " are deleted."})
}
