package commands

import (
	"context"
	"encoding/json"

	"dbbot/ops"
)

// Command is a Question or a Change with its types erased, as the catalogue holds it.
type Command struct {
	About
	changes bool // a Change
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
	Run    func(ctx context.Context, plan json.RawMessage, progress Progress) (View, error)
	Look   func(ctx context.Context, plan json.RawMessage) (Happened, View, error)
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
	return Command{About: c.About, changes: true, bind: func(v Values) (Call, error) {
		_, target, err := c.Parse(v)
		if err != nil {
			return Call{}, err
		}
		return Call{About: c.About, Targets: []ops.Target{target}}, nil
	}}
}
