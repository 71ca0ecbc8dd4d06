package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbbot/commands"
	"dbbot/ops/audit"
	"dbbot/ops/store"
)

// checkpoints anchor the audit outside the database: its head goes signed into a file and into a channel, so that an end
// that was cut off is found.
type checkpoints struct {
	store *store.Store
	key   audit.Key
	file  string // empty: none
	post  func(ctx context.Context, text commands.View) error
}

// take makes one, where anything has happened since the last: a channel hears nothing of quiet hours.
func (c checkpoints) take(ctx context.Context) error {
	head, err := c.store.Head(ctx)
	if err != nil || head.Seq == 0 || head.Event == audit.Checkpointed {
		return err
	}
	signed := c.key.Checkpoint(head, time.Now())
	if c.file != "" {
		err = audit.Append(c.file, signed)
	}
	err = errors.Join(err, c.post(ctx, commands.View{
		Title: "Checkpoint of the audit",
		Lead:  commands.Say("Whoever keeps this line can prove later that nothing up to here was changed or cut off: dbbot audit verify --checkpoint FILE."),
		Parts: []commands.Part{{Code: &commands.Code{Text: signed.String()}}},
	}))
	if err != nil {
		return err
	}
	return c.store.Note(ctx, audit.Entry{Event: audit.Checkpointed, Detail: fmt.Sprintf("of entry %d", head.Seq)})
}
