package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Nothing breaks with what these rules find; it is worth a thought before the table is large.
var qualityRules = []rule{
	{ // 49
		name: "json-column", severity: Note, judge: jsonColumn,
		why: "json has no equality, so that DISTINCT and GROUP BY fail, and no index helps; jsonb has both.",
	},
	{ // 50
		name: "narrow-key", severity: Note, judge: narrowKey,
		why: "It ends at 2.1 billion rows (smallint: 32,767), also counting those deleted; widening it then rewrites the table.",
	},
	{ // 51
		name: "padded-text", severity: Note, judge: paddedText,
		why: "char(n) fills up with blanks and is no faster than text.",
	},
	{ // 51
		name: "time-without-zone", severity: Note, judge: zonelessTime,
		why: "timestamp forgets the zone that a moment was meant in; timestamptz does not.",
	},
	{ // 52
		name: "foreign-key-without-index", severity: Note, whole: unindexedKey,
		why: "Every DELETE and every change of a key in the referenced table reads this table whole.",
	},
	{ // 53
		name: "no-primary-key", severity: Note, whole: noPrimaryKey,
		why: "Single rows cannot be told apart, and logical replication cannot update them.",
	},
	{ // 54
		name: "long-name", severity: Warning, judge: longName,
		why: "PostgreSQL cuts it to 63 bytes without an error.",
	},
	{ // 57
		name: "reserved-name", severity: Note, judge: reservedName,
		why: "It works only in quotes, everywhere and for ever.",
	},
	{ // 59
		name: "column-twice", severity: Severe, judge: columnTwice,
		why: "PostgreSQL refuses it.",
	},
}

// newColumns of a CREATE TABLE or an ALTER TABLE.
func newColumns(n *pg.Node) []*pg.ColumnDef {
	var all []*pg.ColumnDef
	for _, e := range n.GetCreateStmt().GetTableElts() {
		if d := e.GetColumnDef(); d != nil {
			all = append(all, d)
		}
	}
	for _, c := range n.GetAlterTableStmt().GetCmds() {
		if d := c.GetAlterTableCmd().GetDef().GetColumnDef(); d != nil && c.GetAlterTableCmd().GetSubtype() == pg.AlterTableType_AT_AddColumn {
			all = append(all, d)
		}
	}
	return all
}

// columnsThat gives one finding for all columns of a statement that are of a kind.
func columnsThat(s *spot, are func(*pg.ColumnDef) bool, single, many string) []hit {
	var names []string
	for _, d := range newColumns(s.Node) {
		if are(d) {
			names = append(names, short(d.GetColname()))
		}
	}
	switch len(names) {
	case 0:
		return nil
	case 1:
		return one(hit{table: s.changedBy(s.Node), what: names[0] + " " + single})
	}
	return one(hit{table: s.changedBy(s.Node), what: short100(strings.Join(names, ", ")) + " " + many})
}

func ofType(names ...string) func(*pg.ColumnDef) bool {
	return func(d *pg.ColumnDef) bool { return slices.Contains(names, baseName(d.GetTypeName())) }
}

func jsonColumn(s *spot) []hit { return columnsThat(s, ofType("json"), "is json.", "are json.") }

func paddedText(s *spot) []hit {
	padded := func(d *pg.ColumnDef) bool {
		mods := d.GetTypeName().GetTypmods()
		return baseName(d.GetTypeName()) == "bpchar" && len(mods) > 0 && number(mods[0].GetAConst()) != "1"
	}
	return columnsThat(s, padded, "is char(n).", "are char(n).")
}

// zonelessTime is silent with Prisma, which writes the type its schema says.
func zonelessTime(s *spot) []hit {
	if s.parsed.Step.Migration.Version == 0 {
		return nil
	}
	return columnsThat(s, ofType("timestamp"), "is timestamp without time zone.", "are timestamp without time zone.")
}

var narrow = []string{"int4", "int2", "serial", "serial4", "smallserial", "serial2"}

