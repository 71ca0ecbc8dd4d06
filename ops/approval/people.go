package approval

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dbbot/ops"
)

// Voter is somebody who pressed a button, as the directory and the policy know them at that moment.
type Voter struct {
	ID       ops.PersonID
	Name     string // for reading only
	Entitled bool   // is surely in one of Terms.By, and a full member
	Why      string // why not entitled, for them
	Unseen   bool   // who they are could not be read: nothing of theirs is accepted
}

// Vote counts what somebody says. Enough who agree approve it; one who does not agree rejects it, also when it is approved
// and nothing runs yet. Whoever says the same twice, or comes late, is told so.
func (r Request) Vote(v Voter, agree bool, why string, now time.Time) (Move, error) {
	if agree {
		return r.agree(v, now)
	}
	switch {
	case r.State != Pending && r.State != Approved || r.overdue(now):
		return Move{}, r.late(toReject, now)
	case v.ID == r.Requester:
		return Move{}, refuse(toReject, "own request", "You asked for this, so it is not yours to reject.", "Withdraw takes it back.")
	}
	if refusal := r.entitled(toReject, v); refusal != nil {
		return Move{}, refusal
	}
	m := r.by(RejectedBy, v)
	m.vote(Vote{By: v.ID, Why: clean(why), At: now})
	m.end(Rejected, why, now)
	m.After.By, m.After.Decided = v.ID, now
	return m, nil
}

func (r Request) agree(v Voter, now time.Time) (Move, error) {
	switch {
	case r.State != Pending || r.overdue(now):
		return Move{}, r.late(toApprove, now)
	case v.ID == r.Requester:
		return Move{}, refuse(toApprove, "own request", "You asked for this, so somebody else must agree.", "Withdraw takes it back.")
	}
	if refusal := r.entitled(toApprove, v); refusal != nil {
		return Move{}, refusal
	}
	if slices.ContainsFunc(r.Votes, func(old Vote) bool { return old.By == v.ID && old.Agree }) {
		return Move{}, refuse(toApprove, "voted already", "You have agreed already, and that counts once.",
			fmt.Sprintf("%d more must agree.", r.Terms.Count-r.Agreeing()))
	}
	m := r.by(Voted, v)
	m.vote(Vote{By: v.ID, Agree: true, At: now})
	if m.After.agreed() {
		m.approve(Agreed, now)
	}
	return m, nil
}

// BreakGlass approves it by one person alone, who may be the requester, where the terms allow that. The reason is part of
// it: without one, nothing happens.
func (r Request) BreakGlass(v Voter, why string, now time.Time) (Move, error) {
	switch {
	case r.State != Pending || r.overdue(now):
		return Move{}, r.late(toBreak, now)
	case !r.Terms.BreakGlass:
		return Move{}, refuse(toBreak, "not allowed", "The policy lets nobody decide this alone.", "It waits for those who may agree.")
	}
	if refusal := r.entitled(toBreak, v); refusal != nil {
		return Move{}, refusal
	}
	if why = clean(why); why == "" {
		return Move{}, refuse(toBreak, "no reason", "Breaking the glass takes a written reason.", "Say in a sentence why it cannot wait for a second person.")
	}
	m := r.by(GlassBroken, v)
	m.vote(Vote{By: v.ID, Agree: true, Why: why, At: now})
	m.approve(GlassBroken, now)
	m.After.Glass, m.After.By, m.After.Why = true, v.ID, why
	return m, nil
}

// Withdraw takes it back, which the requester alone may do, as long as it does not run.
func (r Request) Withdraw(v Voter, now time.Time) (Move, error) {
	switch {
	case r.State != Pending && r.State != Approved:
		return Move{}, r.late(toWithdraw, now)
	case v.Unseen:
		return Move{}, unseen(toWithdraw, v)
	case v.ID != r.Requester:
		return Move{}, refuse(toWithdraw, "not the requester", "Only the person who asked for this may withdraw it.", "Whoever may agree to it may also reject it.")
	}
	m := r.by(WithdrawnBy, v)
	m.end(Withdrawn, "", now)
	m.After.By = v.ID
	return m, nil
}

// AskCancel wishes that a running change stops; the requester may, and whoever may decide. Whether it did stop is said by
// how it ends.
func (r Request) AskCancel(v Voter, why string, now time.Time) (Move, error) {
	switch {
	case r.State == Pending || r.State == Approved:
		return Move{}, refuse(toCancel, "not running", "This does not run yet, so there is nothing to cancel.", "Withdraw or Reject ends it.")
	case r.State != Running:
		return Move{}, r.late(toCancel, now)
	case v.Unseen:
		return Move{}, unseen(toCancel, v)
	case v.ID != r.Requester:
		if refusal := r.entitled(toCancel, v); refusal != nil {
			return Move{}, refusal
		}
	}
	if r.Cancel != nil {
		return Move{}, refuse(toCancel, "cancelled already", "This is being cancelled already.", "The card says how it ends.")
	}
	m := r.by(CancelWished, v)
	m.After.Cancel = &Cancel{By: v.ID, Why: clean(why), At: now}
	return m, nil
}

// by is a move that a person makes.
func (r Request) by(event Event, v Voter) Move {
	m := r.next(event)
	m.Actor, m.Name = v.ID, v.Name
	return m
}

// vote puts it in the place of what the same person said before.
func (m *Move) vote(v Vote) {
	at := slices.IndexFunc(m.After.Votes, func(old Vote) bool { return old.By == v.By })
	if at < 0 {
		m.After.Votes = append(m.After.Votes, v)
		return
	}
	m.After.Votes[at] = v
}

// overdue: pending beyond its time, though nobody has said so yet.
func (r Request) overdue(now time.Time) bool { return r.State == Pending && !now.Before(r.Expires) }

// entitled refuses who may not decide, and who cannot be told. It gives nil for the others.
func (r Request) entitled(tried string, v Voter) error {
	switch {
	case v.Unseen:
		return unseen(tried, v)
	case v.Entitled && v.ID.Team != "" && v.ID.User != "":
		return nil
	}
	why := v.Why
	switch {
	case why != "":
	case len(r.Terms.By) == 0:
		why = "Nobody has to agree to this, so nobody else may decide it."
	default:
		why = "Only " + strings.Join(r.Terms.By, " or ") + " may decide this."
	}
	return refuse(tried, "not entitled", why, "")
}
