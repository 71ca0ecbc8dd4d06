package lint

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// What these rules find breaks programs that still use the old names and shapes.
var useRules = []rule{
	{ // 40
		name: "rename-column", severity: Severe, judge: renamedColumn,
		why: "Programs that still use the old name fail from that moment on.",
	},
	{ // 41
		name: "rename", severity: Severe, judge: renamedThing,
		why: "Programs that still use the old name fail from that moment on.",
	},
	{ // 42
		name: "default-changed", severity: Note, judge: each(changedDefault, pg.AlterTableType_AT_ColumnDefault),
		why: "Programs that leave the column out get another value from that moment on.",
	},
	{ // 43
		name: "drop-not-null", severity: Note, judge: each(droppedNotNull, pg.AlterTableType_AT_DropNotNull),
		why: "Programs that read the column may meet NULL from that moment on.",
	},
	{ // 44
		name: "enum-replaced", severity: Warning, judge: replacedEnum,
		why: "Values may go with it, and columns are written anew to move from one type to the other.",
	},
	{ // 46
		name: "view-replaced", severity: Warning, judge: replacedView,
		why: "PostgreSQL refuses to take columns out of a view, to rename or to reorder them.",
	},
	{ // 47
		name: "function-dropped", severity: Warning, judge: droppedFunction,
		why: "Programs and triggers that call it fail from that moment on.",
	},
	{ // 48
		name: "revoke", severity: Warning, judge: revoked,
		why: "Programs that rely on the right fail from that moment on.",
	},
}

func renamedColumn(s *spot) []hit {
	r := s.Node.GetRenameStmt()
	if r.GetRenameType() != pg.ObjectType_OBJECT_COLUMN {
		return nil
	}
	key := s.facts.key(r.GetRelation())
	if _, ours := s.made[key]; ours {
		return nil
	}
	return one(hit{table: key, what: "The column " + short(r.GetSubname()) + " of " + shown(key) + " becomes " + short(r.GetNewname()) + ".", safe: lines(
		altering(key, "ADD COLUMN %s …", quote(r.GetNewname())),
		"-- write to both, fill the new one in batches, read from it; drop the old one in a later migration",
	)})
}

var renamedKinds = map[pg.ObjectType]string{
	pg.ObjectType_OBJECT_TABLE: "table", pg.ObjectType_OBJECT_VIEW: "view", pg.ObjectType_OBJECT_MATVIEW: "materialized view", pg.ObjectType_OBJECT_SCHEMA: "schema",
	pg.ObjectType_OBJECT_FUNCTION: "function", pg.ObjectType_OBJECT_PROCEDURE: "procedure", pg.ObjectType_OBJECT_TYPE: "type", pg.ObjectType_OBJECT_SEQUENCE: "sequence",
}

func renamedThing(s *spot) []hit {
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_RenameStmt:
		return renamedObject(s, n.RenameStmt)
	case *pg.Node_AlterEnumStmt:
		if v := n.AlterEnumStmt; v.GetOldVal() != "" {
			return one(hit{what: "The value " + short(v.GetOldVal()) + " becomes " + short(v.GetNewVal()) + "."})
		}
	case *pg.Node_AlterObjectSchemaStmt:
		if r := n.AlterObjectSchemaStmt.GetRelation(); r != nil && s.exists(s.facts.key(r)) {
			key := s.facts.key(r)
			return one(hit{table: key, what: shown(key) + " moves to the schema " + short(n.AlterObjectSchemaStmt.GetNewschema()) + "."})
		}
	}
	return nil
}

func renamedObject(s *spot, r *pg.RenameStmt) []hit {
	kind := renamedKinds[r.GetRenameType()]
	if kind == "" {
		return nil
	}
	h := hit{what: "A " + kind + " is renamed to " + short(r.GetNewname()) + "."}
	if r.GetRenameType() == pg.ObjectType_OBJECT_TYPE {
		if s.types[s.facts.named(r.GetObject())] {
			return nil
		}
		h.severity, h.why = Warning, "Programs that name the type, in a cast say, fail from that moment on."
	}
	if r.GetRelation() != nil {
		h.table = s.facts.key(r.GetRelation())
		if _, ours := s.made[h.table]; ours {
			return nil
		}
		h.what = "The " + kind + " " + shown(h.table) + " becomes " + short(r.GetNewname()) + "."
	}
	if r.GetRenameType() == pg.ObjectType_OBJECT_TABLE {
		schema, _ := split(h.table)
		h.safe = lines("-- in the same transaction, until nobody uses the old name:", "CREATE VIEW "+sql(h.table)+" AS SELECT * FROM "+sql(Key(schema, r.GetNewname()))+";")
	}
	return one(h)
}

