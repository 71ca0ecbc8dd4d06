package lint

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// typeText writes a type as SQL.
func typeText(t *pg.TypeName) string {
	cast := &pg.Node{Node: &pg.Node_TypeCast{TypeCast: &pg.TypeCast{Arg: null(), TypeName: t}}}
	return strings.TrimPrefix(expression(cast), "NULL::")
}

// expression writes an expression as SQL, by way of a SELECT.
func expression(n *pg.Node) string {
	target := &pg.Node{Node: &pg.Node_ResTarget{ResTarget: &pg.ResTarget{Val: n}}}
	text := deparse(&pg.Node{Node: &pg.Node_SelectStmt{SelectStmt: &pg.SelectStmt{
		TargetList: []*pg.Node{target}, LimitOption: pg.LimitOption_LIMIT_OPTION_DEFAULT, Op: pg.SetOperation_SETOP_NONE,
	}}})
	return strings.TrimSuffix(strings.TrimPrefix(text, "SELECT "), ";")
}

func null() *pg.Node {
	return &pg.Node{Node: &pg.Node_AConst{AConst: &pg.A_Const{Isnull: true}}}
}
