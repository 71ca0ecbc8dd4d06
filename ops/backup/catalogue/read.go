package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"

	"golang.org/x/sync/errgroup"
)

// Bounds of reading a store.
const (
	readers       = 16       // at a time: a store far away answers many as quickly as one
	maxManifest   = 64 << 20 // a manifest names every table: 100,000 of them are about 20 MB
	maxRemembered = 64 << 20 // of manifests as they are stored
)

// remembered is an object that was read, for as long as the store lists the same one.
type remembered struct {
	object backup.Object
	value  any
	err    error // it cannot be read, and never will
}

// found is what was read of a folder: a backup that is whole, or what is wrong with it.
type found struct {
	backup backup.Backup
	whole  bool
	faults []string
}

// readAll reads folders that hold a manifest, in parallel, and answers in their order.
func (c *Catalogue) readAll(ctx context.Context, shelves []shelf) ([]found, error) {
	all := make([]found, len(shelves))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, s := range shelves {
		if !s.has(backup.ManifestFile) {
			continue
		}
		group.Go(func() (err error) {
			all[i], err = c.read(ctx, s)
			return err
		})
	}
	return all, group.Wait()
}

// read reads one folder. Only what the store itself refuses is an error: what is damaged is a fault.
func (c *Catalogue) read(ctx context.Context, s shelf) (f found, err error) {
	manifest, fault, err := parsed[backup.Manifest](ctx, c, s, backup.ManifestFile)
	switch {
	case err != nil || manifest == nil && fault == "": // deleted meanwhile
		return found{}, err
	case fault == "":
		fault = s.wrong(*manifest)
	}
	if fault != "" {
		return found{faults: []string{fmt.Sprintf("%s is no whole backup: %s.", s.id, fault)}}, nil
	}
	f = found{backup: backup.Backup{Manifest: *manifest}, whole: true}
	note := func(file, fault string) {
		if fault != "" {
			f.faults = append(f.faults, fmt.Sprintf("What %s says of %s cannot be read: %s.", ops.Printable(file, maxSaid), s.id, fault))
		}
	}
	if f.backup.Verified, fault, err = parsed[backup.Verification](ctx, c, s, backup.VerifiedFile); err != nil {
		return found{}, err
	}
	note(backup.VerifiedFile, fault)
	if f.backup.Kept, fault, err = parsed[backup.Kept](ctx, c, s, backup.KeptFile); err != nil {
		return found{}, err
	}
	if note(backup.KeptFile, fault); fault != "" {
		f.backup.Kept = &backup.Kept{Why: "somebody kept it, and what they wrote cannot be read"} // it stays: that much is known
	}
	for file := range s.objects {
		if !strings.HasPrefix(file, holdPrefix) {
			continue
		}
		hold, fault, err := parsed[backup.Hold](ctx, c, s, file)
		if err != nil {
			return found{}, err
		}
		if note(file, fault); hold != nil && hold.Until.After(c.now()) {
			f.backup.Held = append(f.backup.Held, *hold)
		}
	}
	return f, nil
}

// wrong compares a manifest with where it lies and with what lies beside it: what it says of files, the listing tells for nothing.
func (s shelf) wrong(m backup.Manifest) string {
	if m.ID != s.id {
		return "its manifest is that of " + ops.Printable(string(m.ID), maxSaid)
	}
	files := []backup.File{m.Archive}
	if m.Globals != nil {
		files = append(files, *m.Globals)
	}
	for _, f := range files {
		o, there := s.objects[f.Name]
		switch {
		case !there:
			return "its file " + ops.Printable(f.Name, maxSaid) + " is missing"
		case o.Size != f.Size:
			return fmt.Sprintf("its file %s has %d bytes and should have %d", ops.Printable(f.Name, maxSaid), o.Size, f.Size)
		}
	}
	return ""
}

// parsed reads one JSON object of a folder, or remembers it. It is nil without a fault where there is none.
func parsed[T any](ctx context.Context, c *Catalogue, s shelf, file string) (value *T, fault string, err error) {
	object, there := s.objects[file]
	if !there {
		return nil, "", nil
	}
	c.mu.Lock()
	known, ok := c.seen[object.Name]
	c.mu.Unlock()
	if !ok || known.object != object {
		read, err := c.fetch(ctx, object)
		if missing(err) {
			return nil, "", nil
		}
		if err != nil {
			return nil, "", err
		}
		known = remembered{object: object}
		known.value, known.err = decoded[T](read)
		c.remember(known)
	}
	if known.err != nil {
		return nil, known.err.Error(), nil
	}
	copied := *known.value.(*T)
	return &copied, "", nil
}

// fetch reads a whole small object.
func (c *Catalogue) fetch(ctx context.Context, object backup.Object) ([]byte, error) {
	r, err := c.store.Get(ctx, object.Name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxManifest+1))
}

// decoded is what an object says. A manifest of a later form is refused by its number, before anything else of it is believed.
func decoded[T any](read []byte) (any, error) {
	if len(read) > maxManifest {
		return nil, fmt.Errorf("it is larger than %d MB", maxManifest>>20)
	}
	value := new(T)
	_, manifest := any(value).(*backup.Manifest)
	var form struct{ Format int }
	if manifest {
		if err := json.Unmarshal(read, &form); err == nil && form.Format > backup.Format {
			return nil, fmt.Errorf("a later version of dbbot wrote it (form %d; this one reads up to %d)", form.Format, backup.Format)
		}
	}
	if err := json.Unmarshal(read, value); err != nil {
		return nil, fmt.Errorf("it is damaged")
	}
	if manifest && form.Format < 1 {
		return nil, fmt.Errorf("it is damaged")
	}
	return value, nil
}

// remember keeps what was read; where it becomes too much, all is forgotten and read again as it is needed.
func (c *Catalogue) remember(r remembered) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size += r.object.Size - c.seen[r.object.Name].object.Size
	if c.size > maxRemembered {
		clear(c.seen)
		c.size = r.object.Size
	}
	c.seen[r.object.Name] = r
}

// forget drops what a store no longer has of the names with a prefix.
func (c *Catalogue) forget(prefix string, shelves []shelf) {
	there := map[string]bool{}
	for _, s := range shelves {
		for _, o := range s.objects {
			there[o.Name] = true
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, r := range c.seen {
		if strings.HasPrefix(name, prefix) && !there[name] {
			c.size -= r.object.Size
			delete(c.seen, name)
		}
	}
}

// write puts a small object into a backup's folder.
func (c *Catalogue) write(ctx context.Context, id backup.ID, file string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	_, err = c.store.Put(ctx, id.Path(file), strings.NewReader(string(text)+"\n"), int64(len(text))+1)
	return err
}

// brief bounds what has to be written or removed although whoever asked is gone.
const brief = 30 * time.Second
