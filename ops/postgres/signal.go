package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"dbbot/ops"
)

const (
	// signalWithin is how long a session may take to end, or its query to stop, once it was asked to: rolling back is quick
	// in PostgreSQL, but a process on a stalled disk hears nothing.
	signalWithin = 10 * time.Second
	// lookWithin is how long a signal that somebody may have sent before is waited for: it is heard within a second, or not
	// until a stalled process goes on.
	lookWithin = 2 * time.Second
	// firstPause and longestPause lie between two looks at whether it has.
	firstPause   = 20 * time.Millisecond
	longestPause = 500 * time.Millisecond
)

// Signal is what a session can be asked to do.
type Signal string

// The two signals, each the middle of the name of the function that sends it.
const (
	CancelQuery Signal = "cancel"    // stop the query that runs
	Terminate   Signal = "terminate" // end
)

// asks is what each of them asks for.
var asks = map[Signal]string{CancelQuery: "stop its query", Terminate: "end"}

// Aim says exactly what a signal is for, so that it never reaches whoever has the pid, or what the session does, by then.
type Aim struct {
	Signal   Signal
	System   string // identifier of the cluster
	Database string // its name there
	PID      int
	Started  time.Time  // when the session began
	Since    *time.Time // when the query began that is to stop; of Terminate, the transaction, nil where none was open
}

// Aim is at this session as it is now. It must not be called where Refusal gives a reason.
func (b Backend) Aim(s Signal) Aim {
	return Aim{Signal: s, System: b.System, Database: b.Database, PID: b.PID, Started: *b.Started, Since: b.since(s)}
}

// since is when what a signal would end began.
func (b Backend) since(s Signal) *time.Time {
	switch {
	case s == Terminate:
		return b.Transaction
	case b.State == "active":
		return b.Asked
	}
	return nil
}

// Fate is what has become of what was aimed at.
type Fate string

// The fates.
const (
	There     Fate = "there"     // it goes on
	Gone      Fate = "gone"      // the session has ended
	Over      Fate = "over"      // the session is there, but the query, or the transaction, has ended
	Elsewhere Fate = "elsewhere" // another server or database answers under this name now
)

// settled says that nothing more will come of it. A session that was told to end leaves its transaction a moment before it
// is gone.
func (a Aim) settled(f Fate) bool {
	return f == Gone || f == Elsewhere || f == Over && a.Signal == CancelQuery
}

// fate of an aim, by a look at its pid.
func (a Aim) fate(b Backend) Fate {
	same := func(x, y *time.Time) bool { return x == nil && y == nil || x != nil && y != nil && x.Equal(*y) }
	switch {
	case b.System != a.System || b.Database != a.Database:
		return Elsewhere
	case b.PID == 0 || b.Started != nil && !b.Started.Equal(a.Started):
		return Gone
	case !same(b.since(a.Signal), a.Since):
		return Over
	}
	return There
}

// Fate looks what has become of what was aimed at, and waits a moment for a signal that is on its way: the process that may
// have sent one is gone, and cannot say.
func (r *Reader) Fate(ctx context.Context, name string, aim Aim) (Fate, error) {
	ctx, d, leave, err := r.enter(ctx, name)
	if err != nil {
		return "", err
	}
	defer leave()
	return d.await(ctx, aim, lookWithin)
}

// End sends the signal, and waits until it has done its work. sent is called once it may have been sent. Errors are
// *ops.Error: of ErrUnsure where it was perhaps sent and what was aimed at is still there or cannot be seen; of all others
// nothing was done. It goes on for a moment after ctx has ended, to say truly what happened.
func (r *Reader) End(ctx context.Context, name string, aim Aim, sent func()) (Fate, error) {
	ctx, d, leave, err := r.enter(ctx, name)
	if err != nil {
		return "", err
	}
	defer leave()
	l, b, err := d.signaller(ctx, aim.PID)
	if err != nil {
		return "", err
	}
	if fate := aim.fate(b); fate != There {
		return fate, missed(aim, fate)
	}
	if refusal := b.Refusal(aim.Signal); refusal != nil {
		return There, refusal
	}
	if err := ctx.Err(); err != nil {
		return There, &ops.Error{Message: "It was stopped before anything was sent.", Cause: err}
	}
	found, err := d.send(ctx, l, aim)
	if !found && err == nil {
		return Over, missed(aim, Over)
	}
	if err != nil && !errors.Is(err, ErrUnread) {
		return There, err
	}
	sent()
	return d.ended(ctx, aim)
}

