package postgres

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"dbbot/ops"
)

// SQL is the text of a statement without the values in it: strings and numbers are "?", comments are gone and
// white space is one blank. It is made so while it is read, so that the values are never kept.
type SQL string

// insufficientPrivilege stands where PostgreSQL hides a text.
const insufficientPrivilege = "<insufficient privilege>"

// UnmarshalJSON takes the text as the server has it.
func (s *SQL) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	if text == insufficientPrivilege {
		*s = ""
		return nil
	}
	*s = SQL(ops.Redact(withoutValues(text)))
	return nil
}

// withoutValues follows PostgreSQL's lexer: '…', E'…', U&'…', B'…', $tag$…$tag$, numbers, comments (which nest).
// What is cut off in the middle counts to the end. Names in double quotes stay.
func withoutValues(sql string) string {
	var out strings.Builder
	blank := func() {
		if s := out.String(); s != "" && !strings.HasSuffix(s, " ") {
			out.WriteByte(' ')
		}
	}
	for sql != "" {
		r, size := utf8.DecodeRuneInString(sql)
		switch {
		case unicode.IsSpace(r):
			blank()
		case strings.HasPrefix(sql, "--"):
			blank()
			size = until(sql, "\n")
		case strings.HasPrefix(sql, "/*"):
			blank()
			size = nested(sql)
		case r == '\'':
			out.WriteByte('?')
			size = quoted(sql, '\'', false)
		case r == '"':
			size = quoted(sql, '"', false)
			out.WriteString(sql[:size])
		case r == '$' && tag(sql) != "":
			out.WriteByte('?')
			t := tag(sql)
			size = len(t) + until(sql[len(t):], t)
		case r == '$' || startsWord(r): // $1 is a parameter, not a value
			size = word(sql)
			if escapes := strings.EqualFold(sql[:size], "e"); strings.HasPrefix(sql[size:], "'") && prefixes(sql[:size]) {
				out.WriteByte('?')
				size += quoted(sql[size:], '\'', escapes)
				break
			}
			out.WriteString(sql[:size])
		case unicode.IsDigit(r):
			out.WriteByte('?')
			size = number(sql)
		default:
			out.WriteString(sql[:size])
		}
		sql = sql[size:]
	}
	return strings.TrimSpace(out.String())
}

func startsWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || r >= utf8.RuneSelf }

// word is the length of a name or keyword; digits and $ may follow its first character.
func word(s string) int {
	for i, r := range s {
		if i > 0 && r != '$' && !startsWord(r) && !unicode.IsDigit(r) {
			return i
		}
	}
	return len(s)
}

// prefixes of a string in quotes.
func prefixes(word string) bool {
	switch strings.ToLower(word) {
	case "e", "b", "x", "n":
		return true
	}
	return false
}

// number is the length of 1, 1.5, 1e10, 0xff, 1_000.
func number(s string) int {
	for i, r := range s {
		if r != '.' && r != '_' && !unicode.IsDigit(r) && !unicode.IsLetter(r) {
			return i
		}
	}
	return len(s)
}

// quoted is the length of a text in quotes, in which the quote is doubled; escapes also allows a backslash before it.
func quoted(s string, quote byte, escapes bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// tag is the opening $…$ of a dollar-quoted text, empty where there is none.
func tag(s string) string {
	for i := 1; i < len(s); i++ {
		switch c := rune(s[i]); {
		case c == '$':
			return s[:i+1]
		case i == 1 && unicode.IsDigit(c), c < utf8.RuneSelf && c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c):
			return ""
		}
	}
	return ""
}

func until(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + len(end)
	}
	return len(s)
}

func nested(s string) int {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth, i = depth+1, i+1
		case "*/":
			if depth, i = depth-1, i+1; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}
