package blockkit

import (
	"fmt"
	"strings"
	"unicode"

	"dbbot/commands"

	"github.com/slack-go/slack"
)

// buttons draws what can be pressed. A button carries its name and the post's token, never what it is about: that
// is looked up where nobody can have changed it.
func (p *page) buttons(buttons []commands.Button, token string) slack.Block {
	taken := map[string]bool{}
	var drawn []slack.BlockElement
	for i, b := range buttons {
		name := oneLine(b.Name, maxButtonText)
		if len(drawn) == maxButtons || len(token) > maxButtonValue {
			p.missing.buttons = len(buttons) - i
			break
		}
		if strings.TrimSpace(name) == "" {
			continue
		}
		button := slack.NewButtonBlockElement(actionID(name, taken), token, plainText(name))
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
	return slack.NewActionBlock("buttons-"+p.id, drawn...)
}

// actionID is the button's word in lower case, without an emoji before it; ":2" and so on where it comes again.
func actionID(name string, taken map[string]bool) string {
	word := strings.ToLower(strings.TrimLeftFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
	if word == "" {
		word = "button"
	}
	id := word
	for n := 2; taken[id]; n++ {
		id = fmt.Sprintf("%s:%d", word, n)
	}
	taken[id] = true
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
	words := func(s, otherwise string, max int) *slack.TextBlockObject {
		if s = oneLine(s, max); strings.TrimSpace(s) == "" {
			s = otherwise
		}
		return plainText(s)
	}
	return slack.NewConfirmationBlockObject(
		words(b.Confirm.Title, "Are you sure?", maxDialogTitle),
		words(b.Confirm.Text, "Please confirm.", maxDialogText),
		words(b.Confirm.Yes, "Yes", maxDialogWord),
		words(b.Confirm.No, "No", maxDialogWord),
	).WithStyle(slackStyle(b.Style))
}
