package lint

import (
	"fmt"
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// The numbers are those of the reference's list.
var indexRules = []rule{
	{ // 1
		name: "index-blocks-writes", sized: true, severity: Warning, judge: blockingIndex,
		why: "Whoever writes to the table waits until the index is built.",
	},
	{ // 2
		name: "drop-index-blocks", sized: true, severity: Warning, judge: blockingDropIndex,
		why: "It waits for every transaction that uses the table, and everybody else waits behind it.",
	},
	{ // 3
		name: "reindex-blocks", sized: true, severity: Warning, judge: blockingReindex,
		why: "Whoever writes to the table waits until the index is built anew.",
	},
	{ // 5
		name: "invalid-index-kept", severity: Note, judge: keptIndex,
		why: "An index whose building failed before stays, invalid and unused, and the statement still succeeds.",
	},
	{ // 6
		name: "several-concurrently", severity: Warning, whole: severalConcurrently,
		why: "Each counts for itself: when one fails, those before it stay, and the migration is half done.",
	},
	{ // 56
		name: "duplicate-index", severity: Warning, judge: duplicateIndex,
		why: "Two indexes cost twice as much at every write and help no more than one.",
	},
}

func blockingIndex(s *spot) []hit {
	n := s.Node.GetIndexStmt()
	if n == nil || n.GetConcurrent() {
		return nil
	}
	key := s.facts.key(n.GetRelation())
	if s.facts.Tables[key].Kind == Partitioned {
		return one(hit{table: key, what: "The index on " + shown(key) + " is built on all its partitions, which are closed to writes meanwhile.", safe: partitionedIndex(s, n, key)})
	}
	return one(hit{table: key, what: "The index on " + shown(key) + " is built while the table is closed to writes.", safe: concurrently(n)})
}

func concurrently(n *pg.IndexStmt) string {
	c := proto.Clone(n).(*pg.IndexStmt)
	c.Concurrent = true
	return deparse(&pg.Node{Node: &pg.Node_IndexStmt{IndexStmt: c}})
}

// partitionedIndex: CONCURRENTLY is not to be had on the parent, so it goes partition by partition.
func partitionedIndex(s *spot, n *pg.IndexStmt, key string) string {
	name := n.GetIdxname()
	if name == "" {
		name = n.GetRelation().GetRelname() + "_idx"
	}
	top := proto.Clone(n).(*pg.IndexStmt)
	top.Relation.Inh, top.Idxname = false, name
	below := proto.Clone(n).(*pg.IndexStmt)
	below.Concurrent, below.Idxname, below.Relation.Relname = true, name+"_1", n.GetRelation().GetRelname()+"_1"
	if p := s.facts.Tables[key].Partitions; len(p) > 0 {
		_, below.Relation.Relname = split(p[0])
	}
	return lines(
		deparse(&pg.Node{Node: &pg.Node_IndexStmt{IndexStmt: top}}),
		"-- for each partition:",
		deparse(&pg.Node{Node: &pg.Node_IndexStmt{IndexStmt: below}}),
		fmt.Sprintf("ALTER INDEX %s ATTACH PARTITION %s;", quote(name), quote(name+"_1")),
	)
}

func blockingDropIndex(s *spot) []hit {
	n := s.Node.GetDropStmt()
	if n.GetRemoveType() != pg.ObjectType_OBJECT_INDEX || n.GetConcurrent() {
		return nil
	}
	var all []hit
	for _, o := range n.GetObjects() {
		index := s.facts.named(o)
		table := s.facts.indexed(index)
		if table == "" && s.facts.Tables != nil { // an index of the plan's own, or one that does not exist
			continue
		}
		what := "The table of the index " + shown(index) + " is closed to reads and writes while it is dropped."
		all = append(all, hit{table: table, what: what, safe: "DROP INDEX CONCURRENTLY " + sql(index) + ";"})
	}
	return all
}

func blockingReindex(s *spot) []hit {
	n := s.Node.GetReindexStmt()
	if n == nil || wanted(n.GetParams(), "concurrently") {
		return nil
	}
	kind := n.GetKind()
	if n.GetRelation() == nil {
		return one(hit{what: "REINDEX builds every index of a schema or a database anew, one after another.", severity: Severe, safe: "REINDEX (CONCURRENTLY) INDEX …;"})
	}
	key := s.facts.key(n.GetRelation())
	of, word := key, "TABLE"
	if kind == pg.ReindexObjectType_REINDEX_OBJECT_INDEX {
		of, word = s.facts.indexed(key), "INDEX"
	}
	return one(hit{table: of, what: "REINDEX of " + shown(key) + " closes the table to writes, and to reads that would use the index.", safe: "REINDEX " + word + " CONCURRENTLY " + sql(key) + ";"})
}

func keptIndex(s *spot) []hit {
	n := s.Node.GetIndexStmt()
	if !n.GetConcurrent() || !n.GetIfNotExists() {
		return nil
	}
	key := s.facts.key(n.GetRelation())
	schema, _ := split(key)
	safe := lines("DROP INDEX CONCURRENTLY IF EXISTS "+sql(Key(schema, n.GetIdxname()))+";", "CREATE INDEX CONCURRENTLY … -- without IF NOT EXISTS")
	for _, i := range s.facts.Tables[key].Indexes {
		switch {
		case i.Name == n.GetIdxname() && !i.Valid:
			return one(hit{table: key, severity: Severe, what: "The index " + short(i.Name) + " exists and is invalid: IF NOT EXISTS leaves it so.", safe: safe})
		case i.Name == n.GetIdxname():
			return one(hit{table: key, what: "The index " + short(i.Name) + " exists already, so that nothing happens.", why: "It may be another index than the one written here."})
		}
	}
	return one(hit{table: key, what: "IF NOT EXISTS together with CONCURRENTLY takes an invalid index for a finished one.", safe: safe})
}

func severalConcurrently(f *file) []hit {
	var at []int
	for i, s := range f.parsed.Script.Statements {
		if s.Alone {
			at = append(at, i)
		}
	}
	if len(at) == 0 || len(f.parsed.Script.Statements) == 1 {
		return nil
	}
	h := hit{statement: at[len(at)-1], severity: Note, what: "The file holds a statement that can run in no transaction, and others beside it."}
	if len(at) > 1 {
		h.what, h.severity = fmt.Sprintf("%d statements of the file can run in no transaction.", len(at)), Warning
	}
	if f.parsed.Step.Migration.Version > 0 { // of golang-migrate
		h.why = "Each counts for itself: when one fails, those before it stay. golang-migrate's own command line cannot run such a file at all."
	}
	return one(h)
}

func duplicateIndex(s *spot) []hit {
	n := s.Node.GetIndexStmt()
	columns := indexColumns(n)
	if n == nil || n.GetWhereClause() != nil || len(columns) != len(n.GetIndexParams()) || n.GetAccessMethod() != "btree" {
		return nil
	}
	key := s.facts.key(n.GetRelation())
	for _, i := range s.facts.Tables[key].Indexes {
		if slices.Equal(i.Columns, columns) && !i.Partial && i.Valid && i.Name != n.GetIdxname() && (i.Unique || !n.GetUnique()) {
			return one(hit{table: key, what: shown(key) + " has an index on the same columns already: " + short(i.Name) + "."})
		}
	}
	return nil
}

func indexColumns(n *pg.IndexStmt) []string {
	var all []string
	for _, p := range n.GetIndexParams() {
		e := p.GetIndexElem()
		if e.GetName() == "" {
			break
		}
		all = append(all, e.GetName())
	}
	return all
}
