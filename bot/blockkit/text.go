package blockkit

import (
	"fmt"
	"strings"
	"time"

	"dbbot/commands"

	"github.com/slack-go/slack"
)

// elements are the pieces of one line of rich text, and how many characters they show.
type elements struct {
	list []slack.RichTextSectionElement
	size int
}

var (
	bold = &slack.RichTextSectionTextStyle{Bold: true}
	code = &slack.RichTextSectionTextStyle{Code: true}
	soft = &slack.RichTextSectionTextStyle{Italic: true}
)

// text adds a run of characters that are fit to be shown already, to the last piece where that looks the same.
func (e *elements) text(s string, style *slack.RichTextSectionTextStyle) {
	if s == "" {
		return
	}
	e.size += length(s)
	if n := len(e.list); n > 0 {
		if last, is := e.list[n-1].(*slack.RichTextSectionTextElement); is && last.Style == style {
			last.Text += s
			return
		}
	}
	e.list = append(e.list, slack.NewRichTextSectionTextElement(s, style))
}

// say adds a line of a view, cut to max characters.
func (e *elements) say(t commands.Text, max int) {
	for i, span := range t {
		if i == maxSpans || max < 1 {
			e.text("…", nil)
			return
		}
		before := e.size
		e.span(span, max)
		max -= e.size - before
	}
}

func (e *elements) span(s commands.Span, max int) {
	switch {
	case s.Kind == commands.Mention && isPerson(s.Text):
		e.list = append(e.list, slack.NewRichTextSectionUserElement(s.Text, nil))
		e.size += len(s.Text)
	case s.Kind == commands.Channel && isChannel(s.Text):
		e.list = append(e.list, slack.NewRichTextSectionChannelElement(s.Text, nil))
		e.size += len(s.Text)
	case s.Kind == commands.Moment && canShow(s.When):
		shown := utc(s.When)
		e.list = append(e.list, slack.NewRichTextSectionDateElement(s.When.Unix(), dateFormat, nil, &shown))
		e.size += len(shown)
	case isLink(s):
		shown := oneLine(s.Text, max)
		e.list = append(e.list, slack.NewRichTextSectionLinkElement(s.URL, shown, nil))
		e.size += length(shown)
	default:
		e.text(oneLine(plain(s), max), style(s.Kind))
	}
}

func style(kind commands.SpanKind) *slack.RichTextSectionTextStyle {
	switch kind {
	case commands.Strong:
		return bold
	case commands.Literal:
		return code
	default:
		return nil
	}
}

// dateFormat: today at 21:28:03, in the zone of whoever reads it.
const dateFormat = "{date_short_pretty} at {time_secs}"

// canShow: Slack's dates are seconds since 1970, and year 9999 is far enough.
func canShow(t time.Time) bool { return t.Unix() > 0 && t.Year() <= 9999 }

func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// plain is a span as characters, for where there is nothing but characters; not yet fit to be shown.
func plain(s commands.Span) string {
	switch {
	case s.Kind != commands.Moment:
		return s.Text
	case s.When.IsZero():
		return "at a time not known"
	default:
		return utc(s.When)
	}
}

// oneLineOf is a whole text as characters on one line.
func oneLineOf(t commands.Text, max int) string {
	var b strings.Builder
	for i, span := range t {
		if i == maxSpans {
			b.WriteString("…")
			break
		}
		b.WriteString(plain(span))
	}
	return oneLine(b.String(), max)
}

// markup is a text as mrkdwn: small print alone needs it, to show times and people.
func markup(t commands.Text, max int) string {
	var b strings.Builder
	for i, s := range t {
		if i == maxSpans || max < 1 {
			b.WriteString("…")
			break
		}
		shown := ""
		switch {
		case s.Kind == commands.Mention && isPerson(s.Text):
			shown = "<@" + s.Text + ">"
		case s.Kind == commands.Channel && isChannel(s.Text):
			shown = "<#" + s.Text + ">"
		case s.Kind == commands.Moment && canShow(s.When):
			shown = fmt.Sprintf("<!date^%d^%s|%s>", s.When.Unix(), dateFormat, utc(s.When))
		case isLink(s):
			shown = "<" + escape.Replace(s.URL) + "|" + inMarkup(s.Text, max) + ">"
		case s.Kind == commands.Literal && s.Text != "":
			shown = "`" + inMarkup(s.Text, max) + "`"
		default:
			shown = inMarkup(plain(s), max)
		}
		b.WriteString(shown)
		max -= length(shown)
	}
	return b.String()
}

// inMarkup is text from outside as one line of mrkdwn that looks like itself.
func inMarkup(s string, max int) string { return escape.Replace(plainMarks.Replace(oneLine(s, max))) }

// needsMarkup: plain_text is safer and says the same where a text has nothing but characters.
func needsMarkup(t commands.Text) bool {
	for _, s := range t {
		switch s.Kind {
		case commands.Mention, commands.Channel, commands.Moment, commands.Link:
			return true
		}
	}
	return false
}
