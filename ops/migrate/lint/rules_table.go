package lint

import (
	"fmt"
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var tableRules = []rule{
	{ // 18, 19, 20
		name: "closes-for-a-moment", severity: Note, judge: shortLock,
		why: "It waits for every transaction that uses the table, and everybody else waits behind it.",
	},
	{ // 21
		name: "attach-scans", sized: true, severity: Warning, claims: reads, judge: attachScan,
		why: "Nobody reads or writes the new partition while every row is checked against its bounds.",
	},
	{ // 21, 22
		name: "default-partition-scans", sized: true, severity: Warning, claims: reads, judge: defaultScan,
		why: "Nobody reads or writes the default partition while it is searched for rows that belong into the new one.",
	},
	{ // 22
		name: "partition-of-closes-parent", severity: Warning, judge: partitionOf,
		why: "It waits for every transaction that uses the whole partitioned table, and everybody else waits behind it.",
	},
	{ // 23
		name: "detach-closes-parent", severity: Warning, judge: each(detach, pg.AlterTableType_AT_DetachPartition),
		why: "It waits for every transaction that uses the whole partitioned table, and everybody else waits behind it.",
	},
	{ // 25
		name: "rewritten-in-place", sized: true, severity: Warning, judge: rewritten,
		why: "Every row is written anew, and nobody reads or writes the table meanwhile.",
	},
	{ // 26
		name: "refresh-closes-view", sized: true, severity: Warning, judge: refreshed,
		why: "Nobody reads it while it is computed.",
	},
	{ // 28
		name: "lock-table", severity: Warning, judge: lockedTable,
		why: "The lock is held until the transaction ends, whatever the statements behind it take.",
	},
}

// shortLock: a strong lock for a moment. What takes longer has a rule of its own.
func shortLock(s *spot) []hit {
	what := ""
	var on *pg.RangeVar
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_CreateTrigStmt:
		what, on = "A new trigger", n.CreateTrigStmt.GetRelation()
	case *pg.Node_RuleStmt:
		what, on = "A new rule", n.RuleStmt.GetRelation()
	case *pg.Node_CreatePolicyStmt:
		what, on = "A new policy", n.CreatePolicyStmt.GetTable()
	case *pg.Node_AlterPolicyStmt:
		what, on = "The change of a policy", n.AlterPolicyStmt.GetTable()
	case *pg.Node_AlterTableStmt:
		return shortAlter(s)
	case *pg.Node_DropStmt:
		return shortDrop(s, n.DropStmt)
	}
	if on == nil {
		return nil
	}
	return s.closing(what, s.facts.key(on))
}

func (s *spot) closing(what, table string) []hit {
	i := slices.IndexFunc(s.locks, func(l Lock) bool { return l.Relation == table })
	if i < 0 || s.locks[i].Blocks() == "" {
		return nil
	}
	_, known := s.facts.Tables[table]
	if t := s.facts.whole(table); known && !t.busy() && t.count() < largeTable { // the locks of a statement are shown anyway
		return nil
	}
	if !s.once("closes", table) {
		return nil
	}
	return s.momentary(hit{table: table, what: fmt.Sprintf("%s closes %s to %s for a moment.", what, shown(table), s.locks[i].Blocks())})
}

// shortAlter speaks of an ALTER TABLE that blocks but has no work on the rows.
func shortAlter(s *spot) []hit {
	a := s.Node.GetAlterTableStmt()
	key := s.facts.key(a.GetRelation())
	if a.GetObjtype() != pg.ObjectType_OBJECT_TABLE || slices.ContainsFunc(s.locks, func(l Lock) bool { return l.Rewrite || l.Scan }) {
		return nil
	}
	for _, c := range a.GetCmds() {
		switch c.GetAlterTableCmd().GetSubtype() {
		case pg.AlterTableType_AT_DetachPartition, pg.AlterTableType_AT_AttachPartition:
			return nil
		}
	}
	return s.closing("This ALTER TABLE", key)
}

func shortDrop(s *spot, d *pg.DropStmt) []hit {
	what := map[pg.ObjectType]string{
		pg.ObjectType_OBJECT_TRIGGER: "Dropping a trigger", pg.ObjectType_OBJECT_RULE: "Dropping a rule", pg.ObjectType_OBJECT_POLICY: "Dropping a policy",
	}[d.GetRemoveType()]
	if what == "" {
		return nil
	}
	var all []hit
	for _, o := range d.GetObjects() {
		names := words(o)
		all = append(all, s.closing(what, s.facts.joined(names[:max(0, len(names)-1)]))...)
	}
	return all
}