func narrowKey(s *spot) []hit {
	var keys []string
	for _, e := range s.Node.GetCreateStmt().GetTableElts() {
		if c := e.GetConstraint(); c.GetContype() == pg.ConstrType_CONSTR_PRIMARY && len(c.GetKeys()) == 1 {
			keys = texts(c.GetKeys())
		}
	}
	return columnsThat(s, func(d *pg.ColumnDef) bool {
		key := constraintOf(d, pg.ConstrType_CONSTR_PRIMARY) != nil || slices.Contains(keys, d.GetColname())
		return key && slices.Contains(narrow, baseName(d.GetTypeName()))
	}, "is a primary key narrower than bigint.", "are primary keys narrower than bigint.")
}

// unindexedKey looks for an index that begins with the columns of each new foreign key, in the whole file.
func unindexedKey(f *file) []hit {
	var all []hit
	for i, s := range f.parsed.Script.Statements {
		for _, k := range newKeys(f, s.Node) {
			if !f.hasIndex(k.table, k.columns) {
				safe := fmt.Sprintf("CREATE INDEX CONCURRENTLY ON %s (%s);", sql(k.table), quoted(k.columns))
				all = append(all, hit{table: k.table, statement: i, what: "No index of " + shown(k.table) + " begins with the foreign key's " + short100(strings.Join(k.columns, ", ")) + ".", safe: safe})
			}
		}
	}
	return all
}

type key struct {
	table   string
	columns []string
}

func newKeys(f *file, n *pg.Node) []key {
	var all []key
	a, c := n.GetAlterTableStmt(), n.GetCreateStmt()
	table := f.changedBy(n)
	for _, cmd := range a.GetCmds() {
		if con := cmd.GetAlterTableCmd().GetDef().GetConstraint(); con.GetContype() == pg.ConstrType_CONSTR_FOREIGN {
			all = append(all, key{table, texts(con.GetFkAttrs())})
		}
	}
	for _, e := range c.GetTableElts() {
		if con := e.GetConstraint(); con.GetContype() == pg.ConstrType_CONSTR_FOREIGN {
			all = append(all, key{table, texts(con.GetFkAttrs())})
		}
	}
	for _, d := range newColumns(n) {
		if constraintOf(d, pg.ConstrType_CONSTR_FOREIGN) != nil {
			all = append(all, key{table, []string{d.GetColname()}})
		}
	}
	return all
}

// hasIndex: one that was there, or that the file makes itself.
func (f *file) hasIndex(table string, columns []string) bool {
	begins := func(have []string) bool {
		return len(have) >= len(columns) && slices.Equal(slices.Sorted(slices.Values(have[:len(columns)])), slices.Sorted(slices.Values(columns)))
	}
	if slices.ContainsFunc(f.facts.Tables[table].Indexes, func(i Index) bool { return !i.Partial && begins(i.Columns) }) {
		return true
	}
	for _, s := range f.parsed.Script.Statements {
		if i := s.Node.GetIndexStmt(); i != nil && f.facts.key(i.GetRelation()) == table && i.GetWhereClause() == nil && begins(indexColumns(i)) {
			return true
		}
		if changed := f.changedBy(s.Node); changed == table && slices.ContainsFunc(uniqueColumns(s.Node), begins) {
			return true
		}
	}
	return false
}

// changedBy is the table that a CREATE TABLE or an ALTER TABLE is about.
func (f *file) changedBy(n *pg.Node) string {
	if a := n.GetAlterTableStmt(); a != nil {
		return f.facts.key(a.GetRelation())
	}
	return f.facts.key(n.GetCreateStmt().GetRelation())
}

