package script

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/pganalyze/pg_query_go/v6/parser"

	"dbbot/ops"
)

// unreadable says why bytes are no SQL that a server could run.
func unreadable(sql []byte) string {
	switch {
	case bytes.HasPrefix(sql, []byte("\xff\xfe")), bytes.HasPrefix(sql, []byte("\xfe\xff")):
		return "It is written in UTF-16. Save it as UTF-8."
	case bytes.HasPrefix(sql, []byte("\xef\xbb\xbf")):
		return "It begins with a byte order mark, which PostgreSQL takes for a word. Save it as UTF-8 without one."
	case bytes.IndexByte(sql, 0) >= 0:
		return fmt.Sprintf("It holds a byte 0 in line %d. Is it text, saved as UTF-8?", lineOf(sql, bytes.IndexByte(sql, 0)))
	case !utf8.Valid(sql):
		return fmt.Sprintf("It is not UTF-8: see line %d.", lineOf(sql, invalid(sql)))
	}
	return ""
}

func invalid(sql []byte) int {
	for i := 0; i < len(sql); {
		r, n := utf8.DecodeRune(sql[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return len(sql)
}

func lineOf(sql []byte, offset int) int {
	return 1 + bytes.Count(sql[:min(offset, len(sql))], []byte("\n"))
}

// fault is what is wrong with a text, and where.
type fault struct {
	words string
	at    int // offset in bytes
}

func (f *fault) Error() string { return f.words }

// parserFault takes the parser's error about the part of the text that begins at start.
func parserFault(err error, part string, start int) error {
	f := &fault{words: withoutLiterals(err.Error()), at: start + len(part)}
	if e, ok := errors.AsType[*parser.Error](err); ok && e.Cursorpos > 0 {
		f.at = start + byteOffset(part, e.Cursorpos-1)
	}
	return f
}

// explain puts an error of split into words, and looks for what psql understands and the server does not.
func explain(text string, err error) (words, refused string) {
	f, ok := errors.AsType[*fault](err)
	if !ok {
		return "it could not be taken apart", ""
	}
	line := lineOf([]byte(text), f.at)
	if n := copied(text[:f.at]); n > 0 {
		return "", fromStdin(lineOf([]byte(text), n))
	}
	if strings.HasPrefix(text[f.at:], `\`) {
		return "", fmt.Sprintf("Line %d is a command of psql (%s), which PostgreSQL itself does not know.", line, ops.Printable(metaCommand.FindString(text[f.at:]), 20))
	}
	return fmt.Sprintf("%s (line %d)", f.words, line), ""
}

// byteOffset of a character.
func byteOffset(text string, runes int) int {
	for i := range text {
		if runes == 0 {
			return i
		}
		runes--
	}
	return len(text)
}

var metaCommand = regexp.MustCompile(`^\\[a-zA-Z_!?.]*`)

var near = regexp.MustCompile(`(?s) at or near "(.*)"$`)

var word = regexp.MustCompile(`^(?:[\p{L}_][\p{L}\p{N}_]{0,62}|[^\p{L}\p{N}\s'"$]{1,2})$`)

// withoutLiterals keeps the word at which the parser stopped only where it is one: a string may hold a secret.
func withoutLiterals(message string) string {
	if found := near.FindStringSubmatchIndex(message); found != nil && !word.MatchString(message[found[2]:found[3]]) {
		message = message[:found[0]]
	}
	return ops.Redact(ops.Printable(message, 200))
}

var copyFrom = regexp.MustCompile(`(?is)\bcopy\b[^;]*\bfrom\s+stdin\b[^;]*;`)

// copied finds a COPY … FROM stdin before the place where the parser stopped: what stopped it are the rows. It gives
// the offset of the statement, 0 for none.
func copied(before string) int {
	all := copyFrom.FindAllStringIndex(before, 20)
	for _, found := range all {
		statements, err := split(before[:found[1]])
		if err == nil && len(statements) > 0 && isFromStdin(statements[len(statements)-1]) {
			last := statements[len(statements)-1]
			return last.Offset + opening(last.Text) + 1
		}
	}
	return 0
}

func fromStdin(line int) string {
	return fmt.Sprintf("Line %d copies rows from stdin, which only psql can give it. Write INSERT statements instead.", line)
}

func isFromStdin(s Statement) bool {
	c := s.Node.GetCopyStmt()
	return c != nil && c.GetFilename() == "" && !c.GetIsProgram() && c.GetIsFrom()
}

// refused says why statements that the parser understood still cannot be run.
func refused(all []Statement) string {
	for _, s := range all {
		c := s.Node.GetCopyStmt()
		switch {
		case isFromStdin(s):
			return fromStdin(s.Line)
		case c != nil && c.GetFilename() == "" && !c.GetIsProgram():
			return fmt.Sprintf("Line %d copies rows to stdout, where nobody reads them.", s.Line)
		}
	}
	return inNoBatch(all)
}

// inNoBatch: a file with transactions of its own is sent as one batch, and PostgreSQL runs a statement that wants to
// be alone in no batch, not even behind COMMIT. Blocks and procedures are only suspected of that: they may be tried.
func inNoBatch(all []Statement) string {
	if len(all) == 1 || mode(all) != AsWritten {
		return ""
	}
	for _, s := range all {
		if s.Alone && s.Node.GetDoStmt() == nil && s.Node.GetCallStmt() == nil {
			return fmt.Sprintf("Line %d (%s) can run beside no other statement, as the file begins and ends transactions itself. Give it a file of its own.", s.Line, s.Tag)
		}
	}
	return ""
}

// otherStrings: from a SET of standard_conforming_strings on, the server reads backslashes in strings in another way
// than the parser here does.
func otherStrings(all []Statement) string {
	for _, s := range all {
		v := s.Node.GetVariableSetStmt()
		if strings.EqualFold(v.GetName(), "standard_conforming_strings") && !(len(v.GetArgs()) == 1 && on(v.GetArgs()[0])) {
			return fmt.Sprintf("standard_conforming_strings is changed (line %d)", s.Line)
		}
	}
	return ""
}
