package blockkit

import (
	"fmt"
	"strings"
	"unicode"

	"dbbot/commands"

	"github.com/slack-go/slack"
)

// buttons draws what can be pressed, in a block of that id. A button carries its name and a token, its own or the
// post's, never what it is about: that is looked up where nobody can have changed it.
func (p *page) buttons(id string, buttons []commands.Button) slack.Block {
	var drawn []slack.BlockElement
	for i, b := range buttons {
		name, token := oneLine(b.Name, maxButtonText), firstOf(b.Token, p.token)
		if len(drawn) == maxButtons || len(token) > maxButtonValue {
			p.missing.buttons += len(buttons) - i
			break
		}
		if strings.TrimSpace(name) == "" {
			continue
		}
		button := slack.NewButtonBlockElement(p.actionID(name), token, plainText(name))
		button.Style = slackStyle(b.Style)
		button.Confirm = confirm(b)
		drawn = append(drawn, button)
		p.room -= length(name)
		if c := button.Confirm; c != nil {
			p.room -= length(c.Title.Text) + length(c.Text.Text) + length(c.Confirm.Text) + length(c.Deny.Text)
		}
	}
	if len(drawn) == 0 {
		return nil
	}
	return slack.NewActionBlock(id, drawn...)
}

// sizeOf is how many characters buttons take, at most: what has to be kept free before they are drawn.
func sizeOf(buttons []commands.Button) (size int) {
	for _, b := range buttons {
		size += min(length(b.Name), maxButtonText)
		if c := b.Confirm; c != nil {
			size += maxDialogTitle + min(length(c.Text), maxDialogText) + 2*maxDialogWord
		}
	}
	return size
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// actionID is the button's word in lower case, without an emoji before it; ":2" and so on where the same message has it
// before.
func (p *page) actionID(name string) string {
	word := strings.ToLower(strings.TrimLeftFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
	if word == "" {
		word = "button"
	}
	if p.taken == nil {
		p.taken = map[string]bool{}
	}
	id := word
	for n := 2; p.taken[id]; n++ {
		id = fmt.Sprintf("%s:%d", word, n)
	}
	p.taken[id] = true
	return id
}

func slackStyle(s commands.ButtonStyle) slack.Style {
	switch s {
	case commands.Primary:
		return slack.StylePrimary
	case commands.Danger:
		return slack.StyleDanger
	default:
		return slack.StyleDefault
	}
}

// confirm is the question before a press counts; Slack refuses one with an empty word in it.
func confirm(b commands.Button) *slack.ConfirmationBlockObject {
	if b.Confirm == nil {
		return nil
	}
	return slack.NewConfirmationBlockObject(
		plainText(words(b.Confirm.Title, "Are you sure?", maxDialogTitle)),
		plainText(words(b.Confirm.Text, "Please confirm.", maxDialogText)),
		plainText(words(b.Confirm.Yes, "Yes", maxDialogWord)),
		plainText(words(b.Confirm.No, "No", maxDialogWord)),
	).WithStyle(slackStyle(b.Style))
}
