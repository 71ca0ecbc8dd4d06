package lint

import (
	"maps"
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"

	"dbbot/ops/migrate/script"
)

// world is the database as the steps before left it, as far as rules need it.
type world struct {
	facts Facts
	made  map[string]*pg.CreateStmt // tables that the plan makes itself; nil for those made in another way
	types map[string]bool           // types that the plan makes itself
}

func newWorld(f Facts) *world {
	f.Path = append([]string(nil), f.Path...)
	f.Tables = maps.Clone(f.Tables)
	return &world{facts: f, made: map[string]*pg.CreateStmt{}, types: map[string]bool{}}
}

// file is one step while it is judged, statement by statement.
type file struct {
	*world
	parsed   Parsed
	inside   bool            // a transaction is open, and statements before this one belong to it
	locked   map[string]int  // tables locked against reads in this transaction, and the statement that did it
	wrote    int             // statement of this transaction that changed rows of a table that existed; -1 for none
	notValid map[string]int  // "table constraint" added NOT VALID in this transaction
	altered  map[string]int  // the first ALTER TABLE of a table in this file
	told     map[string]bool // "rule table" of what is said once for a table in a file
	values   map[string]int  // values added to enums in this transaction
}

// spot is the statement that rules look at.
type spot struct {
	*file
	index int
	script.Statement
	locks []Lock
}

func checkFile(w *world, p Parsed) []Finding {
	f := &file{world: w, parsed: p, altered: map[string]int{}, told: map[string]bool{}}
	f.begin(p.Script.Mode == script.Transaction)
	var all []Finding
	for i, s := range p.Script.Statements {
		here := &spot{file: f, index: i, Statement: s, locks: p.Locks(i, w.facts)}
		for _, r := range rules {
			if r.judge != nil {
				all = append(all, r.findings(f, here.unless(r, r.judge(here)), i)...)
			}
		}
		here.passed()
	}
	for _, r := range rules {
		if r.whole != nil {
			all = append(all, r.findings(f, r.whole(f), wholeFile)...)
		}
	}
	return all
}

// once is true the first time that a rule has something to say about a table in the file.
func (f *file) once(rule, table string) bool {
	said := rule + " " + table
	first := !f.told[said]
	f.told[said] = true
	return first
}

// begin forgets what only matters within one transaction.
func (f *file) begin(inside bool) {
	f.inside, f.wrote = inside, -1
	f.locked, f.notValid, f.values = map[string]int{}, map[string]int{}, map[string]int{}
}

// exists: the table was there before the plan, so that others use it and it holds rows. Without facts it is taken to be.
func (w *world) exists(key string) bool {
	if _, ours := w.made[key]; ours {
		return false
	}
	return !w.facts.isNew(key)
}

// passed takes up what a statement did, for those behind it.
func (s *spot) passed() {
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_TransactionStmt:
		s.transaction(n.TransactionStmt.GetKind())
	case *pg.Node_CreateStmt:
		key := s.facts.key(n.CreateStmt.GetRelation())
		if _, before := s.facts.Tables[key]; !before {
			s.made[key] = n.CreateStmt
		}
	case *pg.Node_CreateTableAsStmt:
		s.made[s.facts.key(n.CreateTableAsStmt.GetInto().GetRel())] = nil
	case *pg.Node_CreateEnumStmt:
		s.types[s.facts.joined(texts(n.CreateEnumStmt.GetTypeName()))] = true
	case *pg.Node_RenameStmt:
		s.renamed(n.RenameStmt)
	case *pg.Node_AlterEnumStmt:
		if v := n.AlterEnumStmt; v.GetOldVal() == "" {
			s.values[v.GetNewVal()] = s.index
		}
	case *pg.Node_VariableSetStmt:
		s.pathSet(n.VariableSetStmt)
	case *pg.Node_AlterTableStmt:
		s.alteredTable(n.AlterTableStmt)
	}
	s.remember()
}

