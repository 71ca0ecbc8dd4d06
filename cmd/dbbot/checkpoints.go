package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dbbot/commands"
	"dbbot/ops/audit"
)

// checkpoints anchor the audit outside the database: its end goes signed into a file and into a channel, so that a tail
// that was cut off is found; here first of all, in the next round.
type checkpoints struct {
	anchor audit.Anchor
	note   func(ctx context.Context, fact audit.Entry) error
	post   func(ctx context.Context, text commands.View) error

	busy    sync.Mutex // a round that is tried again may meet the one of the next period
	alarmed string     // the fault that was said last
}

// take makes one, where anything has happened since the last: a channel hears nothing of quiet hours. One that could not
// be posted stands in the file, and the next one covers it.
func (c *checkpoints) take(ctx context.Context) error {
	if !c.busy.TryLock() {
		return nil // what is under way serves as well
	}
	defer c.busy.Unlock()
	signed, made, err := c.anchor.Round(ctx, time.Now())
	if fault, wrong := errors.AsType[*audit.Fault](err); wrong {
		return errors.Join(err, c.alarm(ctx, fault))
	}
	if err != nil || !made {
		return err
	}
	err = c.post(ctx, commands.View{
		Title: "Checkpoint of the audit",
		Lead:  commands.Say("Whoever keeps this line can prove later that nothing up to here was changed or cut off: dbbot audit verify --checkpoint FILE."),
		Parts: []commands.Part{{Code: &commands.Code{Text: signed.String()}}},
	})
	return errors.Join(err, c.note(ctx, audit.Entry{Event: audit.Checkpointed, Detail: fmt.Sprintf("of entry %d", signed.Seq)}))
}

// alarm says that the audit was tampered with, once, where everybody who decides can read it.
func (c *checkpoints) alarm(ctx context.Context, fault *audit.Fault) error {
	if c.alarmed == fault.Said {
		return nil
	}
	err := c.post(ctx, commands.View{
		Title: "The audit was tampered with", Verdict: commands.Bad, Lead: commands.Say(fault.Said + "."),
		Parts: []commands.Part{{Section: &commands.Section{
			Title: "What to do", Summary: commands.Say("keep dbbot's database and its file of checkpoints as they are, and find out who could write to the table"),
			Lines: []commands.Text{commands.Say("“dbbot audit verify” says the same. No checkpoint is made until this is settled.")},
		}}},
	})
	if err == nil {
		c.alarmed = fault.Said
	}
	return errors.Join(err, c.note(ctx, audit.Entry{Event: audit.CheckpointFault, Outcome: string(fault.Kind), Detail: fault.Said}))
}
