package blockkit

import (
	"fmt"

	"dbbot/commands"

	"github.com/slack-go/slack"
)

// page gathers the blocks of one message or view, and knows how much room is left on it.
type page struct {
	home    bool
	id      string
	token   string          // the post's, for buttons without one of their own
	taken   map[string]bool // action ids
	room    int             // characters that may still be drawn
	blocks  []slack.Block
	run     run
	tabled  bool // Slack allows one table in a message
	missing missing
}

// add puts a finished block on the page; nil is nothing.
func (p *page) add(block slack.Block) {
	if block != nil {
		p.blocks = append(p.blocks, block)
	}
}

func (p *page) newID(what string) string { return fmt.Sprintf("%s-%s-%d", what, p.id, len(p.blocks)) }

// full: no further block for parts may be added, because the end of the message needs the rest.
func (p *page) full(blocks int) bool { return len(p.blocks)+blocks > maxBlocks-blocksKeptForTheEnd }

// circles show a verdict at a glance. The word always stands beside it: not everybody sees the colours.
var circles = map[commands.Verdict]string{
	commands.Good: "🟢", commands.Unseen: "⚪", commands.Watch: "🟠", commands.Bad: "🔴",
}

func (p *page) header(title string, verdict commands.Verdict) {
	title = oneLine(title, maxTitle)
	if title == "" && verdict == "" {
		return
	}
	if verdict != "" {
		title = fmt.Sprintf("%s %s — %s", circles[verdict], title, oneLine(string(verdict), maxVerdict))
	}
	p.room -= length(title)
	p.add(slack.NewHeaderBlock(plainText(oneLine(title, maxHeader)), slack.HeaderBlockOptionBlockID(p.newID("title"))))
}

func (p *page) lead(t commands.Text) {
	var line elements
	line.say(t, maxLine)
	if len(line.list) == 0 {
		return
	}
	p.room -= line.size
	p.add(slack.NewRichTextBlock(p.newID("lead"), slack.NewRichTextSection(line.list...)))
}

// parts draws as much as there is room for. The first line of every part has precedence over the details of those
// before it: a verdict further down matters more than the twentieth line of a list.
func (p *page) parts(parts []commands.Part) {
	later := make([]int, len(parts)+1)
	for i := len(parts) - 1; i >= 0; i-- {
		later[i] = later[i+1] + headRoom(parts[i])
	}
	for i, part := range parts {
		reserve := later[i+1]
		switch {
		case part.Section != nil:
			p.section(part.Section, reserve)
		case part.Table != nil:
			p.flush()
			p.table(part.Table, reserve)
		case part.Code != nil:
			p.flush()
			p.code(part.Code, reserve)
		}
	}
	p.flush()
}

// headRoom is what the first line of a part takes at least.
func headRoom(part commands.Part) int {
	switch {
	case part.Section != nil:
		return headline(part.Section).size + 1 + sizeOf(part.Section.Buttons)
	case part.Table != nil:
		return min(length(part.Table.Title), maxTitle) + roomForMore
	case part.Code != nil:
		return min(length(part.Code.Title), maxTitle) + roomForMore
	}
	return 0
}

func plainText(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}
