package lint

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

var constraintRules = []rule{
	{ // 7
		name: "unique-blocks", sized: true, severity: Warning, judge: blockingUnique,
		why: "Nobody reads or writes the table while its index is built.",
	},
	{ // 8
		name: "check-scans", sized: true, severity: Warning, claims: reads, judge: each(scanningCheck, pg.AlterTableType_AT_AddConstraint, pg.AlterTableType_AT_AddColumn),
		why: "Nobody reads or writes the table while every row is checked.",
	},
	{ // 9
		name: "foreign-key-scans", sized: true, severity: Warning, claims: reads, judge: each(scanningForeignKey, pg.AlterTableType_AT_AddConstraint),
		why: "Nobody writes to either table while every row is checked.",
	},
	{ // 9
		name: "reference-locks", sized: true, severity: Warning, judge: lockingReference,
		why: "It waits for whoever writes to the referenced table, and all other writers wait behind it.",
	},
	{ // 10
		name: "validate-in-same-transaction", sized: true, severity: Warning, judge: each(earlyValidate, pg.AlterTableType_AT_ValidateConstraint),
		why: "The stronger lock of adding it is held until the end, so that NOT VALID won nothing.",
	},
	{ // 11
		name: "set-not-null-scans", sized: true, severity: Warning, claims: reads, judge: each(scanningNotNull, pg.AlterTableType_AT_SetNotNull),
		why: "Nobody reads or writes the table while every row is checked.",
	},
	{ // 16, 17
		name: "drop-locks-referenced", severity: Warning, judge: droppedReference,
		why: "It waits for every transaction that uses them, also for those that only read, and everybody else waits behind it.",
	},
	{ // 58
		name: "domain-constraint", severity: Warning, judge: domainConstraint,
		why: "Every table with a column of that domain is read whole, and cannot be written to meanwhile.",
	},
}

func blockingUnique(s *spot) []hit {
	return each(func(s *spot, table string, c *pg.AlterTableCmd) []hit {
		con := c.GetDef().GetConstraint()
		if d := c.GetDef().GetColumnDef(); d != nil && isUnique(d) {
			safe := lines(altering(table, "ADD COLUMN %s %s", quote(d.GetColname()), typeText(d.GetTypeName())), uniqueSafe(table, "", []string{d.GetColname()}, "UNIQUE"))
			return one(hit{table: table, what: "The new column " + short(d.GetColname()) + " brings a unique index, built while " + shown(table) + " is closed.", safe: safe})
		}
		if con.GetIndexname() != "" {
			return nil
		}
		switch con.GetContype() {
		case pg.ConstrType_CONSTR_UNIQUE:
			return one(hit{table: table, what: "A unique constraint builds its index while " + shown(table) + " is closed.", safe: uniqueSafe(table, con.GetConname(), texts(con.GetKeys()), "UNIQUE")})
		case pg.ConstrType_CONSTR_PRIMARY:
			return one(hit{table: table, what: "A primary key builds its index while " + shown(table) + " is closed.", safe: uniqueSafe(table, con.GetConname(), texts(con.GetKeys()), "PRIMARY KEY")})
		case pg.ConstrType_CONSTR_EXCLUSION:
			return one(hit{table: table, what: "An exclusion constraint builds its index while " + shown(table) + " is closed.", why: "Nobody reads or writes the table meanwhile, and there is no other way to add one: do it when nobody works."})
		}
		return nil
	}, pg.AlterTableType_AT_AddConstraint, pg.AlterTableType_AT_AddColumn)(s)
}

func uniqueSafe(table, name string, columns []string, kind string) string {
	_, plain := split(table)
	if name == "" {
		name = plain + "_" + strings.Join(columns, "_") + "_key"
	}
	return lines(
		"CREATE UNIQUE INDEX CONCURRENTLY "+quote(name)+" ON "+sql(table)+" ("+quoted(columns)+"); -- in a file of its own",
		altering(table, "ADD CONSTRAINT %s %s USING INDEX %[1]s", quote(name), kind),
	)
}

