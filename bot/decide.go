package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/policy"
)

// decision is what a button of a request does.
type decision struct {
	button string
	tried  string // as approval.Refusal has it
	act    func(q approval.Request, v approval.Voter, written string, now time.Time) (approval.Move, error)
	// form asks for what must be written first; nil, or without one: nothing.
	form func(q approval.Request) *Form
}

// decisions are all there are.
var decisions = []decision{
	{
		button: commands.Approve, tried: "approve", form: nameForm,
		act: func(q approval.Request, v approval.Voter, written string, now time.Time) (approval.Move, error) {
			move, err := q.Vote(v, true, "", now)
			if err == nil && q.NeedsName() && strings.TrimSpace(written) != q.Target.Database {
				return approval.Move{}, wrongName(q)
			}
			return move, err
		},
	},
	{
		button: commands.Reject, tried: "reject", form: rejectForm,
		act: func(q approval.Request, v approval.Voter, written string, now time.Time) (approval.Move, error) {
			return q.Vote(v, false, written, now)
		},
	},
	{
		button: commands.BreakGlass, tried: "break glass", form: glassForm,
		act: func(q approval.Request, v approval.Voter, written string, now time.Time) (approval.Move, error) {
			return q.BreakGlass(v, written, now)
		},
	},
	{
		button: commands.Withdraw, tried: "withdraw",
		act: func(q approval.Request, v approval.Voter, _ string, now time.Time) (approval.Move, error) {
			return q.Withdraw(asker(q, v), now)
		},
	},
	{
		button: commands.Cancel, tried: "cancel",
		act: func(q approval.Request, v approval.Voter, _ string, now time.Time) (approval.Move, error) {
			return q.AskCancel(asker(q, v), "", now)
		},
	},
}

// asker: to take back or stop what they asked for, somebody needs no group, so that none has to be read. Who they are is
// known by then.
func asker(q approval.Request, v approval.Voter) approval.Voter {
	v.Unseen = v.Unseen && v.ID != q.Requester
	return v
}

func decisionOf(button string) (decision, bool) {
	for _, d := range decisions {
		if strings.EqualFold(d.button, button) {
			return d, true
		}
	}
	return decision{}, false
}

// errFirstWrite ends a decision that is good so far: nothing is kept until the form that it takes is sent.
var errFirstWrite = errors.New("a form comes first")

// press is a click: on a button of a request, or on one that types a command.
func (r *request) press(in Click) (func(context.Context), error) {
	d, known := decisionOf(in.Button)
	if !known {
		return r.typed(in)
	}
	at := surface{Token: in.Token, Channel: in.Origin.Channel, Message: in.Origin.Message}
	var form *Form
	err := r.decide(in.Key, at, d, func(q approval.Request, v approval.Voter, now time.Time) (approval.Move, error) {
		if d.form != nil {
			form = d.form(q)
		}
		if form == nil {
			return d.act(q, v, "", now)
		}
		if _, err := d.act(q, v, form.passes(q), now); err != nil {
			return approval.Move{}, err
		}
		return approval.Move{}, errFirstWrite
	})
	if !errors.Is(err, errFirstWrite) {
		return nil, err
	}
	form.Name, form.State = strings.ToLower(d.button), at.String()
	return func(ctx context.Context) { r.bot.open(ctx, in, *form) }, nil
}

// submit is a form that was sent: what was to be written is there.
func (r *request) submit(in Submit) error {
	d, known := decisionOf(in.Form)
	if !known || d.form == nil {
		return r.turnAway(in.Key, in.Form, in.surface(), errUnknownButton)
	}
	written := strings.TrimSpace(in.Text)
	if written == "" {
		return errNothingWritten
	}
	return r.decide(in.Key, in.surface(), d, func(q approval.Request, v approval.Voter, now time.Time) (approval.Move, error) {
		return d.act(q, v, written, now)
	})
}

// turnAway writes into the audit that somebody pressed, or sent, what is of no use here and leads to no request; the state
// does so for all others. It gives the reason back: where that cannot be written, nothing happens all the same.
func (r *request) turnAway(key, button string, at surface, why error) error {
	err := r.state.Note(r.ctx, audit.Entry{
		Team: r.who.Team, User: r.who.User, Event: audit.ClickUnknown, Channel: at.Channel, Message: at.Message, Origin: key,
		Detail: strings.ToLower(button) + ": " + approval.UnknownToken,
	})
	if err != nil {
		r.log.Warn("a press that was turned away is not in the audit", "error", causes(err))
	}
	return why
}

// decide looks up who presses, past every cache, and lets the machine decide in one transaction. Whoever is no full member
// decides nothing, not even about what they asked for when they were one.
func (r *request) decide(key string, at surface, d decision, act func(approval.Request, approval.Voter, time.Time) (approval.Move, error)) error {
	r.command = strings.ToLower(d.button)
	seen := r.bot.people.look(r.ctx, r.who)
	person := seen.persons[r.who]
	press := approval.Press{
		Key: key, Token: at.Token, Who: r.who, Name: person.Name, Button: d.button, Channel: at.Channel, Message: at.Message,
	}
	_, err := r.state.Decide(r.ctx, press, func(q approval.Request, now time.Time) (approval.Move, error) {
		if admitted := policy.Admit(person, r.bot.Team()); !admitted.Allowed {
			return approval.Move{}, &approval.Refusal{Tried: d.tried, Code: string(person.Standing), Said: &ops.Error{Message: admitted.Why}}
		}
		return act(q, seen.decider(r.who, q), now)
	})
	if err == nil {
		ops.Reached("decided")
	}
	return err
}
