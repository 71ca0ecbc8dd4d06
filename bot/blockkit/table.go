package blockkit

import (
	"fmt"
	"slices"
	"strings"

	"dbbot/commands"
	"dbbot/ops"

	"github.com/slack-go/slack"
)

// table draws the first table of a message with Slack's table block, and any further one, and those of a Home tab,
// as preformatted text: Slack allows one a message, and none elsewhere.
func (p *page) table(t *commands.Table, reserve int) {
	if len(t.Columns) == 0 {
		return
	}
	native := !p.home && !p.tabled
	room := p.room - reserve - maxTitle - roomForMore
	if !native {
		room = min(room, maxTextObject)
	}
	grid := newGrid(t, room, native)
	if grid.rows == 0 && len(t.Rows) > 0 || p.full(2) || grid.size > room {
		p.missing.tables++
		return
	}
	title := p.tableTitle(t, grid)
	p.room -= title.size + grid.size
	if !native {
		p.add(slack.NewRichTextBlock(p.newID("table"), titled(title, preformatted(grid.text()))...))
		return
	}
	if len(title.list) > 0 {
		p.add(slack.NewRichTextBlock(p.newID("caption"), slack.NewRichTextSection(title.list...)))
	}
	p.add(grid.block(p.newID("table")))
	p.tabled = true
}

// tableTitle says what the table is, and how much of it is missing.
func (p *page) tableTitle(t *commands.Table, g grid) elements {
	var title elements
	title.text(oneLine(t.Title, maxTitle), bold)
	if cut := len(t.Rows) - g.rows; cut > 0 {
		p.missing.rows += cut
		title.text(fmt.Sprintf(" … %d of %s", g.rows, ops.Count(len(t.Rows), "row")), soft)
	}
	if cut := len(t.Columns) - g.columns; cut > 0 {
		p.missing.columns += cut
		title.text(fmt.Sprintf(" … %d of %s", g.columns, ops.Count(len(t.Columns), "column")), soft)
	}
	return title
}

// grid is the piece of a table that fits: its row of names and the first rows, as long as each other.
type grid struct {
	table         *commands.Table
	cells         [][]elements // with the row of names; in preformatted text one element a cell
	rows, columns int          // without the row of names
	widths        []int        // of the columns, for preformatted text
	size          int          // characters
}

func newGrid(t *commands.Table, room int, native bool) grid {
	g := grid{table: t, columns: min(len(t.Columns), maxTableCells)}
	g.widths = make([]int, g.columns)
	names := make([]commands.Text, g.columns)
	for i := range names {
		names[i] = commands.Text{{Kind: commands.Strong, Text: t.Columns[i].Name}}
	}
	g.add(names, native)
	for _, row := range t.Rows {
		if g.rows == maxTableRows-1 {
			break
		}
		before, widths := g.size, slices.Clone(g.widths)
		g.add(row, native)
		if g.size > room {
			g.cells, g.size, g.widths = g.cells[:len(g.cells)-1], before, widths
			break
		}
		g.rows++
	}
	return g
}

// emptyCell stands for what has no value: Slack refuses an empty cell.
const emptyCell = "–"

func (g *grid) add(row []commands.Text, native bool) {
	cells := make([]elements, g.columns)
	for i := range cells {
		e := &cells[i]
		var t commands.Text
		if i < len(row) {
			t = row[i]
		}
		if native {
			e.say(t, maxCell)
		} else if shown := oneLineOf(t, maxColumn); strings.TrimSpace(shown) != "" {
			e.text(shown, nil)
		}
		if e.size == 0 {
			e.text(emptyCell, nil)
		}
		g.size += e.size
		g.widths[i] = max(g.widths[i], e.size)
	}
	g.cells = append(g.cells, cells)
	if !native {
		line := len(between) * g.columns
		for _, width := range g.widths {
			line += width
		}
		g.size = line * len(g.cells)
	}
}

func (g *grid) block(id string) *slack.TableBlock {
	table := slack.NewTableBlock(id)
	settings := make([]slack.ColumnSetting, g.columns)
	for i := range settings {
		settings[i] = slack.ColumnSetting{Align: slack.ColumnAlignmentLeft, IsWrapped: true}
		if g.table.Columns[i].Right {
			settings[i] = slack.ColumnSetting{Align: slack.ColumnAlignmentRight}
		}
	}
	for _, row := range g.cells {
		cells := make([]slack.TableCell, len(row))
		for i, e := range row {
			cells[i] = cell(e)
		}
		table.AddRow(cells...)
	}
	return table.WithColumnSettings(settings...)
}

// cell is raw text where there is nothing but characters.
func cell(e elements) slack.TableCell {
	if len(e.list) == 1 {
		if text, is := e.list[0].(*slack.RichTextSectionTextElement); is && text.Style == nil {
			return slack.NewTableRawTextCell(text.Text)
		}
	}
	return slack.NewTableRichTextCell(slack.NewRichTextSection(e.list...))
}

// between stands between two columns of preformatted text.
const between = "  "

// text is the grid as lines of padded columns, for preformatted text.
func (g *grid) text() string {
	lines := make([]string, len(g.cells))
	for n, row := range g.cells {
		columns := make([]string, len(row))
		for i, e := range row {
			shown := e.list[0].(*slack.RichTextSectionTextElement).Text
			gap := strings.Repeat(" ", g.widths[i]-e.size)
			if g.table.Columns[i].Right {
				columns[i] = gap + shown
			} else {
				columns[i] = shown + gap
			}
		}
		lines[n] = strings.TrimRight(strings.Join(columns, between), " ")
	}
	return strings.Join(lines, "\n")
}
