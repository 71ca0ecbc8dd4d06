package blockkit

import (
	"slices"
	"strings"

	"dbbot/commands"

	"github.com/slack-go/slack"
)

// notes draws the small print, one line each: who shared it, then what the view says. It is plain text where
// possible, and mrkdwn where a time or a person has to be shown.
func (p *page) notes(notes []commands.Text, by string) slack.Block {
	if isPerson(by) {
		shared := commands.Text{{Text: "Shared by "}, {Kind: commands.Mention, Text: by}}
		notes = append([]commands.Text{shared}, notes...)
	}
	draw, markdown := oneLineOf, false
	if slices.ContainsFunc(notes, needsMarkup) {
		draw, markdown = markup, true
	}
	var lines []string
	size := 0
	for i, note := range notes {
		line := draw(note, maxNote)
		if len(lines) == maxNotes || size+length(line) >= maxTextObject {
			p.missing.notes = len(notes) - i
			break
		}
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
			size += length(line) + 1
		}
	}
	if len(lines) == 0 {
		return nil
	}
	p.room -= size
	text := plainText(strings.Join(lines, "\n"))
	if markdown { // verbatim: an address in it does not become a link
		text = slack.NewTextBlockObject(slack.MarkdownType, text.Text, false, true)
	}
	return slack.NewContextBlock("notes-"+p.id, text)
}
