package rehearse

import (
	"slices"
	"time"

	"dbbot/ops/migrate/lint"
)

// Trace is what a rehearsal saw, as far as it has come.
type Trace struct {
	Steps   []Step   // of those that were begun, in the order of the plan
	Failure *Failure // what broke it off; nil where nothing failed
	// Why there is less than everything: nothing was rehearsed at all, or it is not at its end yet. Sentences.
	Refused string // none was tried, and why
	Under   bool   // it still runs: ask again in a moment
	Stopped string // it broke off, and not for a mistake in the files

	Server  string        // where the scratch database was: "the server of orders", "the server of rehearsal_url"
	Rows    bool          // it held rows, a copy of those of rehearsal_url
	Version int           // of that server: 150018
	Missing []string      // what the scratch database lacked, in words
	Took    time.Duration // of the statements and of making the database
	Changes []Change      // of the schema, by all files together; empty where one did not go through
	After   string        // the sum of the schema that there is afterwards; empty where the scratch database was not the same before

	without []string // extensions that After does not count
}

// Step is what was seen of one file.
type Step struct {
	Refused    string // why it was not rehearsed: a sentence; the files behind it were
	Statements []Statement
	Whole      *Statement // of a file that nobody could take apart: what all of it did
}

// Statement is what was seen of one statement.
type Statement struct {
	Traced bool // Seen holds; else it ran where nobody can look, and the rules have to do
	Seen   lint.Seen
	Took   time.Duration
}

// Failure is the statement that did not go through.
type Failure struct {
	Step      int
	Statement int // of the file; their number where the COMMIT failed; -1: the file as a whole
	Line      int // 0 where it is not known
	Column    int
	Code      string // SQLSTATE
	Message   string // PostgreSQL's, without values
	Hint      string
	Certain   bool   // it would fail in the real database, too
	Doubt     string // why it might not, as a sentence; empty where it is certain

	inside    bool // a function or a block
	aboutRole bool // that is not there
}

// Of gives what was seen of a statement; false where the rules have to do.
func (t *Trace) Of(step, statement int) (Statement, bool) {
	if t == nil || step >= len(t.Steps) || statement >= len(t.Steps[step].Statements) {
		return Statement{}, false
	}
	s := t.Steps[step].Statements[statement]
	return s, s.Traced
}

// copied gives a trace that nobody writes to any more.
func (t *Trace) copied() Trace {
	c := *t
	c.Steps, c.Missing = slices.Clone(t.Steps), slices.Clone(t.Missing)
	for i := range c.Steps {
		c.Steps[i].Statements = slices.Clone(c.Steps[i].Statements)
	}
	return c
}
