package lint

import (
	"fmt"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var columnRules = []rule{
	{ // 12
		name: "not-null-without-default", sized: true, severity: Severe, judge: each(unfillable, pg.AlterTableType_AT_AddColumn),
		why: "It fails as soon as the table holds a row.",
	},
	{ // 13, 14
		name: "column-rewrites", sized: true, severity: Warning, claims: rewrites, judge: each(filledColumn, pg.AlterTableType_AT_AddColumn),
		why: "Every row is written anew, and nobody reads or writes the table meanwhile.",
	},
	{ // 15
		name: "type-rewrites", sized: true, severity: Warning, claims: rewrites, judge: each(changedType, pg.AlterTableType_AT_AlterColumnType),
		why: "Every row and every index on it is written anew, and nobody reads or writes the table meanwhile.",
	},
	{ // 24
		name: "table-rewrites", sized: true, severity: Warning, claims: rewrites, judge: each(rewrittenTable, pg.AlterTableType_AT_SetLogged, pg.AlterTableType_AT_SetUnLogged,
			pg.AlterTableType_AT_SetTableSpace, pg.AlterTableType_AT_SetAccessMethod, pg.AlterTableType_AT_SetExpression),
		why: "Every row is written anew, and nobody reads or writes the table meanwhile.",
	},
}

func unfillable(s *spot, table string, c *pg.AlterTableCmd) []hit {
	d := c.GetDef().GetColumnDef()
	if !notNull(d) || hasDefault(d) {
		return nil
	}
	h := hit{table: table, what: "The new column " + short(d.GetColname()) + " of " + shown(table) + " may not be NULL and has no default.", safe: filledLater(table, d)}
	if s.facts.whole(table).count() > 0 && s.exists(table) {
		h.severity = Severe
	}
	return one(h)
}

func filledLater(table string, d *pg.ColumnDef) string {
	name := quote(d.GetColname())
	return lines(
		altering(table, "ADD COLUMN %s %s", name, typeText(d.GetTypeName())),
		"-- fill it in batches, then:",
		altering(table, "ALTER COLUMN %s SET NOT NULL", name)+" -- see set-not-null-scans",
	)
}

func filledColumn(s *spot, table string, c *pg.AlterTableCmd) []hit {
	d := c.GetDef().GetColumnDef()
	with := fillsRows(d)
	if with == "" {
		return nil
	}
	h := hit{table: table, what: "The new column " + short(d.GetColname()) + " comes with " + with + "."}
	if def := constraintOf(d, pg.ConstrType_CONSTR_DEFAULT); def != nil {
		h.safe = defaultLater(table, d, expression(def.GetRawExpr()))
	} else if isSerial(d.GetTypeName()) || constraintOf(d, pg.ConstrType_CONSTR_IDENTITY) != nil {
		h.safe = numberedLater(table, d)
	} else {
		h.safe = lines(altering(table, "ADD COLUMN %s %s", quote(d.GetColname()), typeText(d.GetTypeName())), "-- fill it by a trigger and in batches")
	}
	return one(h)
}

func defaultLater(table string, d *pg.ColumnDef, value string) string {
	name := quote(d.GetColname())
	return lines(
		altering(table, "ADD COLUMN %s %s", name, typeText(d.GetTypeName())),
		altering(table, "ALTER COLUMN %s SET DEFAULT %s", name, value),
		fmt.Sprintf("-- then in batches: UPDATE %s SET %s = %s WHERE %s IS NULL AND …;", sql(table), name, value, name),
	)
}

func numberedLater(table string, d *pg.ColumnDef) string {
	name := quote(d.GetColname())
	_, plain := split(table)
	sequence := quote(plain + "_" + d.GetColname() + "_seq")
	return lines(
		altering(table, "ADD COLUMN %s bigint", name),
		"CREATE SEQUENCE "+sequence+" OWNED BY "+sql(table)+"."+name+";",
		altering(table, "ALTER COLUMN %s SET DEFAULT nextval('%s')", name, strings.ReplaceAll(sequence, "'", "''")),
		fmt.Sprintf("-- then in batches: UPDATE %s SET %s = DEFAULT WHERE %s IS NULL AND …;", sql(table), name, name),
	)
}

func changedType(s *spot, table string, c *pg.AlterTableCmd) []hit {
	if !s.facts.typeRewrites(table, c) {
		return nil
	}
	d := c.GetDef().GetColumnDef()
	name, to := quote(c.GetName()), typeText(d.GetTypeName())
	h := hit{table: table, what: "The type of " + short(c.GetName()) + " in " + shown(table) + " becomes " + to + "."}
	if old, known := s.facts.Tables[table].Column(c.GetName()); known {
		h.what = "The type of " + short(c.GetName()) + " in " + shown(table) + " changes from " + old.Type + " to " + to + "."
	}
	next := quote(c.GetName() + "_new")
	h.safe = lines(
		altering(table, "ADD COLUMN %s %s", next, to),
		fmt.Sprintf("-- keep it equal by a trigger, then in batches: UPDATE %s SET %s = %s WHERE …;", sql(table), next, name),
		"-- at the end, in one transaction:",
		altering(table, "RENAME COLUMN %s TO %s", name, quote(c.GetName()+"_old")),
		altering(table, "RENAME COLUMN %s TO %s", next, name),
	)
	return one(h)
}

func rewrittenTable(s *spot, table string, c *pg.AlterTableCmd) []hit {
	if l := (&locker{facts: s.facts}); !l.rewrites(table, c) {
		return nil
	}
	what := map[pg.AlterTableType]string{
		pg.AlterTableType_AT_SetLogged: "SET LOGGED", pg.AlterTableType_AT_SetUnLogged: "SET UNLOGGED", pg.AlterTableType_AT_SetTableSpace: "SET TABLESPACE",
		pg.AlterTableType_AT_SetAccessMethod: "SET ACCESS METHOD", pg.AlterTableType_AT_SetExpression: "SET EXPRESSION",
	}[c.GetSubtype()]
	return one(hit{table: table, what: what + " writes " + shown(table) + " anew."})
}
