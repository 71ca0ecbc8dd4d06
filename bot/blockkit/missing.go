package blockkit

import (
	"strings"

	"dbbot/ops"

	"github.com/slack-go/slack"
)

// missing counts what found no room, so that it can be said.
type missing struct {
	sections, lines, tables, rows, columns, notes, buttons int
}

// block says what is missing and where to see it; nil where nothing is.
func (m missing) block(id string) slack.Block {
	var parts []string
	for _, kind := range []struct {
		n    int
		name string
	}{
		{m.sections, "section"},
		{m.lines, "line"},
		{m.tables, "table"},
		{m.rows, "row"},
		{m.columns, "column"},
		{m.notes, "note"},
		{m.buttons, "button"},
	} {
		if kind.n > 0 {
			parts = append(parts, ops.Count(kind.n, kind.name))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return slack.NewContextBlock(id, plainText("Slack has no room for all of it. Left out here: "+strings.Join(parts, ", ")+
		". In a terminal, dbbot ask with the same words shows everything."))
}
