package bot

import (
	"fmt"
	"slices"

	"dbbot/commands"
	"dbbot/ops/approval"
	"dbbot/ops/store"
)

// Announce says what a move causes to be said, beside the card, which every move draws anew. It is pure: the state
// database keeps its messages in the move's transaction. Keys name the move, so that nothing is said twice.
func (b *Bot) Announce(m approval.Move) []store.Message {
	a := announcement{bot: b, move: m}
	switch m.Event {
	case approval.Asked:
		a.wholePlan()
	case approval.Agreed:
		if m.Before.ID == 0 {
			a.wholePlan() // nobody had to agree: whoever asked knows that
			break
		}
		a.requester()
	case approval.GlassBroken:
		a.requester()
		a.everyLead()
	case approval.RejectedBy, approval.RanOut, approval.Refuted:
		a.requester()
		a.failed()
	case approval.Reminded:
		a.reminder()
	case approval.Finished:
		a.requester()
		a.failed()
		a.details()
		a.notice()
	}
	return a.messages
}

// announcement gathers the messages of one move.
type announcement struct {
	bot      *Bot
	move     approval.Move
	messages []store.Message
}

func (a *announcement) say(what string, kind store.Kind, to string, said Said) {
	r := a.move.After
	a.messages = append(a.messages, store.Message{
		Key:     fmt.Sprintf("%d-%d-%s", r.ID, r.Version, what),
		Request: r.ID, Kind: kind, To: to, Body: said.body(),
	})
}

// requester hears of every decision and every end that they did not make themselves.
func (a *announcement) requester() {
	r := a.move.After
	if a.move.Actor == r.Requester || r.Requester.Itself() {
		return
	}
	a.say("requester", store.Direct, r.Requester.User, Said{View: commands.RequestNews(r)})
}

// everyLead hears that one of them decided alone: all people of the groups that could have agreed.
func (a *announcement) everyLead() {
	r := a.move.After
	view := commands.RequestNews(r)
	view.Parts = commands.RequestView(r, nil).Parts
	told := []string{a.move.Actor.User, r.Requester.User}
	for _, name := range r.Terms.By {
		group := a.bot.Policy.Groups[name]
		for _, to := range slices.Concat(group.Users, group.Usergroups) {
			if !slices.Contains(told, to) {
				told = append(told, to)
				a.say("lead-"+to, store.Direct, to, Said{View: view})
			}
		}
	}
}

// wholePlan goes into the thread where the card has no room for all of it.
func (a *announcement) wholePlan() {
	r := a.move.After
	plan, ok := commands.ReadView(r.Shown)
	if !ok || untold(r) {
		return
	}
	if _, whole := commands.Spill(plan); whole != "" {
		said := Said{View: commands.View{Lead: commands.Say("The whole plan is in the file.")}}
		said.File = &File{Name: fmt.Sprintf("plan-%d.txt", r.ID), Title: "Plan of " + r.ID.String(), Text: whole}
		a.say("plan", store.Reply, r.Origin.Channel, said)
	}
}

// reminder calls those who may agree, shortly before the request expires.
func (a *announcement) reminder() {
	r := a.move.After
	view := commands.View{Lead: append(commands.Say("Still waiting. "), commands.RequestNews(r).Lead...)}
	a.say("reminder", store.Reply, r.Origin.Channel, Said{View: view, Call: r.Terms.By})
}

// details of the outcome go into the thread; its one sentence is on the card.
func (a *announcement) details() {
	r := a.move.After
	outcome, ok := commands.ReadView(r.Outcome)
	if !ok || len(outcome.Parts) == 0 || untold(r) {
		return
	}
	short, whole := commands.Details(outcome)
	said := Said{View: short}
	if whole != "" {
		said.File = &File{Name: fmt.Sprintf("outcome-%d.txt", r.ID), Title: "Outcome of " + r.ID.String(), Text: whole}
	}
	a.say("details", store.Reply, r.Origin.Channel, said)
}

// notice tells the database's channel how it ended, where that was asked for in another one.
func (a *announcement) notice() {
	r := a.move.After
	channel := a.bot.channelOf(r.Target.Database)
	if channel == "" || channel == r.Origin.Channel || r.Requester.Itself() {
		return
	}
	a.say("notice", store.Notice, channel, Said{View: commands.RequestView(r, nil)})
}

// failed tells the channel of what dbbot asked for itself and did not come to a good end: nobody waits for that and looks at
// the card. Where success is not told there is no card yet; it is made now.
func (a *announcement) failed() {
	r := a.move.After
	channel := a.bot.channelOf(r.Target.Database)
	switch {
	case !r.Requester.Itself() || !unhappy(r) || channel == "":
	case r.Origin.Channel == "":
		a.messages = append(a.messages, store.Message{Key: "card " + r.ID.String(), Request: r.ID, Kind: store.Card, To: channel})
	default:
		a.say("failed", store.Notice, channel, Said{View: commands.RequestNews(r)})
	}
}

// unhappy ends are those that nobody wished.
func unhappy(r approval.Request) bool {
	switch r.State {
	case approval.Failed, approval.Interrupted, approval.Invalidated, approval.Expired:
		return true
	case approval.Cancelled:
		return r.Cancel == nil || r.Cancel.By.User == ""
	}
	return false
}

// untold is what dbbot asked for itself in no channel, as long as all is well.
func untold(r approval.Request) bool {
	return r.Requester.Itself() && r.Origin.Channel == "" && !unhappy(r)
}

// channelOf a database: where its notices go; empty where none is configured.
func (b *Bot) channelOf(database string) string {
	if b.Channels == nil {
		return ""
	}
	return b.Channels(database)
}
