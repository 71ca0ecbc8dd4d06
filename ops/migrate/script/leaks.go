package script

import (
	"slices"
	"strings"

	pg_query "github.com/pganalyze/pg_query_go/v6"
)

// leaks names the settings that a file leaves changed for whatever the session runs next: SET without LOCAL, and
// without a RESET behind it.
func leaks(all []Statement) []string {
	var left []string
	for _, s := range all {
		name, set := changed(s.Node)
		if name == "" {
			continue
		}
		left = slices.DeleteFunc(left, func(l string) bool { return l == name || !set && name == everything })
		if set {
			left = append(left, name)
		}
	}
	return left
}

const everything = "all"

// changed gives the setting that a statement changes for the session, or sets back.
func changed(n *pg_query.Node) (name string, set bool) {
	if n.GetDiscardStmt().GetTarget() == pg_query.DiscardMode_DISCARD_ALL {
		return everything, false
	}
	v := n.GetVariableSetStmt()
	name = strings.ToLower(v.GetName())
	switch {
	case v == nil || v.GetIsLocal():
		return selected(n)
	case v.GetKind() == pg_query.VariableSetKind_VAR_RESET_ALL:
		return everything, false
	case v.GetKind() == pg_query.VariableSetKind_VAR_RESET, v.GetKind() == pg_query.VariableSetKind_VAR_SET_DEFAULT:
		return name, false
	case name == "transaction": // SET TRANSACTION ends with it
		return "", false
	}
	return name, true
}

// selected reads SELECT set_config('search_path', …, false), which pg_dump writes.
func selected(n *pg_query.Node) (name string, set bool) {
	for _, target := range n.GetSelectStmt().GetTargetList() {
		call := target.GetResTarget().GetVal().GetFuncCall()
		names, args := call.GetFuncname(), call.GetArgs()
		if len(names) == 0 || names[len(names)-1].GetString_().GetSval() != "set_config" || len(args) != 3 || on(args[2]) {
			continue
		}
		return strings.ToLower(args[0].GetAConst().GetSval().GetSval()), true
	}
	return "", false
}
