package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	pg_query "github.com/pganalyze/pg_query_go/v6"

	"dbbot/ops"
	"dbbot/ops/migrate/script"
)

// analyseWithin bounds all that is done for the planner after a run; autovacuum does the rest, a little later.
const analyseWithin = time.Minute

// afterwards does what helps once all steps stand, and looks whether everything is well. None of it is needed: what does
// not work is a note.
func (r *run) afterwards(ctx context.Context, steps []Prepared) {
	ctx, cancel := context.WithTimeout(ctx, analyseWithin)
	defer cancel()
	if err := r.exec(ctx, sweep+reset+r.guards()); err != nil {
		return // the session is gone, and the steps stand
	}
	var done, not []string
	for _, name := range changed(steps) {
		r.progress("telling the planner what has changed in "+ops.Printable(name, 130), r.total, r.total)
		switch there, err := r.analyse(ctx, name); {
		case err != nil:
			not = append(not, ops.Printable(name, 130))
		case there:
			done = append(done, ops.Printable(name, 130))
		}
	}
	r.note("The planner knows what has changed (ANALYZE): ", done, ".")
	r.note("Not analysed, since they were locked or it took too long: ", not, ". Autovacuum does it in a while.")
	r.keep(ctx, len(steps)-1)
	if invalid, err := r.invalid(ctx); err == nil {
		r.note("Half built, and used by no query: ", invalid, ". DROP INDEX CONCURRENTLY removes such an index.")
	}
}

func (r *run) note(before string, names []string, after string) {
	const most = 10
	if len(names) > most {
		names = append(names[:most:most], fmt.Sprintf("%d others", len(names)-most))
	}
	if len(names) > 0 {
		r.report.Notes = append(r.report.Notes, before+strings.Join(names, ", ")+after)
	}
}

// analyse gathers statistics of a table, if it is still there.
func (r *run) analyse(ctx context.Context, name string) (there bool, err error) {
	err = r.work.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass($1) AND relkind IN ('r', 'p', 'm'))", name).Scan(&there)
	if err != nil || !there {
		return false, err
	}
	return true, r.exec(ctx, "ANALYZE "+name)
}

// changed names the tables, as SQL has them, whose statistics are gone or wrong after these steps: columns of another
// type, expressions in an index, rows that were written by the file.
func changed(steps []Prepared) []string {
	var names []string
	for _, p := range steps {
		for _, s := range p.Script.Statements {
			if name := quoted(unknownToPlanner(s)); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func quoted(table *pg_query.RangeVar) string {
	switch {
	case table.GetRelname() == "":
		return ""
	case table.GetSchemaname() == "":
		return pgx.Identifier{table.GetRelname()}.Sanitize()
	}
	return pgx.Identifier{table.GetSchemaname(), table.GetRelname()}.Sanitize()
}

func unknownToPlanner(s script.Statement) *pg_query.RangeVar {
	switch n := s.Node.GetNode().(type) {
	case *pg_query.Node_AlterTableStmt:
		if slices.ContainsFunc(n.AlterTableStmt.GetCmds(), func(c *pg_query.Node) bool {
			return c.GetAlterTableCmd().GetSubtype() == pg_query.AlterTableType_AT_AlterColumnType
		}) {
			return n.AlterTableStmt.GetRelation()
		}
	case *pg_query.Node_IndexStmt:
		if slices.ContainsFunc(n.IndexStmt.GetIndexParams(), func(p *pg_query.Node) bool { return p.GetIndexElem().GetExpr() != nil }) {
			return n.IndexStmt.GetRelation()
		}
	case *pg_query.Node_CreateStatsStmt:
		if of := n.CreateStatsStmt.GetRelations(); len(of) > 0 {
			return of[0].GetRangeVar()
		}
	case *pg_query.Node_CreateTableAsStmt:
		return n.CreateTableAsStmt.GetInto().GetRel()
	case *pg_query.Node_InsertStmt:
		if len(n.InsertStmt.GetSelectStmt().GetSelectStmt().GetFromClause()) > 0 { // not a few VALUES
			return n.InsertStmt.GetRelation()
		}
	case *pg_query.Node_UpdateStmt:
		return n.UpdateStmt.GetRelation()
	case *pg_query.Node_DeleteStmt:
		return n.DeleteStmt.GetRelation()
	}
	return nil
}
