package rehearse

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"dbbot/ops"
	"dbbot/ops/migrate/lint"
)

// What a file does beyond its database is done for good, wherever it runs: to roles and other databases of the server, to
// files, programs and other servers. Such files are not rehearsed.

// reachingExtensions open connections, start programs, write files, or work for other databases.
var reachingExtensions = []string{
	"dblink", "postgres_fdw", "file_fdw", "adminpack", "pg_cron", "pg_net", "http", "pgsql_http", "aws_s3", "aws_lambda", "aws_commons", "oracle_fdw", "mysql_fdw",
	"tds_fdw", "mongo_fdw", "redis_fdw", "multicorn", "wrappers", "pg_background", "plpython3u", "plpythonu", "plperlu", "pltclu", "plsh", "citus", "pg_partman_bgw",
}

// reachingNames begin what acts beyond the database, in SQL and in bodies of functions. PostgreSQL and Go read the pattern
// alike. It may find too much.
const reachingNames = `(dblink|postgres_fdw|file_fdw|lo_[a-z_]+[[:space:]]*[(]|pg_read_[a-z_]*file|pg_file_|pg_ls_dir|pg_stat_file|pg_reload_conf|pg_rotate_logfile|` +
	`pg_switch_wal|pg_create_[a-z_]*replication_slot|pg_drop_replication_slot|pg_replication_origin|pg_logical_|pg_promote|pg_terminate_backend|pg_cancel_backend|` +
	`pg_create_restore_point|pg_backup_start|pg_start_backup|http_(get|post|put|delete|request|head|patch)|net[.]http|cron[.]|aws_s3|aws_lambda|plpython|plperlu|pltclu)`

var reachingCall = regexp.MustCompile(`(?i)\b` + reachingNames)

// reachingWords finds, in strings and bodies that are run as SQL, the statements that act beyond the database.
var reachingWords = regexp.MustCompile(`(?is)\b(?:(?:to|from)\s+program\b|alter\s+system\b|(?:create|alter|drop)\s+(?:role|user|group|database|tablespace|subscription|server)\b|` +
	`(?:reassign|drop)\s+owned\b|on\s+(?:database|tablespace|parameter|foreign)\b|import\s+foreign\b|copy\s.*?(?:to|from)\s+'|prepare\s+transaction\b|checkpoint\b)`)

// reachingBody is what functions of the schema may not hold, in PostgreSQL's notation.
const reachingBody = `\m` + reachingNames + `|program[[:space:]]+'|alter[[:space:]]+(system|role|user|database)`

// reaches says why a file is not rehearsed, as a sentence; empty where it can be.
func reaches(p lint.Parsed) string {
	if len(p.Script.Statements) == 0 {
		text := string(p.Step.File().SQL)
		if found := cmp.Or(reachingCall.FindString(text), reachingWords.FindString(text)); found != "" {
			return "The file, which nobody could analyse, seems to reach beyond the database: " + brief(found) + "."
		}
		return ""
	}
	for _, s := range p.Script.Statements {
		what := s.Tag
		switch {
		case beyond(s.Node):
		case reachingCall.MatchString(s.Text):
			what += " with " + brief(reachingCall.FindString(s.Text))
		case holdsSQL(s.Node) && reachingWords.MatchString(s.Text):
			what += " with " + brief(reachingWords.FindString(s.Text))
		default:
			continue
		}
		return fmt.Sprintf("Line %d, %s, reaches beyond the database.", s.Line, what)
	}
	return ""
}

func brief(found string) string {
	return ops.Printable(strings.ToLower(strings.TrimRight(strings.Join(strings.Fields(found), " "), "'( ")), nameRunes)
}

// holdsSQL: statements that run SQL which the parser does not see, or make what does.
func holdsSQL(n *pg.Node) bool {
	return n.GetDoStmt() != nil || n.GetCreateFunctionStmt() != nil || n.GetCallStmt() != nil || n.GetSelectStmt() != nil || n.GetPrepareStmt() != nil
}

