package ops

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
)

// Error is an error that a person may see: what happened, what to do about it, and a cause for the log alone.
// Every other error is shown as one fixed sentence and a reference (see Explain).
type Error struct {
	Message string // one sentence, no secret, no mark-up
	Hint    string // what to do now; may be empty
	Cause   error  // for the log; never shown
}

// Error gives the message alone, so that a cause cannot leak through %v.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the hidden cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Cause }

// Explanation is what a person is told about a failure.
type Explanation struct {
	Message   string
	Hint      string
	Reference string // also in the log; set for unmarked errors only
}

// Explain turns any error into words for a person. Marked errors speak for themselves; the rest becomes one
// sentence and the reference under which the log has the cause.
func Explain(err error, reference string) Explanation {
	if marked, ok := errors.AsType[*Error](err); ok {
		return Explanation{Message: marked.Message, Hint: marked.Hint}
	}
	return Explanation{
		Message:   "Something went wrong here, not with what you typed.",
		Hint:      "Whoever runs dbbot finds the cause in its log under " + reference + ".",
		Reference: reference,
	}
}

// Reference makes a short random name for one request, for the log and for the person who reports it.
func Reference() string {
	var b [4]byte
	rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
	return hex.EncodeToString(b[:])
}
