package blockkit_test

import (
	"strings"
	"testing"
	"time"

	"dbbot/bot"
	"dbbot/bot/blockkit"
	"dbbot/commands"

	"github.com/slack-go/slack"
)

// Small print is plain text while it can be, and safe where it cannot.
func TestNotes(t *testing.T) {
	now := commands.Span{Kind: commands.Moment, When: time.Unix(1764000000, 0)}
	lee := commands.Span{Kind: commands.Mention, Text: "U0LEE"}
	date := "<!date^1764000000^{date_short_pretty} at {time_secs}|2025-11-24 16:00:00 UTC>"
	tests := []struct {
		name  string
		by    string
		notes []commands.Text
		kind  string
		want  string
	}{
		{"plain", "", []commands.Text{commands.Say("a *b* <!channel> `c`")}, "plain_text", "a *b* <!channel> `c`"},
		{"two lines", "", []commands.Text{commands.Say("a"), nil, commands.Say("b")}, "plain_text", "a\nb"},
		{"a time", "", []commands.Text{{{Text: "Read "}, now}}, "mrkdwn", "Read " + date},
		{"a time beside data", "", []commands.Text{{now, {Text: " <!here> *x* "}, {Kind: commands.Literal, Text: "a`b_c"}}}, "mrkdwn", date + " &lt;!here&gt; ∗x∗ `a'b_c`"},
		{"a time not known", "", []commands.Text{{{Text: "seen "}, {Kind: commands.Moment}}}, "mrkdwn", "seen at a time not known"},
		{"a person and a channel", "", []commands.Text{{lee, {Kind: commands.Channel, Text: "C0ORDERS"}}}, "mrkdwn", "<@U0LEE><#C0ORDERS>"},
		{"an id that is none", "", []commands.Text{{{Kind: commands.Mention, Text: "U0LEE> <!here"}}}, "mrkdwn", "U0LEE&gt; &lt;!here"},
		{"shared", "U0LEE", []commands.Text{commands.Say("a")}, "mrkdwn", "Shared by <@U0LEE>\na"},
		{"shared by nobody", "<!here>", []commands.Text{commands.Say("a")}, "plain_text", "a"},
		{"invisible characters", "", []commands.Text{commands.Say("a\u202eb\nc")}, "plain_text", `a\u202eb\u000ac`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			blocks, _ := blockkit.Message(bot.Post{View: commands.View{Notes: tt.notes}, By: tt.by})
			got := blocks[0].(*slack.ContextBlock).ContextElements.Elements[0].(*slack.TextBlockObject)
			if got.Text != tt.want || got.Type != tt.kind || got.Verbatim != (tt.kind == "mrkdwn") {
				t.Errorf("%s %q\nwant %s %q", got.Type, got.Text, tt.kind, tt.want)
			}
		})
	}
}

func TestHeadlines(t *testing.T) {
	tests := []struct {
		section commands.Section
		want    string
	}{
		{commands.Section{Title: "Connections", Verdict: commands.Watch, Summary: commands.Say("92 of 100 used")}, "🟠 |Connections — watch| · 92 of 100 used|"},
		{commands.Section{Title: "Cache", Verdict: commands.Good, Summary: commands.Say("99 %")}, "🟢 Cache — good · 99 %|"},
		{commands.Section{Title: "Slots", Verdict: commands.Unseen}, "⚪ |Slots — unseen|"},
		{commands.Section{Title: "Groups", Summary: commands.Text{{Kind: commands.Literal, Text: "engineers"}}}, "Groups| · |engineers|"},
		{commands.Section{Summary: commands.Say("only this")}, "only this|"},
		{commands.Section{Lines: []commands.Text{commands.Say("only"), commands.Say("lines")}}, "only|lines|"},
	}
	for _, tt := range tests {
		seen, _ := drawn(t, commands.View{Parts: []commands.Part{{Section: &tt.section}}})
		if seen != tt.want {
			t.Errorf("drawn %q, want %q", seen, tt.want)
		}
	}
}

// A title of any length keeps its verdict: the circle and the word.
func TestTitlesAreCutBeforeTheVerdict(t *testing.T) {
	blocks, _ := blockkit.Message(bot.Post{View: commands.View{Title: strings.Repeat("\u202e", 500), Verdict: commands.Bad}})
	title := blocks[0].(*slack.HeaderBlock).Text.Text
	if !strings.HasPrefix(title, `🔴 \u202e`) || !strings.HasSuffix(title, "… — bad") {
		t.Errorf("title %q", title)
	}
}
