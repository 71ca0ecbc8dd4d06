package catalogue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dbbot/ops/backup"
	"dbbot/ops/backup/store"
)

// day is when the tests' first backup was taken; one follows each day.
var day = time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)

func open(t *testing.T) backup.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s backup.Store, name, content string) {
	t.Helper()
	if _, err := s.Put(t.Context(), name, strings.NewReader(content), 0); err != nil {
		t.Fatal(err)
	}
}

// take leaves in a store what a dump does: an archive, the globals, and last the manifest.
func take(t *testing.T, s backup.Store, database string, n int) backup.ID {
	t.Helper()
	at := day.AddDate(0, 0, n)
	id := backup.ID(fmt.Sprintf("%s-%s-%04x", database, at.Format("20060102-150405"), n))
	m := backup.Manifest{
		Format: backup.Format, ID: id, Database: database, Started: at, Finished: at.Add(time.Minute),
		Archive: backup.File{Name: "archive.dump.zst", Size: 7}, Globals: &backup.File{Name: "globals.sql.zst", Size: 5},
	}
	put(t, s, id.Path("archive.dump.zst"), "archive")
	put(t, s, id.Path("globals.sql.zst"), "roles")
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, id.Path(backup.ManifestFile), string(text))
	return id
}

func verify(t *testing.T, c *Catalogue, id backup.ID, found ...string) {
	t.Helper()
	if err := c.Verified(t.Context(), id, backup.Verification{At: day, How: backup.Restored, Found: found}); err != nil {
		t.Fatal(err)
	}
}

func ids(t *testing.T, c *Catalogue, database string) (out []backup.ID) {
	t.Helper()
	all, faults, err := c.List(t.Context(), database)
	if err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	for _, b := range all {
		out = append(out, b.ID)
	}
	return out
}

func names(t *testing.T, s backup.Store) (out []string) {
	t.Helper()
	all, err := s.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		out = append(out, o.Name)
	}
	return out
}

var errDead = errors.New("the process is dead")

// mortal is a store whose process dies after so many acts that change something, and that counts what is read.
type mortal struct {
	backup.Store
	left  atomic.Int64 // acts until it dies
	reads atomic.Int64
}

func mortalFor(s backup.Store, acts int64) *mortal {
	m := &mortal{Store: s}
	m.left.Store(acts)
	return m
}

func (m *mortal) Put(ctx context.Context, name string, r io.Reader, estimate int64) (int64, error) {
	if m.left.Add(-1) < 0 {
		return 0, errDead
	}
	return m.Store.Put(ctx, name, r, estimate)
}

func (m *mortal) Delete(ctx context.Context, name string) error {
	if m.left.Add(-1) < 0 {
		return errDead
	}
	return m.Store.Delete(ctx, name)
}

func (m *mortal) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	m.reads.Add(1)
	return m.Store.Get(ctx, name)
}

func get(t *testing.T, s backup.Store, name string) string {
	t.Helper()
	r, err := s.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
