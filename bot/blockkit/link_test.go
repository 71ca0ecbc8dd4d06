package blockkit_test

import (
	"strings"
	"testing"

	"dbbot/bot"
	"dbbot/bot/blockkit"
	"dbbot/commands"

	"github.com/slack-go/slack"
)

const permalink = "https://corner-shop.slack.com/archives/C0ORDERS/p1764000000000100?thread_ts=1.1&cid=C0ORDERS"

// An address becomes a link where it is Slack's, or the local workspace's on this machine; else its words are shown.
func TestLinks(t *testing.T) {
	for address, want := range map[string]bool{
		permalink: true,
		"http://127.0.0.1:8080/archives/C0ORDERS/p1":     true,
		"http://[::1]:8080/archives/C0ORDERS/p1":         true,
		"http://localhost:8080/":                         true,
		"":                                               false,
		"http://corner-shop.slack.com/":                  false,
		"http://10.0.0.1/":                               false,
		"http://localhost.evil.example/":                 false,
		"http://127.0.0.1@evil.example/":                 false,
		"https://user:secret@slack.com/":                 false,
		"https://":                                       false,
		"https:slack.com":                                false,
		"//slack.com/":                                   false,
		"javascript:alert(1)":                            false,
		"slack://user":                                   false,
		"https://slack.com/|Approve":                     false,
		"https://slack.com/><!channel":                   false,
		"https://slack.com/ ":                            false,
		"https://sl\u0430ck.com/":                        false,
		"https://slack.com/\u202e":                       false,
		"https://slack.com/\n":                           false,
		"https://slack.com/" + strings.Repeat("a", 3000): false,
	} {
		span := commands.Span{Kind: commands.Link, Text: "the <card>", URL: address}
		blocks, _ := blockkit.Message(bot.Post{View: commands.View{Lead: commands.Text{{Text: "See "}, span, {Text: "."}}, Notes: []commands.Text{{span}}}})
		lead := blocks[0].(*slack.RichTextBlock).Elements[0].(*slack.RichTextSection).Elements
		link, is := lead[min(1, len(lead)-1)].(*slack.RichTextSectionLinkElement)
		if is != want || is && (link.URL != address || link.Text != "the <card>") {
			t.Errorf("%q is drawn as %+v", address, lead)
		}
		note := blocks[1].(*slack.ContextBlock).ContextElements.Elements[0].(*slack.TextBlockObject).Text
		if shown := "the &lt;card&gt;"; want && note != "<"+strings.ReplaceAll(address, "&", "&amp;")+"|"+shown+">" || !want && note != shown {
			t.Errorf("%q is written as %q", address, note)
		}
	}
}
