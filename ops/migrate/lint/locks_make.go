package lint

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// create takes locks on the tables that a new one refers to, hangs below or inherits from.
func (l *locker) create(s *pg.CreateStmt) {
	for _, parent := range s.GetInhRelations() {
		key := l.facts.key(parent.GetRangeVar())
		if s.GetPartbound() == nil {
			l.take(ShareUpdateExclusive, key)
			continue
		}
		l.take(AccessExclusive, key)
		l.defaultPartition(key)
		for _, c := range l.facts.Tables[key].Constraints {
			if c.Kind == ForeignTo {
				l.take(ShareRowExclusive, c.Table)
			}
		}
	}
	own := l.facts.key(s.GetRelation())
	for _, fk := range foreignKeys(s) {
		if key := l.facts.key(fk.GetPktable()); key != own {
			l.whole(ShareRowExclusive, key, false, false)
		}
	}
}

// foreignKeys of a CREATE TABLE, of its columns and of its own.
func foreignKeys(s *pg.CreateStmt) []*pg.Constraint {
	var all []*pg.Constraint
	for _, e := range s.GetTableElts() {
		if c := e.GetConstraint(); c.GetContype() == pg.ConstrType_CONSTR_FOREIGN {
			all = append(all, c)
		}
		if c := constraintOf(e.GetColumnDef(), pg.ConstrType_CONSTR_FOREIGN); c != nil {
			all = append(all, c)
		}
	}
	return all
}

func (l *locker) drop(s *pg.DropStmt) {
	for _, o := range s.GetObjects() {
		switch s.GetRemoveType() {
		case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_FOREIGN_TABLE:
			l.dropTable(l.facts.named(o), s.GetBehavior() == pg.DropBehavior_DROP_CASCADE)
		case pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW:
			l.take(AccessExclusive, l.facts.named(o))
		case pg.ObjectType_OBJECT_SEQUENCE:
			l.aside(AccessExclusive, l.facts.named(o))
		case pg.ObjectType_OBJECT_INDEX:
			mode := AccessExclusive
			if s.GetConcurrent() {
				mode = ShareUpdateExclusive
			}
			index := l.facts.named(o)
			l.take(mode, l.facts.indexed(index))
			l.aside(mode, index)
		case pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_RULE, pg.ObjectType_OBJECT_POLICY:
			names := words(o)
			l.take(AccessExclusive, l.facts.joined(names[:max(0, len(names)-1)]))
		}
	}
}

func (l *locker) dropTable(key string, cascade bool) {
	t := l.facts.Tables[key]
	l.whole(AccessExclusive, key, false, false)
	l.take(AccessExclusive, t.Parent)
	for _, c := range t.Constraints {
		if c.Kind == ForeignTo {
			l.take(AccessExclusive, c.Table)
		}
	}
	if cascade {
		for _, other := range t.ReferencedBy {
			l.take(AccessExclusive, other)
		}
	}
}

func (l *locker) rename(s *pg.RenameStmt) {
	switch s.GetRenameType() {
	case pg.ObjectType_OBJECT_INDEX:
		l.aside(ShareUpdateExclusive, l.relation(s.GetRelation()))
	case pg.ObjectType_OBJECT_COLUMN, pg.ObjectType_OBJECT_TABCONSTRAINT:
		l.whole(AccessExclusive, l.relation(s.GetRelation()), false, false)
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW,
		pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_POLICY, pg.ObjectType_OBJECT_RULE, pg.ObjectType_OBJECT_FOREIGN_TABLE:
		l.take(AccessExclusive, l.relation(s.GetRelation()))
	case pg.ObjectType_OBJECT_SEQUENCE:
		l.aside(AccessExclusive, l.relation(s.GetRelation()))
	}
}

func (l *locker) reindex(s *pg.ReindexStmt) {
	mode := Share
	if wanted(s.GetParams(), "concurrently") {
		mode = ShareUpdateExclusive
	}
	switch s.GetKind() {
	case pg.ReindexObjectType_REINDEX_OBJECT_TABLE:
		key := l.relation(s.GetRelation())
		l.whole(mode, key, false, true)
		if mode == Share {
			l.indexes(key)
		}
	case pg.ReindexObjectType_REINDEX_OBJECT_INDEX:
		index := l.relation(s.GetRelation())
		l.take(mode, l.facts.indexed(index)).Scan = true
		if mode == Share {
			mode = AccessExclusive
		}
		l.aside(mode, index).Rewrite = true
	}
}

// indexes of a table and of its partitions are closed one after the other, and with them whoever plans a query there.
func (l *locker) indexes(key string) {
	for _, k := range append([]string{key}, l.facts.Tables[key].Partitions...) {
		schema, _, _ := strings.Cut(k, ".")
		for _, i := range l.facts.Tables[k].Indexes {
			l.aside(AccessExclusive, Key(schema, i.Name)).Rewrite = l.facts.Tables[k].Kind != Partitioned
		}
	}
}
