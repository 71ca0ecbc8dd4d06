package blockkit

import (
	"fmt"

	"dbbot/commands"
	"dbbot/ops"

	"github.com/slack-go/slack"
)

// run is a stretch of sections that share a rich_text block: one-line sections follow one another as quiet lines,
// a section with more to say has its bullets below.
type run struct {
	done []slack.RichTextElement
	line elements // the lines since the last bullets
}

// bullets is slack-go's RichTextList without the field "offset", which Slack's published types do not know.
type bullets struct {
	Type     slack.RichTextElementType `json:"type"`
	Style    string                    `json:"style"`
	Elements []*slack.RichTextSection  `json:"elements"`
}

// RichTextElementType makes it an element of a rich_text block.
func (b bullets) RichTextElementType() slack.RichTextElementType { return b.Type }

func (r *run) head(e elements) {
	if len(r.line.list) > 0 {
		r.line.text("\n", nil)
	}
	r.line.list = append(r.line.list, e.list...)
}

// gap leaves a line free below what is there so far.
func (r *run) gap() {
	switch {
	case len(r.line.list) > 0:
		r.line.text("\n", nil)
	case len(r.done) > 0: // below a list the line has to be begun: the next one breaks it
		r.line.text(" ", nil)
	}
}

func (r *run) list(items []*slack.RichTextSection) {
	r.close()
	r.done = append(r.done, bullets{Type: slack.RTEList, Style: "bullet", Elements: items})
}

func (r *run) close() {
	if len(r.line.list) > 0 {
		r.done = append(r.done, slack.NewRichTextSection(r.line.list...))
		r.line = elements{}
	}
}

// flush ends the run, if there is one.
func (p *page) flush() {
	p.run.close()
	if len(p.run.done) > 0 {
		p.add(slack.NewRichTextBlock(p.newID("lines"), p.run.done...))
	}
	p.run = run{}
}

// headline is "🟠 Connections — watch · 92 of 100 used". What is good is said quietly.
func headline(s *commands.Section) elements {
	var e elements
	if circle := circles[s.Verdict]; circle != "" {
		e.text(circle+" ", nil)
	}
	weight := bold
	if s.Verdict == commands.Good {
		weight = nil
	}
	e.text(oneLine(s.Title, maxTitle), weight)
	if s.Verdict != "" {
		e.text(" — "+oneLine(string(s.Verdict), maxVerdict), weight)
	}
	if len(s.Summary) > 0 {
		if e.size > 0 {
			e.text(" · ", nil)
		}
		e.say(s.Summary, maxLine)
	}
	return e
}

// section draws the line of a section, and below it as many of its lines as fit while reserve stays free.
func (p *page) section(s *commands.Section, reserve int) {
	head := headline(s)
	if head.size == 0 && len(s.Lines) == 0 && len(s.Buttons) == 0 {
		return
	}
	if head.size+roomForLine > p.room || p.full(1) {
		p.missing.buttons += len(s.Buttons)
		p.missing.sections++
		return
	}
	if head.size > 0 {
		if s.Verdict == "" && len(s.Summary) == 0 {
			p.run.gap() // a title alone begins something new
		}
		p.run.head(head)
		p.room -= head.size + roomForLine
	}
	size := sizeOf(s.Buttons)
	if len(s.Lines) > 0 {
		p.lines(s.Lines, reserve+size)
	}
	if len(s.Buttons) > 0 {
		p.pressable(s.Buttons, size)
	}
}

// pressable draws the buttons of a section right below it: whatever comes next begins a block of its own.
func (p *page) pressable(buttons []commands.Button, size int) {
	p.flush()
	if size > p.room || p.full(1) {
		p.missing.buttons += len(buttons)
		return
	}
	p.add(p.buttons(p.newID("buttons"), buttons))
}

func (p *page) lines(lines []commands.Text, reserve int) {
	var items []*slack.RichTextSection
	drawn := 0
	for _, t := range lines {
		var e elements
		e.say(t, maxLine)
		if drawn == maxLines || e.size+roomForMore > p.room-reserve {
			break
		}
		drawn++
		if e.size > 0 {
			items = append(items, slack.NewRichTextSection(e.list...))
			p.room -= e.size
		}
	}
	if cut := len(lines) - drawn; cut > 0 {
		p.missing.lines += cut
		var e elements
		e.text(fmt.Sprintf("… %s more", ops.Count(cut, "line")), soft)
		if e.size <= p.room {
			items = append(items, slack.NewRichTextSection(e.list...))
			p.room -= e.size
		}
	}
	if len(items) > 0 {
		p.run.list(items)
	}
}
