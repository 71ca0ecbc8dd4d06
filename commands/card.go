package commands

import (
	"encoding/json"
	"fmt"
	"strings"

	"dbbot/ops"
	"dbbot/ops/approval"
)

const (
	maxWords = 80 // characters of what was typed, in a title: its state must still be read after it
	maxMay   = 8  // people who may agree that are named; of more, the number is said
)

// RequestView is a request as everybody may see it: what, where, who asks and why, what exactly will happen, who agreed,
// and what became of it. may are the ids of people who may agree, where they are known. It reads no clock: times are
// Moments, which every reader sees in their own zone. It has no buttons: those depend on where it is shown.
func RequestView(r approval.Request, may []string) View {
	view := RequestNews(r)
	view.Parts = append(gist(r, may), planned(r)...)
	view.Notes = requestNotes(r)
	return view
}

// gist is who asks, why, where, how far it is and who has agreed.
func gist(r approval.Request, may []string) []Part {
	parts := []Part{line("Asked by", askedBy(r)), line("On", on(r))}
	if r.State == approval.Running {
		parts = append(parts, line("Now", progress(r.Progress)))
	}
	if text := agreed(r); text != nil {
		parts = append(parts, line("Agreed", text))
	}
	if names := Mentions(may); r.State == approval.Pending && names != nil {
		parts = append(parts, line("May agree", names))
	}
	return parts
}

// RequestNews is what is said when a request was decided or has ended: its title, and one sentence.
func RequestNews(r approval.Request) View {
	return View{Title: fmt.Sprintf("%s: %s", requestTitle(r), r.State), Lead: tale(r)}
}

func requestTitle(r approval.Request) string {
	return fmt.Sprintf("%s %s %s", marks[r.State], r.ID, ops.Printable(Saying(r), maxWords))
}

// marks make a state seen at a glance; the word always stands beside it.
var marks = map[approval.State]string{
	approval.Pending: "✋", approval.Approved: "👍", approval.Running: "⏳",
	approval.Succeeded: "✅", approval.Failed: "❌", approval.Cancelled: "🛑", approval.Interrupted: "❓",
	approval.Rejected: "⛔", approval.Expired: "⌛", approval.Withdrawn: "↩️", approval.Invalidated: "🚫",
}

func line(title string, summary Text) Part {
	return Part{Section: &Section{Title: title, Summary: summary}}
}

func askedBy(r approval.Request) Text {
	text := Text{Named(r.Requester)}
	if r.Reason != "" && r.Requester.Itself() {
		return append(text, Span{Text: ", " + r.Reason})
	}
	if r.Reason != "" {
		text = append(text, Span{Text: ", because " + cited(r.Reason)})
	}
	return text
}

func on(r approval.Request) Text {
	text := Text{{Kind: Strong, Text: r.Target.Database}}
	if r.Target.Environment != "" {
		text = append(text, Span{Text: ", " + r.Target.Environment})
	}
	return append(text, Span{Text: fmt.Sprintf(" · risk: %s, %s", r.Risk, costs[r.Risk])})
}

// agreed says who has agreed, and how many must; nil where there is nothing to say.
func agreed(r approval.Request) Text {
	var text Text
	for _, vote := range r.Votes {
		if !vote.Agree {
			continue
		}
		if len(text) > 0 {
			text = append(text, Span{Text: ", "})
		}
		text = append(text, mention(vote.By))
		if r.Glass && vote.Why != "" { // said as long as the card stands, and not only until it has run
			text = append(text, Span{Text: " broke the glass"})
		}
		text = append(text, Span{Text: " ("}, Span{Kind: Moment, When: vote.At}, Span{Text: ")"})
		if vote.Why != "" {
			text = append(text, Span{Text: " because " + cited(vote.Why)})
		}
	}
	switch {
	case r.State == approval.Pending:
		return append(Say(fmt.Sprintf("%d of %d%s", r.Agreeing(), r.Terms.Count, colon(text))), text...)
	case len(text) > 0:
		return text
	case r.Terms.Alone:
		return Text{mention(r.Requester), {Text: " may act alone here, as the policy says"}}
	case r.Requester.Itself():
		return Say("nobody has to: the schedule stands in dbbot's file")
	case r.Terms.Count == 0:
		return Say("nobody has to, as the policy says")
	}
	return nil
}

func colon(text Text) string {
	if len(text) == 0 {
		return ""
	}
	return ": "
}

// Mentions names people by their ids, up to eight of them; nil of none.
func Mentions(ids []string) (text Text) {
	for i, id := range ids {
		if i == maxMay {
			return append(text, Span{Text: fmt.Sprintf(" and %d more", len(ids)-maxMay)})
		}
		if i > 0 {
			text = append(text, Span{Text: ", "})
		}
		text = append(text, Span{Kind: Mention, Text: id})
	}
	return text
}

// planned is what exactly will happen. Once it is over the plan's one sentence is enough.
func planned(r approval.Request) []Part {
	plan, ok := ReadView(r.Shown)
	if !ok {
		return nil
	}
	if !r.State.Open() {
		plan.Parts, plan.Notes = nil, nil
	}
	short, _ := Spill(plan)
	return unfolded("Plan", short)
}

// unfolded puts a view into another one, without its buttons: it is read there, not pressed.
func unfolded(title string, v View) []Part {
	if v.Title != "" {
		title = v.Title
	}
	parts := append([]Part{line(title, v.Lead)}, unpressed(v).Parts...)
	for _, note := range v.Notes {
		parts = append(parts, Part{Section: &Section{Summary: note}})
	}
	return parts
}

// requestNotes are the small print: what ties the card to the facts that the audit keeps.
func requestNotes(r approval.Request) []Text {
	note := Text{{Text: "Asked "}, {Kind: Moment, When: r.Asked}}
	if r.Origin.Channel != "" && !strings.HasPrefix(r.Origin.Channel, "D") {
		note = append(note, Span{Text: " in "}, Span{Kind: Channel, Text: r.Origin.Channel})
	}
	if r.Digest != "" {
		note = append(note, Span{Text: ", plan "}, Span{Kind: Literal, Text: r.Digest[:min(len(r.Digest), 12)]})
	}
	return []Text{note}
}

// Named is somebody as they are named to others: a person is mentioned, and dbbot itself is no person.
func Named(who ops.PersonID) Span {
	if who.Itself() {
		return Span{Text: "the schedule"}
	}
	return mention(who)
}

func mention(who ops.PersonID) Span { return Span{Kind: Mention, Text: who.User} }

// cited is what a person wrote.
func cited(s string) string { return "“" + strings.TrimSpace(s) + "”" }

// ReadView reads a view that was kept as JSON; ok is false where there is none.
func ReadView(kept []byte) (v View, ok bool) {
	ok = len(kept) > 0 && json.Unmarshal(kept, &v) == nil
	return v, ok
}
