package commands

import (
	"strings"
	"unicode/utf8"

	"dbbot/ops"
)

const (
	wide     = 76   // characters of a table's line beyond which it is written as one paragraph a row: fits 80 columns
	longSpan = 3000 // characters of one span; Slack takes no more in one text either
	indent   = "  "
)

// Text writes a view for terminals, screen readers and notifications: plain, without mark-up, the same in content
// as the blocks. Every character from outside that could move the cursor, hide or turn text is made visible.
func (v View) Text() string {
	var s sheet
	s.put(false, judged(v.Title, v.Verdict, ""))
	s.put(false, v.Lead.String())
	for _, part := range v.Parts {
		lines := part.lines()
		s.put(part.Section != nil && len(lines) == 1, lines...)
	}
	var notes []string
	for _, note := range v.Notes {
		notes = append(notes, note.String())
	}
	s.put(false, notes...)
	return s.text.String()
}

// sheet is a text that grows by paragraphs, with an empty line between two, but none between two short ones.
type sheet struct {
	text  strings.Builder
	short bool // the last paragraph was short
}

func (s *sheet) put(short bool, lines ...string) {
	paragraph := strings.Join(lines, "\n")
	if strings.TrimSpace(paragraph) == "" {
		return
	}
	switch {
	case s.text.Len() == 0:
	case s.short && short:
		s.text.WriteString("\n")
	default:
		s.text.WriteString("\n\n")
	}
	s.text.WriteString(paragraph)
	s.short = short
}

func (p Part) lines() []string {
	switch {
	case p.Section != nil:
		return p.Section.lines()
	case p.Table != nil:
		return p.Table.lines()
	case p.Code != nil:
		return p.Code.lines()
	}
	return nil
}

// String writes the spans one after another, on one line. Times are in UTC and say so.
func (t Text) String() string {
	var b strings.Builder
	for _, span := range t {
		switch span.Kind {
		case Mention:
			b.WriteString("@" + ops.Printable(span.Text, longSpan))
		case Channel:
			b.WriteString("#" + ops.Printable(span.Text, longSpan))
		case Moment:
			b.WriteString(span.When.UTC().Format("2006-01-02 15:04:05 UTC"))
		case Link:
			b.WriteString(ops.Printable(strings.TrimSpace(span.Text+" ("+span.URL+")"), longSpan))
		default:
			b.WriteString(ops.Printable(span.Text, longSpan))
		}
	}
	return b.String()
}

// judged writes "title: verdict, summary" with whatever of it there is.
func judged(title string, verdict Verdict, summary string) string {
	line := ops.Printable(title, longSpan)
	for i, more := range []string{string(verdict), summary} {
		switch {
		case more == "":
		case line == "":
			line = more
		case i == 0 || verdict == "":
			line += ": " + more
		default:
			line += ", " + more
		}
	}
	return line
}

func (s Section) lines() []string {
	lines := []string{judged(s.Title, s.Verdict, s.Summary.String())}
	for _, line := range s.Lines {
		lines = append(lines, indent+line.String())
	}
	return lines
}

func (c Code) lines() []string {
	lines := []string{}
	if c.Title != "" {
		lines = append(lines, ops.Printable(c.Title, longSpan))
	}
	for line := range strings.Lines(c.Text) {
		line = strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", "    ")
		lines = append(lines, indent+ops.Printable(line, longSpan))
	}
	return lines
}

// lines aligns a table's columns. Where that gets wider than a terminal, each row becomes a paragraph of its own,
// "name: value" a line, which wraps well on any width.
func (t Table) lines() []string {
	cells := make([][]string, 0, len(t.Rows)+1)
	head := make([]string, len(t.Columns))
	for i, column := range t.Columns {
		head[i] = ops.Printable(column.Name, longSpan)
	}
	cells = append(cells, head)
	for _, row := range t.Rows {
		line := make([]string, len(t.Columns))
		for i := range line {
			if i < len(row) {
				line[i] = row[i].String()
			}
		}
		cells = append(cells, line)
	}
	var lines []string
	if t.Title != "" {
		lines = append(lines, ops.Printable(t.Title, longSpan))
	}
	widths, total := measure(cells)
	if total > wide {
		return append(lines, records(cells)...)
	}
	for _, row := range cells {
		lines = append(lines, align(row, widths, t.Columns))
	}
	return lines
}

// measure gives the width of each column, and of a line of them two spaces apart.
func measure(cells [][]string) (widths []int, total int) {
	widths = make([]int, len(cells[0]))
	for _, row := range cells {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, w := range widths {
		total += w + len(indent)
	}
	return widths, total
}

func align(row []string, widths []int, columns []Column) string {
	var b strings.Builder
	for i, cell := range row {
		gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if b.WriteString(indent); columns[i].Right {
			b.WriteString(gap + cell)
		} else {
			b.WriteString(cell + gap)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

func records(cells [][]string) (lines []string) {
	for _, row := range cells[1:] {
		for i, cell := range row {
			switch {
			case i == 0:
				lines = append(lines, indent+cell)
			case cell != "":
				lines = append(lines, indent+indent+cells[0][i]+": "+cell)
			}
		}
	}
	return lines
}
