package bot

import (
	"context"
	"encoding/json"
	"errors"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/policy"
)

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
	if why := w.bot.closed(call.Path, call.Risk, call.Targets[0]); why != "" {
		return nil, stop(refused, why, "")
	}
	return decision.Consent, nil
}

// closed says why nobody may do something at this hour; empty where they may. What ends a session or its query is for the
// worst hours, too.
func (b *Bot) closed(command string, risk ops.Risk, target ops.Target) string {
	if approval.Signals(command) {
		return ""
	}
	return b.people.policy.Closed(risk, target, b.Now())
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
	if consent = consent.For(planned.Severe); consent != nil {
		q.Terms = approval.Terms{
			By: consent.By, Count: consent.Count, Within: consent.Within, Alone: consent.Alone, BreakGlass: consent.BreakGlass,
		}
	}
	return q, nil
}
