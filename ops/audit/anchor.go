package audit

import (
	"context"
	"fmt"
	"iter"
	"time"

	"dbbot/ops"
)

// Anchor makes checkpoints of a living chain, and finds out each time whether what the last one named is still there.
type Anchor struct {
	Key   Key
	File  string // where checkpoints are kept; empty: in this process alone
	Chain func(ctx context.Context, from int64) iter.Seq2[Entry, error]

	last Checkpoint // the latest of this process
}

// Round verifies what has come since the last checkpoint, signs the end and keeps it. made is false where nothing that
// matters has come since one was recorded, whoever made it: processes that began or ended cost a channel no message. A *Fault is a chain that was tampered with: no checkpoint is made of it.
// Rounds are not for several goroutines at once.
func (a *Anchor) Round(ctx context.Context, now time.Time) (c Checkpoint, made bool, err error) {
	known, err := a.known()
	if err != nil {
		return Checkpoint{}, false, err
	}
	from := max(known.Seq, 1)
	var checkpoints []Checkpoint
	if known.Seq > 0 {
		checkpoints = []Checkpoint{known}
	}
	matters := false
	report, err := Verify(watched(a.Chain(ctx, from), func(e Entry) {
		matters = matters || e.Seq > known.Seq && e.Event != Started && e.Event != Stopped
	}), from, a.Key, checkpoints)
	switch {
	case err != nil:
		return Checkpoint{}, false, err
	case report.Fault != nil:
		return Checkpoint{}, false, report.Fault
	case report.Doubt != "":
		return Checkpoint{}, false, &ops.Error{Message: report.Doubt + ".", Hint: "Is audit.key the key that the chain was begun with, and state.url the database?"}
	case report.Head.Event == Checkpointed, report.Head.Seq == known.Seq, !matters:
		return Checkpoint{}, false, nil
	}
	c = a.Key.Checkpoint(report.Head, now)
	if a.File != "" {
		if err := Append(a.File, c); err != nil {
			return c, false, &ops.Error{Message: "The checkpoint of the audit could not be written to its file.", Hint: "Look at audit.file: its folder, its owner, the space left.", Cause: err}
		}
	}
	a.last = c
	return c, true, nil
}

// watched is a chain that somebody looks at as it goes by.
func watched(chain iter.Seq2[Entry, error], look func(Entry)) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for e, err := range chain {
			if err == nil {
				look(e)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// known is the furthest checkpoint of our own; what others signed proves nothing here.
func (a *Anchor) known() (Checkpoint, error) {
	best := a.last
	if a.File == "" {
		return best, nil
	}
	found, _, err := ReadFile(a.File)
	if err != nil {
		return best, &ops.Error{Message: fmt.Sprintf("The file of checkpoints %s cannot be read.", ops.Printable(a.File, maxWord)), Hint: "Look at audit.file: it must belong to whoever runs dbbot.", Cause: err}
	}
	for _, c := range found {
		if a.Key.Own(c) && c.Seq > best.Seq {
			best = c
		}
	}
	return best, nil
}
