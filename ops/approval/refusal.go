package approval

import (
	"slices"
	"strings"
	"time"

	"dbbot/ops"
)

// What somebody can try, as Refusal.Tried has it.
const (
	toApprove  = "approve"
	toReject   = "reject"
	toWithdraw = "withdraw"
	toCancel   = "cancel"
	toBreak    = "break glass"
)

func refuse(tried, code, message, hint string) *Refusal {
	return &Refusal{Tried: tried, Code: code, Said: &ops.Error{Message: message, Hint: hint}}
}

// UnknownToken is the code under which a keeper audits a press whose token nobody knows (ErrUnknown).
const UnknownToken = "unknown token"

// Elsewhere refuses a press whose token is bound to another message or to another person's home tab: a button that was
// copied, forwarded or made up.
func Elsewhere(p Press) *Refusal {
	return refuse(strings.ToLower(p.Button), "wrong surface", "This button belongs somewhere else, so it does nothing here.",
		"Use the one on the request's own card, or on your own home tab.")
}

func unseen(tried string, v Voter) *Refusal {
	why := v.Why
	if why == "" {
		why = "Slack's directory could not be read just now, so dbbot cannot tell what you may do."
	}
	return refuse(tried, "unseen", why, "Nothing was counted. Try again in a minute.")
}

// late tells somebody what became of it before they pressed.
func (r Request) late(tried string, now time.Time) *Refusal {
	message, hint, by := "", "", r.By
	switch r.State {
	case Pending: // beyond its time
		message, hint = "The time to decide this is over; nothing runs.", "It can be asked for again."
	case Approved:
		message, by = r.approved(now)
		hint = "As long as it does not run, Reject or Withdraw still stops it."
	case Running:
		message, hint = "This has been running for "+since(now.Sub(r.Started))+".", "Cancel stops it, where it can still be stopped."
	default:
		message = ended[r.State][0] + ago(now.Sub(r.Ended)) + ended[r.State][1]
	}
	refusal := refuse(tried, "late", message, hint)
	refusal.By = by
	return refusal
}

// approved says how it was agreed to, and who did last.
func (r Request) approved(now time.Time) (message string, by ops.PersonID) {
	when := ago(now.Sub(r.Decided)) + "."
	switch {
	case r.Glass:
		return "This was approved by breaking the glass, " + when, r.By
	case len(r.Votes) == 0:
		return "Nobody has to agree to this; it was approved " + when, r.By
	}
	return "This was approved " + when, slices.MaxFunc(r.Votes, func(a, b Vote) int { return a.At.Compare(b.At) }).By
}

// ended is what a late person reads about each end, before and after how long ago it was.
var ended = map[State][2]string{
	Succeeded:   {"This has run, and succeeded ", "."},
	Failed:      {"This has run, and failed ", "."},
	Cancelled:   {"This was running, and was cancelled ", "."},
	Interrupted: {"This was running, and was interrupted ", "; whether it happened is not known."},
	Rejected:    {"This was rejected ", "; nothing runs."},
	Expired:     {"Nobody decided this in time, and it expired ", "; nothing runs."},
	Withdrawn:   {"The person who asked for this withdrew it ", "; nothing runs."},
	Invalidated: {"This became invalid ", ", before it ran; nothing runs."},
}

// ago says how long ago something was: the reader's time zone is not known here.
func ago(d time.Duration) string {
	if d < time.Second {
		return "just now"
	}
	return since(d) + " ago"
}

func since(d time.Duration) string {
	for _, unit := range []struct {
		long time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d >= unit.long {
			return ops.Count(int(d/unit.long), unit.name)
		}
	}
	return ops.Count(int(max(d, 0)/time.Second), "second")
}

// clean makes what somebody wrote fit to be kept and shown: on one line, no secret, no character that hides or turns text,
// and no more than a card holds.
func clean(text string) string {
	line := []rune(ops.Printable(strings.Join(strings.Fields(ops.Redact(text)), " "), MaxReason))
	if len(line) > MaxReason {
		return string(line[:MaxReason-1]) + "…"
	}
	return string(line)
}
