package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"dbbot/commands"
	"dbbot/ops"
)

// Three seconds are promised for every answer. Reading gets the most of them; what ignores its context is left
// alone a little later, so that what respects it can still hand over what it knows; the rest is for sending.
const (
	readBound   = 2400 * time.Millisecond
	giveUpBound = 2600 * time.Millisecond
	// sendBound is for Slack alone: once there is an answer, it is worth waiting for.
	sendBound = 5 * time.Second
	// maxRunning bounds the answers being read at once, those that were given up included: a database that hangs
	// every question must not take the process with it.
	maxRunning = 64
	// maxPanic is how much is logged of what a panic says and of its stack, in bytes each.
	maxPanic = 4096
)

// answer lets the command read, and comes back in time whatever it does.
func (r *request) answer(call commands.Call, asker commands.Asker, may []ops.Target) (commands.View, error) {
	return inTime(r, giveUpBound, tooSlow(call.Path), func() (commands.View, error) { return call.Answer(r.ctx, asker, may) })
}

// inTime lets something read that may ignore its context, and leaves it alone giveUp after the arrival; that, and not
// having got done by itself, is slow.
func inTime[T any](r *request, giveUp time.Duration, slow func(cause error) error, read func() (T, error)) (result T, err error) {
	select {
	case r.bot.running <- struct{}{}:
	default:
		return result, errBusy
	}
	type answer struct {
		result T
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		defer func() { <-r.bot.running }()
		result, err := guard(r, read)
		done <- answer{result, err}
	}()
	patience := time.NewTimer(time.Until(r.arrived.Add(giveUp)))
	defer patience.Stop()
	select {
	case a := <-done:
		switch {
		case errors.Is(a.err, context.DeadlineExceeded):
			return a.result, slow(a.err)
		case errors.Is(a.err, context.Canceled):
			return a.result, errStopping
		}
		return a.result, a.err
	case <-patience.C:
		return result, slow(context.DeadlineExceeded)
	}
}

// guard turns a panic into an error: the log gets the stack, and a person an answer.
func guard[T any](r *request, do func() (T, error)) (result T, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("panic", "panic", beginning(fmt.Sprint(p)), "stack", beginning(string(debug.Stack())))
			err = errPanic
		}
	}()
	return do()
}

// beginning of a text for the log. It is redacted as a whole: half a secret has lost what it is known by.
func beginning(text string) string {
	text = ops.Redact(text)
	return strings.ToValidUTF8(text[:min(len(text), maxPanic)], "")
}
