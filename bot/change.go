package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/policy"
	"dbbot/ops/store"
)

// A Change is answered within ten seconds: it has become a request, or the asker reads why not.
const (
	askBound    = 9 * time.Second // a second is for sending the answer
	planBound   = 6 * time.Second // of those, until the plan must be there: keeping the request takes some time too
	planGiveUp  = planBound + 500*time.Millisecond
	maxInWords  = 8000 // characters of what was typed that are kept; Slack sends no more
	settleBound = 3 * time.Second
)

// invocation is a command as it is kept before anything is known about it.
func invocation(in Invoke) store.Invocation {
	return store.Invocation{
		Key: in.Key, Who: in.Who, Words: ops.Redact(ops.Printable(in.Text, maxInWords)),
		Channel: in.Origin.Channel, Thread: in.Origin.Thread, At: in.At,
	}
}

// change turns a stored command into a request. The asker hears in private only what the request's card does not say.
func (b *Bot) change(ctx context.Context, state State, in Invoke) {
	r := b.beginWithin(ctx, askBound, "change", in.Who, in.Origin, in.At)
	r.state = state
	defer r.end()
	w := &wish{request: r, in: in}
	note, err := guard(r, w.ask)
	r.err = r.inWords(err)
	told := true
	switch {
	case r.err != nil:
		w.noteRefusal()
		told = r.tell(b.Chat.Answer, explanation(ops.Explain(r.err, r.ref)))
	case note != nil:
		told = r.tell(b.Chat.Answer, commands.View{Lead: note})
	}
	if told { // else it stays in the inbox, and whoever finds it there tells them
		w.settle()
	}
}

// wish is a Change on its way to become a request, with what is known of it so far.
type wish struct {
	*request
	in   Invoke
	seen seen
	call commands.Call
	kept approval.Request
}

// ask is the road of a Change: not too many, who is it, what do they want, may they, what would happen, and only then a
// request that others can agree to. It gives what the card does not say.
func (w *wish) ask() (commands.Text, error) {
	if err := w.allow(); err != nil {
		return nil, err
	}
	consent, err := w.authorise()
	if err != nil {
		return nil, err
	}
	place, moved, err := w.place()
	if err != nil {
		return nil, err
	}
	planned, err := w.plan()
	if err != nil {
		return nil, err
	}
	ops.Reached("planned")
	wanted, err := w.wanted(planned, consent, place)
	if err != nil {
		return nil, err
	}
	kept, created, err := w.state.Create(w.ctx, func(now time.Time) (approval.Move, error) {
		move, err := approval.New(wanted, now)
		move.Name = w.seen.persons[w.who].Name
		return move, err
	})
	if err != nil {
		return nil, err
	}
	ops.Reached("asked")
	w.kept = kept
	switch {
	case !created:
		return w.openAlready(), nil
	case moved:
		return commands.Text{{Text: "Your request " + kept.ID.String() + " stands in "}, {Kind: commands.Channel, Text: place.Channel},
			{Text: ", where others can see it."}}, nil
	}
	return nil, nil
}

// authorise looks the asker up anew and asks the policy. A stranger hears nothing about their words; the audit has what
// they wanted.
func (w *wish) authorise() (*policy.Consent, error) {
	call, err := w.bot.Catalogue.Find(w.in.Text)
	w.call = call
	w.seen = w.bot.people.look(w.ctx, w.who)
	if admitted := policy.Admit(w.seen.persons[w.who], w.bot.Team()); !admitted.Allowed {
		return nil, stop(refused, admitted.Why, "")
	}
	if err == nil && (call.Change == nil || len(call.Targets) != 1) { // only if the catalogue says another thing than to First
		err = errUnknownButton
	}
	if err != nil {
		return nil, &stopped{misunderstood, err}
	}
	w.command = call.Path
	decision := w.seen.decide(w.who, call.Risk, call.Targets[0])
	if !decision.Allowed {
		return nil, stop(refused, decision.Why, "/db whoami shows what you may do.")
	}
	return decision.Consent, nil
}

