package blockkit_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dbbot/bot"
	"dbbot/commands"

	"pgregory.net/rapid"
)

// hostile are the names and texts that databases, roles, queries and people come with on a bad day.
var hostile = rapid.OneOf(
	rapid.SampledFrom([]string{
		"", " ", "orders", "<!channel>", "<!here|x>", "<@U0EVE>", "<#C0EVIL>", "<https://evil|Approve via portal>", "https://evil.example",
		"`; drop table orders; --", "```", "*bold* _it_ ~no~", "\u202eevil\u202c", "a\nb\r\n\tc", "\x00\x1b[31m", "&lt;!channel&gt;", "&amp;",
		"<", ">", "&", "\u200b\u2028", "\xff\xfe", "ß→İ", "@here", ":skull:", "U0EVE", "U0LEE", "C0EVIL", "👩‍👩‍👧‍👦", "<!date^1^{date}|x>",
		strings.Repeat("x", 10000), strings.Repeat("<", 10000), strings.Repeat("\u202e", 10000), strings.Repeat("é\n", 5000),
	}),
	rapid.String(),
)

func text(t *rapid.T, name string) string { return hostile.Draw(t, name) }

var spans = rapid.Custom(func(t *rapid.T) commands.Span {
	kind := rapid.SampledFrom([]commands.SpanKind{commands.Plain, commands.Plain, commands.Strong, commands.Literal, commands.Moment, "shout"}).Draw(t, "kind")
	return commands.Span{
		Kind: kind, Text: text(t, "text"),
		When: rapid.SampledFrom([]time.Time{{}, time.Unix(1764000000, 0), time.Unix(-5, 0), time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}).Draw(t, "when"),
	}
})

// links are those that Slack gave, and those that nobody should press.
var links = rapid.Custom(func(t *rapid.T) commands.Span {
	return commands.Span{Kind: commands.Link, Text: text(t, "text"), URL: rapid.OneOf(hostile, rapid.SampledFrom([]string{
		"https://corner-shop.slack.com/archives/C0ORDERS/p1764000000000100?thread_ts=1.1&cid=C0ORDERS", "http://127.0.0.1:8080/archives/C0ORDERS/p1",
		"http://evil.example", "javascript:alert(1)", "https://a|b", "https://a>b", "https://u:p@a", "https://", "https:a", "http://127.0.0.1@evil.example/",
		"http://localhost.evil.example", "HTTPS://a.example/\u202e", "https://" + strings.Repeat("a", 5000),
	})).Draw(t, "url")}
})

// mentions are people and channels the view names on purpose, some with ids that are none.
var mentions = rapid.Custom(func(t *rapid.T) commands.Span {
	return rapid.SampledFrom([]commands.Span{
		{Kind: commands.Mention, Text: "U0LEE"},
		{Kind: commands.Mention, Text: "U1|x> <!channel>"},
		{Kind: commands.Mention, Text: ""},
		{Kind: commands.Channel, Text: "C0ORDERS"},
		{Kind: commands.Channel, Text: "<!here>"},
	}).Draw(t, "mention")
})

var texts = rapid.Custom(func(t *rapid.T) commands.Text {
	return rapid.SliceOfN(rapid.OneOf(spans, spans, spans, mentions, links), 0, 4).Draw(t, "spans")
})

var verdicts = rapid.SampledFrom([]commands.Verdict{"", commands.Good, commands.Good, commands.Unseen, commands.Watch, commands.Bad, "<!channel>"})

// many draws a short list, or one repeated until it cannot fit.
func many[T any](t *rapid.T, of *rapid.Generator[T], name string, times int) []T {
	few := rapid.SliceOfN(of, 0, 3).Draw(t, name)
	if rapid.Bool().Draw(t, "many "+name) {
		return slices.Repeat(few, times)
	}
	return few
}

var parts = rapid.Custom(func(t *rapid.T) commands.Part {
	switch rapid.IntRange(0, 5).Draw(t, "part") {
	case 0:
		columns := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) commands.Column {
			return commands.Column{Name: text(t, "column"), Right: rapid.Bool().Draw(t, "right")}
		}), 0, 25).Draw(t, "columns")
		row := rapid.Custom(func(t *rapid.T) []commands.Text { return rapid.SliceOfN(texts, 0, 25).Draw(t, "row") })
		return commands.Part{Table: &commands.Table{Title: text(t, "title"), Columns: columns, Rows: many(t, row, "rows", 40)}}
	case 1:
		lines := many(t, hostile, "lines", 20)
		return commands.Part{Code: &commands.Code{Title: text(t, "title"), Text: strings.Join(lines, "\n")}}
	case 2:
		return commands.Part{}
	default:
		return commands.Part{Section: &commands.Section{
			Title: text(t, "title"), Verdict: verdicts.Draw(t, "verdict"), Summary: texts.Draw(t, "summary"), Lines: many(t, texts, "lines", 20),
			Buttons: rapid.SliceOfN(buttons, 0, 3).Draw(t, "buttons"),
		}}
	}
})

var buttons = rapid.Custom(func(t *rapid.T) commands.Button {
	b := commands.Button{
		Name:  rapid.OneOf(hostile, rapid.SampledFrom([]string{"Refresh", "🔁 Refresh", "refresh:2"})).Draw(t, "name"),
		Style: rapid.SampledFrom([]commands.ButtonStyle{"", commands.Primary, commands.Danger, "loud"}).Draw(t, "style"),
	}
	b.Token = rapid.SampledFrom([]string{"", "", "own", strings.Repeat("t", 2001)}).Draw(t, "token")
	if rapid.Bool().Draw(t, "confirm") {
		b.Confirm = &commands.Confirm{Title: text(t, "title"), Text: text(t, "text"), Yes: text(t, "yes"), No: text(t, "no")}
	}
	return b
})

var posts = rapid.Custom(func(t *rapid.T) bot.Post {
	return bot.Post{
		View: commands.View{
			Title: text(t, "title"), Verdict: verdicts.Draw(t, "verdict"), Lead: texts.Draw(t, "lead"),
			Parts: many(t, parts, "parts", 30), Notes: many(t, texts, "notes", 10), Buttons: many(t, buttons, "buttons", 15),
		},
		Token: rapid.SampledFrom([]string{"", "token", strings.Repeat("t", 2001)}).Draw(t, "token"),
		By:    rapid.SampledFrom([]string{"", "U0LEE", "<!channel>"}).Draw(t, "by"),
	}
})

func TestWhateverAPostHoldsSlackTakesIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := posts.Draw(t, "post")
		if faults := check(t, p, "U0LEE", "C0ORDERS"); len(faults) > 0 {
			t.Fatalf("%q", faults[:min(len(faults), 5)])
		}
	})
}

// A form is one that Slack takes, whatever it is about.
func TestWhateverAFormHoldsSlackTakesIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := bot.Form{
			Name: "reject", State: `{"token":"t"}`, Title: text(t, "title"), Send: text(t, "send"), Lead: text(t, "lead"),
			Label: text(t, "label"), Hint: text(t, "hint"), Long: rapid.Bool().Draw(t, "long"), Length: rapid.IntRange(-1, 5000).Draw(t, "length"),
		}
		if faults := checkForm(t, f); len(faults) > 0 {
			t.Fatalf("%q", faults)
		}
	})
}
