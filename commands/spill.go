package commands

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"dbbot/ops"
)

// What a chat message takes of a plan or an outcome. More than a screen is not read there, and Slack takes 10,000
// characters in all: the whole goes into the thread as a file.
const (
	maxSpilled = 2500 // characters of code, of all parts together
	maxLinesIn = 40   // lines of one piece of code
	maxRowsIn  = 15   // rows of one table
	maxPartsIn = 12   // parts of a view
	maxTextsIn = 8    // lines below the headline of one section
)

// Spill makes a view fit a chat message that others read. Where something had to be left out, the places say so, and
// whole is all of it as text, for a file; else whole is empty.
func Spill(v View) (short View, whole string) {
	room, cut := maxSpilled, false
	short = v
	short.Parts = nil
	for i, part := range v.Parts {
		if i == maxPartsIn {
			left := fmt.Sprintf("… %s more; the file in the thread has all", ops.Count(len(v.Parts)-i, "part"))
			short.Parts, cut = append(short.Parts, Part{Section: &Section{Summary: Say(left)}}), true
			break
		}
		switch {
		case part.Section != nil && len(part.Section.Lines) > maxTextsIn:
			section := *part.Section
			left := fmt.Sprintf("… %s more; the file in the thread has all", ops.Count(len(section.Lines)-maxTextsIn, "line"))
			section.Lines, cut = append(slices.Clone(section.Lines[:maxTextsIn]), Say(left)), true
			part.Section = &section
		case part.Code != nil:
			code, did := shorter(*part.Code, room)
			room, cut = room-utf8.RuneCountInString(code.Text), cut || did
			part.Code = &code
		case part.Table != nil && len(part.Table.Rows) > maxRowsIn:
			table := *part.Table
			table.Title = strings.TrimSpace(fmt.Sprintf("%s (%d of %s; the file in the thread has all)", table.Title, maxRowsIn, ops.Count(len(table.Rows), "row")))
			table.Rows, cut = table.Rows[:maxRowsIn], true
			part.Table = &table
		}
		short.Parts = append(short.Parts, part)
	}
	if cut {
		whole = v.Text()
	}
	return short, whole
}

// shorter keeps the first lines that fit.
func shorter(code Code, room int) (Code, bool) {
	var kept []string
	lines := strings.SplitAfter(code.Text, "\n")
	for _, line := range lines {
		size := utf8.RuneCountInString(line)
		if len(kept) == maxLinesIn || size > room {
			break
		}
		kept = append(kept, line)
		room -= size
	}
	if len(kept) == len(lines) {
		return code, false
	}
	left := fmt.Sprintf("… %s more; the file in the thread has all", ops.Count(len(lines)-len(kept), "line"))
	return Code{Title: code.Title, Text: strings.Join(kept, "") + left}, true
}