// send sends the signal if what it is for is still so; found says whether it was. An error of ErrUnread leaves open
// whether it was sent.
func (d *database) send(ctx context.Context, l *link, a Aim) (found bool, err error) {
	var since []byte
	if a.Since != nil {
		since = []byte(a.Since.Format(time.RFC3339Nano))
	}
	ask := section{file: "signal", args: [][]byte{
		[]byte(strconv.Itoa(a.PID)), []byte(a.Started.Format(time.RFC3339Nano)), since,
		[]byte(a.Database), []byte(a.System), []byte(a.Signal),
	}}
	var answer struct {
		Found int
		Sent  bool
	}
	var fault error
	err = d.inquire(ctx, l, []section{ask}, func(s section, body []byte, err error) {
		switch {
		case sqlState(err) == insufficientPrivileges:
			fault = &ops.Error{Message: fmt.Sprintf("PostgreSQL does not let role %s signal session %d.", quoteRole(l.config.User), a.PID), Hint: GrantSignal(l.config.User), Cause: err}
		case err != nil:
			fault = sectionFault(s, l.config.User, err)
		default:
			if err := json.Unmarshal(body, &answer); err != nil {
				fault = unexpected(s.file, err)
			}
		}
	})
	switch {
	case err != nil:
		return false, err
	case fault != nil:
		return true, fault
	case answer.Found > 0 && !answer.Sent:
		return true, &ops.Error{Message: fmt.Sprintf("PostgreSQL could not signal session %d.", a.PID), Hint: "Most likely it was just ending: look again."}
	}
	return answer.Found > 0, nil
}

// ended waits until a signal that was, or may have been, sent has done its work. Whoever wanted it stopped meanwhile is
// too late, and hears what became of it.
func (d *database) ended(ctx context.Context, a Aim) (Fate, error) {
	fate, err := d.await(ctx, a, signalWithin)
	if ctx.Err() != nil && !a.settled(fate) {
		fate, err = d.await(context.WithoutCancel(ctx), a, lookWithin)
	}
	switch {
	case err != nil || fate == Elsewhere:
		return fate, &ops.Error{
			Message: fmt.Sprintf("Session %d was asked to %s, and then its database did not answer any more.", a.PID, asks[a.Signal]),
			Hint:    "Look whether it is still there when the database answers again.", Cause: errors.Join(ErrUnsure, err),
		}
	case !a.settled(fate):
		return fate, &ops.Error{
			Message: fmt.Sprintf("Session %d was asked to %s, but has not within %s. It still may.", a.PID, asks[a.Signal], Age(signalWithin)),
			Hint:    "Its process may hang on a disk or network of the server; the server's log and its machine say more.", Cause: ErrUnsure,
		}
	}
	return fate, nil
}

// await looks until the fate is settled, or no time is left. It gives the last fate seen, and an error only where none was.
func (d *database) await(ctx context.Context, a Aim, within time.Duration) (fate Fate, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		var b Backend
		if b, err = d.backend(ctx, d.own, a.PID); err == nil {
			if fate = a.fate(b); a.settled(fate) {
				return fate, nil
			}
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			if fate != "" {
				err = nil // it was seen, and only the time is over
			}
			return fate, err
		}
	}
}

// missed says that there is nothing to signal any more.
func missed(a Aim, fate Fate) *ops.Error {
	session := fmt.Sprintf("Session %d", a.PID)
	switch {
	case fate == Elsewhere:
		return &ops.Error{Message: "Another server or database answers here than the one that was meant.", Hint: "Look who has moved it, then ask again."}
	case fate == Gone:
		return &ops.Error{Message: session + " has ended by itself.", Hint: "There is nothing left to do."}
	case a.Signal == CancelQuery:
		return &ops.Error{Message: fmt.Sprintf("The query of session %d has ended by itself.", a.PID), Hint: "There is nothing left to do."}
	}
	return &ops.Error{Message: session + " is in another transaction than the one that was meant.", Hint: "Look whether it still blocks anybody, then ask again."}
}
