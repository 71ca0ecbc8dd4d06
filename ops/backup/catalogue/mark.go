package catalogue

import (
	"context"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// Verified records the last look at a backup, whatever it found. A good one that was less thorough than a good one before
// proves nothing more: that one stays.
func (c *Catalogue) Verified(ctx context.Context, id backup.ID, v backup.Verification) error {
	if _, err := c.shelf(ctx, id); err != nil {
		return err
	}
	if b, err := c.Get(ctx, id); err == nil && b.Good() && len(v.Found) == 0 && !v.Proves(b.Verified.How) {
		return nil // one that is not whole has none before that counts
	}
	v.At = v.At.UTC()
	return c.write(ctx, id, backup.VerifiedFile, v)
}

// Keep makes a backup stay, whatever the rules say, until it is released. It is refused for one that is just being deleted: as
// with holds, it is written first and looked then.
func (c *Catalogue) Keep(ctx context.Context, id backup.ID, why backup.Kept) error {
	before, err := c.shelf(ctx, id)
	if err != nil {
		return err
	}
	why.At = why.At.UTC()
	if err := c.write(ctx, id, backup.KeptFile, why); err != nil {
		return err
	}
	s, err := c.shelf(ctx, id)
	if err == nil && len(c.living(ctx, s, markPrefix, "")) > 0 {
		err = &ops.Error{Message: "Backup " + string(id) + " is just being deleted.", Cause: ErrGoing}
	}
	if err != nil && !before.has(backup.KeptFile) {
		c.withdraw(ctx, id, backup.KeptFile)
	}
	return err
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
