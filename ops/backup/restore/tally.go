package restore

import (
	"bytes"
	"strings"

	"dbbot/ops/backup"
)

// tally counts the rows of each table in what pg_restore writes: COPY … FROM stdin; lines up to \. and so on. It is a
// Writer of everything, and remembers no row.
type tally struct {
	rows  map[string]int64 // by schema and name, as SQL writes them: tables whose rows came to an end
	large int64            // large objects

	table string // whose rows come now; empty: none's
	count int64
	begun []byte // of a line, or of a statement of several lines, as far as it matters
}

// longestStatement bounds what is kept of a statement that names a table: a table has 1,600 columns at most, of 63 bytes.
const longestStatement = 256 << 10

var lineEnd = []byte("\n")

func (t *tally) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, lineEnd)
		if rest = after; !ended || len(t.begun) > 0 {
			t.begun = append(t.begun, line[:min(len(line), longestStatement-len(t.begun))]...)
			line = t.begun
		}
		if ended && t.line(line) {
			t.begun = t.begun[:0]
		}
	}
	return len(p), nil
}

var (
	endOfRows = []byte(`\.`)
	copies    = []byte("COPY ")
	fromStdin = []byte(" FROM stdin;")
	opensLO   = []byte("SELECT pg_catalog.lo_open(")
)

// line takes a line, and says whether it is done with it: a name may have a line break in it.
func (t *tally) line(line []byte) bool {
	switch {
	case t.table != "" && bytes.Equal(line, endOfRows):
		t.rows[t.table] += t.count
		t.table = ""
	case t.table != "":
		t.count++
	case bytes.HasPrefix(line, opensLO):
		t.large++
	case bytes.HasPrefix(line, copies) && bytes.HasSuffix(line, fromStdin):
		if t.rows == nil {
			t.rows = map[string]int64{}
		}
		t.table, t.count = target(string(line[len(copies):])), 0
	case bytes.HasPrefix(line, copies) && len(line) < longestStatement:
		t.begun = append(append([]byte{}, line...), '\n')
		return false
	}
	return true
}

// target is the schema and name at the beginning of a text, with nothing quoted and a zero byte between.
func target(text string) string {
	var b strings.Builder
	for quoted, i := false, 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && quoted && i+1 < len(text) && text[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			b.WriteByte(0)
		case c == ' ' && !quoted:
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// inventory is what was counted, beside what cannot be: that is taken from want.
func (t *tally) inventory(want backup.Inventory) backup.Inventory {
	got := want
	got.Tables, got.LargeObjects = nil, t.large
	for _, w := range want.Tables {
		if n, ok := t.rows[w.Schema+"\x00"+w.Name]; ok {
			got.Tables = append(got.Tables, backup.Table{Schema: w.Schema, Name: w.Name, Rows: n})
		}
	}
	return got
}
