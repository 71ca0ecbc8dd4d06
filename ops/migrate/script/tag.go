package script

import (
	"fmt"
	"regexp"
	"strings"

	pg_query "github.com/pganalyze/pg_query_go/v6"
)

// tag is PostgreSQL's name for what a statement does (tcop/utility.c, CreateCommandTag). It answers the same, but for
// statements that select into something: to those it says how many rows.
func tag(n *pg_query.Node) string {
	if t := tagByObject(n); t != "" {
		return t
	}
	if t := tagByKind(n); t != "" {
		return t
	}
	kind := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", n.GetNode()), "*pg_query.Node_"), "Stmt")
	if t, irregular := tags[kind]; irregular {
		return t
	}
	return strings.ToUpper(strings.TrimSpace(camel.ReplaceAllString(kind, " $0")))
}

var camel = regexp.MustCompile(`[A-Z]`)

// tags whose words are not those of the parser's own name.
var tags = map[string]string{
	"AlterDefaultPrivileges": "ALTER DEFAULT PRIVILEGES", "AlterDatabaseRefreshColl": "ALTER DATABASE", "AlterDatabaseSet": "ALTER DATABASE",
	"AlterEnum": "ALTER TYPE", "AlterEventTrig": "ALTER EVENT TRIGGER", "AlterExtensionContents": "ALTER EXTENSION",
	"AlterFdw": "ALTER FOREIGN DATA WRAPPER", "AlterForeignServer": "ALTER SERVER", "AlterOpFamily": "ALTER OPERATOR FAMILY",
	"AlterRoleSet": "ALTER ROLE", "AlterSeq": "ALTER SEQUENCE", "AlterStats": "ALTER STATISTICS", "AlterTableMoveAll": "ALTER TABLE",
	"AlterTableSpaceOptions": "ALTER TABLESPACE", "AlterTsconfiguration": "ALTER TEXT SEARCH CONFIGURATION",
	"AlterTsdictionary": "ALTER TEXT SEARCH DICTIONARY", "CheckPoint": "CHECKPOINT",
	"CompositeType": "CREATE TYPE", "ConstraintsSet": "SET CONSTRAINTS", "Create": "CREATE TABLE", "CreateAm": "CREATE ACCESS METHOD",
	"CreateEnum": "CREATE TYPE", "CreateEventTrig": "CREATE EVENT TRIGGER", "CreateFdw": "CREATE FOREIGN DATA WRAPPER",
	"CreateForeignServer": "CREATE SERVER", "CreateOpClass": "CREATE OPERATOR CLASS", "CreateOpFamily": "CREATE OPERATOR FAMILY",
	"CreatePlang": "CREATE LANGUAGE", "CreateRange": "CREATE TYPE", "CreateSeq": "CREATE SEQUENCE", "CreateStats": "CREATE STATISTICS",
	"CreateTableSpace": "CREATE TABLESPACE", "CreateTrig": "CREATE TRIGGER", "Createdb": "CREATE DATABASE", "DropTableSpace": "DROP TABLESPACE",
	"Dropdb": "DROP DATABASE", "Index": "CREATE INDEX", "Lock": "LOCK TABLE", "RefreshMatView": "REFRESH MATERIALIZED VIEW",
	"Rule": "CREATE RULE", "SecLabel": "SECURITY LABEL", "Truncate": "TRUNCATE TABLE", "VariableShow": "SHOW", "View": "CREATE VIEW",
}

// tagByObject: ALTER and DROP are named after what they are done to.
func tagByObject(n *pg_query.Node) string {
	switch s := n.GetNode().(type) {
	case *pg_query.Node_DropStmt:
		return "DROP " + object(s.DropStmt.GetRemoveType())
	case *pg_query.Node_RenameStmt:
		of := s.RenameStmt.GetRenameType()
		if of == pg_query.ObjectType_OBJECT_COLUMN || of == pg_query.ObjectType_OBJECT_ATTRIBUTE {
			of = s.RenameStmt.GetRelationType()
		}
		return "ALTER " + object(of)
	case *pg_query.Node_AlterTableStmt:
		return "ALTER " + object(s.AlterTableStmt.GetObjtype())
	case *pg_query.Node_AlterObjectSchemaStmt:
		return "ALTER " + object(s.AlterObjectSchemaStmt.GetObjectType())
	case *pg_query.Node_AlterObjectDependsStmt:
		return "ALTER " + object(s.AlterObjectDependsStmt.GetObjectType())
	case *pg_query.Node_AlterOwnerStmt:
		return "ALTER " + object(s.AlterOwnerStmt.GetObjectType())
	case *pg_query.Node_AlterFunctionStmt:
		return "ALTER " + object(s.AlterFunctionStmt.GetObjtype())
	case *pg_query.Node_DefineStmt:
		return "CREATE " + object(s.DefineStmt.GetKind())
	case *pg_query.Node_CreateTableAsStmt:
		switch {
		case s.CreateTableAsStmt.GetIsSelectInto():
			return "SELECT INTO"
		case s.CreateTableAsStmt.GetObjtype() == pg_query.ObjectType_OBJECT_MATVIEW:
			return "CREATE MATERIALIZED VIEW"
		}
		return "CREATE TABLE AS"
	}
	return ""
}