// place is where the card will stand: where it was asked, or the database's own channel where nobody else reads along or
// Slack does not say who does. A plan tells of sessions and statements, so that people of another organisation see none.
func (w *wish) place() (at approval.Place, moved bool, err error) {
	asked := w.in.Origin
	if asked.Channel != "" && !asked.Direct {
		err := w.among()
		if err == nil {
			return approval.Place{Channel: asked.Channel, Thread: asked.Thread}, false, nil
		}
		if errors.Is(err, errOthersRead) {
			return at, false, stop(refused, "People of another organisation read this channel, so nothing is asked for here.",
				"Ask in a channel of your own workspace.")
		}
	}
	at.Channel = w.bot.Channels(w.call.Targets[0].Database)
	if at.Channel == "" {
		return at, false, stop(refused, "There is no channel here in which others could agree.", "Ask in a channel that dbbot is in.")
	}
	return at, true, nil
}

// plan finds out what would happen, in time.
func (w *wish) plan() (commands.Planned[json.RawMessage], error) {
	ctx, cancel := context.WithDeadline(w.ctx, w.arrived.Add(planBound))
	defer cancel()
	return inTime(w.request, planGiveUp, notPlanned(w.call.Path), func() (commands.Planned[json.RawMessage], error) { return w.call.Change.Plan(ctx) })
}

// wanted is the request as the asker wishes it.
func (w *wish) wanted(planned commands.Planned[json.RawMessage], consent *policy.Consent, place approval.Place) (approval.Request, error) {
	shown, err := json.Marshal(planned.View)
	if err != nil {
		return approval.Request{}, err
	}
	q := approval.Request{
		Key: w.in.Key, Command: w.call.Path, Words: w.call.Change.Words, Risk: w.call.Risk, Target: w.call.Targets[0],
		Server: planned.Server, Requester: w.who, Reason: w.call.Change.Reason, Origin: place,
		Plan: planned.Plan, Shown: shown, Digest: approval.Digest(w.call.Path, planned.Server, planned.Plan),
	}
	if consent != nil {
		q.Terms = approval.Terms{
			By: consent.By, Count: consent.Count, Within: consent.Within, Alone: consent.Alone, BreakGlass: consent.BreakGlass,
		}
	}
	return q, nil
}

// openAlready points to the request that asks for the very same.
func (w *wish) openAlready() commands.Text {
	id := w.kept.ID.String()
	said := commands.Text{{Text: "The same is open already: "}, {Text: id}}
	if card, err := w.state.Card(w.ctx, w.kept.ID); err == nil && card.Link != "" {
		said[1] = commands.Span{Kind: commands.Link, Text: id, URL: card.Link}
	}
	return append(said, commands.Span{Text: ", asked for by "}, commands.Span{Kind: commands.Mention, Text: w.kept.Requester.User},
		commands.Span{Text: ". Nothing new was asked for."})
}

// noteRefusal writes into the audit that somebody was refused. What is too much at once is counted, not written: a flood
// must not fill the audit.
func (w *wish) noteRefusal() {
	ended := outcomeOf(w.err)
	if ended == limited || ended == busy {
		return
	}
	fact := audit.Entry{
		Team: w.who.Team, User: w.who.User, Name: w.seen.persons[w.who].Name, Event: audit.CommandRefused,
		Command: w.call.Path, Risk: string(w.call.Risk), Channel: w.origin.Channel, Origin: w.in.Key, Outcome: string(ended),
		Detail: ops.Redact(ops.Explain(w.err, w.ref).Message),
	}
	if len(w.call.Targets) == 1 {
		fact.Database, fact.Environment = w.call.Targets[0].Database, w.call.Targets[0].Environment
	}
	w.later("the refusal is not in the audit", func(ctx context.Context) error { return w.state.Note(ctx, fact) })
}

// settle notes in the inbox what became of the command.
func (w *wish) settle() {
	outcome := strings.TrimSpace(string(outcomeOf(w.err)) + " " + w.command)
	if w.kept.ID != 0 {
		outcome = "request " + w.kept.ID.String()
	}
	w.later("the inbox does not know what became of it", func(ctx context.Context) error { return w.state.Settle(ctx, w.in.Key, outcome) })
}

// later does what must still be written when the time to answer is over.
func (w *wish) later(otherwise string, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.whole), settleBound)
	defer cancel()
	if err := do(ctx); err != nil {
		w.log.Warn(otherwise, "error", causes(err))
	}
}
