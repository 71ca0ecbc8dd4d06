package rehearse

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops/migrate/apply"
	"dbbot/ops/migrate/lint"
)

// failure makes the report of a statement that the server refused.
func failure(step, at int, s lint.Parsed, err error) Failure {
	f := Failure{Step: step, Statement: at}
	said, _ := errors.AsType[*pgconn.PgError](err)
	if said == nil {
		return f
	}
	f.Code, f.inside = said.Code, said.Where != ""
	f.Message, f.Hint = apply.Spoken(said, string(s.Step.File().SQL))
	f.aboutRole = strings.HasPrefix(said.Message, "role ")
	if at >= 0 && at < len(s.Script.Statements) {
		f.Line, f.Column = s.Script.Statements[at].Place(int(said.Position))
	}
	return f
}

// setting is what a failure happened in.
type setting struct {
	same    bool // on the server of the real database
	version bool // of the same version
	rows    bool
	alike   bool // the schema is the very same, but for extensions that are missing
	refused bool // a file before it was left out
	lacks   lacking
}

// weigh says whether the real database would refuse the statement, too. An empty one, and another server, have reasons of
// their own to refuse; so that what is certain is only what the schema alone decides.
func (f *Failure) weigh(in setting) {
	f.Doubt = f.doubt(in)
	f.Certain = f.Doubt == ""
}

func (f *Failure) doubt(in setting) string {
	switch {
	case f.Code == insufficientPrivilege || f.aboutRole && !in.same:
		return "The roles of the server for rehearsals are not those of the real one."
	case !slices.Contains(ofTheSchema, f.Code):
		if in.rows {
			return "The rows of the scratch database are not those of the real one."
		}
		return "The scratch database has no rows, and the statement may need some."
	case f.inside:
		return "It happened inside a function or a DO block, which may depend on rows."
	case len(in.lacks.objects) > 0 || len(in.lacks.extensions) > 0 && slices.Contains(ofExtensions, f.Code):
		return "The scratch database lacks some of what the real one has."
	case in.refused:
		return "A file before it was left out of the rehearsal."
	case !in.version:
		return "The server for rehearsals has another version."
	case !in.alike:
		return "The scratch database has not quite the schema of the real one."
	}
	return ""
}

// ofTheSchema are the SQLSTATEs (PostgreSQL, appendix A) of statements that no row could save: syntax, and names and types
// that do not fit the schema.
var ofTheSchema = []string{
	"42601", "42602", "42622", "42939", // syntax, names
	"42703", "42P01", "42883", "42P02", "42704", // there is no such column, table, function, object
	"42701", "42P07", "42P06", "42723", "42710", "42712", "42P03", "42P04", "42P05", // there is one already
	"42702", "42725", "42P08", "42P09", // ambiguous
	"42804", "42846", "42P18", "42P21", "42P22", "42611", "42P10", "42P13", "42P16", "42P17", "42P19", "42P20", "42830", "42803", "42809", "42P11", "42P12", "42P14", "42P15", // do not fit
	"2BP01", // others depend on it
	"0A000", // not possible in this way: a view uses the column
	"55P04", // a value of an enum in the transaction that adds it
	"25001", // not in a transaction
}

// ofExtensions may come of an extension that is missing.
var ofExtensions = []string{"42883", "42P01", "42704", "42703", "42725", "42846"}
