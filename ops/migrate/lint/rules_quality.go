package lint

import (
	"fmt"
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
	made := f.madeIndexes()
	for i, s := range f.parsed.Script.Statements {
		for _, k := range newKeys(f, s.Node) {
			if f.hasIndex(made, k) {
				continue
			}
			safe := fmt.Sprintf("CREATE INDEX CONCURRENTLY ON %s (%s);", sql(k.table), quoted(k.columns))
			all = append(all, hit{table: k.table, statement: i, what: "No index of " + shown(k.table) + " begins with the foreign key's " + short100(strings.Join(k.columns, ", ")) + ".", safe: safe})
		}
	}
	return all
}

// madeIndexes are the columns of the indexes that the file makes, by table.
func (f *file) madeIndexes() map[string][][]string {
	all := map[string][][]string{}
	for _, s := range f.parsed.Script.Statements {
		if i := s.Node.GetIndexStmt(); i != nil && i.GetWhereClause() == nil {
			table := f.facts.key(i.GetRelation())
			all[table] = append(all[table], indexColumns(i))
		}
		if columns := uniqueColumns(s.Node); len(columns) > 0 {
			table := f.changedBy(s.Node)
			all[table] = append(all[table], columns...)
		}
	}
	return all
}

// hasIndex: one that was there, or that the file makes, in any order of the columns.
func (f *file) hasIndex(made map[string][][]string, k key) bool {
	begins := func(have []string) bool {
		n := len(k.columns)
		return len(have) >= n && slices.Equal(slices.Sorted(slices.Values(have[:n])), slices.Sorted(slices.Values(k.columns)))
	}
	there := func(i Index) bool { return !i.Partial && begins(i.Columns) }
	return slices.ContainsFunc(made[k.table], begins) || slices.ContainsFunc(f.facts.Tables[k.table].Indexes, there)
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
	keyed := map[string]bool{}
	for _, s := range f.parsed.Script.Statements {
		if a := s.Node.GetAlterTableStmt(); slices.ContainsFunc(a.GetCmds(), addsPrimaryKey) {
			keyed[f.facts.key(a.GetRelation())] = true
		}
	}
	for i, s := range f.parsed.Script.Statements {
		c := s.Node.GetCreateStmt()
		if c == nil || c.GetPartbound() != nil || len(c.GetInhRelations()) > 0 || c.GetRelation().GetRelpersistence() == "t" {
			continue
		}
		if table := f.facts.key(c.GetRelation()); !keyed[table] && !slices.ContainsFunc(c.GetTableElts(), isPrimaryKey) {
			all = append(all, hit{table: table, statement: i, what: "The new table " + shown(table) + " has no primary key."})
		}
	}
	return all
}

func addsPrimaryKey(c *pg.Node) bool { return isPrimaryKey(c.GetAlterTableCmd().GetDef()) }

// isPrimaryKey: a key, a column that is one, or the copy of another table, which may bring one.
func isPrimaryKey(n *pg.Node) bool {
	const primary = pg.ConstrType_CONSTR_PRIMARY
	return n.GetConstraint().GetContype() == primary || constraintOf(n.GetColumnDef(), primary) != nil || n.GetTableLikeClause() != nil
}

const (
	longest   = 63      // bytes of a name; the rest is cut
	maxLooked = 1 << 20 // bytes of a statement that are searched for names: what is longer is data
)

// longName reads the text: in the tree names are cut already.
func longName(s *spot) []hit {
	if len(s.Text) > maxLooked || !maybeLong(s.Text) {
		return nil
	}
	scan, err := pg.Scan(s.Text)
	if err != nil {
		return nil
	}
	for _, t := range scan.GetTokens() {
		name := strings.Trim(s.Text[t.GetStart():t.GetEnd()], `"`)
		if t.GetToken() == pg.Token_IDENT && len(name) > longest {
			return one(hit{what: fmt.Sprintf("A name is %d bytes long: %s.", len(name), short(name))})
		}
	}
	return nil
}

// maybeLong looks for that many bytes without a blank, or behind a quote.
func maybeLong(text string) bool {
	run, quote := 0, -1
	for i := range len(text) {
		run++
		switch text[i] {
		case '"':
			run, quote = 0, i
		case ' ', '\t', '\r', '\n', ',', '(', ')', ';':
			run = 0
		}
		if run > longest || quote >= 0 && i-quote > longest {
			return true
		}
	}
	return false
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