func (s *spot) remember() {
	for _, l := range s.locks {
		if !s.exists(l.Relation) {
			continue
		}
		if l.Mode == AccessExclusive {
			if _, already := s.locked[l.Relation]; !already {
				s.locked[l.Relation] = s.index
			}
		}
		if l.Mode == RowExclusive && s.wrote < 0 {
			s.wrote = s.index
		}
	}
}

func (s *spot) transaction(kind pg.TransactionStmtKind) {
	switch kind {
	case pg.TransactionStmtKind_TRANS_STMT_BEGIN, pg.TransactionStmtKind_TRANS_STMT_START:
		s.begin(true)
	case pg.TransactionStmtKind_TRANS_STMT_COMMIT, pg.TransactionStmtKind_TRANS_STMT_ROLLBACK, pg.TransactionStmtKind_TRANS_STMT_PREPARE:
		s.begin(false)
	}
}

// renamed follows a table to its new name, so that what comes after finds it.
func (s *spot) renamed(r *pg.RenameStmt) {
	if r.GetRenameType() != pg.ObjectType_OBJECT_TABLE {
		return
	}
	old := s.facts.key(r.GetRelation())
	renamed := s.facts.find(r.GetRelation().GetSchemaname(), r.GetNewname())
	if t, known := s.facts.Tables[old]; known {
		delete(s.facts.Tables, old)
		s.facts.Tables[renamed] = t
	}
	if made, ours := s.made[old]; ours {
		delete(s.made, old)
		s.made[renamed] = made
	} else {
		delete(s.made, renamed)
	}
}

func (s *spot) pathSet(v *pg.VariableSetStmt) {
	if v.GetName() != "search_path" || v.GetKind() != pg.VariableSetKind_VAR_SET_VALUE {
		return
	}
	var path []string
	for _, a := range v.GetArgs() {
		path = append(path, a.GetAConst().GetSval().GetSval())
	}
	s.facts.Path = path
}

func (s *spot) alteredTable(a *pg.AlterTableStmt) {
	key := s.facts.key(a.GetRelation())
	if _, before := s.altered[key]; !before && a.GetObjtype() == pg.ObjectType_OBJECT_TABLE {
		s.altered[key] = s.index
	}
	for _, c := range a.GetCmds() {
		cmd := c.GetAlterTableCmd()
		switch con := cmd.GetDef().GetConstraint(); {
		case cmd.GetSubtype() == pg.AlterTableType_AT_AddConstraint:
			s.constrained(key, con)
		case cmd.GetSubtype() == pg.AlterTableType_AT_ValidateConstraint:
			s.validated(key, cmd.GetName())
		}
	}
}

// validated: from here on the constraint is known to hold, also for the files behind this one.
func (s *spot) validated(key, name string) {
	t, known := s.facts.Tables[key]
	if !known {
		return
	}
	t.Constraints = slices.Clone(t.Constraints)
	for i := range t.Constraints {
		t.Constraints[i].Valid = t.Constraints[i].Valid || t.Constraints[i].Name == name
	}
	s.facts.Tables[key] = t
}

func (w *world) isPartition(parent, key string) bool {
	return slices.Contains(w.facts.Tables[parent].Partitions, key)
}

// constrained takes up a new constraint, which a later statement may validate and another one build upon.
func (s *spot) constrained(key string, c *pg.Constraint) {
	if c.GetSkipValidation() {
		s.notValid[key+" "+c.GetConname()] = s.index
	}
	t, known := s.facts.Tables[key]
	if !known || c.GetContype() != pg.ConstrType_CONSTR_CHECK {
		return
	}
	added := Constraint{Name: c.GetConname(), Kind: CheckThat, Valid: !c.GetSkipValidation(), Definition: "CHECK ((" + expression(c.GetRawExpr()) + "))"}
	t.Constraints = append(slices.Clone(t.Constraints), added)
	s.facts.Tables[key] = t
}
