package apply

import (
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
)

// longestWords bounds what is repeated of a server's message, in characters.
const longestWords = 400

var (
	// quotedValue is what PostgreSQL puts into its messages about values: "…" with type names among them.
	quotedValue = regexp.MustCompile(`"[^"]*("|$)`)
	// literal is a string or number of the file where the parser stumbled over it.
	literal = regexp.MustCompile(`'(?:[^']|'')*('|$)|\$\w*\$(?s:.*)`)
	// raised finds the formats of RAISE in a body of PL/pgSQL.
	raised = regexp.MustCompile(`(?i)\braise\s+(?:[a-z]+\s+)?'((?:[^']|'')+)'`)
)

// Spoken gives PostgreSQL's message and hint as far as they hold no values of rows: its Detail and Where often do, and
// are never used. sql is the file.
func Spoken(e *pgconn.PgError, sql string) (message, hint string) {
	message, hint = e.Message, e.Hint
	switch class := e.Code[:min(2, len(e.Code))]; {
	case e.Routine == "exec_stmt_raise" || class == "P0":
		return ops.Printable(ops.Redact(ofFile(message, sql)), longestWords), ""
	case class == "22", class == "38", class == "39", class == "HV", class == "XX":
		message, hint = quotedValue.ReplaceAllString(message, `"***"`), ""
	}
	if e.Code == "2BP01" { // names of what depends on it
		message += ": " + strings.ReplaceAll(e.Detail, "\n", "; ")
	}
	return shown(message), shown(hint)
}

func shown(words string) string {
	return ops.Printable(ops.Redact(literal.ReplaceAllString(words, "'***'")), longestWords)
}

// ofFile shows what RAISE said as the file has it: with *** for what was put in at run time, which may be a row's. What
// does not come from the file is not shown.
func ofFile(message, sql string) string {
	for _, found := range raised.FindAllStringSubmatch(sql, -1) {
		format := strings.ReplaceAll(found[1], "''", "'")
		parts := strings.Split(strings.ReplaceAll(format, "%%", "\x00"), "%")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(strings.ReplaceAll(parts[i], "\x00", "%"))
		}
		if whole, err := regexp.Compile(`(?s)^` + strings.Join(parts, ".*") + `$`); err == nil && whole.MatchString(message) {
			return strings.NewReplacer("%%", "%", "%", "***").Replace(format)
		}
	}
	return "a function raised an error, whose words may hold values and stand in the server's log"
}
