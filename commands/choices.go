package commands

import (
	"strings"

	"dbbot/ops/approval"
)

// againable are the states in which the same may be asked for once more, with a press: it did not come to its end.
func againable(s approval.State) bool { return s == approval.Failed || s == approval.Interrupted }

// Choices are the sections of an outcome that leave something to press: what may be true now, and what each button would
// do. They stand on the card for as long as it does.
func Choices(r approval.Request) (parts []Part) {
	outcome, _ := ReadView(r.Outcome)
	if r.State.Open() {
		return nil
	}
	for _, part := range outcome.Parts {
		if part.Section != nil && len(part.Section.Buttons) > 0 {
			parts = append(parts, part)
		}
	}
	return parts
}

// ChoiceButtons stand below the card of a request that is over.
func ChoiceButtons(r approval.Request) []Button {
	if !againable(r.State) {
		return nil
	}
	ask := Confirm{Title: "Ask for it again?", Text: "The same is planned anew. Where others must agree, they are asked first.", Yes: Retry, No: "Leave it"}
	if r.State == approval.Interrupted {
		ask.Text = "Nobody knows whether it happened, so look first what is there. " + ask.Text
	}
	return []Button{{Name: Retry, Confirm: &ask}}
}

// Choice gives the words of the command that a button of a request that is over types; empty where it has no such button.
func Choice(r approval.Request, button string) string {
	if strings.EqualFold(button, Retry) && againable(r.State) {
		return again(r)
	}
	for _, part := range Choices(r) {
		for _, b := range part.Section.Buttons {
			if strings.EqualFold(b.Name, button) {
				return b.Words
			}
		}
	}
	return ""
}

// again asks for the same, for the same reason.
func again(r approval.Request) string {
	if r.Reason == "" {
		return r.Words
	}
	return r.Words + " -- " + r.Reason
}

// unpressed is a view without anything to press: where it stands, nothing could be updated once others have pressed.
func unpressed(v View) View {
	v.Buttons = nil
	parts := make([]Part, len(v.Parts))
	for i, part := range v.Parts {
		if part.Section != nil {
			quiet := *part.Section
			quiet.Buttons = nil
			part.Section = &quiet
		}
		parts[i] = part
	}
	v.Parts = parts
	return v
}

// Details are an outcome as the thread has it, and the whole of it as a text where that is too long for a message.
func Details(outcome View) (short View, whole string) {
	short, whole = Spill(unpressed(outcome))
	return short, whole
}
