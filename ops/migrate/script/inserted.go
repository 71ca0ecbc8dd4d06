package script

import (
	"regexp"
	"slices"

	pg_query "github.com/pganalyze/pg_query_go/v6"
)

// insertion finds statements that may put strings into columns.
var insertion = regexp.MustCompile(`(?i)\binsert\b`)

var anyString = regexp.MustCompile(`'(?:[^']|'')*(?:'|$)`)

// withoutInserted hides all strings of a text that cannot be taken apart, where it may insert secrets: one that was cut
// within a string, say.
func withoutInserted(sql string) string {
	if !insertion.MatchString(sql) {
		return sql
	}
	return anyString.ReplaceAllString(sql, "'***'")
}

// insertedSecrets says at which offsets stand the strings that INSERTs put into columns with the name of a secret. Of a
// statement that the parser does not understand, or is not given, all strings are taken for such.
func insertedSecrets(sql string) func(at int32) bool {
	found := map[int32]bool{}
	var unread []piece
	s := scanner{text: []byte(sql)}
	for more := true; more; {
		var p piece
		p, more = s.next()
		text := sql[p.start:p.end]
		if !insertion.MatchString(text) || !secretName.MatchString(text) {
			continue
		}
		if p.depth > maxDepth || p.comments > maxComments || !inserted(text, int32(p.start), found) {
			unread = append(unread, p)
		}
	}
	return func(at int32) bool {
		return found[at] || slices.ContainsFunc(unread, func(p piece) bool { return p.start <= int(at) && int(at) < p.end })
	}
}

// inserted adds the strings of one statement, which begins at start; false where the parser does not understand it.
func inserted(sql string, start int32, found map[int32]bool) bool {
	tree, err := pg_query.Parse(sql)
	if err != nil {
		return false
	}
	for _, raw := range tree.GetStmts() {
		insert := raw.GetStmt().GetInsertStmt()
		for i, column := range insert.GetCols() {
			if !secretName.MatchString(column.GetResTarget().GetName()) {
				continue
			}
			for _, row := range insert.GetSelectStmt().GetSelectStmt().GetValuesLists() {
				if items := row.GetList().GetItems(); i < len(items) {
					stringsIn(items[i], start, found)
				}
			}
		}
	}
	return true
}

// stringsIn adds the strings of a value: bare, with a type, or given to functions such as crypt.
func stringsIn(n *pg_query.Node, start int32, found map[int32]bool) {
	switch v := n.GetNode().(type) {
	case *pg_query.Node_AConst:
		if v.AConst.GetSval() != nil {
			found[start+v.AConst.GetLocation()] = true
		}
	case *pg_query.Node_TypeCast:
		stringsIn(v.TypeCast.GetArg(), start, found)
	case *pg_query.Node_FuncCall:
		for _, argument := range v.FuncCall.GetArgs() {
			stringsIn(argument, start, found)
		}
	case *pg_query.Node_AExpr:
		stringsIn(v.AExpr.GetLexpr(), start, found)
		stringsIn(v.AExpr.GetRexpr(), start, found)
	}
}
