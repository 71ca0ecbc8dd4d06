package catalogue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// Delete removes a backup. It is refused for the newest verified one of its database, for one that is kept and for one that is
// being read. The manifest goes first: whatever happens then, what is left looks like no backup, and Sweep removes it.
func (c *Catalogue) Delete(ctx context.Context, id backup.ID) error {
	mark, err := c.sign(ctx, id, markPrefix, "dbbot")
	if err != nil {
		return err
	}
	until := c.now().Add(holdsFor / 2) // well before others stop respecting the mark
	s, err := c.shelf(ctx, id)
	if err == nil {
		err = c.guard(ctx, s, mark)
	}
	if err == nil && c.now().After(until) {
		err = &ops.Error{Message: "The store took too long: backup " + string(id) + " was not deleted.", Hint: "Try again.", Cause: errStays}
	}
	if err == nil {
		err = c.store.Delete(ctx, id.Path(backup.ManifestFile))
	}
	if err != nil {
		c.withdraw(ctx, id, mark)
		return err
	}
	if err := c.clear(ctx, s, mark); err != nil {
		return &ops.Error{
			Message: "Backup " + string(id) + " is deleted, but not all of its files could be removed.",
			Hint:    "They are removed with the next backup of " + id.Database() + ".", Cause: err,
		}
	}
	return nil
}

// errStays is in the cause of every refusal to delete.
var errStays = errors.New("the backup stays")

// guard says why a backup may not be deleted.
func (c *Catalogue) guard(ctx context.Context, s shelf, mark string) error {
	refused := func(why string) error {
		return &ops.Error{Message: "Backup " + string(s.id) + " stays: " + why + ".", Hint: "Nothing was deleted.", Cause: errStays}
	}
	if len(c.living(ctx, s, markPrefix, mark)) > 0 {
		return refused("somebody else is deleting it")
	}
	if held := c.living(ctx, s, holdPrefix, ""); len(held) > 0 {
		return refused("it is being read, by " + ops.Printable(held[0].By, maxSaid))
	}
	if s.has(backup.KeptFile) {
		return refused("somebody wants it to be kept; `release` it first")
	}
	newest, err := c.Newest(ctx, s.id.Database())
	if err != nil {
		return err
	}
	if newest != nil && newest.ID == s.id {
		return refused("it is the newest verified one of " + s.id.Database())
	}
	return nil
}

// clear removes all of a folder that has lost its manifest; marks last, so that whoever looks meanwhile knows why.
func (c *Catalogue) clear(ctx context.Context, s shelf, mark string) error {
	files := slices.Sorted(maps.Keys(s.objects))
	files = slices.DeleteFunc(files, func(f string) bool { return f == backup.ManifestFile || f == mark })
	for _, file := range append(files, mark) {
		if file == "" {
			continue
		}
		if err := c.store.Delete(ctx, s.id.Path(file)); err != nil {
			return err
		}
	}
	return nil
}

// Prune deletes what verdicts do not let stay. Each is looked at again: what was kept, held or became the newest
// verified one in the meantime stays, and is named in spared. When the store itself fails it ends there.
func (c *Catalogue) Prune(ctx context.Context, verdicts []backup.Verdict) (deleted []backup.ID, spared []string, err error) {
	for _, v := range verdicts {
		if v.Stays {
			continue
		}
		err := c.Delete(ctx, v.ID)
		switch {
		case err == nil:
			deleted = append(deleted, v.ID)
		case errors.Is(err, errStays):
			spared = append(spared, err.Error())
		case errors.Is(err, backup.ErrMissing): // somebody else was quicker
		default:
			return deleted, spared, err
		}
	}
	return deleted, spared, nil
}

// Sweep removes what is no backup and never will be: unfinished uploads, and folders without a manifest into which nothing was
// written for as long as age. Whoever holds the database's lock may say 0: then nobody is taking one.
func (c *Catalogue) Sweep(ctx context.Context, database string, age time.Duration) (removed []string, err error) {
	removed, err = c.store.Sweep(ctx, database+"/", age)
	if err != nil {
		return removed, err
	}
	shelves, err := c.shelves(ctx, database+"/")
	for _, s := range shelves {
		if s.has(backup.ManifestFile) || c.now().Sub(s.newest()) < age {
			continue
		}
		if err := c.clear(ctx, s, ""); err != nil {
			return removed, err
		}
		removed = append(removed, fmt.Sprintf("%s (%s without a manifest)", s.id.Folder(), ops.Count(len(s.objects), "file")))
	}
	return removed, err
}
