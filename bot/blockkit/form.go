package blockkit

import (
	"strings"

	"dbbot/bot"

	"github.com/slack-go/slack"
)

// Field names the one field of a form, as its block and as its element: what was written comes back under it, and
// errors are shown beside it.
const Field = "answer"

// FormView draws a form as a modal. Everything in it is plain text, which knows no mark-up.
func FormView(f bot.Form) slack.ModalViewRequest {
	field := slack.NewPlainTextInputBlockElement(nil, Field).WithMultiline(f.Long).WithMinLength(1).WithMaxLength(most(f.Length))
	field.FocusOnLoad = true
	input := slack.NewInputBlock(Field, plainText(words(f.Label, "Your answer", maxLabel)), nil, field)
	if hint := oneLine(f.Hint, maxLabel); strings.TrimSpace(hint) != "" {
		input.Hint = plainText(hint)
	}
	var blocks []slack.Block
	if lead, _ := wholeLines(strings.Split(f.Lead, "\n"), maxTextObject); strings.TrimSpace(lead) != "" {
		blocks = append(blocks, slack.NewSectionBlock(plainText(lead), nil, nil, slack.SectionBlockOptionBlockID("lead")))
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: f.Name, PrivateMetadata: f.State,
		Title:  plainText(words(f.Title, "dbbot", maxModalWord)),
		Submit: plainText(words(f.Send, "Send", maxModalWord)),
		Close:  plainText("Go back"),
		Blocks: slack.Blocks{BlockSet: append(blocks, input)},
	}
}

// words are a line of at most max characters; Slack refuses an empty one.
func words(s, otherwise string, max int) string {
	if s = oneLine(s, max); strings.TrimSpace(s) == "" {
		return otherwise
	}
	return s
}

// most is how many characters may be written: what the form says, where Slack can do that.
func most(n int) int {
	if n < 1 {
		return maxInput
	}
	return min(n, maxInput)
}
