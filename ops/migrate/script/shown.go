package script

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	pg_query "github.com/pganalyze/pg_query_go/v6"

	"dbbot/ops"
)

// maxShown is how many bytes of a statement people are shown: what is longer holds data.
const maxShown = 8 << 10

// Shown is the statement for people: without white space around it and without secrets, and cut where it is very long.
func (s Statement) Shown() string {
	text := strings.TrimSpace(s.Text)
	if len(text) <= maxShown {
		return Redact(text)
	}
	end := maxShown
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return Redact(text[:end]) + " …"
}

// maxScanned bounds what is taken apart word by word to find passwords.
const maxScanned = 1 << 20

var errTooLong = errors.New("too long")

// secretName is what columns and words are called whose values nobody may see.
var secretName = regexp.MustCompile(`(?i)passw(?:or)?d|passphrase|secret|token|api_?key|credential`)

// Redact hides the secrets in SQL: whatever string follows the word PASSWORD, with comments between or not, what an
// INSERT puts into a column with the name of a secret, and what ops.Redact knows.
func Redact(sql string) string {
	if !secretName.MatchString(sql) {
		return ops.Redact(sql)
	}
	scan, err := &pg_query.ScanResult{}, errTooLong
	if len(sql) <= maxScanned {
		scan, err = pg_query.Scan(sql)
	}
	if err != nil {
		return ops.Redact(withoutInserted(sql))
	}
	secret := insertedSecrets(sql)
	var b strings.Builder
	done, hide := 0, false
	for _, t := range scan.GetTokens() {
		text := sql[t.GetStart():t.GetEnd()]
		switch t.GetToken() {
		case pg_query.Token_SQL_COMMENT, pg_query.Token_C_COMMENT:
			continue
		case pg_query.Token_SCONST, pg_query.Token_USCONST:
			shown := inside(text)
			if hide || secret(t.GetStart()) {
				shown = "'***'"
			}
			b.WriteString(sql[done:t.GetStart()] + shown)
			done = int(t.GetEnd())
		}
		hide = t.GetToken() == pg_query.Token_PASSWORD
	}
	return ops.Redact(b.String() + sql[done:])
}

// inside hides what a string holds: it may be SQL itself, as in EXECUTE '…' and DO $$…$$, or a connection string. A
// string without secrets stays as it is.
func inside(literal string) string {
	open, held := "'", ""
	switch {
	case strings.HasPrefix(literal, "'") && len(literal) > 1:
		held = strings.ReplaceAll(literal[1:len(literal)-1], "''", "'")
	case strings.HasPrefix(literal, "$"):
		open = literal[:strings.IndexByte(literal[1:], '$')+2]
		held = literal[len(open) : len(literal)-len(open)]
	}
	shown := Redact(held)
	switch {
	case shown == held:
		return literal
	case open == "'":
		shown = strings.ReplaceAll(shown, "'", "''")
	}
	return open + shown + open
}

// Place turns the position of an error in a statement, as PostgreSQL counts it (characters of Text, from 1), into line
// and column of the file, from 1; the statement's first line and column 0 where there is no position.
func (s Statement) Place(position int) (line, column int) {
	if position < 1 {
		return s.Line, 0
	}
	before := s.Text[:byteOffset(s.Text, position-1)]
	line = s.Line + strings.Count(before, "\n") - strings.Count(s.Text[:opening(s.Text)], "\n")
	if last := strings.LastIndexByte(before, '\n'); last >= 0 {
		return line, utf8.RuneCountInString(before[last:])
	}
	return line, s.column + utf8.RuneCountInString(before) + 1
}
