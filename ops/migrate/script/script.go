// Package script cuts a file of SQL into statements and says what each is, with PostgreSQL's own parser. It may import
// ops, ops/migrate and pg_query.
package script

import (
	pg_query "github.com/pganalyze/pg_query_go/v6"

	"dbbot/ops/migrate"
)

// Script is a file of SQL, taken apart.
type Script struct {
	Statements []Statement // in order; the texts joined are the file. None where the file is empty, or has a Fault
	Fault      string      // why the parser could not read the file, in its words: not analysed, so to be treated as risky
	Refused    string      // why the file cannot be run at all, as a sentence; then there are no Statements
	Mode       Mode
	Allows     []Allow
	Warnings   []string // Prisma's own analysis of lost data, from the head of the file
	Leaks      []string // settings that stay changed for the session: "search_path", "role"
}

// Statement is a piece of the file up to and including its semicolon, with the white space and comments before it.
type Statement struct {
	Text   string
	Line   int            // of its first word in the file, from 1
	Offset int            // of Text in the file, in bytes
	Tag    string         // "CREATE TABLE", as PostgreSQL answers
	Node   *pg_query.Node // INSERTs have one row here; in a long file those into the same columns share a tree
	Alone  bool           // PostgreSQL refuses it inside a transaction

	column int // of Text in its first line, from 0
}

// Mode says how a file has to be run.
type Mode string

// The three ways.
const (
	Transaction Mode = "transaction" // all in one transaction of dbbot's
	Alone       Mode = "alone"       // one statement after another, each for itself: some can run in no transaction
	AsWritten   Mode = "as written"  // in one batch: the file begins and ends its own transactions, or was not understood
)

// Allow is a comment `-- dbbot:allow <rule> <reason>`, which silences a rule of the lint for the statement that it
// stands before, inside, or behind on the same line.
type Allow struct {
	Rule      string
	Reason    string // without one it does not count
	Statement int    // index; -1: of the whole file, where that has a Fault
	Line      int
}

// Parse takes a file apart. It never fails: what cannot be read is told by Fault and Refused. The text of a Fault
// holds no string or number of the file.
func Parse(sql []byte) Script {
	if why := unreadable(sql); why != "" {
		return Script{Refused: why, Mode: AsWritten}
	}
	text := string(sql)
	s := Script{Mode: AsWritten, Warnings: warnings(text)}
	statements, err := split(text)
	if err != nil {
		s.Fault, s.Refused = explain(text, err)
		s.Allows = allows(text, nil)
		return s
	}
	if s.Refused = refused(statements); s.Refused != "" {
		return s
	}
	if s.Fault = otherStrings(statements); s.Fault != "" {
		s.Allows = allows(text, nil)
		return s
	}
	s.Statements, s.Mode = statements, mode(statements)
	s.Allows, s.Leaks = allows(text, statements), leaks(statements)
	return s
}

// opening is where the first word of a piece stands.
func opening(piece string) int { return migrate.Opening([]byte(piece)) }

func mode(all []Statement) Mode {
	m := Transaction
	for _, s := range all {
		switch {
		case ownTransaction(s.Node):
			return AsWritten
		case s.Alone:
			m = Alone
		}
	}
	return m
}
