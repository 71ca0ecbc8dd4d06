package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/job"
)

const (
	// lookFor is how long a database that does not answer is asked what became of a lost run: thirty seconds are promised
	// for the whole take-over.
	lookFor = 12 * time.Second
	// lookPause is between two such tries.
	lookPause = time.Second
)

// Run does what was agreed to, with the plan that was agreed to, byte for byte.
func (b *Bot) Run(ctx context.Context, q approval.Request, progress func(phase string, done, total int64)) job.Result {
	log := b.Log.With("request", int64(q.ID), "command", q.Command, "database", q.Target.Database)
	call, err := b.bound(q)
	if err != nil { // Check found it well a moment ago
		return job.Result{State: approval.Failed, Why: inOneSentence(err)}
	}
	begun := time.Now()
	view, err := quietly(b, q, func() (commands.View, error) { return call.Change.Run(ctx, q, q.Plan, progress) })
	result := b.ended(ctx, q, view, err)
	b.metrics.ran(q, result.State)
	log.Info("run", "outcome", string(result.State), "took", time.Since(begun), "error", errorText(err))
	return result
}

// ended says what came of a run. Where the run itself does not know, the database is asked.
func (b *Bot) ended(ctx context.Context, q approval.Request, view commands.View, err error) job.Result {
	cause, wished := errors.AsType[*job.Cancelled](context.Cause(ctx))
	switch {
	case err == nil:
		return job.Result{State: approval.Succeeded, Outcome: keepView(view)}
	case errors.Is(err, errPanic), errors.Is(err, commands.ErrUnclear):
		return b.lookAfter(ctx, q, err)
	case wished && (errors.Is(err, context.Canceled) || errors.Is(err, cause)):
		return job.Result{State: approval.Cancelled, Why: cause.Why, Outcome: keepView(view)}
	}
	return job.Result{State: approval.Failed, Why: withWayOut(err), Outcome: keepView(view)}
}

// lookAfter looks at what a run left that could not say it. ctx may have ended with the run.
func (b *Bot) lookAfter(ctx context.Context, q approval.Request, fault error) job.Result {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookFor+lookPause)
	defer cancel()
	result := b.Look(ctx, q)
	switch {
	case result.State == approval.Succeeded:
	case result.State == approval.Failed && errors.Is(fault, commands.ErrUnclear): // what was begun may yet come: the outcome says what was seen
		result.Why = inOneSentence(fault)
	default:
		result.Why = inOneSentence(fault) + " " + result.Why
	}
	return result
}

// Look finds out what came of a run that cannot say it: its process is gone, or fell over. It runs nothing again.
func (b *Bot) Look(ctx context.Context, q approval.Request) job.Result {
	unclear := job.Result{State: approval.Interrupted, Why: "Whether it happened is not known: a person must look."}
	call, err := b.bound(q)
	if err != nil {
		unclear.Why = inOneSentence(err) + " " + unclear.Why
		return unclear
	}
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	happened, view, err := b.lookUntilSeen(ctx, q, call)
	switch {
	case err != nil:
		unclear.Why = inOneSentence(err) + " " + unclear.Why
		return unclear
	case happened == commands.HappenedWhole:
		return job.Result{State: approval.Succeeded, Outcome: keepView(view)}
	case happened == commands.HappenedNothing:
		return job.Result{State: approval.Failed, Why: "It was cut off before it did anything.", Outcome: keepView(view)}
	}
	unclear.Outcome = keepView(view)
	return unclear
}

// lookUntilSeen tries again as long as the database does not answer.
func (b *Bot) lookUntilSeen(ctx context.Context, q approval.Request, call commands.Call) (commands.Happened, commands.View, error) {
	type seen struct {
		happened commands.Happened
		view     commands.View
	}
	for {
		saw, err := quietly(b, q, func() (seen, error) {
			happened, view, err := call.Change.Look(ctx, q, q.Plan)
			return seen{happened, view}, err
		})
		if err == nil || errors.Is(err, errPanic) {
			return saw.happened, saw.view, err
		}
		select {
		case <-ctx.Done():
			return saw.happened, saw.view, err
		case <-time.After(lookPause):
		}
	}
}

// quietly turns a panic into errPanic, and logs it.
func quietly[T any](b *Bot, q approval.Request, do func() (T, error)) (result T, err error) {
	defer func() {
		if p := recover(); p != nil {
			b.Log.Error("panic", "request", int64(q.ID), "command", q.Command, "panic", beginning(fmt.Sprint(p)), "stack", beginning(string(debug.Stack())))
			err = errPanic
		}
	}()
	return do()
}

// keepView is a view as a request keeps it; nil where there is nothing to show.
func keepView(view commands.View) []byte {
	if view.Title == "" && len(view.Lead) == 0 && len(view.Parts) == 0 {
		return nil
	}
	body, err := json.Marshal(view)
	if err != nil { // plain data: cannot fail but for a year above 9999
		return nil
	}
	return body
}

// inOneSentence is an error as a card shows it, beside the request's number: that is the reference.
func inOneSentence(err error) string {
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		return ops.Redact(marked.Message)
	}
	return "Something went wrong here; whoever runs dbbot finds the cause in its log."
}

// withWayOut is an error as a card shows it whose run is over: with what to do now.
func withWayOut(err error) string {
	said := inOneSentence(err)
	if marked, ok := errors.AsType[*ops.Error](err); ok && marked.Hint != "" {
		said += " " + ops.Redact(marked.Hint)
	}
	return said
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return causes(err)
}
