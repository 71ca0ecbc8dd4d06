package blockkit_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"dbbot/bot"
	"dbbot/bot/blockkit"
	"dbbot/commands"
)

// FuzzEscape puts one text from outside into every place that a post has, beside the marks that small print cannot do
// without. Whatever it is, Slack takes the message, and no mention, link or broadcast comes of it.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{
		"orders", "<!channel>", "<@U0EVE>", "<https://evil|x>", "&lt;!here&gt;", "&amp;lt;", "`*_~", "\u202e", "\x00", "\xff", "https://a|b>", "a\nb", "<!date^1^{date}|x>",
		"http://127.0.0.1@evil.example/", "https://evil.example/|<!here>", strings.Repeat("&", 5000), strings.Repeat("\u202e<", 3000),
	} {
		f.Add(s)
	}
	lee, moment := commands.Span{Kind: commands.Mention, Text: "U0LEE"}, commands.Span{Kind: commands.Moment, When: time.Unix(1764000000, 0)}
	f.Fuzz(func(t *testing.T, s string) {
		line := commands.Text{lee, {Text: s}, moment}
		for _, kind := range []commands.SpanKind{commands.Strong, commands.Literal, commands.Mention, commands.Channel, commands.Link} {
			line = append(line, commands.Span{Kind: kind, Text: s, URL: s})
		}
		press := commands.Button{Name: s, Confirm: &commands.Confirm{Title: s, Text: s, Yes: s, No: s}}
		p := bot.Post{By: s, Token: "t", View: commands.View{
			Title: s, Verdict: commands.Verdict(s), Lead: line, Notes: []commands.Text{line, {{Text: s}}}, Buttons: []commands.Button{press},
			Parts: []commands.Part{
				{Section: &commands.Section{Title: s, Verdict: commands.Verdict(s), Summary: line, Lines: []commands.Text{line}, Buttons: []commands.Button{press}}},
				{Code: &commands.Code{Title: s, Text: s}},
				{Table: &commands.Table{Title: s, Columns: []commands.Column{{Name: s}, {Name: s, Right: true}}, Rows: [][]commands.Text{line2(s)}}},
			},
		}}
		// A text may happen to be somebody's id or Slack's address: then it was meant.
		faults := check(t, p, "U0LEE", s)
		faults = append(faults, checkForm(t, bot.Form{Name: "f", Title: s, Send: s, Lead: s, Label: s, Hint: s})...)
		c := checker{}
		c.mrkdwn("plain", blockkit.Plain(s))
		if faults = append(faults, c.faults...); len(faults) > 0 {
			t.Fatalf("%q: %q", s, faults[:min(len(faults), 5)])
		}
	})
}

// FuzzPlain is the escape alone, which takes thousands of texts in the time of one message.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{"<!channel>", "&lt;", "a\nb\r\n", strings.Repeat("&", 4000), strings.Repeat("é<", 2000), "\xff<\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := blockkit.Plain(s)
		c := checker{}
		c.mrkdwn("plain", text)
		if len(c.faults) > 0 || len(text) > 4000 || strings.ContainsAny(text, "<>\x00\u202e\r") || !utf8.ValidString(text) {
			t.Fatalf("%q: %q %q", s, text, c.faults)
		}
	})
}

func line2(s string) []commands.Text {
	return []commands.Text{commands.Say(s), {{Kind: commands.Literal, Text: s}}}
}
