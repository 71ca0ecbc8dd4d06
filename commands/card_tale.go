package commands

import (
	"fmt"
	"strings"

	"dbbot/ops/approval"
	"dbbot/ops/postgres"
)

// tale says in a sentence or two how a request stands: what is awaited, or what came of it.
func tale(r approval.Request) Text {
	text := spoken(r)
	end := &text[len(text)-1]
	end.Text = strings.TrimRight(end.Text, " ")
	return text
}

// spoken is never empty; every sentence but the last has a blank after it.
func spoken(r approval.Request) Text {
	switch r.State {
	case approval.Pending:
		return awaited(r)
	case approval.Approved:
		return append(decided(r), begins(r)...)
	case approval.Running:
		return append(Text{{Text: "Running since "}, {Kind: Moment, When: r.Started}, {Text: "."}}, stopping(r)...)
	case approval.Succeeded:
		return append(Say("Done"+lasted(" in ", r)+". "), came(r)...)
	case approval.Failed:
		return append(Say("It failed"+lasted(" after ", r)+". "+sentence(r.Why)), came(r)...)
	case approval.Cancelled:
		return append(append(stopped(r), Span{Text: sentence(r.Why)}), came(r)...)
	case approval.Interrupted:
		return append(Say("Nobody knows whether it happened. "+sentence(r.Why)+"Please look at "+r.Target.Database+" before you ask again. "), came(r)...)
	}
	return append(notRun(r), Span{Text: "Nothing ran."})
}

// notRun says why a request ended before it began.
func notRun(r approval.Request) Text {
	switch r.State {
	case approval.Rejected:
		return Text{mention(r.By), {Text: " rejected it" + because(r.Why)}}
	case approval.Withdrawn:
		return Text{mention(r.By), {Text: " withdrew it. "}}
	case approval.Expired:
		return Say(fmt.Sprintf("Its time is over: %d of %d agreed. ", r.Agreeing(), r.Terms.Count))
	}
	return Say("It may not run any more. " + sentence(r.Why))
}

func awaited(r approval.Request) Text {
	text := Say(needed(r) + " must agree, and not the person who asked.")
	switch n := r.Agreeing(); {
	case n == 1:
		text = append(text, Span{Text: " One has."})
	case n > 1:
		text = append(text, Span{Text: fmt.Sprintf(" %d have.", n)})
	}
	return append(text, Span{Text: " It expires "}, Span{Kind: Moment, When: r.Expires}, Span{Text: "."})
}

// needed is who must agree: "One of leads", "2 of leads or owners".
func needed(r approval.Request) string {
	groups := strings.Join(r.Terms.By, " or ")
	if r.Terms.Count == 1 {
		return "One of " + groups
	}
	return fmt.Sprintf("%d of %s", r.Terms.Count, groups)
}

// decided says why it may run.
func decided(r approval.Request) Text {
	switch {
	case r.Glass:
		return Text{mention(r.By), {Text: " broke the glass and decided alone" + because(r.Why)}}
	case r.Terms.Alone || r.Terms.Count == 0:
		return Say("Nobody else has to agree. ")
	}
	return Say("Enough people have agreed. ")
}

// begins says when it will run.
func begins(r approval.Request) Text {
	if r.WaitsFor != 0 {
		return Say(fmt.Sprintf("It waits for %s, which runs on the same database.", r.WaitsFor))
	}
	return Say("It starts in a moment.")
}

func stopping(r approval.Request) Text {
	switch {
	case r.Cancel == nil:
		return nil
	case r.Cancel.By.User == "":
		return Say(" It is being stopped. " + sentence(r.Cancel.Why))
	}
	return Text{{Text: " "}, mention(r.Cancel.By), {Text: " asked to stop it; it is being stopped."}}
}

func stopped(r approval.Request) Text {
	if r.Cancel == nil || r.Cancel.By.User == "" {
		return Say("It was stopped" + lasted(" after ", r) + ". ")
	}
	return Text{mention(r.Cancel.By), {Text: " stopped it" + lasted(" after ", r) + because(r.Cancel.Why)}}
}

// came is the outcome's own sentence.
func came(r approval.Request) Text {
	outcome, _ := ReadView(r.Outcome)
	return outcome.Lead
}

// lasted is how long it ran, behind a word.
func lasted(word string, r approval.Request) string {
	if r.Started.IsZero() || r.Ended.Before(r.Started) {
		return ""
	}
	return word + postgres.Age(r.Ended.Sub(r.Started)).String()
}

// because ends a sentence with what a person gave as a reason, if they gave one.
func because(why string) string {
	if strings.TrimSpace(why) == "" {
		return ". "
	}
	return ": " + cited(why) + ". "
}

// sentence ends with a full stop, and a blank for the next one; of nothing it is nothing.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return ""
	case strings.ContainsAny(s[len(s)-1:], ".?!"):
		return s + " "
	}
	return s + ". "
}

const bar = 20 // characters of a progress bar: fits a phone beside the phase

// progress is a bar where it is known how much there is to do, else what is known.
func progress(p approval.Progress) Text {
	phase := p.Phase
	if phase == "" {
		phase = "it has begun"
	}
	switch {
	case p.Total > 0:
		done := min(max(p.Done, 0), p.Total)
		full := int(float64(done) / float64(p.Total) * bar)
		return Say(fmt.Sprintf("%s%s %d %% · %s", strings.Repeat("▓", full), strings.Repeat("░", bar-full), int(float64(done)/float64(p.Total)*100), phase))
	case p.Done > 0:
		return Say(fmt.Sprintf("%s · %d so far", phase, p.Done))
	}
	return Say(phase)
}
