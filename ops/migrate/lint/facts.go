package lint

import (
	"slices"
	"strings"
	"time"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Facts is what is known about a database. The zero value is allowed: then nothing is, and rules that depend on the
// size of a table warn.
type Facts struct {
	Version   int              // of the server: 15; 0 where it is unknown
	Path      []string         // the search path, without pg_catalog; empty means public
	UTC       bool             // TimeZone is UTC, so that timestamp and timestamptz are the same bytes
	Superuser bool             // the role that applies is one
	Policies  bool             // new tables are reachable from outside unless row security is on, as at Supabase
	Tables    map[string]Table // by Key; nil where nothing could be read, so that a table that is missing does not exist
	Touched   map[string]int64 // rows that a statement would write, by its text, as the planner expects; absent where it was not asked
}

// Key is how Facts names a relation.
func Key(schema, name string) string { return schema + "." + name }

// Table is a relation that exists: a table, a view or a materialised view.
type Table struct {
	Kind         Kind
	Rows         int64         // estimated; below 0 where nobody ever counted
	Bytes        int64         // with TOAST, without indexes
	Scans        float64       // of the table and its indexes a second
	Updates      float64       // rows written a second
	Longest      time.Duration // the oldest transaction that holds a lock on it now
	Unlogged     bool
	Columns      []Column // in order
	Constraints  []Constraint
	Indexes      []Index
	Partitions   []string // keys, of all levels below
	Parent       string   // key, of a partition
	Default      bool     // the partition for what fits no other
	ReferencedBy []string // keys of the tables whose foreign keys point here
}

// Kind of a relation.
type Kind string

// The kinds of relations that rules tell apart.
const (
	Ordinary     Kind = "table"
	Partitioned  Kind = "partitioned table"
	View         Kind = "view"
	Materialised Kind = "materialized view"
	Foreign      Kind = "foreign table"
)

// Column of a table.
type Column struct {
	Name    string
	Type    string // as format_type writes it: "character varying(20)"
	NotNull bool
	Default bool // it has one
}

// Constraint of a table.
type Constraint struct {
	Name       string
	Kind       ConstraintKind
	Columns    []string
	Table      string // key of the table that a foreign key points to
	Definition string // as pg_get_constraintdef writes it
	Valid      bool
}

// ConstraintKind is pg_constraint.contype.
type ConstraintKind string

// The kinds of constraints.
const (
	Primary   ConstraintKind = "p"
	Unique    ConstraintKind = "u"
	ForeignTo ConstraintKind = "f"
	CheckThat ConstraintKind = "c"
	Exclusion ConstraintKind = "x"
)

// Index of a table.
type Index struct {
	Name    string   // without its schema, which is the table's
	Columns []string // in order; "" for an expression
	Unique  bool
	Partial bool
	Valid   bool
	Bytes   int64
}

// Column finds a column by name.
func (t Table) Column(name string) (Column, bool) {
	i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{}, false
	}
	return t.Columns[i], true
}

// whole is a table with the size and the traffic of all its partitions.
func (f Facts) whole(key string) Table {
	t := f.Tables[key]
	if t.Kind == Partitioned { // from 14 on it counts what is below it
		t.Rows, t.Bytes = 0, 0
	}
	for _, p := range t.Partitions {
		part := f.Tables[p]
		if part.Kind == Partitioned { // Partitions holds what is below it, too
			continue
		}
		t.Rows, t.Bytes = t.Rows+part.count(), t.Bytes+part.Bytes
		t.Scans, t.Updates, t.Longest = t.Scans+part.Scans, t.Updates+part.Updates, max(t.Longest, part.Longest)
	}
	return t
}

func (t Table) constraint(name string) (Constraint, bool) {
	i := slices.IndexFunc(t.Constraints, func(c Constraint) bool { return c.Name == name })
	if i < 0 {
		return Constraint{}, false
	}
	return t.Constraints[i], true
}

// key finds the relation that a name in a statement means.
func (f Facts) key(r *pg.RangeVar) string { return f.find(r.GetSchemaname(), r.GetRelname()) }

func (f Facts) find(schema, name string) string {
	if schema != "" {
		return Key(schema, name)
	}
	for _, s := range f.Path {
		if _, exists := f.Tables[Key(s, name)]; exists {
			return Key(s, name)
		}
	}
	if len(f.Path) > 0 {
		return Key(f.Path[0], name)
	}
	return Key("public", name)
}

// named reads a name that is written as a list of words: schema and name, or the name alone.
func (f Facts) named(n *pg.Node) string {
	if r := n.GetRangeVar(); r != nil {
		return f.key(r)
	}
	return f.joined(words(n))
}

func (f Facts) joined(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return f.find("", words[0])
	}
	return Key(words[len(words)-2], words[len(words)-1])
}

// indexed gives the table that an index belongs to, empty where it is not known.
func (f Facts) indexed(index string) string {
	for key, t := range f.Tables {
		schema, _, _ := strings.Cut(key, ".")
		for _, i := range t.Indexes {
			if Key(schema, i.Name) == index {
				return key
			}
		}
	}
	return ""
}

// isNew: where the tables are known, one that is not among them is made by the migrations themselves.
func (f Facts) isNew(key string) bool {
	_, exists := f.Tables[key]
	return f.Tables != nil && !exists
}

func words(n *pg.Node) []string {
	items := n.GetList().GetItems()
	if items == nil && n.GetTypeName() != nil {
		items = n.GetTypeName().GetNames()
	}
	if items == nil && n != nil {
		items = []*pg.Node{n}
	}
	return texts(items)
}

func texts(items []*pg.Node) []string {
	var all []string
	for _, i := range items {
		if s := i.GetString_(); s != nil {
			all = append(all, s.GetSval())
		}
	}
	return all
}
