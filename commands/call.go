package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// Command is a Question or a Change with its types erased, as the catalogue holds it.
type Command struct {
	About
	changes bool // a Change
	partial bool // a Change without one of its parts
	bind    func(Values) (Call, error)
}

// Call is a command with its arguments bound: ready to be authorised, then answered.
type Call struct {
	About
	Targets []ops.Target // what it is about; empty where it is about no database
	// Answer of a Question, for those targets the asker may read; nil for a Change.
	Answer func(ctx context.Context, asker Asker, targets []ops.Target) (View, error)
	Change *Changing // of a Change; nil for a Question
}

// Changing is a Change with its arguments bound and its types erased. Plans travel as JSON: they are kept, compared and
// run in another process than the one that made them.
type Changing struct {
	Words  string // bind to the same call again: path, arguments, no reason
	Reason string // what stood after "--"
	Plan   func(ctx context.Context) (Planned[json.RawMessage], error)
	Differ func(was, is json.RawMessage) string // empty where it has no words for it
	Run    func(ctx context.Context, request approval.Request, plan json.RawMessage, progress Progress) (View, error)
	Look   func(ctx context.Context, request approval.Request, plan json.RawMessage) (Happened, View, error)
}

// makers of all commands, in the order in which the files registered them.
var makers []func(Toolbox) Command

// add registers a command from its own file: var _ = add(status). Nothing else has to be edited.
func add(maker func(Toolbox) Command) bool {
	makers = append(makers, maker)
	return true
}

func question[A any](q Question[A]) Command {
	return Command{About: q.About, bind: func(v Values) (Call, error) {
		args, targets, err := q.Parse(v)
		if err != nil {
			return Call{}, err
		}
		return Call{
			About: q.About, Targets: targets,
			Answer: func(ctx context.Context, asker Asker, may []ops.Target) (View, error) {
				return q.Answer(ctx, asker, args, may)
			},
		}, nil
	}}
}

func change[A, P any](c Change[A, P]) Command {
	whole := c.Parse != nil && c.Plan != nil && c.Run != nil && c.Look != nil
	return Command{About: c.About, changes: true, partial: !whole, bind: func(v Values) (Call, error) {
		args, target, err := c.Parse(v)
		if err != nil {
			return Call{}, err
		}
		return Call{About: c.About, Targets: []ops.Target{target}, Change: c.erased(args)}, nil
	}}
}

// erased is the Change for these arguments, with plans as JSON. Words and Reason are added by Find.
func (c Change[A, P]) erased(args A) *Changing {
	return &Changing{
		Plan: func(ctx context.Context) (Planned[json.RawMessage], error) {
			planned, err := c.Plan(ctx, args)
			if err != nil {
				return Planned[json.RawMessage]{}, err
			}
			body, err := json.Marshal(planned.Plan)
			return Planned[json.RawMessage]{Plan: body, View: planned.View, Server: planned.Server, Severe: planned.Severe}, err
		},
		Differ: func(was, is json.RawMessage) string {
			before, err := decoded[P](was)
			after, fault := decoded[P](is)
			if c.Differ == nil || err != nil || fault != nil {
				return ""
			}
			return c.Differ(before, after)
		},
		Run: func(ctx context.Context, request approval.Request, body json.RawMessage, progress Progress) (View, error) {
			plan, err := decoded[P](body)
			if err != nil {
				return View{}, err
			}
			return c.Run(ctx, request, plan, progress)
		},
		Look: func(ctx context.Context, request approval.Request, body json.RawMessage) (Happened, View, error) {
			plan, err := decoded[P](body)
			if err != nil {
				return HappenedUnclear, View{}, err
			}
			return c.Look(ctx, request, plan)
		},
	}
}

// decoded reads a plan back, and refuses one that it would not write again byte for byte: it was made by another version
// of dbbot, which knew more or less than this one, and what runs is exactly what was agreed to.
func decoded[P any](body json.RawMessage) (plan P, err error) {
	if err = json.Unmarshal(body, &plan); err == nil {
		var again []byte
		if again, err = json.Marshal(plan); err == nil && !bytes.Equal(again, body) {
			err = errors.New("the plan reads back differently")
		}
	}
	if err != nil {
		return plan, &ops.Error{
			Message: "This plan was made by another version of dbbot, so it is not run.",
			Hint:    "Ask again: the plan is then made anew.", Cause: err,
		}
	}
	return plan, nil
}
