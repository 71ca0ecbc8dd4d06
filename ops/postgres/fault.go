package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
)

// SQLSTATEs that mean something of their own to people (PostgreSQL, appendix A).
const (
	undefinedTable         = "42P01"
	undefinedColumn        = "42703"
	insufficientPrivileges = "42501"
	notInPrerequisiteState = "55000"
	lockNotAvailable       = "55P03"
	queryCanceled          = "57014"
)

// sqlState is the server's code of an error, empty where the error is not the server's.
func sqlState(err error) string {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused.Code
	}
	return ""
}

// notReached stands in every section until its answer comes.
func notReached() *ops.Error {
	return &ops.Error{Message: "not read in time", Hint: "Refresh to try again."}
}

// sectionFault says why one section could not be read. Messages are half sentences: they stand behind a name.
func sectionFault(s section, role string, err error) *ops.Error {
	fault := &ops.Error{Cause: err}
	switch code := sqlState(err); {
	case s.file == "statements" && (code == undefinedTable || code == notInPrerequisiteState):
		fault.Message = "pg_stat_statements is not installed in this database"
		fault.Hint = "Add pg_stat_statements to shared_preload_libraries, restart, then CREATE EXTENSION pg_stat_statements;"
	case s.file == "statements" && code == undefinedColumn:
		fault.Message = "pg_stat_statements is of an older version than the server"
		fault.Hint = "ALTER EXTENSION pg_stat_statements UPDATE;"
	case code == insufficientPrivileges && s.isMigrations():
		fault.Message = "the migration table may not be read"
		fault.Hint = fmt.Sprintf("GRANT SELECT ON %s TO %s; or configure migrate_url.", s.table(), quoteRole(role))
	case code == insufficientPrivileges:
		fault.Message, fault.Hint = "not permitted to see", Grant(role)
	case code == lockNotAvailable && s.isMigrations():
		fault.Message = fmt.Sprintf("the migration table is locked by somebody; given up after %s", Age(lockTimeout))
	case code == lockNotAvailable:
		fault.Message = fmt.Sprintf("a system table it reads is locked by somebody; given up after %s", Age(lockTimeout))
	case code == queryCanceled:
		fault.Message = fmt.Sprintf("took longer than %s", Age(statementTimeout))
	default:
		fault.Message = "PostgreSQL could not answer (SQLSTATE " + code + ")"
		fault.Hint = "dbbot's log has its message."
	}
	return fault
}

// Grant is the statement that lets a role see what other roles do.
func Grant(role string) string { return "GRANT pg_monitor TO " + quoteRole(role) + ";" }

// quoteRole writes a role as SQL takes it, fit to be shown.
func quoteRole(role string) string { return ops.Printable(pgx.Identifier{role}.Sanitize(), 80) }
