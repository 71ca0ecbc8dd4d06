package lint

import (
	"regexp"
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// typeRewrites says whether ALTER COLUMN TYPE writes every row anew. What is not known to be free of it does.
func (f Facts) typeRewrites(key string, c *pg.AlterTableCmd) bool {
	d := c.GetDef().GetColumnDef()
	old, known := f.Tables[key].Column(c.GetName())
	if !known || converts(d.GetRawDefault(), c.GetName(), d.GetTypeName()) {
		return true
	}
	return !f.sameBytes(kindOf(old.Type), written(d.GetTypeName()))
}

// converts: a USING that only names the column, or casts it to the new type, does what there would be without it.
func converts(using *pg.Node, column string, to *pg.TypeName) bool {
	if using == nil {
		return false
	}
	if cast := using.GetTypeCast(); cast != nil && baseName(cast.GetTypeName()) == baseName(to) {
		using = cast.GetArg()
	}
	fields := texts(using.GetColumnRef().GetFields())
	return len(fields) == 0 || fields[len(fields)-1] != column
}

// sameBytes: what is stored stays as it is, and every old value fits.
func (f Facts) sameBytes(from, to kind) bool {
	const varchar, text = "character varying", "text"
	const plain, zoned = "timestamp without time zone", "timestamp with time zone"
	switch {
	case from.name == to.name:
		return wider(from, to)
	case from.name == varchar && to.name == text, from.name == "cidr" && to.name == "inet":
		return true
	case from.name == text && to.name == varchar:
		return len(to.mods) == 0
	case f.UTC && (from.name == plain && to.name == zoned || from.name == zoned && to.name == plain):
		return len(from.mods) == 0 && len(to.mods) == 0 || wider(from, to)
	}
	return false
}

// wider: the new length or precision holds all that the old one held.
func wider(from, to kind) bool {
	switch {
	case strings.Join(from.mods, ",") == strings.Join(to.mods, ","):
		return true
	case from.name == "character" || from.name == "bit": // padded to their length
		return false
	case len(to.mods) == 0:
		return true
	case len(from.mods) == 0:
		return false
	}
	a, _ := strconv.Atoi(from.mods[0])
	b, _ := strconv.Atoi(to.mods[0])
	return b >= a && scale(from) == scale(to)
}

func scale(k kind) string {
	if len(k.mods) > 1 {
		return k.mods[1]
	}
	return "0"
}

var isNotNull = regexp.MustCompile(`^CHECK \(+"?(.*?)"? IS NOT NULL\)+(?: NOT VALID)?$`)

// provenNotNull: the column is NOT NULL already, or a validated CHECK says that it holds no NULL, which spares SET NOT
// NULL the scan from PostgreSQL 12 on.
func (f Facts) provenNotNull(key, column string) bool {
	t := f.Tables[key]
	if c, known := t.Column(column); known && c.NotNull {
		return true
	}
	for _, c := range t.Constraints {
		m := isNotNull.FindStringSubmatch(c.Definition)
		if c.Kind == CheckThat && c.Valid && m != nil && m[1] == column && (f.Version == 0 || f.Version >= 12) {
			return true
		}
	}
	return false
}
