package script

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	pg_query "github.com/pganalyze/pg_query_go/v6"
)

// What is kept of a file. A tree takes about fifty times the memory of its text (measured: 20 MB of small statements,
// 0.9 GB), so that a long file is parsed piece by piece, its rows of data are left out, and one with more statements
// than anybody can judge is not analysed.
const (
	atOnce   = 256 << 10 // bytes
	maxTrees = 20_000    // of one file; INSERTs into the same columns share one
	maxWords = 200_000   // of one statement without its rows
)

// split cuts after every semicolon that ends a statement. The parser is the server's own, of version 17, so that
// dollar quotes, nested comments and bodies of functions are its matter. Errors are *fault.
func split(text string) ([]Statement, error) {
	pieces, err := scan(text)
	if err != nil {
		return nil, err
	}
	c := cutter{text: text, line: 1}
	if len(text) <= atOnce {
		err = c.whole()
	} else {
		err = c.each(pieces)
	}
	if err == nil && len(c.all) == 1 && maybeOwnTransactions(c.all[0].Node) {
		c.all[0].Alone = true
	}
	return c.all, err
}

// scan lists the pieces, and refuses what would be too much for the parser.
func scan(text string) ([]piece, error) {
	s := scanner{text: []byte(text)}
	var all []piece
	for {
		p, ok := s.next()
		switch {
		case p.depth > maxDepth:
			return nil, &fault{words: "a statement is nested too deeply, or too long", at: p.start + opening(text[p.start:p.end])}
		case p.comments > maxComments:
			return nil, &fault{words: "comments are nested too deeply", at: p.start}
		case !ok:
			return all, nil
		}
		all = append(all, p)
	}
}

// cutter collects the statements of a text.
type cutter struct {
	text   string
	start  int // of the next statement
	line   int // there
	column int // there, in characters from 0
	all    []Statement
}

// add ends a statement, which began where the one before ended.
func (c *cutter) add(end int, n *pg_query.Node) {
	text := c.text[c.start:end]
	first := opening(text)
	s := Statement{Text: text, Offset: c.start, Line: c.line + strings.Count(text[:first], "\n"), Node: n, column: c.column}
	s.Tag, s.Alone = tag(n), alone(n)
	c.all = append(c.all, s)
	c.start, c.line = end, c.line+strings.Count(text, "\n")
	if last := strings.LastIndexByte(text, '\n'); last >= 0 {
		c.column, text = 0, text[last+1:]
	}
	c.column += utf8.RuneCountInString(text)
}

// whole lets the parser find the ends.
func (c *cutter) whole() error {
	tree, err := pg_query.Parse(c.text)
	if err != nil {
		return parserFault(err, c.text, 0)
	}
	for i, raw := range tree.GetStmts() {
		end := len(c.text)
		if i+1 < len(tree.GetStmts()) {
			end = int(raw.GetStmtLocation()+raw.GetStmtLen()) + len(";")
		}
		cutRows(raw.GetStmt())
		c.add(end, raw.GetStmt())
	}
	return nil
}

// cutRows leaves one row of an INSERT's VALUES: no judgement needs the others, and they can be many.
func cutRows(n *pg_query.Node) {
	rows := n.GetInsertStmt().GetSelectStmt().GetSelectStmt()
	if len(rows.GetValuesLists()) > 1 {
		rows.ValuesLists = []*pg_query.Node{rows.GetValuesLists()[0]}
	}
}

// each parses piece by piece. Each must be one statement to the parser, too.
func (c *cutter) each(pieces []piece) error {
	trees := map[string]*pg_query.Node{} // of INSERTs, by what stands before and behind their rows
	distinct := 0
	for i, p := range pieces {
		if p.words == 0 {
			continue
		}
		end := p.end
		if i == len(pieces)-1 || lastWords(pieces[i+1:]) {
			end = len(c.text)
		}
		short := c.text[p.start:p.end]
		if p.lastRow > 0 {
			short = c.text[p.start:p.firstRow] + c.text[p.lastRow:p.end]
		}
		key := rowless(c.text, p)
		n := trees[key]
		if n == nil {
			if distinct++; distinct > maxTrees || p.words-p.rowWords > maxWords {
				return &fault{words: "it is too long to be analysed", at: p.start + opening(c.text[p.start:p.end])}
			}
			var err error
			if n, err = one(short, p.start); err != nil {
				return err
			}
		}
		if key != "" {
			trees[key] = n
		}
		c.add(end, n)
	}
	return nil
}

// lastWords says that nothing but blanks and semicolons follow.
func lastWords(rest []piece) bool {
	for _, p := range rest {
		if p.words > 0 {
			return false
		}
	}
	return true
}

// rowless is an INSERT without its rows; empty for any other statement.
func rowless(text string, p piece) string {
	if p.lastRow == 0 {
		return ""
	}
	head := text[p.start:p.rows]
	return head[opening(head):] + text[p.lastRow:p.end]
}

var errNotOne = errors.New("a statement ends where none was expected to")

func one(short string, start int) (*pg_query.Node, error) {
	tree, err := pg_query.Parse(short)
	switch {
	case err != nil:
		return nil, parserFault(err, short, start)
	case len(tree.GetStmts()) != 1:
		return nil, parserFault(fmt.Errorf("%w (%d)", errNotOne, len(tree.GetStmts())), "", start)
	}
	return tree.GetStmts()[0].GetStmt(), nil
}
