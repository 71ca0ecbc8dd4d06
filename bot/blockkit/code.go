package blockkit

import (
	"fmt"
	"strings"

	"dbbot/commands"
	"dbbot/ops"

	"github.com/slack-go/slack"
)

// code draws text to be copied as it is. Whole lines are kept as long as they fit; how many follow is said.
func (p *page) code(c *commands.Code, reserve int) {
	lines := strings.Split(strings.TrimRight(c.Text, "\n"), "\n")
	room := min(maxTextObject, p.room-reserve-maxTitle-roomForMore)
	text, cut := wholeLines(lines, room)
	p.missing.lines += cut
	if cut == len(lines) && text == "" || p.full(1) {
		p.missing.lines += len(lines) - cut
		return
	}
	if text == "" {
		text = "(empty)" // Slack refuses a text without characters
	}
	var title elements
	title.text(oneLine(c.Title, maxTitle), bold)
	if cut > 0 {
		title.text(fmt.Sprintf(" … %s more", ops.Count(cut, "line")), soft)
	}
	p.room -= title.size + length(text)
	p.add(slack.NewRichTextBlock(p.newID("code"), titled(title, preformatted(text))...))
}

// titled puts a title above something, where there is one.
func titled(title elements, below slack.RichTextElement) []slack.RichTextElement {
	if len(title.list) == 0 {
		return []slack.RichTextElement{below}
	}
	return []slack.RichTextElement{slack.NewRichTextSection(title.list...), below}
}

func preformatted(text string) *slack.RichTextPreformatted {
	return &slack.RichTextPreformatted{
		Type:     slack.RTEPreformatted,
		Elements: []slack.RichTextSectionElement{slack.NewRichTextSectionTextElement(text, nil)},
	}
}

// wholeLines joins as many lines as fit into room characters, and says how many are not there as a whole. A first
// line that is too long is cut rather than left out.
func wholeLines(lines []string, room int) (text string, cut int) {
	if room < 1 {
		return "", len(lines)
	}
	var b strings.Builder
	left := room
	for i, line := range lines {
		shown := visible(line, left+1) // one more than fits tells that it does not
		if i == 0 && length(shown) > left {
			return oneLine(shown, left), len(lines)
		}
		if i > 0 {
			shown = "\n" + shown
		}
		if length(shown) > left {
			return b.String(), len(lines) - i
		}
		b.WriteString(shown)
		left -= length(shown)
	}
	return b.String(), 0
}

// tab is how a tab is drawn: what is copied then has nothing invisible in it.
const tab = "    "

// visible is a line of code with its invisible characters shown as escapes.
func visible(line string, max int) string {
	return ops.Printable(strings.ReplaceAll(strings.TrimSuffix(line, "\r"), "\t", tab), max)
}
