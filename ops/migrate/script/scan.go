package script

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"dbbot/ops/migrate"
)

// maxComments is how many comments the parser is given within one another: they take it time that grows with their
// square. maxDepth is there for its C code, which goes one call deeper for every level of a statement; where the stack
// ends so does the process: 20,000 terms of 1+1+1… were enough for that, measured with 8 MB of stack.
const maxComments = 100

// piece is a statement as the scanner sees it: up to and including its semicolon.
type piece struct {
	start    int
	end      int
	words    int // 0: white space, comments and semicolons alone
	depth    int // no tree of it can be deeper
	comments int // how deep comments lie within one another

	// Of an INSERT of VALUES: where the rows begin, where the first and the last end, and the words behind the first.
	rows, firstRow, lastRow, rowWords int
}

// scanner finds where statements end without building anything, as psql does. Its word is never taken for what runs:
// it says what is too deep for the parser, and where a long text can be handed over in parts.
type scanner struct {
	text   []byte
	at     int
	piece  piece
	levels []level // of brackets; the first is the statement
	unions int
	head   string // the first letters of the first words, to know the functions that have statements inside
	last   string // the word before
	bodies int    // BEGIN … END within a function
	values bool   // in the rows of an INSERT
	first  int    // words up to the end of the first of them
}

// level counts how deep the expression between two brackets can be: what commas part lies beside one another.
type level struct{ now, most int }

// next gives the next piece; false at the end of the text.
func (s *scanner) next() (piece, bool) {
	s.piece, s.levels, s.unions, s.head, s.bodies, s.values = piece{start: s.at}, append(s.levels[:0], level{}), 0, "", 0, false
	for s.at < len(s.text) {
		if s.token() {
			break
		}
	}
	for len(s.levels) > 1 {
		s.close()
	}
	s.piece.end, s.piece.depth = s.at, max(s.levels[0].most, s.levels[0].now)+2*s.unions
	return s.piece, s.piece.words > 0 || s.at < len(s.text)
}

// token takes one word, and says whether it ended the statement.
func (s *scanner) token() (end bool) {
	s.at += s.blank()
	if s.at >= len(s.text) {
		return false
	}
	c := s.text[s.at]
	top := &s.levels[len(s.levels)-1]
	switch {
	case c == ';' && len(s.levels) == 1 && s.bodies == 0:
		s.at++
		return true
	case c == ',' || c == ';':
		top.most, top.now = max(top.most, top.now), 0
		s.at++
		return false
	}
	top.now++
	s.piece.words++
	s.values = s.values && (len(s.levels) > 1 || c == '(')
	switch {
	case c == '(' || c == '[':
		if s.values && s.piece.rows == 0 {
			s.piece.rows = s.at
		}
		s.levels = append(s.levels, level{})
		s.at++
	case c == ')' || c == ']':
		s.close()
		s.at++
	case c == '\'':
		s.at += quoted(s.text[s.at:], '\'', false)
	case c == '"':
		s.at += quoted(s.text[s.at:], '"', false)
	case c == '$':
		s.at += dollar(s.text[s.at:])
	case letter(c):
		s.word()
	default:
		s.at++
		for c >= '0' && c <= '9' && s.at < len(s.text) && (inWord(s.text[s.at]) || s.text[s.at] == '.') {
			s.at++
		}
	}
	return false
}

// blank is how long the white space and the comments are that stand here.
func (s *scanner) blank() int {
	n := migrate.Blank(s.text[s.at:])
	if n > 1 {
		s.piece.comments = max(s.piece.comments, nested(s.text[s.at:s.at+n]))
	}
	return n
}

// nested is how deep comments lie within one another, at most.
func nested(blank []byte) (most int) {
	depth := 0
	for i := 0; i+1 < len(blank); i++ {
		switch string(blank[i : i+2]) {
		case "/*":
			depth++
			most, i = max(most, depth), i+1
		case "*/":
			depth, i = max(0, depth-1), i+1
		}
	}
	return most
}

func (s *scanner) close() {
	if len(s.levels) == 1 {
		return
	}
	inner := s.levels[len(s.levels)-1]
	s.levels = s.levels[:len(s.levels)-1]
	s.levels[len(s.levels)-1].now += max(inner.most, inner.now)
	if len(s.levels) == 1 && s.values {
		s.row()
	}
}

// row ends one of an INSERT.
func (s *scanner) row() {
	s.piece.lastRow = s.at + 1
	if s.piece.firstRow == 0 {
		s.piece.firstRow, s.first = s.piece.lastRow, s.piece.words
	}
	s.piece.rowWords = s.piece.words - s.first
}

// longestWord is that of those looked for, "intersect", and one more, so that no longer word is taken for one.
const longestWord = 10

func (s *scanner) word() {
	start := s.at
	for s.at < len(s.text) && inWord(s.text[s.at]) {
		s.at++
	}
	w := strings.ToLower(string(s.text[start:min(s.at, start+longestWord)]))
	if w == "e" && s.at < len(s.text) && s.text[s.at] == '\'' {
		s.at += quoted(s.text[s.at:], '\'', true)
		return
	}
	switch w {
	case "union", "intersect", "except":
		s.unions++
	case "values":
		s.values = len(s.levels) == 1 && strings.HasPrefix(s.head, "i")
	}
	if len(s.head) < 4 {
		s.head += w[:1]
	}
	s.body(w)
}

// body follows BEGIN ATOMIC … END within the definition of a function or procedure, where CASE wants its END, too; much
// as psql does.
func (s *scanner) body(w string) {
	before := s.last
	s.last = w
	if len(s.levels) > 1 || !strings.HasPrefix(s.head, "cf") && !strings.HasPrefix(s.head, "cp") &&
		!strings.HasPrefix(s.head, "corf") && !strings.HasPrefix(s.head, "corp") {
		return
	}
	switch {
	case w == "atomic" && before == "begin", w == "case" && s.bodies > 0:
		s.bodies++
	case w == "end" && s.bodies > 0:
		s.bodies--
	}
}

// quoted is how long the string is that begins here; a doubled quote stands for one, and in E'…' a backslash keeps
// what follows, on further lines of it too.
func quoted(text []byte, quote byte, escapes bool) int {
	for i := 1; i < len(text); i++ {
		switch {
		case escapes && text[i] == '\\':
			i++
		case text[i] != quote:
		case i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			rest := text[i+1:]
			next := bytes.TrimLeft(rest, " \t\r\n\f\v")
			gap := rest[:len(rest)-len(next)]
			if !escapes || !bytes.ContainsAny(gap, "\r\n") || len(next) == 0 || next[0] != quote {
				return i + 1
			}
			i += 1 + len(gap)
		}
	}
	return len(text)
}

// dollar is how long $$…$$ or $tag$…$tag$ is, or 1 for any other $.
func dollar(text []byte) int {
	n := 1
	for n < len(text) && (letter(text[n]) || n > 1 && text[n] >= '0' && text[n] <= '9') {
		n++
	}
	if n == len(text) || text[n] != '$' {
		return 1
	}
	end := bytes.Index(text[n+1:], text[:n+1])
	if end < 0 {
		return len(text)
	}
	return n + 1 + end + n + 1
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func inWord(c byte) bool { return letter(c) || c >= '0' && c <= '9' || c == '$' }
