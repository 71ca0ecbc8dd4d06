package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/catalogue"
	"dbbot/ops/backup/store"

	"golang.org/x/sync/singleflight"
)

// backups are the stores of the configuration, and what is done with them. Each store is opened when it is first needed, and
// stays open: its catalogue remembers what it has read.
type backups struct {
	config Config

	mu      sync.Mutex
	shelves map[string]shelf // by the store's URL
	looks   singleflight.Group

	clusters *clusters
}

// shelf is a store and what it holds.
type shelf struct {
	store backup.Store
	*catalogue.Catalogue
}

func newBackups(config Config) *backups {
	return &backups{config: config, shelves: map[string]shelf{}, clusters: newClusters()}
}

// configured is a database that has a store for its backups.
func (b *backups) configured(database string) (d Database, ok bool) {
	for _, d := range b.config.Databases {
		if d.Name == database && d.Backup != nil {
			return d, true
		}
	}
	return d, false
}

// Rules are what the file says.
func (b *backups) Rules(database string) (commands.BackupRules, bool) {
	d, ok := b.configured(database)
	if !ok {
		return commands.BackupRules{}, false
	}
	zone, err := time.LoadLocation(d.Backup.Zone)
	if err != nil { // the configuration was checked
		zone = time.UTC
	}
	k := d.Backup.Keep
	return commands.BackupRules{
		Location: d.Backup.Store, Schedule: d.Backup.Schedule, Zone: zone, Keep: backup.Keep(k), Recipients: d.Backup.EncryptTo,
		Key: d.Backup.Identity != "", Verify: cmp.Or(d.Backup.Verify, "each"), Parallel: d.Backup.Parallel, Limit: d.Backup.limit(),
	}, true
}

// shelf opens the store of a database, once.
func (b *backups) shelf(ctx context.Context, database string) (shelf, error) {
	d, ok := b.configured(database)
	if !ok {
		return shelf{}, &ops.Error{Message: "No backups are configured for " + ops.Printable(database, 60) + "."}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, open := b.shelves[d.Backup.Store]; open {
		return s, nil
	}
	s, err := store.Open(context.WithoutCancel(ctx), d.Backup.Store)
	if err != nil {
		return shelf{}, err
	}
	b.shelves[d.Backup.Store] = shelf{s, catalogue.New(s)}
	return b.shelves[d.Backup.Store], nil
}

// Shelf reads what the store holds now.
func (b *backups) Shelf(ctx context.Context, database string) (commands.Shelf, error) {
	s, err := b.shelf(ctx, database)
	if err != nil {
		return commands.Shelf{}, err
	}
	d, _ := b.configured(database)
	cluster := make(chan *commands.Cluster, 1)
	go func() { cluster <- b.clusters.of(ctx, d) }()
	all, faults, err := s.List(ctx, database)
	if err != nil {
		return commands.Shelf{}, err
	}
	return commands.Shelf{Backups: all, Faults: faults, Cluster: <-cluster, At: time.Now()}, nil
}

// glanceBound is how long a store may take that somebody looks at in passing, beside much else.
const glanceBound = 20 * time.Second

// Glance is a Shelf for those who cannot wait for a store that hangs: all who look at once share one look, and leave it when
// their time is over.
func (b *backups) Glance(ctx context.Context, database string) (commands.Shelf, error) {
	look := b.looks.DoChan(database, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), glanceBound)
		defer cancel()
		return b.Shelf(ctx, database)
	})
	select {
	case seen := <-look:
		s, _ := seen.Val.(commands.Shelf)
		return s, seen.Err
	case <-ctx.Done():
		return commands.Shelf{}, &ops.Error{Message: "The store of the backups did not answer in time.", Cause: errors.Join(commands.ErrUnread, ctx.Err())}
	}
}

// Newest is the newest verified backup of a database.
func (b *backups) Newest(ctx context.Context, database string) (newest *backup.Backup, configured bool, err error) {
	if _, configured = b.configured(database); !configured {
		return nil, false, nil
	}
	s, err := b.Glance(ctx, database)
	for _, one := range s.Backups {
		if one.Good() {
			return &one, true, nil
		}
	}
	return nil, true, err
}

// Keep, Release and Delete are the catalogue's.
func (b *backups) Keep(ctx context.Context, database string, id backup.ID, as backup.Kept) error {
	s, err := b.shelf(ctx, database)
	if err != nil {
		return err
	}
	return s.Keep(ctx, id, as)
}

// Release gives a backup back to the rules.
func (b *backups) Release(ctx context.Context, database string, id backup.ID) error {
	s, err := b.shelf(ctx, database)
	if err != nil {
		return err
	}
	return s.Release(ctx, id)
}

// Delete deletes one that may go.
func (b *backups) Delete(ctx context.Context, database string, id backup.ID) error {
	s, err := b.shelf(ctx, database)
	if err != nil {
		return err
	}
	return s.Delete(ctx, id)
}

// Prune deletes what the rules let go now.
func (b *backups) Prune(ctx context.Context, database string) ([]backup.ID, []string, error) {
	s, err := b.shelf(ctx, database)
	if err != nil {
		return nil, nil, err
	}
	all, _, err := s.List(ctx, database)
	if err != nil {
		return nil, nil, err
	}
	rules, _ := b.Rules(database)
	return s.Prune(ctx, rules.Keep.Plan(all, time.Now(), rules.Zone))
}

// close lets go of all stores.
func (b *backups) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []error
	for at, s := range b.shelves {
		if err := s.store.Close(); err != nil {
			all = append(all, fmt.Errorf("store %s: %w", ops.Redact(at), err))
		}
		delete(b.shelves, at)
	}
	return errors.Join(all...)
}
