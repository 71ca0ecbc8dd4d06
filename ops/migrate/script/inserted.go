package script

import (
	pg_query "github.com/pganalyze/pg_query_go/v6"
)

// insertedSecrets gives the offsets of the strings that INSERTs put into columns with the name of a secret.
func insertedSecrets(sql string) map[int32]bool {
	if _, err := scan(sql); err != nil { // too deep for the parser
		return nil
	}
	tree, err := pg_query.Parse(sql)
	if err != nil {
		return nil
	}
	found := map[int32]bool{}
	for _, raw := range tree.GetStmts() {
		insert := raw.GetStmt().GetInsertStmt()
		for i, column := range insert.GetCols() {
			if !secretName.MatchString(column.GetResTarget().GetName()) {
				continue
			}
			for _, row := range insert.GetSelectStmt().GetSelectStmt().GetValuesLists() {
				if items := row.GetList().GetItems(); i < len(items) {
					stringsIn(items[i], found)
				}
			}
		}
	}
	return found
}

// stringsIn adds the strings of a value: bare, with a type, or given to functions such as crypt.
func stringsIn(n *pg_query.Node, found map[int32]bool) {
	switch v := n.GetNode().(type) {
	case *pg_query.Node_AConst:
		if v.AConst.GetSval() != nil {
			found[v.AConst.GetLocation()] = true
		}
	case *pg_query.Node_TypeCast:
		stringsIn(v.TypeCast.GetArg(), found)
	case *pg_query.Node_FuncCall:
		for _, argument := range v.FuncCall.GetArgs() {
			stringsIn(argument, found)
		}
	case *pg_query.Node_AExpr:
		stringsIn(v.AExpr.GetLexpr(), found)
		stringsIn(v.AExpr.GetRexpr(), found)
	}
}