func scanningCheck(s *spot, table string, c *pg.AlterTableCmd) []hit {
	con := c.GetDef().GetConstraint()
	if d := c.GetDef().GetColumnDef(); d != nil {
		if con = constraintOf(d, pg.ConstrType_CONSTR_CHECK); con == nil {
			return nil
		}
		return one(hit{table: table, what: "The new column " + short(d.GetColname()) + " has a CHECK, so that every row of " + shown(table) + " is read.", safe: laterCheck(table, c)})
	}
	if con.GetContype() != pg.ConstrType_CONSTR_CHECK || con.GetSkipValidation() {
		return nil
	}
	return one(hit{table: table, what: "The new CHECK reads every row of " + shown(table) + ".", safe: later(table, con, con.GetConname())})
}

// laterCheck takes the CHECK out of a new column.
func laterCheck(table string, c *pg.AlterTableCmd) string {
	d := proto.Clone(c.GetDef().GetColumnDef()).(*pg.ColumnDef)
	con := constraintOf(d, pg.ConstrType_CONSTR_CHECK)
	var kept []*pg.Node
	for _, n := range d.GetConstraints() {
		if n.GetConstraint().GetContype() != pg.ConstrType_CONSTR_CHECK {
			kept = append(kept, n)
		}
	}
	d.Constraints = kept
	add := alterText(table, &pg.AlterTableCmd{Subtype: pg.AlterTableType_AT_AddColumn, Def: &pg.Node{Node: &pg.Node_ColumnDef{ColumnDef: d}}})
	return lines(add, later(table, con, con.GetConname()))
}

// later adds a constraint NOT VALID and validates it afterwards.
func later(table string, con *pg.Constraint, name string) string {
	c := proto.Clone(con).(*pg.Constraint)
	if name == "" {
		_, name = split(table)
		name += map[bool]string{true: "_fkey", false: "_check"}[c.GetContype() == pg.ConstrType_CONSTR_FOREIGN]
	}
	c.Conname, c.SkipValidation, c.InitiallyValid = name, true, false
	add := alterText(table, &pg.AlterTableCmd{Subtype: pg.AlterTableType_AT_AddConstraint, Def: &pg.Node{Node: &pg.Node_Constraint{Constraint: c}}})
	return lines(add, "-- in a later migration, which closes nothing:", altering(table, "VALIDATE CONSTRAINT %s", quote(name)))
}

// alterText writes one command as ALTER TABLE.
func alterText(table string, c *pg.AlterTableCmd) string {
	schema, name := split(table)
	if schema == "public" {
		schema = ""
	}
	c.Behavior = pg.DropBehavior_DROP_RESTRICT
	return deparse(&pg.Node{Node: &pg.Node_AlterTableStmt{AlterTableStmt: &pg.AlterTableStmt{
		Relation: &pg.RangeVar{Schemaname: schema, Relname: name, Inh: true, Relpersistence: "p"},
		Cmds:     []*pg.Node{{Node: &pg.Node_AlterTableCmd{AlterTableCmd: c}}}, Objtype: pg.ObjectType_OBJECT_TABLE,
	}}})
}

func scanningForeignKey(s *spot, table string, c *pg.AlterTableCmd) []hit {
	con := c.GetDef().GetConstraint()
	if con.GetContype() != pg.ConstrType_CONSTR_FOREIGN || con.GetSkipValidation() {
		return nil
	}
	other := s.facts.key(con.GetPktable())
	h := hit{table: table, what: "The new foreign key reads all of " + shown(table) + " and closes it and " + shown(other) + " to writes.", safe: foreignKeyLater(table, con)}
	if !s.exists(table) { // nothing to read, and the lock on the other table is told by reference-locks
		return nil
	}
	return one(h)
}

func foreignKeyLater(table string, con *pg.Constraint) string {
	name := con.GetConname()
	if name == "" {
		_, name = split(table)
		name += "_" + strings.Join(texts(con.GetFkAttrs()), "_") + "_fkey"
	}
	return later(table, con, name)
}