func changedDefault(s *spot, table string, c *pg.AlterTableCmd) []hit {
	if old, known := s.facts.Tables[table].Column(c.GetName()); !s.exists(table) || known && !old.Default {
		return nil
	}
	what := "The default of " + short(c.GetName()) + " in " + shown(table) + " changes."
	if c.GetDef() == nil {
		what = "The default of " + short(c.GetName()) + " in " + shown(table) + " is dropped."
	}
	return one(hit{table: table, what: what})
}

func droppedNotNull(s *spot, table string, c *pg.AlterTableCmd) []hit {
	if old, known := s.facts.Tables[table].Column(c.GetName()); !s.exists(table) || known && !old.NotNull {
		return nil
	}
	return one(hit{table: table, what: short(c.GetName()) + " of " + shown(table) + " may be NULL."})
}

// replacedEnum: DROP TYPE, or Prisma's way to take values out of an enum, which renames the new type to the old name.
func replacedEnum(s *spot) []hit {
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_DropStmt:
		if n.DropStmt.GetRemoveType() == pg.ObjectType_OBJECT_TYPE {
			return one(hit{what: "The type " + short(strings.Join(words(n.DropStmt.GetObjects()[0]), ".")) + " is dropped."})
		}
	case *pg.Node_CreateEnumStmt:
		if name := texts(n.CreateEnumStmt.GetTypeName()); strings.HasSuffix(name[len(name)-1], "_new") {
			return one(hit{what: "A new type takes the place of the enum " + short(strings.TrimSuffix(name[len(name)-1], "_new")) + ".", safe: "ALTER TYPE … ADD VALUE …; -- where values only come"})
		}
	}
	return nil
}

func replacedView(s *spot) []hit {
	v := s.Node.GetViewStmt()
	key := s.facts.key(v.GetView())
	have := s.facts.Tables[key].Columns
	if !v.GetReplace() || len(have) == 0 {
		return nil
	}
	want := viewColumns(v)
	if want == nil || len(want) >= len(have) && slices.EqualFunc(want[:len(have)], have, func(name string, c Column) bool { return name == c.Name }) {
		return nil
	}
	return one(hit{table: key, what: "CREATE OR REPLACE VIEW gives " + shown(key) + " other columns than it has.", safe: lines("DROP VIEW "+sql(key)+";", "CREATE VIEW "+sql(key)+" AS …;")})
}

// viewColumns are the names of its columns, nil where the statement does not show them.
func viewColumns(v *pg.ViewStmt) []string {
	if len(v.GetAliases()) > 0 {
		return texts(v.GetAliases())
	}
	var all []string
	for _, n := range v.GetQuery().GetSelectStmt().GetTargetList() {
		t := n.GetResTarget()
		fields := t.GetVal().GetColumnRef().GetFields()
		name := t.GetName()
		if name == "" && len(fields) > 0 {
			name = fields[len(fields)-1].GetString_().GetSval()
		}
		if name == "" {
			return nil
		}
		all = append(all, name)
	}
	return all
}

func droppedFunction(s *spot) []hit {
	d := s.Node.GetDropStmt()
	switch d.GetRemoveType() {
	case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE, pg.ObjectType_OBJECT_AGGREGATE:
	default:
		return nil
	}
	var all []hit
	for _, o := range d.GetObjects() {
		all = append(all, hit{what: "The function " + short(strings.Join(texts(o.GetObjectWithArgs().GetObjname()), ".")) + " is dropped."})
	}
	return all
}

func revoked(s *spot) []hit {
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_GrantStmt:
		if !n.GrantStmt.GetIsGrant() && !fromPublic(n.GrantStmt) {
			return one(hit{what: "A right is taken away."})
		}
	case *pg.Node_GrantRoleStmt:
		if !n.GrantRoleStmt.GetIsGrant() {
			return one(hit{what: "A role is taken away."})
		}
	}
	return nil
}

// fromPublic: taking a right from everybody is how one begins to give it to some.
func fromPublic(g *pg.GrantStmt) bool {
	for _, r := range g.GetGrantees() {
		if r.GetRoleSpec().GetRoletype() != pg.RoleSpecType_ROLESPEC_PUBLIC {
			return false
		}
	}
	return true
}
