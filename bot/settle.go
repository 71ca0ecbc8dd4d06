package bot

import (
	"context"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/audit"
)

// settleBound is for what is written about a command when it has been answered.
const settleBound = 3 * time.Second

// noteRefusal writes into the audit that somebody was refused. What is too much at once is counted, not written: a flood
// must not fill the audit.
func (w *wish) noteRefusal() {
	ended := outcomeOf(w.err)
	if ended == limited || ended == busy {
		return
	}
	fact := audit.Entry{
		Team: w.who.Team, User: w.who.User, Name: w.seen.persons[w.who].Name, Event: audit.CommandRefused,
		Command: w.call.Path, Risk: string(w.call.Risk), Channel: w.origin.Channel, Origin: w.in.Key, Outcome: string(ended),
		Detail: ops.Redact(ops.Explain(w.err, w.ref).Message),
	}
	if len(w.call.Targets) == 1 {
		fact.Database, fact.Environment = w.call.Targets[0].Database, w.call.Targets[0].Environment
	}
	w.later("the refusal is not in the audit", func(ctx context.Context) error { return w.state.Note(ctx, fact) })
}

// settle notes in the inbox what became of the command.
func (w *wish) settle() {
	outcome := strings.TrimSpace(string(outcomeOf(w.err)) + " " + w.command)
	if w.kept.ID != 0 {
		outcome = "request " + w.kept.ID.String()
	}
	w.later("the inbox does not know what became of it", func(ctx context.Context) error { return w.state.Settle(ctx, w.in.Key, outcome) })
}

// later does what must still be written when the time to answer is over.
func (w *wish) later(otherwise string, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.whole), settleBound)
	defer cancel()
	if err := do(ctx); err != nil {
		w.log.Warn(otherwise, "error", causes(err))
	}
}