// lockingReference: a new table, or a new column, that refers to a table in use.
func lockingReference(s *spot) []hit {
	var all []hit
	var keys []*pg.Constraint
	own := ""
	switch {
	case s.Node.GetCreateStmt() != nil:
		keys, own = foreignKeys(s.Node.GetCreateStmt()), s.facts.key(s.Node.GetCreateStmt().GetRelation())
	case s.Node.GetAlterTableStmt() != nil:
		own = s.facts.key(s.Node.GetAlterTableStmt().GetRelation())
		for _, c := range s.Node.GetAlterTableStmt().GetCmds() {
			if fk := constraintOf(c.GetAlterTableCmd().GetDef().GetColumnDef(), pg.ConstrType_CONSTR_FOREIGN); fk != nil {
				keys = append(keys, fk)
			}
			if fk := c.GetAlterTableCmd().GetDef().GetConstraint(); fk.GetContype() == pg.ConstrType_CONSTR_FOREIGN && !s.exists(own) {
				keys = append(keys, fk)
			}
		}
	}
	for _, fk := range keys {
		other := s.facts.key(fk.GetPktable())
		if other != own {
			all = append(all, s.momentary(hit{table: other, what: "The reference from " + shown(own) + " closes " + shown(other) + " to writes for a moment."})...)
		}
	}
	return all
}

// momentary: a lock that is over at once matters only where the table is busy.
func (s *spot) momentary(h hit) []hit {
	switch {
	case !s.exists(h.table):
		return nil
	case s.facts.whole(h.table).busy():
		h.severity = Warning
	default:
		h.severity = Note
	}
	return one(h)
}

func earlyValidate(s *spot, table string, c *pg.AlterTableCmd) []hit {
	if _, here := s.notValid[table+" "+c.GetName()]; !here || !s.inside {
		return nil
	}
	return one(hit{table: table, what: short(c.GetName()) + " is added and validated in one transaction.", safe: altering(table, "VALIDATE CONSTRAINT %s", quote(c.GetName())) + " -- in a migration of its own"})
}

func scanningNotNull(s *spot, table string, c *pg.AlterTableCmd) []hit {
	if s.facts.provenNotNull(table, c.GetName()) {
		return nil
	}
	_, name := split(table)
	name += "_" + c.GetName() + "_not_null"
	safe := lines(
		altering(table, "ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID", quote(name), quote(c.GetName())),
		"-- in a later migration, which closes nothing:",
		altering(table, "VALIDATE CONSTRAINT %s", quote(name)),
		"-- then, without reading the rows again:",
		altering(table, "ALTER COLUMN %s SET NOT NULL", quote(c.GetName())),
		altering(table, "DROP CONSTRAINT %s", quote(name)),
	)
	if s.facts.Version > 0 && s.facts.Version < 12 {
		safe = ""
	}
	return one(hit{table: table, what: "SET NOT NULL on " + short(c.GetName()) + " reads every row of " + shown(table) + ".", safe: safe})
}

// droppedReference: triggers of a foreign key sit on both tables, and go with it.
func droppedReference(s *spot) []hit {
	own := ""
	switch {
	case s.Node.GetDropStmt().GetRemoveType() == pg.ObjectType_OBJECT_TABLE:
	case s.Node.GetAlterTableStmt() != nil:
		own = s.facts.key(s.Node.GetAlterTableStmt().GetRelation())
	default:
		return nil
	}
	var all []hit
	for _, l := range s.locks {
		if l.Mode == AccessExclusive && l.Relation != own && !s.isDropped(l.Relation) && !s.isPartition(own, l.Relation) {
			all = append(all, s.momentary(hit{table: l.Relation, what: "A foreign key between this table and " + shown(l.Relation) + " goes away, which closes " + shown(l.Relation) + " to reads and writes for a moment."})...)
		}
	}
	return all
}

func (s *spot) isDropped(key string) bool {
	for _, o := range s.Node.GetDropStmt().GetObjects() {
		if k := s.facts.named(o); k == key || s.isPartition(k, key) || s.facts.Tables[k].Parent == key {
			return true
		}
	}
	return false
}

func domainConstraint(s *spot) []hit {
	d := s.Node.GetAlterDomainStmt()
	if con := d.GetDef().GetConstraint(); d == nil || con == nil || con.GetSkipValidation() || con.GetContype() != pg.ConstrType_CONSTR_CHECK {
		return nil
	}
	domain := s.facts.joined(texts(d.GetTypeName()))
	return one(hit{what: "A CHECK is added to the domain " + shown(domain) + " and checked in all tables that use it.", safe: "ALTER DOMAIN " + sql(domain) + " ADD CONSTRAINT … CHECK (…) NOT VALID;"})
}
