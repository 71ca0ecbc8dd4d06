// Package catalogue knows the backups of a store, from the store alone: every backup describes itself, so that nothing is lost
// with dbbot's own database. It reads manifests and what lies beside them, marks backups as verified, kept or being read, and
// deletes those that may go. It may import ops and ops/backup.
package catalogue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// Catalogue is what a store holds. Use one for a store and process: it remembers the manifests that did not change. It is safe
// for concurrent use, also by several processes: the store is where they meet.
type Catalogue struct {
	store backup.Store
	now   func() time.Time

	mu   sync.Mutex
	seen map[string]remembered // by an object's name
	size int64                 // of all that is remembered, as it is stored
}

// New gives the catalogue of a store.
func New(s backup.Store) *Catalogue {
	return &Catalogue{store: s, now: time.Now, seen: map[string]remembered{}}
}

// List gives the backups of a database, or of all where it is empty, the newest first. What cannot be read, or is not whole, is
// left out and named in faults, a sentence each; the others are there all the same.
func (c *Catalogue) List(ctx context.Context, database string) (backups []backup.Backup, faults []string, err error) {
	prefix := ""
	if database != "" {
		prefix = database + "/"
	}
	shelves, err := c.shelves(ctx, prefix)
	if err != nil {
		return nil, nil, err
	}
	read, err := c.readAll(ctx, shelves)
	if err != nil {
		return nil, nil, err
	}
	for _, one := range read {
		faults = append(faults, one.faults...)
		if one.whole {
			backups = append(backups, one.backup)
		}
	}
	slices.SortFunc(backups, func(a, b backup.Backup) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.ID, a.ID))
	})
	c.forget(prefix, shelves)
	return backups, faults, nil
}

// Get gives one backup. One that is there and cannot be used is an error that says why.
func (c *Catalogue) Get(ctx context.Context, id backup.ID) (backup.Backup, error) {
	shelf, err := c.shelf(ctx, id)
	if err != nil {
		return backup.Backup{}, err
	}
	one, err := c.read(ctx, shelf)
	switch {
	case err != nil:
		return backup.Backup{}, err
	case !one.whole:
		return backup.Backup{}, &ops.Error{Message: strings.Join(one.faults, " "), Hint: "Take another one: `/db backup list` shows those that are whole."}
	}
	return one.backup, nil
}

// Newest gives the newest verified backup of a database; nil where none is verified.
func (c *Catalogue) Newest(ctx context.Context, database string) (*backup.Backup, error) {
	all, _, err := c.List(ctx, database)
	if err != nil {
		return nil, err
	}
	if at := slices.IndexFunc(all, backup.Backup.Good); at >= 0 {
		return &all[at], nil
	}
	return nil, nil
}

// shelf is one backup's folder: what a store lists of it.
type shelf struct {
	id      backup.ID
	objects map[string]backup.Object // by their names in the folder
}

func (s shelf) has(file string) bool { _, ok := s.objects[file]; return ok }

// newest is when something was last written there.
func (s shelf) newest() (at time.Time) {
	for _, o := range s.objects {
		if o.Modified.After(at) {
			at = o.Modified
		}
	}
	return at
}

// shelves groups what a store lists by backup, in the order of the names. What is no backup's is not looked at.
func (c *Catalogue) shelves(ctx context.Context, prefix string) (all []shelf, err error) {
	objects, err := c.store.List(ctx, prefix)
	if err != nil {
		return nil, err
	}
	at := map[backup.ID]int{}
	for _, o := range objects {
		parts := strings.Split(o.Name, "/")
		if len(parts) != 3 || backup.ID(parts[1]).Database() != parts[0] {
			continue
		}
		id := backup.ID(parts[1])
		if _, known := at[id]; !known {
			at[id] = len(all)
			all = append(all, shelf{id: id, objects: map[string]backup.Object{}})
		}
		all[at[id]].objects[parts[2]] = o
	}
	return all, nil
}

// shelf gives the folder of one backup, which is there.
func (c *Catalogue) shelf(ctx context.Context, id backup.ID) (shelf, error) {
	none := &ops.Error{
		Message: fmt.Sprintf("There is no backup %s in %s.", ops.Printable(string(id), maxSaid), c.store.Location()),
		Hint:    "`/db backup list` shows what there is.", Cause: backup.ErrMissing,
	}
	if id.Database() == "" {
		return shelf{}, none
	}
	all, err := c.shelves(ctx, id.Folder()+"/")
	if err != nil {
		return shelf{}, err
	}
	if len(all) == 0 || !all[0].has(backup.ManifestFile) {
		return shelf{}, none
	}
	return all[0], nil
}

// maxSaid bounds a name in a sentence.
const maxSaid = 100

// missing says whether an object disappeared between being listed and being read.
func missing(err error) bool { return errors.Is(err, backup.ErrMissing) }