var objects = map[string]string{
	"TABCONSTRAINT": "TABLE", "DOMCONSTRAINT": "DOMAIN", "MATVIEW": "MATERIALIZED VIEW", "FDW": "FOREIGN DATA WRAPPER",
	"FOREIGN SERVER": "SERVER", "OPCLASS": "OPERATOR CLASS", "OPFAMILY": "OPERATOR FAMILY", "STATISTIC EXT": "STATISTICS",
	"TSCONFIGURATION": "TEXT SEARCH CONFIGURATION", "TSDICTIONARY": "TEXT SEARCH DICTIONARY", "TSPARSER": "TEXT SEARCH PARSER",
	"TSTEMPLATE": "TEXT SEARCH TEMPLATE", "LARGEOBJECT": "LARGE OBJECT", "ATTRIBUTE": "TYPE", "COLUMN": "TABLE",
}

func object(t pg_query.ObjectType) string {
	name := strings.ReplaceAll(strings.TrimPrefix(t.String(), "OBJECT_"), "_", " ")
	if known, irregular := objects[name]; irregular {
		return known
	}
	return name
}

// tagByKind: one kind of statement that has several tags.
func tagByKind(n *pg_query.Node) string {
	switch s := n.GetNode().(type) {
	case *pg_query.Node_TransactionStmt:
		return transactionTag(s.TransactionStmt.GetKind())
	case *pg_query.Node_VariableSetStmt:
		k := s.VariableSetStmt.GetKind()
		return either(k == pg_query.VariableSetKind_VAR_RESET || k == pg_query.VariableSetKind_VAR_RESET_ALL, "RESET", "SET")
	case *pg_query.Node_GrantStmt:
		return either(s.GrantStmt.GetIsGrant(), "GRANT", "REVOKE")
	case *pg_query.Node_GrantRoleStmt:
		return either(s.GrantRoleStmt.GetIsGrant(), "GRANT ROLE", "REVOKE ROLE")
	case *pg_query.Node_VacuumStmt:
		return either(s.VacuumStmt.GetIsVacuumcmd(), "VACUUM", "ANALYZE")
	case *pg_query.Node_CreateFunctionStmt:
		return either(s.CreateFunctionStmt.GetIsProcedure(), "CREATE PROCEDURE", "CREATE FUNCTION")
	case *pg_query.Node_FetchStmt:
		return either(s.FetchStmt.GetIsmove(), "MOVE", "FETCH")
	case *pg_query.Node_ClosePortalStmt:
		return either(s.ClosePortalStmt.GetPortalname() == "", "CLOSE CURSOR ALL", "CLOSE CURSOR")
	case *pg_query.Node_DeallocateStmt:
		return either(s.DeallocateStmt.GetName() == "", "DEALLOCATE ALL", "DEALLOCATE")
	case *pg_query.Node_DiscardStmt:
		return strings.ReplaceAll(strings.Replace(s.DiscardStmt.GetTarget().String(), "DISCARD_", "DISCARD ", 1), "_", " ")
	}
	return ""
}

func either(which bool, yes, no string) string {
	if which {
		return yes
	}
	return no
}

func transactionTag(k pg_query.TransactionStmtKind) string {
	switch k {
	case pg_query.TransactionStmtKind_TRANS_STMT_START:
		return "START TRANSACTION"
	case pg_query.TransactionStmtKind_TRANS_STMT_PREPARE:
		return "PREPARE TRANSACTION"
	case pg_query.TransactionStmtKind_TRANS_STMT_ROLLBACK_TO:
		return "ROLLBACK"
	}
	return strings.ReplaceAll(strings.TrimPrefix(k.String(), "TRANS_STMT_"), "_", " ")
}
