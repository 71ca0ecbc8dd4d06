package bot

import (
	"errors"
	"fmt"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
)

// outcome says in one word how a request ended: for the log and the metrics.
type outcome string

const (
	answered      outcome = "answered"
	repeated      outcome = "repeated"      // the same act, delivered again: ends silently
	limited       outcome = "limited"       // too many by one person
	misunderstood outcome = "misunderstood" // words without a meaning
	refused       outcome = "refused"       // not this person, or not with this button
	slow          outcome = "slow"          // not in three seconds
	busy          outcome = "busy"          // too many answers being read
	failed        outcome = "failed"        // ours to look into
)

// stopped is an error with the outcome it means.
type stopped struct {
	as outcome
	error
}

func (s *stopped) Unwrap() error { return s.error }

func stop(as outcome, message, hint string) error {
	return &stopped{as, &ops.Error{Message: message, Hint: hint}}
}

var (
	errRepeat        = errors.New("seen before")
	errPanic         = errors.New("a panic, logged where it happened")
	errUnknownButton = stop(misunderstood, "dbbot does not know this button.", "It is from another version; type the command again.")
	errTooOld        = stop(misunderstood, "This answer is over 30 minutes old.", "Type the command again.")
	errNotYours      = stop(refused, "This answer belongs to somebody else.", "Type the command yourself to get yours.")
	errTerminal      = stop(refused, "At the terminal dbbot answers questions only.", "Type it in Slack, where others can agree to it.")
	errOthersRead    = stop(refused, "People of another organisation read this channel, so dbbot shows nothing to it.",
		"Share it in a channel of your own workspace.")
	errNoRequest      = stop(refused, "This button belongs to no request here.", "If it was copied or forwarded, press the one on the request itself; /db requests shows them.")
	errTwice          = stop(repeated, "dbbot has this already; it counts once.", "")
	errCrowd          = stop(busy, "Many people pressed at the same moment, so yours was not counted.", "Press again.")
	errNothingWritten = stop(misunderstood, "Nothing was written.", "A sentence is enough.")
	errStopping       = stop(busy, "dbbot is being restarted.", "Type it again in a minute.")
	errWaited         = stop(busy, "dbbot is busy and did not come to your question in time.", "Try again in a moment.")
	errBusy           = stop(busy, fmt.Sprintf("dbbot is busy: %d questions are waiting for an answer.", maxRunning),
		"Try again in a moment. If it stays like this, a database hangs; /db ping says which.")
)

func wrongName(q approval.Request) error {
	return &approval.Refusal{Tried: "approve", Code: "wrong name", Said: &ops.Error{
		Message: "That is not the name of the database, so nothing was counted.", Hint: "It is called " + q.Target.Database + ".",
	}}
}

func tooSlow(path string) func(cause error) error {
	return func(cause error) error {
		return &stopped{slow, &ops.Error{
			Message: fmt.Sprintf("“%s” did not answer in three seconds.", path),
			Hint:    "Try again in a moment; /db ping shows what does not answer.", Cause: cause,
		}}
	}
}

func notPlanned(path string) func(cause error) error {
	return func(cause error) error {
		return &stopped{slow, &ops.Error{
			Message: fmt.Sprintf("“%s” could not be planned in %d seconds, so nothing was asked for.", path, int(planBound.Seconds())),
			Hint:    "Try again in a moment; /db ping shows what does not answer.", Cause: cause,
		}}
	}
}

// notAccepted is for what had to be certain, and is not.
func notAccepted(cause error) error {
	return &stopped{slow, &ops.Error{
		Message: "dbbot could not accept this: its own database did not answer in time. Nothing was done, and nothing will be.",
		Hint:    "Try again in a moment; /db ping shows what does not answer.", Cause: cause,
	}}
}

// outcomeOf says how a request ended that ended with err.
func outcomeOf(err error) outcome {
	if s, ok := errors.AsType[*stopped](err); ok {
		return s.as
	}
	switch {
	case err == nil:
		return answered
	case errors.Is(err, errRepeat):
		return repeated
	}
	return failed
}

// explanation is what a person is told about a failure, as something to say.
func explanation(e ops.Explanation) commands.View {
	lead := commands.Say(e.Message)
	if e.Hint != "" {
		lead = append(lead, commands.Span{Text: " " + e.Hint})
	}
	return commands.View{Lead: lead}
}