// beyond: statements about what all databases of a server share, about its files, and about other servers.
func beyond(n *pg.Node) bool {
	switch s := n.GetNode().(type) {
	case *pg.Node_CopyStmt:
		return s.CopyStmt.GetIsProgram() || s.CopyStmt.GetFilename() != ""
	case *pg.Node_GrantStmt:
		return shared[s.GrantStmt.GetObjtype()]
	case *pg.Node_CommentStmt:
		return shared[s.CommentStmt.GetObjtype()]
	case *pg.Node_SecLabelStmt:
		return shared[s.SecLabelStmt.GetObjtype()]
	case *pg.Node_RenameStmt:
		return shared[s.RenameStmt.GetRenameType()]
	case *pg.Node_AlterOwnerStmt:
		return shared[s.AlterOwnerStmt.GetObjectType()]
	case *pg.Node_DropStmt:
		return shared[s.DropStmt.GetRemoveType()]
	case *pg.Node_TransactionStmt:
		return s.TransactionStmt.GetKind() == pg.TransactionStmtKind_TRANS_STMT_PREPARE
	case *pg.Node_CreateRoleStmt, *pg.Node_AlterRoleStmt, *pg.Node_AlterRoleSetStmt, *pg.Node_DropRoleStmt, *pg.Node_GrantRoleStmt,
		*pg.Node_ReassignOwnedStmt, *pg.Node_DropOwnedStmt,
		*pg.Node_CreatedbStmt, *pg.Node_AlterDatabaseStmt, *pg.Node_AlterDatabaseSetStmt, *pg.Node_AlterDatabaseRefreshCollStmt, *pg.Node_DropdbStmt,
		*pg.Node_CreateTableSpaceStmt, *pg.Node_AlterTableSpaceOptionsStmt, *pg.Node_DropTableSpaceStmt, *pg.Node_AlterTableMoveAllStmt,
		*pg.Node_CreateSubscriptionStmt, *pg.Node_AlterSubscriptionStmt, *pg.Node_DropSubscriptionStmt,
		*pg.Node_CreateForeignServerStmt, *pg.Node_AlterForeignServerStmt, *pg.Node_CreateFdwStmt, *pg.Node_AlterFdwStmt, *pg.Node_ImportForeignSchemaStmt,
		*pg.Node_CreateUserMappingStmt, *pg.Node_AlterUserMappingStmt, *pg.Node_DropUserMappingStmt,
		*pg.Node_CreateEventTrigStmt, *pg.Node_AlterEventTrigStmt, *pg.Node_AlterSystemStmt, *pg.Node_LoadStmt, *pg.Node_CheckPointStmt:
		return true
	}
	return false
}

// shared are the kinds of objects that do not belong to one database.
var shared = map[pg.ObjectType]bool{
	pg.ObjectType_OBJECT_DATABASE: true, pg.ObjectType_OBJECT_ROLE: true, pg.ObjectType_OBJECT_TABLESPACE: true, pg.ObjectType_OBJECT_PARAMETER_ACL: true,
	pg.ObjectType_OBJECT_SUBSCRIPTION: true, pg.ObjectType_OBJECT_FOREIGN_SERVER: true, pg.ObjectType_OBJECT_FDW: true, pg.ObjectType_OBJECT_EVENT_TRIGGER: true,
	pg.ObjectType_OBJECT_LARGEOBJECT: true,
}

// reachingSQL lists what is in a scratch database that could act beyond it: $1 are names of extensions, $2 a pattern.
const reachingSQL = `SELECT 'EVENT TRIGGER', quote_ident(evtname) FROM pg_event_trigger
UNION ALL SELECT 'EXTENSION', quote_ident(extname) FROM pg_extension WHERE extname = ANY ($1)
UNION ALL SELECT 'FOREIGN DATA WRAPPER', quote_ident(fdwname) FROM pg_foreign_data_wrapper w
	WHERE NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid WHERE d.objid = w.oid AND d.deptype = 'e' AND e.extname = ANY ($1))
UNION ALL SELECT CASE prokind WHEN 'a' THEN 'AGGREGATE' WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, p.oid::regprocedure::text FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
	WHERE p.oid >= 16384 AND (prosrc ~* $2 OR NOT lanpltrusted AND lanname NOT IN ('c', 'internal'))
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')`
