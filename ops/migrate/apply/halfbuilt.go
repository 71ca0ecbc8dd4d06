package apply

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	pg_query "github.com/pganalyze/pg_query_go/v6"

	"dbbot/ops"
	"dbbot/ops/migrate/script"
)

// Builds gives the name of the index that a statement builds, or drops, beside the running applications; empty for all
// others. An index without a name of its own has none here.
func Builds(s script.Statement) (index string) {
	if n := s.Node.GetIndexStmt(); n.GetConcurrent() {
		return n.GetIdxname()
	}
	return ""
}

// before prepares a statement that can be in no transaction. skip: it has done its work already, when the file broke off
// in it. A half-built index that an earlier try left in its way is removed, where people agreed to that.
func (r *run) before(ctx context.Context, n int, p Prepared) (skip bool, err error) {
	s := p.Script.Statements[n]
	name, brokeHere := Builds(s), p.Step.Resume && n == p.Step.Skip
	if gone := dropped(s); brokeHere && gone != "" {
		return r.without(ctx, gone)
	}
	if name == "" || !brokeHere && !slices.Contains(p.Removes, name) {
		return false, nil
	}
	var full string
	var valid bool
	err = r.work.QueryRow(ctx, `SELECT format('%I.%I', n.nspname, c.relname), i.indisvalid
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE i.indrelid = to_regclass($1) AND c.relname = $2
		AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)`,
		quoted(s.Node.GetIndexStmt().GetRelation()), name).Scan(&full, &valid)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case valid:
		return brokeHere, nil
	case !slices.Contains(p.Removes, name):
		return false, nil
	}
	r.say(p, n, "removing the half-built index "+ops.Printable(full, 130))
	return false, r.exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+full)
}

// dropped gives the one relation that DROP INDEX CONCURRENTLY removes, as SQL has it.
func dropped(s script.Statement) string {
	n := s.Node.GetDropStmt()
	if !n.GetConcurrent() || n.GetRemoveType() != pg_query.ObjectType_OBJECT_INDEX || len(n.GetObjects()) != 1 {
		return ""
	}
	var name pgx.Identifier
	for _, part := range n.GetObjects()[0].GetList().GetItems() {
		name = append(name, part.GetString_().GetSval())
	}
	return name.Sanitize()
}

// without says whether a relation is gone.
func (r *run) without(ctx context.Context, name string) (gone bool, err error) {
	err = r.work.QueryRow(ctx, "SELECT to_regclass($1) IS NULL", name).Scan(&gone)
	return gone, err
}
