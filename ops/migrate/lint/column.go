package lint

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func constraintOf(d *pg.ColumnDef, kind pg.ConstrType) *pg.Constraint {
	for _, c := range d.GetConstraints() {
		if c.GetConstraint().GetContype() == kind {
			return c.GetConstraint()
		}
	}
	return nil
}

func isUnique(d *pg.ColumnDef) bool {
	return constraintOf(d, pg.ConstrType_CONSTR_UNIQUE) != nil || constraintOf(d, pg.ConstrType_CONSTR_PRIMARY) != nil
}

func notNull(d *pg.ColumnDef) bool {
	return d.GetIsNotNull() || constraintOf(d, pg.ConstrType_CONSTR_NOTNULL) != nil || constraintOf(d, pg.ConstrType_CONSTR_PRIMARY) != nil
}

// hasDefault: NULL written out is none.
func hasDefault(d *pg.ColumnDef) bool {
	if c := constraintOf(d, pg.ConstrType_CONSTR_DEFAULT); c != nil && !c.GetRawExpr().GetAConst().GetIsnull() {
		return true
	}
	return isSerial(d.GetTypeName()) || constraintOf(d, pg.ConstrType_CONSTR_IDENTITY) != nil || constraintOf(d, pg.ConstrType_CONSTR_GENERATED) != nil
}

// fillsRows says why a new column makes PostgreSQL write every row, in words that follow "with"; empty where it does not.
func fillsRows(d *pg.ColumnDef) string {
	switch {
	case isSerial(d.GetTypeName()):
		return "a number for every row (" + baseName(d.GetTypeName()) + ")"
	case constraintOf(d, pg.ConstrType_CONSTR_IDENTITY) != nil:
		return "a number for every row (identity)"
	case constraintOf(d, pg.ConstrType_CONSTR_GENERATED) != nil:
		return "a value computed for every row"
	}
	if f := volatile(constraintOf(d, pg.ConstrType_CONSTR_DEFAULT).GetRawExpr()); f != "" {
		return "a default that differs from row to row (" + f + "())"
	}
	return ""
}

func isSerial(t *pg.TypeName) bool {
	switch baseName(t) {
	case "serial", "bigserial", "smallserial", "serial4", "serial8", "serial2":
		return true
	}
	return false
}

func baseName(t *pg.TypeName) string {
	names := texts(t.GetNames())
	if len(names) == 0 {
		return ""
	}
	return names[len(names)-1]
}

// steady are the functions known to give one value for all rows of a statement; any other may not.
var steady = []string{
	"now", "transaction_timestamp", "statement_timestamp", "date_trunc", "to_timestamp", "make_interval", "make_date", "timezone",
	"current_setting", "lower", "upper", "concat", "coalesce", "md5", "length", "round", "abs", "json_build_object", "jsonb_build_object",
	"json_build_array", "jsonb_build_array", "to_json", "to_jsonb", "array_fill", "repeat", "current_schema", "extract", "date_part", "age", "encode",
	"decode", "left", "right", "substr", "substring", "trim", "btrim", "format", "uuid_nil", "int4range", "tstzrange", "daterange", "point", "greatest", "least",
}

// volatile names the first function of an expression that may give another value for each row.
func volatile(expr *pg.Node) string {
	found := ""
	walk(expr, func(n *pg.Node) {
		if names := texts(n.GetFuncCall().GetFuncname()); found == "" && len(names) > 0 && !slices.Contains(steady, names[len(names)-1]) {
			found = names[len(names)-1]
		}
	})
	return found
}

// kind of a column as PostgreSQL writes it: the name and what stands in brackets.
type kind struct {
	name string
	mods []string
}

var typeForm = regexp.MustCompile(`^([a-z0-9_" ]+?)\s*(?:\(([0-9, -]+)\))?( with(?:out)? time zone)?(\[\])?$`)

func kindOf(written string) kind {
	m := typeForm.FindStringSubmatch(written)
	if m == nil {
		return kind{name: written}
	}
	k := kind{name: m[1] + m[3]}
	if long, short := shorthand[k.name]; short {
		k.name = long
	}
	k.name += m[4]
	if m[2] != "" {
		k.mods = strings.Split(strings.ReplaceAll(m[2], " ", ""), ",")
	}
	return k
}

var shorthand = map[string]string{
	"varchar": "character varying", "bpchar": "character", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean",
	"float8": "double precision", "float4": "real", "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone",
	"time": "time without time zone", "timetz": "time with time zone", "varbit": "bit varying",
}

// written gives the type as PostgreSQL would write it.
func written(t *pg.TypeName) kind {
	k := kindOf(baseName(t))
	for _, m := range t.GetTypmods() {
		k.mods = append(k.mods, number(m.GetAConst()))
	}
	if len(t.GetArrayBounds()) > 0 {
		k.name += "[]"
	}
	return k
}

func number(c *pg.A_Const) string {
	if c.GetIval() != nil {
		return strconv.Itoa(int(c.GetIval().GetIval()))
	}
	return c.GetFval().GetFval()
}
