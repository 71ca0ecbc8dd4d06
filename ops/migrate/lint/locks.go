package lint

import (
	pg "github.com/pganalyze/pg_query_go/v6"

	"dbbot/ops/migrate/script"
)

// Locks says which locks a statement takes on relations that exist, whether it rewrites them and whether it reads them
// whole, as measured on PostgreSQL 15 (the test measures again). Indexes are named only where the statement is about
// one. What triggers, functions and DO blocks do is not seen.
func Locks(s script.Statement, f Facts) []Lock {
	l := &locker{facts: f}
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_AlterTableStmt:
		l.alter(n.AlterTableStmt)
	case *pg.Node_CreateStmt:
		l.create(n.CreateStmt)
	case *pg.Node_IndexStmt:
		mode := Share
		if n.IndexStmt.GetConcurrent() {
			mode = ShareUpdateExclusive
		}
		l.whole(mode, f.key(n.IndexStmt.GetRelation()), false, true)
	case *pg.Node_ReindexStmt:
		l.reindex(n.ReindexStmt)
	case *pg.Node_DropStmt:
		l.drop(n.DropStmt)
	case *pg.Node_RenameStmt:
		l.rename(n.RenameStmt)
	case *pg.Node_AlterObjectSchemaStmt:
		l.take(AccessExclusive, l.relation(n.AlterObjectSchemaStmt.GetRelation()))
	case *pg.Node_TruncateStmt:
		l.truncate(n.TruncateStmt)
	case *pg.Node_CommentStmt:
		l.comment(n.CommentStmt)
	case *pg.Node_LockStmt:
		for _, r := range n.LockStmt.GetRelations() {
			l.whole(modes[n.LockStmt.GetMode()-1], f.key(r.GetRangeVar()), false, false)
		}
	default:
		l.other(s.Node)
	}
	return l.all
}

// other statements take one lock on one relation.
func (l *locker) other(n *pg.Node) {
	switch s := n.GetNode().(type) {
	case *pg.Node_CreateTrigStmt:
		l.whole(ShareRowExclusive, l.facts.key(s.CreateTrigStmt.GetRelation()), false, false)
		l.take(ShareRowExclusive, l.relation(s.CreateTrigStmt.GetConstrrel()))
	case *pg.Node_RuleStmt:
		l.take(AccessExclusive, l.relation(s.RuleStmt.GetRelation()))
	case *pg.Node_CreatePolicyStmt:
		l.take(AccessExclusive, l.relation(s.CreatePolicyStmt.GetTable()))
	case *pg.Node_AlterPolicyStmt:
		l.take(AccessExclusive, l.relation(s.AlterPolicyStmt.GetTable()))
	case *pg.Node_ViewStmt:
		if key := l.relation(s.ViewStmt.GetView()); !l.facts.isNew(key) && s.ViewStmt.GetReplace() {
			l.take(AccessExclusive, key)
		}
	case *pg.Node_ClusterStmt:
		l.whole(AccessExclusive, l.relation(s.ClusterStmt.GetRelation()), true, true)
	case *pg.Node_VacuumStmt:
		l.vacuum(s.VacuumStmt)
	case *pg.Node_RefreshMatViewStmt:
		l.refresh(s.RefreshMatViewStmt)
	case *pg.Node_CreateStatsStmt:
		for _, r := range s.CreateStatsStmt.GetRelations() {
			l.take(ShareUpdateExclusive, l.relation(r.GetRangeVar()))
		}
	case *pg.Node_AlterSeqStmt:
		l.aside(ShareRowExclusive, l.relation(s.AlterSeqStmt.GetSequence()))
	default:
		l.rows(n)
	}
}

// rows are what the rest reads and writes: one lock for each table, as weak as everyday work.
func (l *locker) rows(n *pg.Node) {
	switch s := n.GetNode().(type) {
	case *pg.Node_InsertStmt:
		l.take(RowExclusive, l.relation(s.InsertStmt.GetRelation()))
	case *pg.Node_UpdateStmt:
		l.whole(RowExclusive, l.relation(s.UpdateStmt.GetRelation()), false, s.UpdateStmt.GetWhereClause() == nil)
	case *pg.Node_DeleteStmt:
		l.whole(RowExclusive, l.relation(s.DeleteStmt.GetRelation()), false, s.DeleteStmt.GetWhereClause() == nil)
	case *pg.Node_CopyStmt:
		if s.CopyStmt.GetIsFrom() {
			l.take(RowExclusive, l.relation(s.CopyStmt.GetRelation()))
		}
	}
}

func (l *locker) relation(r *pg.RangeVar) string {
	if r == nil {
		return ""
	}
	return l.facts.key(r)
}

// truncate puts an empty file in the place of the rows, which takes no time: no rewrite.
func (l *locker) truncate(s *pg.TruncateStmt) {
	for _, r := range s.GetRelations() {
		key := l.facts.key(r.GetRangeVar())
		l.whole(AccessExclusive, key, false, false)
		if s.GetBehavior() == pg.DropBehavior_DROP_CASCADE {
			for _, other := range l.facts.Tables[key].ReferencedBy {
				l.whole(AccessExclusive, other, false, false)
			}
		}
	}
}

func (l *locker) vacuum(s *pg.VacuumStmt) {
	full := s.GetIsVacuumcmd() && wanted(s.GetOptions(), "full")
	for _, r := range s.GetRels() {
		mode := ShareUpdateExclusive
		if full {
			mode = AccessExclusive
		}
		l.whole(mode, l.relation(r.GetVacuumRelation().GetRelation()), full, full)
	}
}

func (l *locker) refresh(s *pg.RefreshMatViewStmt) {
	mode := AccessExclusive
	if s.GetConcurrent() {
		mode = Exclusive
	}
	lock := l.take(mode, l.relation(s.GetRelation()))
	lock.Rewrite, lock.Scan = !s.GetConcurrent(), true
}

func (l *locker) comment(s *pg.CommentStmt) {
	l.take(ShareUpdateExclusive, l.facts.joined(commented(s)))
}

// commented is the relation that a comment is on, or on a part of; none for a comment on anything else.
func commented(s *pg.CommentStmt) []string {
	names := words(s.GetObject())
	switch s.GetObjtype() {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW:
		return names
	case pg.ObjectType_OBJECT_COLUMN:
		return names[:max(0, len(names)-1)]
	}
	return nil
}
