package dump

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"dbbot/ops"
	"dbbot/ops/client"
)

// failed says for people why there is no backup, and what remains of it. err may be several: the first that is known counts.
func (t *taking) failed(ctx context.Context, err error) error {
	fault := t.explain(ctx, err)
	if len(fault.Message) > 0 && t.survey != nil && len(t.survey.faults) == 0 {
		fault.Message += " " + t.remains(err)
	}
	return fault
}

func (t *taking) remains(err error) string {
	if left, ok := errors.AsType[leftBehind](err); ok {
		return "What could not be removed from " + t.options.Store.Location() + " is no backup, and the next start removes it: " + left.names + "."
	}
	return "Nothing of it is kept."
}

func (t *taking) explain(ctx context.Context, err error) *ops.Error {
	name := t.options.name()
	fault := &ops.Error{Message: "The backup of " + name + " failed.", Hint: "dbbot's log has the cause.", Cause: err}
	failure, ran := errors.AsType[*client.Failure](err)
	store, ofStore := errors.AsType[storeFailed](err)
	said, marked := errors.AsType[*ops.Error](err)
	broken, noArchive := errors.AsType[damaged](err)
	switch {
	case errors.Is(err, errStalled):
		fault.Message = "The store " + t.options.Store.Location() + " took nothing for " + t.bounds.stall.String() + ", so the backup of " + name + " was ended."
		fault.Hint = "Look at the store and the way there, and try again."
	case errors.Is(err, errSilent):
		fault.Message = name + " gave nothing for " + t.bounds.silence.String() + ", so the backup was ended."
		fault.Hint = "/db status says how it is."
	case errors.Is(err, errTooLong):
		fault.Message = "The backup of " + name + " took longer than " + t.bounds.longest.String() + ", so it was ended."
		fault.Hint = "A database of that size is better served by pgBackRest."
	case ctx.Err() != nil:
		fault.Message, fault.Hint, fault.Cause = "The backup of "+name+" was stopped.", "", errors.Join(context.Cause(ctx), err)
	case ofStore:
		t.explainStore(fault, store)
	case codeOf(err) == lockNotAvailable:
		t.explainLock(fault)
	case ran:
		t.explainProgram(fault, failure)
	case noArchive:
		fault.Message = "pg_dump said that all is well, but it is not: " + broken.Error() + "."
		fault.Hint = "Try again; if it stays so, dbbot's log and the server's say more."
	case marked:
		copied := *said
		copied.Cause = err
		return &copied
	case errors.Is(err, errLost), lostConnection(err):
		fault.Message, fault.Hint = "The connection to "+name+" was lost during the backup.", "Was the server restarted? Try again: /db backup now."
	}
	return fault
}

func (t *taking) explainStore(fault *ops.Error, store storeFailed) {
	fault.Message = "The store " + t.options.Store.Location() + " did not take the backup of " + t.options.name() + "."
	if own, ok := errors.AsType[*ops.Error](store.error); ok {
		fault.Message = strings.TrimSuffix(fault.Message, ".") + ": " + own.Message
		fault.Hint = own.Hint
	}
}

func (t *taking) explainLock(fault *ops.Error) {
	fault.Message = "A table of " + t.options.name() + " stayed locked for " + t.bounds.table.String() + ", so the backup was ended."
	fault.Hint = "/db locks shows who holds it."
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.blocker != "" {
		fault.Message = strings.TrimSuffix(fault.Message, ".") + ": " + t.blocker + " has it."
	}
}

// explainProgram gives what a program said; it knows best.
func (t *taking) explainProgram(fault *ops.Error, failure *client.Failure) {
	all := strings.Join(failure.Tail, "\n")
	switch {
	case strings.Contains(all, "statement timeout") && strings.Contains(all, "LOCK TABLE"):
		t.explainLock(fault)
	case strings.Contains(all, "server closed the connection"), strings.Contains(all, "terminating connection"), strings.Contains(all, "connection to server was lost"),
		strings.Contains(all, "the database system is"):
		fault.Message, fault.Hint = "The connection to "+t.options.name()+" was lost during the backup.", "Was the server restarted? Try again: /db backup now."
	case failure.Signal != 0:
		fault.Message = failure.Program + " was ended from outside, by the signal " + failure.Signal.String() + "."
		fault.Hint = "Was there too little memory, or did somebody end it? Try again: /db backup now."
	case failure.Said() != "":
		fault.Message = failure.Program + " failed: " + strings.TrimSuffix(ops.Printable(failure.Said(), 400), ".") + "."
		fault.Hint = "dbbot's log has all that it said."
	}
}

// lostConnection: a session of ours ended, but not by a word of ours.
func lostConnection(err error) bool {
	code := codeOf(err)
	_, ofNetwork := errors.AsType[*net.OpError](err)
	return ofNetwork || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.HasPrefix(code, "57P") || strings.HasPrefix(code, "08")
}
