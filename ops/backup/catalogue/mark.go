package catalogue

import (
	"context"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// Verified records the last look at a backup, whatever it found.
func (c *Catalogue) Verified(ctx context.Context, id backup.ID, v backup.Verification) error {
	if _, err := c.shelf(ctx, id); err != nil {
		return err
	}
	v.At = v.At.UTC()
	return c.write(ctx, id, backup.VerifiedFile, v)
}

// Keep makes a backup stay, whatever the rules say, until it is released.
func (c *Catalogue) Keep(ctx context.Context, id backup.ID, why backup.Kept) error {
	if _, err := c.shelf(ctx, id); err != nil {
		return err
	}
	why.At = why.At.UTC()
	return c.write(ctx, id, backup.KeptFile, why)
}

// Release gives a kept backup back to the rules.
func (c *Catalogue) Release(ctx context.Context, id backup.ID) error {
	s, err := c.shelf(ctx, id)
	if err != nil {
		return err
	}
	if !s.has(backup.KeptFile) {
		return &ops.Error{Message: "Nobody keeps " + string(id) + ": the rules alone say how long it stays."}
	}
	return c.store.Delete(ctx, id.Path(backup.KeptFile))
}
