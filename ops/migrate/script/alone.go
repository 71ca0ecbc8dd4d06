package script

import (
	"regexp"
	"strings"

	pg_query "github.com/pganalyze/pg_query_go/v6"
)

// alone says whether PostgreSQL refuses a statement inside a transaction (its PreventInTransactionBlock), as far as
// the statement itself shows it.
func alone(n *pg_query.Node) bool {
	switch s := n.GetNode().(type) {
	case *pg_query.Node_IndexStmt:
		return s.IndexStmt.GetConcurrent()
	case *pg_query.Node_DropStmt:
		return s.DropStmt.GetConcurrent()
	case *pg_query.Node_ReindexStmt:
		kind := s.ReindexStmt.GetKind()
		return wanted(s.ReindexStmt.GetParams(), "concurrently", false) || kind == pg_query.ReindexObjectType_REINDEX_OBJECT_SCHEMA ||
			kind == pg_query.ReindexObjectType_REINDEX_OBJECT_SYSTEM || kind == pg_query.ReindexObjectType_REINDEX_OBJECT_DATABASE
	case *pg_query.Node_VacuumStmt:
		return s.VacuumStmt.GetIsVacuumcmd()
	case *pg_query.Node_ClusterStmt:
		return s.ClusterStmt.GetRelation() == nil
	case *pg_query.Node_AlterTableStmt:
		return detachesConcurrently(s.AlterTableStmt)
	case *pg_query.Node_AlterDatabaseStmt:
		return has(s.AlterDatabaseStmt.GetOptions(), "tablespace")
	case *pg_query.Node_CreateSubscriptionStmt:
		o := s.CreateSubscriptionStmt.GetOptions()
		return wanted(o, "create_slot", wanted(o, "connect", true))
	case *pg_query.Node_AlterSubscriptionStmt:
		return refreshes(s.AlterSubscriptionStmt)
	case *pg_query.Node_DoStmt:
		return endsTransactions(s.DoStmt)
	case *pg_query.Node_DiscardStmt:
		return s.DiscardStmt.GetTarget() == pg_query.DiscardMode_DISCARD_ALL
	case *pg_query.Node_CreatedbStmt, *pg_query.Node_DropdbStmt, *pg_query.Node_AlterSystemStmt,
		*pg_query.Node_CreateTableSpaceStmt, *pg_query.Node_DropTableSpaceStmt, *pg_query.Node_DropSubscriptionStmt:
		return true
	}
	return false
}

func detachesConcurrently(s *pg_query.AlterTableStmt) bool {
	for _, c := range s.GetCmds() {
		cmd := c.GetAlterTableCmd()
		finalize := cmd.GetSubtype() == pg_query.AlterTableType_AT_DetachPartitionFinalize
		if !finalize && cmd.GetDef().GetPartitionCmd().GetConcurrent() {
			return true
		}
	}
	return false
}

// refreshes: changes of a subscription's publications fetch its tables, unless told not to.
func refreshes(s *pg_query.AlterSubscriptionStmt) bool {
	switch s.GetKind() {
	case pg_query.AlterSubscriptionType_ALTER_SUBSCRIPTION_REFRESH:
		return true
	case pg_query.AlterSubscriptionType_ALTER_SUBSCRIPTION_SET_PUBLICATION,
		pg_query.AlterSubscriptionType_ALTER_SUBSCRIPTION_ADD_PUBLICATION,
		pg_query.AlterSubscriptionType_ALTER_SUBSCRIPTION_DROP_PUBLICATION:
		return wanted(s.GetOptions(), "refresh", true)
	case pg_query.AlterSubscriptionType_ALTER_SUBSCRIPTION_OPTIONS:
		return has(s.GetOptions(), "failover") || has(s.GetOptions(), "two_phase")
	}
	return false
}

func option(options []*pg_query.Node, name string) *pg_query.DefElem {
	for _, o := range options {
		if d := o.GetDefElem(); strings.EqualFold(d.GetDefname(), name) {
			return d
		}
	}
	return nil
}

func has(options []*pg_query.Node, name string) bool { return option(options, name) != nil }

// wanted reads a switch: named alone it is on.
func wanted(options []*pg_query.Node, name string, otherwise bool) bool {
	d := option(options, name)
	switch {
	case d == nil:
		return otherwise
	case d.GetArg() == nil:
		return true
	}
	return on(d.GetArg())
}

// on reads what PostgreSQL takes for a truth value.
func on(n *pg_query.Node) bool {
	word := strings.ToLower(n.GetString_().GetSval())
	if c := n.GetAConst(); c.GetSval() != nil {
		word = strings.ToLower(c.GetSval().GetSval())
	} else if c.GetIval().GetIval() != 0 || c.GetBoolval().GetBoolval() {
		return true
	}
	if n.GetInteger().GetIval() != 0 || n.GetBoolean().GetBoolval() {
		return true
	}
	return word != "" && (strings.HasPrefix("true", word) || strings.HasPrefix("yes", word) || word == "on")
}

var endOfTransaction = regexp.MustCompile(`(?i)(?:^|[;\s])(?:commit|rollback)(?:\s+and\s+(?:no\s+)?chain)?\s*;`)

// endsTransactions: a DO block that commits can run in no transaction. A word in a string or a comment of it counts
// too: then the block merely runs for itself.
func endsTransactions(s *pg_query.DoStmt) bool {
	return endOfTransaction.MatchString(option(s.GetArgs(), "as").GetArg().GetString_().GetSval())
}

// maybeOwnTransactions: what a procedure does is not seen. One that commits works only outside a transaction and as a
// file's only statement, so a lone CALL runs for itself.
func maybeOwnTransactions(n *pg_query.Node) bool { return n.GetCallStmt() != nil }

// ownTransaction says that a statement begins or ends a transaction. Savepoints live within one.
func ownTransaction(n *pg_query.Node) bool {
	t := n.GetTransactionStmt()
	switch t.GetKind() {
	case pg_query.TransactionStmtKind_TRANS_STMT_SAVEPOINT, pg_query.TransactionStmtKind_TRANS_STMT_RELEASE,
		pg_query.TransactionStmtKind_TRANS_STMT_ROLLBACK_TO:
		return false
	}
	return t != nil
}