// uniqueColumns of the keys that a statement brings, which come with an index.
func uniqueColumns(n *pg.Node) [][]string {
	var all [][]string
	take := func(c *pg.Constraint) {
		if k := c.GetContype(); k == pg.ConstrType_CONSTR_PRIMARY || k == pg.ConstrType_CONSTR_UNIQUE {
			all = append(all, texts(c.GetKeys()))
		}
	}
	for _, e := range n.GetCreateStmt().GetTableElts() {
		take(e.GetConstraint())
	}
	for _, c := range n.GetAlterTableStmt().GetCmds() {
		take(c.GetAlterTableCmd().GetDef().GetConstraint())
	}
	for _, d := range newColumns(n) {
		if isUnique(d) {
			all = append(all, []string{d.GetColname()})
		}
	}
	return all
}

func noPrimaryKey(f *file) []hit {
	var all []hit
	for i, s := range f.parsed.Script.Statements {
		c := s.Node.GetCreateStmt()
		if c == nil || c.GetPartbound() != nil || len(c.GetInhRelations()) > 0 || c.GetRelation().GetRelpersistence() == "t" {
			continue
		}
		if table := f.facts.key(c.GetRelation()); !f.hasPrimaryKey(table, c) {
			all = append(all, hit{table: table, statement: i, what: "The new table " + shown(table) + " has no primary key."})
		}
	}
	return all
}

func (f *file) hasPrimaryKey(table string, c *pg.CreateStmt) bool {
	primary := func(c *pg.Constraint) bool { return c.GetContype() == pg.ConstrType_CONSTR_PRIMARY }
	for _, e := range c.GetTableElts() {
		if primary(e.GetConstraint()) || constraintOf(e.GetColumnDef(), pg.ConstrType_CONSTR_PRIMARY) != nil || e.GetTableLikeClause() != nil {
			return true
		}
	}
	for _, s := range f.parsed.Script.Statements {
		a := s.Node.GetAlterTableStmt()
		if f.facts.key(a.GetRelation()) != table {
			continue
		}
		for _, cmd := range a.GetCmds() {
			def := cmd.GetAlterTableCmd().GetDef()
			if primary(def.GetConstraint()) || constraintOf(def.GetColumnDef(), pg.ConstrType_CONSTR_PRIMARY) != nil {
				return true
			}
		}
	}
	return false
}

var longWord = regexp.MustCompile(`[\p{L}\p{N}_$]{32,}|"[^"]{32,}"`)

// longName reads the text: in the tree names are cut already.
func longName(s *spot) []hit {
	if !longWord.MatchString(s.Text) {
		return nil
	}
	scan, err := pg.Scan(s.Text)
	if err != nil {
		return nil
	}
	for _, t := range scan.GetTokens() {
		name := strings.Trim(s.Text[t.GetStart():t.GetEnd()], `"`)
		if t.GetToken() == pg.Token_IDENT && len(name) > 63 {
			return one(hit{what: fmt.Sprintf("A name is %d bytes long: %s.", len(name), short(name))})
		}
	}
	return nil
}

func reservedName(s *spot) []hit {
	if c := s.Node.GetCreateStmt(); c != nil && reserved(c.GetRelation().GetRelname()) {
		return one(hit{table: s.changedBy(s.Node), what: short(c.GetRelation().GetRelname()) + " is a reserved word."})
	}
	return columnsThat(s, func(d *pg.ColumnDef) bool { return reserved(d.GetColname()) }, "is a reserved word.", "are reserved words.")
}

func columnTwice(s *spot) []hit {
	var names []string
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_UpdateStmt:
		names = targets(n.UpdateStmt.GetTargetList())
	case *pg.Node_InsertStmt:
		names = targets(n.InsertStmt.GetCols())
	default:
		for _, d := range newColumns(s.Node) {
			names = append(names, d.GetColname())
		}
	}
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			return one(hit{what: short(name) + " is named twice."})
		}
		seen[name] = true
	}
	return nil
}

// targets are the columns written to; parts of one (a[1], a.b) may come several times.
func targets(list []*pg.Node) []string {
	var all []string
	for _, n := range list {
		if t := n.GetResTarget(); len(t.GetIndirection()) == 0 {
			all = append(all, t.GetName())
		}
	}
	return all
}