func attachScan(s *spot) []hit {
	return each(func(s *spot, parent string, c *pg.AlterTableCmd) []hit {
		child := s.facts.key(c.GetDef().GetPartitionCmd().GetName())
		if s.facts.hasCheck(child) {
			return nil
		}
		return one(hit{table: child, what: shown(child) + " is read whole before it becomes a partition of " + shown(parent) + ".", safe: lines(
			altering(child, "ADD CONSTRAINT within_bounds CHECK (…) NOT VALID")+" -- the bounds, and NOT NULL of the key",
			altering(child, "VALIDATE CONSTRAINT within_bounds"),
			"-- then ATTACH PARTITION finds it proven",
		)})
	}, pg.AlterTableType_AT_AttachPartition)(s)
}

// defaultScan: a new partition makes PostgreSQL look through the default one.
func defaultScan(s *spot) []hit {
	var all []hit
	for _, l := range s.locks {
		t := s.facts.Tables[l.Relation]
		if !t.Default || !hangsBelow(s, t.Parent) {
			continue
		}
		all = append(all, hit{table: l.Relation, what: "The default partition " + shown(l.Relation) + " is read whole, for rows of the new partition."})
	}
	return all
}

func hangsBelow(s *spot, parent string) bool {
	for _, r := range s.Node.GetCreateStmt().GetInhRelations() {
		return s.facts.key(r.GetRangeVar()) == parent
	}
	a := s.Node.GetAlterTableStmt()
	attaches := func(c *pg.Node) bool {
		return c.GetAlterTableCmd().GetSubtype() == pg.AlterTableType_AT_AttachPartition
	}
	return a != nil && s.facts.key(a.GetRelation()) == parent && slices.ContainsFunc(a.GetCmds(), attaches)
}

func partitionOf(s *spot) []hit {
	n := s.Node.GetCreateStmt()
	if n.GetPartbound() == nil {
		return nil
	}
	parent, own := s.facts.key(n.GetInhRelations()[0].GetRangeVar()), s.facts.key(n.GetRelation())
	h := hit{table: parent, what: "CREATE TABLE … PARTITION OF closes " + shown(parent) + " to reads and writes.", safe: lines(
		fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING ALL);", sql(own), sql(parent)),
		altering(parent, "ATTACH PARTITION %s FOR VALUES …", sql(own)),
	)}
	return s.momentary(h)
}

func detach(s *spot, parent string, c *pg.AlterTableCmd) []hit {
	p := c.GetDef().GetPartitionCmd()
	if p.GetConcurrent() || s.facts.Version > 0 && s.facts.Version < 14 {
		return nil
	}
	part := s.facts.key(p.GetName())
	return s.momentary(hit{table: parent, what: "DETACH PARTITION closes " + shown(parent) + " to reads and writes.", safe: altering(parent, "DETACH PARTITION %s CONCURRENTLY", sql(part))})
}

func rewritten(s *spot) []hit {
	if c := s.Node.GetClusterStmt(); c != nil {
		if c.GetRelation() == nil {
			return one(hit{severity: Severe, what: "CLUSTER without a table writes every clustered table anew."})
		}
		key := s.facts.key(c.GetRelation())
		return one(hit{table: key, what: "CLUSTER writes " + shown(key) + " anew, in the order of an index.", safe: "-- outside of migrations, with the extension pg_repack: it closes the table only for moments"})
	}
	v := s.Node.GetVacuumStmt()
	if !v.GetIsVacuumcmd() || !wanted(v.GetOptions(), "full") {
		return nil
	}
	var all []hit
	for _, r := range v.GetRels() {
		key := s.facts.key(r.GetVacuumRelation().GetRelation())
		all = append(all, hit{table: key, what: "VACUUM FULL writes " + shown(key) + " anew.", safe: "VACUUM " + sql(key) + "; -- or, to give space back, pg_repack"})
	}
	if len(v.GetRels()) == 0 {
		all = one(hit{severity: Severe, what: "VACUUM FULL without a table writes every table anew."})
	}
	return all
}

func refreshed(s *spot) []hit {
	n := s.Node.GetRefreshMatViewStmt()
	if n == nil || n.GetConcurrent() || n.GetSkipData() {
		return nil
	}
	key := s.facts.key(n.GetRelation())
	return one(hit{table: key, what: "REFRESH closes " + shown(key) + " to reads.", safe: "REFRESH MATERIALIZED VIEW CONCURRENTLY " + sql(key) + "; -- needs a unique index on it"})
}

func lockedTable(s *spot) []hit {
	n := s.Node.GetLockStmt()
	var all []hit
	for _, r := range n.GetRelations() {
		key := s.facts.key(r.GetRangeVar())
		mode := modes[n.GetMode()-1]
		if blocks := (Lock{Mode: mode}).Blocks(); blocks != "" && s.exists(key) {
			all = append(all, hit{table: key, what: "LOCK TABLE closes " + shown(key) + " to " + blocks + "."})
		}
	}
	return all
}
