package bot

import (
	"context"
	"errors"
	"fmt"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/job"
	"dbbot/ops/policy"
)

// longestName bounds what somebody's name may take of a sentence, in characters.
const longestName = 64

// Check finds out, right before a run, whether all that was agreed to still holds: the people, the policy, the plan and
// the server. *ops.Error: it does not, for this reason. job.ErrUnchecked: that cannot be told now.
func (b *Bot) Check(ctx context.Context, q approval.Request) error {
	call, err := b.bound(q)
	if err != nil {
		return err
	}
	if q.Requester.Itself() {
		err = b.checkItself(q)
	} else if err = b.checkPeople(ctx, q, call.Risk); err == nil {
		err = b.checkHours(q)
	}
	if err != nil {
		return err
	}
	severe, err := checkPlan(ctx, q, call)
	if err != nil {
		return err
	}
	return b.checkSevere(q, severe)
}

// checkHours is of people alone: what the file says to do at three o'clock is done then.
func (b *Bot) checkHours(q approval.Request) error {
	if why := b.closed(q.Command, q.Risk, q.Target); why != "" {
		return outdated("%s", why)
	}
	return nil
}

// checkSevere: where the check of a migration finds something severe by now, as many must have agreed as the policy asks for
// that. Tables grow while people think.
func (b *Bot) checkSevere(q approval.Request, severe bool) error {
	now := b.people.policy.Rule(q.Risk, q.Target).Approve
	more := now.For(severe)
	if more == now || q.Glass || q.Agreeing() >= more.Count {
		return nil
	}
	return outdated("The check finds something severe, for which %d people must agree; %d did.", more.Count, q.Agreeing())
}

// bound gives the very call that was agreed to, as this version of dbbot and this configuration understand its words.
func (b *Bot) bound(q approval.Request) (commands.Call, error) {
	call, err := b.Catalogue.Find(q.Words)
	switch {
	case err != nil || call.Change == nil || call.Path != q.Command || len(call.Targets) != 1:
		return call, &ops.Error{Message: "This version of dbbot understands “" + q.Words + "” differently.", Hint: "Ask for it again.", Cause: err}
	case call.Targets[0] != q.Target:
		return call, &ops.Error{Message: fmt.Sprintf("%s is configured differently now.", q.Target.Database), Hint: "Ask for it again."}
	case call.Risk != q.Risk:
		return call, &ops.Error{Message: fmt.Sprintf("“%s” counts as %s now, and as %s when it was agreed to.", q.Command, call.Risk, q.Risk), Hint: "Ask for it again."}
	}
	return call, nil
}

// checkPeople asks Slack and the policy again. What a silent directory leaves open is no reason to invalidate.
func (b *Bot) checkPeople(ctx context.Context, q approval.Request, risk ops.Risk) error {
	ids := []ops.PersonID{q.Requester}
	for _, vote := range q.Votes { // who broke the glass is among them
		ids = append(ids, vote.By)
	}
	seen := b.people.look(ctx, ids...)
	err := seen.stillHolds(q, risk)
	if err != nil && seen.unread() {
		return fmt.Errorf("%w: Slack's directory did not answer", job.ErrUnchecked)
	}
	return err
}

// stillHolds says whether the requester may still ask, and enough people agree by the policy as it is now.
func (s seen) stillHolds(q approval.Request, risk ops.Risk) error {
	decision := s.decide(q.Requester, risk, q.Target)
	if !decision.Allowed {
		return outdated("%s, who asked for this, may not do that any more.", s.name(q.Requester))
	}
	now := decision.Consent
	switch {
	case now == nil:
		return s.voters(q, q.Terms.By)
	case q.Glass && !now.BreakGlass:
		return outdated("The policy does not let anybody decide this alone any more.")
	case q.Glass && !s.voter(q.By, now.By).Entitled:
		return outdated("%s, who decided this alone, may not do that any more.", s.name(q.By))
	case q.Glass:
		return nil
	case q.Terms.Alone || q.Terms.Count == 0:
		if !now.Alone {
			return outdated("Nobody had to agree when this was asked for, and now somebody must.")
		}
		return nil
	}
	if err := s.voters(q, q.Terms.By); err != nil {
		return err
	}
	if err := s.voters(q, now.By); err != nil {
		return err
	}
	return enough(q, now)
}

// voters: each of those who agreed must still be of the people whom the terms name.
func (s seen) voters(q approval.Request, by []string) error {
	for _, vote := range q.Votes {
		if vote.Agree && !s.voter(vote.By, by).Entitled {
			return outdated("%s, who agreed, may not agree any more.", s.name(vote.By))
		}
	}
	return nil
}

func enough(q approval.Request, now *policy.Consent) error {
	if agreeing := q.Agreeing(); agreeing < now.Count {
		return outdated("%d agreed, and the policy asks for %d people now.", agreeing, now.Count)
	}
	return nil
}

func outdated(format string, args ...any) error {
	return &ops.Error{Message: fmt.Sprintf(format, args...), Hint: "Ask for it again."}
}

func (s seen) name(id ops.PersonID) string {
	if name := ops.Printable(s.persons[id].Name, longestName); name != "" {
		return name
	}
	return id.User
}

// checkPlan plans again and compares: what runs is byte for byte what was agreed to, on the very same database. severe is
// of what the check finds now.
func checkPlan(ctx context.Context, q approval.Request, call commands.Call) (severe bool, err error) {
	planned, err := call.Change.Plan(ctx)
	switch {
	case unread(err) || err != nil && ctx.Err() != nil:
		return false, fmt.Errorf("%w: the plan could not be made again: %w", job.ErrUnchecked, err)
	case err != nil:
		return false, err
	case planned.Server != q.Server:
		return false, outdated("%s is another server or another database than when this was agreed to.", q.Target.Database)
	case approval.Digest(call.Path, planned.Server, planned.Plan) != q.Digest:
		if words := call.Change.Differ(q.Plan, planned.Plan); words != "" {
			return false, outdated("%s", words)
		}
		return false, outdated("What would happen now is not what was agreed to: %s has changed since.", q.Target.Database)
	}
	return planned.Severe, nil
}

// unread says whether an error of a plan leaves open whether there is something to do: the database did not answer.
func unread(err error) bool {
	_, said := errors.AsType[*ops.Error](err)
	return err != nil && (!said || errors.Is(err, commands.ErrUnread) || errors.Is(err, context.DeadlineExceeded))
}
