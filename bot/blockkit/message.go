// Package blockkit draws a post as Slack's Block Kit. It is pure, and the only place that knows Slack's limits and
// its mark-up: whatever a view holds, the result is within the limits, and no mention, link or broadcast can come
// from data. What does not fit is said, never silently dropped. It imports bot, commands, ops and slack-go's types.
//
// Text with data in it is drawn as rich_text or plain_text, which know no mark-up; mrkdwn is used for small print
// that shows a time or a person, and for the fallback text, both behind one escape (escape.go).
package blockkit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"dbbot/bot"

	"github.com/slack-go/slack"
)

// Message draws a post for a channel. text says the same as the blocks, for notifications and screen readers: it is
// never empty, and at most maxFallback bytes.
func Message(p bot.Post) (blocks []slack.Block, text string) {
	return draw(p, &page{room: maxCharacters}), fallback(p)
}

// HomeView draws a post for somebody's Home tab, where Slack allows no table block.
func HomeView(p bot.Post) slack.HomeTabViewRequest {
	blocks := draw(p, &page{room: maxCharacters, home: true})
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}
}

// draw puts the post on the page from top to bottom. Buttons and notes are made first and put last: what is left
// of the room belongs to the parts.
func draw(p bot.Post, page *page) []slack.Block {
	page.id, page.token = digest(p), p.Token
	buttons := page.buttons("buttons-"+page.id, p.View.Buttons)
	notes := page.notes(p.View.Notes, p.By)
	page.room -= roomToSayWhatIsMissing
	page.header(p.View.Title, p.View.Verdict)
	page.lead(p.View.Lead)
	page.parts(p.View.Parts)
	page.add(notes)
	page.add(page.missing.block(page.newID("missing")))
	page.add(buttons)
	if len(page.blocks) == 0 { // Slack refuses a message without blocks and a view without any
		page.header(nothingToSay, "")
	}
	return page.blocks
}

// digest names what a message holds. Block ids begin with it: Slack wants new ones when a message is updated with
// something new, and the same ones for the same thing keep the golden files readable.
func digest(p bot.Post) string {
	data, _ := json.Marshal(p) // plain data: cannot fail but for a year above 9999, where the id is merely the same
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:4])
}

// fallback is the view as text, escaped, with who shared it.
func fallback(p bot.Post) string {
	text := strings.TrimSpace(p.View.Text())
	if text == "" {
		text = nothingToSay
	}
	by := ""
	if isPerson(p.By) {
		by = "\nShared by <@" + p.By + ">"
	}
	return escapeWithin(text, maxFallback-len(by), cutHere) + by
}
