package lint

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// alter takes the strongest lock that one of its commands needs, for all of them.
func (l *locker) alter(s *pg.AlterTableStmt) {
	key := l.facts.key(s.GetRelation())
	if s.GetObjtype() == pg.ObjectType_OBJECT_INDEX {
		l.alterIndex(key, s)
		return
	}
	for _, c := range s.GetCmds() {
		cmd := c.GetAlterTableCmd()
		mode := alterMode(cmd)
		switch cmd.GetSubtype() {
		case pg.AlterTableType_AT_AttachPartition:
			l.take(mode, key)
			l.attach(key, cmd)
		case pg.AlterTableType_AT_DetachPartition, pg.AlterTableType_AT_DetachPartitionFinalize:
			l.take(mode, key)
			l.take(detachedMode(mode), l.facts.key(cmd.GetDef().GetPartitionCmd().GetName()))
		case pg.AlterTableType_AT_AddInherit, pg.AlterTableType_AT_DropInherit:
			l.take(mode, key)
			l.take(ShareUpdateExclusive, l.facts.key(cmd.GetDef().GetRangeVar()))
		case pg.AlterTableType_AT_SetRelOptions, pg.AlterTableType_AT_ResetRelOptions, pg.AlterTableType_AT_ChangeOwner,
			pg.AlterTableType_AT_EnableRowSecurity, pg.AlterTableType_AT_DisableRowSecurity, pg.AlterTableType_AT_ForceRowSecurity:
			l.take(mode, key) // the table alone, not its partitions
		default:
			l.whole(mode, key, l.rewrites(key, cmd), l.scans(key, cmd))
			l.beside(key, cmd)
		}
	}
}

func detachedMode(mode string) string {
	if mode == ShareUpdateExclusive { // CONCURRENTLY: the partition itself is locked at the end
		return AccessExclusive
	}
	return mode
}

// alterMode is PostgreSQL's AlterTableGetLockLevel.
func alterMode(c *pg.AlterTableCmd) string {
	switch c.GetSubtype() {
	case pg.AlterTableType_AT_AddConstraint:
		if c.GetDef().GetConstraint().GetContype() == pg.ConstrType_CONSTR_FOREIGN {
			return ShareRowExclusive
		}
	case pg.AlterTableType_AT_EnableTrig, pg.AlterTableType_AT_EnableAlwaysTrig, pg.AlterTableType_AT_EnableReplicaTrig,
		pg.AlterTableType_AT_EnableTrigAll, pg.AlterTableType_AT_EnableTrigUser, pg.AlterTableType_AT_DisableTrig,
		pg.AlterTableType_AT_DisableTrigAll, pg.AlterTableType_AT_DisableTrigUser:
		return ShareRowExclusive
	case pg.AlterTableType_AT_SetStatistics, pg.AlterTableType_AT_ClusterOn, pg.AlterTableType_AT_DropCluster,
		pg.AlterTableType_AT_SetOptions, pg.AlterTableType_AT_ResetOptions, pg.AlterTableType_AT_ValidateConstraint,
		pg.AlterTableType_AT_AttachPartition, pg.AlterTableType_AT_DetachPartitionFinalize:
		return ShareUpdateExclusive
	case pg.AlterTableType_AT_SetRelOptions, pg.AlterTableType_AT_ResetRelOptions:
		if !has(c.GetDef().GetList().GetItems(), "user_catalog_table") {
			return ShareUpdateExclusive
		}
	case pg.AlterTableType_AT_DetachPartition:
		if c.GetDef().GetPartitionCmd().GetConcurrent() {
			return ShareUpdateExclusive
		}
	}
	return AccessExclusive
}

func (l *locker) rewrites(key string, c *pg.AlterTableCmd) bool {
	t := l.facts.Tables[key]
	switch c.GetSubtype() {
	case pg.AlterTableType_AT_AddColumn:
		return fillsRows(c.GetDef().GetColumnDef()) != ""
	case pg.AlterTableType_AT_AlterColumnType:
		return l.facts.typeRewrites(key, c)
	case pg.AlterTableType_AT_SetLogged:
		return l.facts.Tables == nil || t.Unlogged
	case pg.AlterTableType_AT_SetUnLogged:
		return !t.Unlogged
	case pg.AlterTableType_AT_SetTableSpace, pg.AlterTableType_AT_SetAccessMethod:
		return true
	case pg.AlterTableType_AT_SetExpression:
		return true
	}
	return false
}

