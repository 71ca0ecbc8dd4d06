package lint

import (
	"cmp"
	"maps"
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Name of a relation as a file writes it; without a schema the search path decides.
type Name struct{ Schema, Name string }

// Mentioned lists the relations that the steps name, each once: tables, views and indexes, existing or not. Facts has
// to tell about those of them that exist, about the tables of the indexes, and about the partitions and foreign keys
// beside them.
func Mentioned(steps []Parsed) []Name {
	seen := map[Name]bool{}
	for _, p := range steps {
		for _, s := range p.Script.Statements {
			descend(s.Node.ProtoReflect(), func(m protoreflect.Message) {
				switch n := m.Interface().(type) {
				case *pg.RangeVar:
					seen[Name{n.GetSchemaname(), n.GetRelname()}] = true
				case *pg.CommentStmt:
					seen[nameOf(commented(n))] = true
				case *pg.DropStmt:
					for _, o := range n.GetObjects() {
						seen[dropped(n.GetRemoveType(), o)] = true
					}
				}
			})
		}
	}
	delete(seen, Name{})
	return slices.SortedFunc(maps.Keys(seen), func(a, b Name) int { return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name)) })
}

// dropped is the relation that DROP names; triggers, rules and policies stand behind the name of their table.
func dropped(kind pg.ObjectType, object *pg.Node) Name {
	names := words(object)
	switch kind {
	case pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_RULE, pg.ObjectType_OBJECT_POLICY:
		names = names[:max(0, len(names)-1)]
	}
	return nameOf(names)
}

func nameOf(words []string) Name {
	switch len(words) {
	case 0:
		return Name{}
	case 1:
		return Name{Name: words[0]}
	}
	return Name{words[len(words)-2], words[len(words)-1]}
}
