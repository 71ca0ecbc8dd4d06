package commands

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
)

// eventWords is how an event is said. Those that are not here are said by their own names.
var eventWords = map[string]string{
	string(approval.Asked):        "asked",
	string(approval.Voted):        "agreed; more must",
	string(approval.Agreed):       "agreed",
	string(approval.GlassBroken):  "broke the glass",
	string(approval.RejectedBy):   "rejected",
	string(approval.WithdrawnBy):  "withdrawn",
	string(approval.RanOut):       "expired",
	string(approval.Reminded):     "reminded those who may decide",
	string(approval.Claimed):      "taken up",
	string(approval.Waits):        "waits for another request",
	string(approval.CancelWished): "asked to stop it",
	string(approval.TakenOver):    "taken over from a process that is gone",
	audit.Started:                 "started dbbot",
	audit.Stopped:                 "stopped dbbot",
	audit.ClickUnknown:            "click refused",
	audit.ClickExpired:            "late click refused",
	audit.Undeliverable:           "could not be said",
	audit.CheckpointFault:         "audit tampered with",
}

// graveEvents are the events that somebody should look at.
var graveEvents = map[string]Verdict{
	string(approval.GlassBroken): Watch,
	audit.CommandRefused:         Watch,
	audit.CommandDropped:         Watch,
	audit.ClickRefused:           Watch,
	audit.ClickUnknown:           Watch,
	audit.CheckFailed:            Watch,
	audit.Undeliverable:          Watch,
	audit.AlarmRaised:            Watch,
	audit.WorkerLost:             Watch,
	audit.CheckpointFault:        Bad,
}

// entrySection is one entry: what, who, on what, when; and below it why, and what came of it.
func entrySection(e audit.Entry, asker Asker) Section {
	section := Section{Title: eventTitle(e), Verdict: verdictOf(e)}
	var parts []Text
	if e.User != "" {
		parts = append(parts, actor(e, asker))
	}
	var on Text
	if e.Command != "" {
		on = append(on, Span{Kind: Literal, Text: e.Command})
	}
	if e.Database != "" {
		on = append(on, Span{Text: strings.Repeat(" ", min(len(on), 1)) + "on "}, Span{Kind: Strong, Text: e.Database})
	}
	if len(on) > 0 {
		parts = append(parts, on)
	}
	if e.Request != 0 {
		parts = append(parts, Say(approval.ID(e.Request).String()))
	}
	for i, part := range append(parts, Text{{Kind: Moment, When: e.At}}) {
		if i > 0 {
			section.Summary = append(section.Summary, Span{Text: " · "})
		}
		section.Summary = append(section.Summary, part...)
	}
	if why := reasonOf(e); why != "" {
		section.Lines = append(section.Lines, Say(why))
	}
	return section
}

// eventTitle says what happened; an end is named by how it ended.
func eventTitle(e audit.Entry) string {
	if e.Event == string(approval.Finished) && e.To != "" {
		return capital(e.To)
	}
	return capital(cmp.Or(eventWords[e.Event], e.Event))
}

// reasonOf is what the entry says in words, without what its title says already.
func reasonOf(e audit.Entry) string {
	words := []string{e.Outcome, e.Detail}
	return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" || s == e.To }), ": ")
}

// verdictOf judges what ended by how it did.
func verdictOf(e audit.Entry) Verdict {
	if e.Event != string(approval.Finished) {
		return graveEvents[e.Event]
	}
	switch approval.State(e.To) {
	case approval.Succeeded:
		return Good
	case approval.Failed, approval.Interrupted:
		return Bad
	default:
		return Watch
	}
}

// actor is who did it. Somebody of another workspace cannot be mentioned here, and at a terminal nobody can.
func actor(e audit.Entry, asker Asker) Text {
	switch {
	case e.User == ops.Itself:
		return Say("the schedule")
	case e.Team == asker.Person.ID.Team && !asker.Terminal:
		return Text{{Kind: Mention, Text: e.User}}
	case e.Name == "":
		return Text{{Kind: Literal, Text: e.User}}
	}
	return Text{{Text: e.Name + " ("}, {Kind: Literal, Text: e.User}, {Text: ")"}}
}

// digestShown is how many characters of a digest tell one plan from another.
const digestShown = 12

// bound is what an entry is about beyond its names, as far as the one shown before it was about something else.
func bound(e, shown audit.Entry) Text {
	parts := []string{fmt.Sprintf("entry %d", e.Seq)}
	say := func(text, value, before string) {
		if value != "" && value != before {
			parts = append(parts, text+value)
		}
	}
	if e.From != "" && e.To != "" && e.From != e.To {
		say("", e.From+" → "+e.To, "")
	}
	say("server ", e.System, shown.System)
	say("database ", e.Catalog, shown.Catalog)
	say("plan ", short(e.Digest), short(shown.Digest))
	say("policy ", e.Policy, shown.Policy)
	say("dbbot ", e.Version, shown.Version)
	if e.Worker != 0 && e.Worker != shown.Worker {
		say("process ", strconv.FormatInt(e.Worker, 10), "")
	}
	text := Say(strings.Join(parts, " · "))
	if inChannel := strings.HasPrefix(e.Channel, "C") || strings.HasPrefix(e.Channel, "G"); inChannel && e.Channel != shown.Channel {
		text = append(text, Span{Text: " · in "}, Span{Kind: Channel, Text: e.Channel})
	}
	return text
}

func short(digest string) string { return digest[:min(digestShown, len(digest))] }