func (l *locker) scans(key string, c *pg.AlterTableCmd) bool {
	switch c.GetSubtype() {
	case pg.AlterTableType_AT_AddColumn:
		d := c.GetDef().GetColumnDef()
		return fillsRows(d) != "" || constraintOf(d, pg.ConstrType_CONSTR_CHECK) != nil || isUnique(d) || notNull(d) && !hasDefault(d)
	case pg.AlterTableType_AT_AlterColumnType:
		return l.facts.typeRewrites(key, c)
	case pg.AlterTableType_AT_SetNotNull:
		return !l.facts.provenNotNull(key, c.GetName())
	case pg.AlterTableType_AT_ValidateConstraint:
		have, known := l.facts.Tables[key].constraint(c.GetName())
		return !known || !have.Valid
	case pg.AlterTableType_AT_AddConstraint:
		return l.addScans(key, c.GetDef().GetConstraint())
	case pg.AlterTableType_AT_SetLogged, pg.AlterTableType_AT_SetUnLogged, pg.AlterTableType_AT_SetAccessMethod, pg.AlterTableType_AT_SetExpression:
		return l.rewrites(key, c)
	}
	return false
}

func (l *locker) addScans(key string, c *pg.Constraint) bool {
	switch {
	case c.GetSkipValidation():
		return false
	case c.GetIndexname() == "":
		return true
	case c.GetContype() != pg.ConstrType_CONSTR_PRIMARY:
		return false
	}
	return l.facts.Tables == nil || !l.facts.indexNotNull(key, c.GetIndexname())
}

// indexNotNull: a primary key from an index reads the table only to make its columns NOT NULL.
func (f Facts) indexNotNull(key, index string) bool {
	for _, i := range f.Tables[key].Indexes {
		if i.Name != index {
			continue
		}
		for _, name := range i.Columns {
			if !f.provenNotNull(key, name) {
				return false
			}
		}
		return true
	}
	return false
}

// beside are the locks on other tables than the one that is altered.
func (l *locker) beside(key string, c *pg.AlterTableCmd) {
	t := l.facts.Tables[key]
	switch c.GetSubtype() {
	case pg.AlterTableType_AT_AddColumn:
		if fk := constraintOf(c.GetDef().GetColumnDef(), pg.ConstrType_CONSTR_FOREIGN); fk != nil {
			l.whole(ShareRowExclusive, l.facts.key(fk.GetPktable()), false, false)
		}
	case pg.AlterTableType_AT_AddConstraint:
		if fk := c.GetDef().GetConstraint(); fk.GetContype() == pg.ConstrType_CONSTR_FOREIGN {
			l.whole(ShareRowExclusive, l.facts.key(fk.GetPktable()), false, !fk.GetSkipValidation())
		}
	case pg.AlterTableType_AT_ValidateConstraint:
		if have, _ := t.constraint(c.GetName()); have.Kind == ForeignTo && !have.Valid {
			l.take(RowShare, have.Table).Scan = true
		}
	case pg.AlterTableType_AT_DropConstraint:
		have, _ := t.constraint(c.GetName())
		l.unreferenced(t, have)
	case pg.AlterTableType_AT_DropColumn:
		for _, have := range t.Constraints {
			if slices.Contains(have.Columns, c.GetName()) {
				l.unreferenced(t, have)
			}
		}
	}
}

// unreferenced: a foreign key that goes away takes triggers of both its tables with it.
func (l *locker) unreferenced(t Table, gone Constraint) {
	switch gone.Kind {
	case ForeignTo:
		l.take(AccessExclusive, gone.Table)
	case Primary, Unique:
		for _, key := range t.ReferencedBy {
			l.take(AccessExclusive, key)
		}
	}
}

func (l *locker) attach(parent string, c *pg.AlterTableCmd) {
	key := l.facts.key(c.GetDef().GetPartitionCmd().GetName())
	l.whole(AccessExclusive, key, false, !l.facts.hasCheck(key))
	l.defaultPartition(parent)
}

// hasCheck: whether it implies the bounds is PostgreSQL's to prove; one that is there was made for it.
func (f Facts) hasCheck(key string) bool {
	for _, c := range f.Tables[key].Constraints {
		if c.Kind == CheckThat && c.Valid {
			return true
		}
	}
	return false
}

// defaultPartition is read whole for rows that belong into a new one.
func (l *locker) defaultPartition(parent string) {
	for _, p := range l.facts.Tables[parent].Partitions {
		if t := l.facts.Tables[p]; t.Default && t.Parent == parent {
			l.whole(AccessExclusive, p, false, true)
		}
	}
}

func (l *locker) alterIndex(key string, s *pg.AlterTableStmt) {
	for _, c := range s.GetCmds() {
		switch c.GetAlterTableCmd().GetSubtype() {
		case pg.AlterTableType_AT_AttachPartition, pg.AlterTableType_AT_SetStatistics, pg.AlterTableType_AT_SetRelOptions:
			l.aside(ShareUpdateExclusive, key)
		default:
			l.aside(AccessExclusive, key)
		}
	}
}
