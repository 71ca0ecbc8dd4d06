package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"dbbot/ops/backup"
)

func TestASoundStorePasses(t *testing.T) {
	Run(t, func(*testing.T) Fixture { m := newMemory(); return fixtureOf(m, m) })
}

// Each of these stores breaks one sentence of the contract: a suite that lets one of them pass tests less than it says.
func TestTheSuiteFindsBrokenStores(t *testing.T) {
	for _, broken := range []map[string]breakage{brokenWriters, brokenOtherwise} {
		for name, of := range broken {
			t.Run(name, func(t *testing.T) {
				for _, c := range contract {
					m := newMemory()
					if breaks(t, c, fixtureOf(m, of(m))) {
						return
					}
				}
				t.Error("the suite lets it pass")
			})
		}
	}
}

// breakage makes a store that is not as it should be.
type breakage func(*memory) backup.Store

var brokenWriters = map[string]breakage{
	"keeps what a failed reader gave": func(m *memory) backup.Store {
		return puts{m, func(_ context.Context, name string, r io.Reader) (int64, error) {
			content, err := io.ReadAll(r)
			m.put(name, content)
			return int64(len(content)), err
		}}
	},
	"takes a cancelled end for the whole": func(m *memory) backup.Store {
		return puts{m, func(_ context.Context, name string, r io.Reader) (int64, error) {
			return m.Put(context.Background(), name, r, 0)
		}}
	},
	"shows what is half-written": func(m *memory) backup.Store {
		return puts{m, func(ctx context.Context, name string, r io.Reader) (int64, error) {
			first := make([]byte, 1<<20)
			n, _ := io.ReadFull(r, first)
			m.put(name, first[:n])
			size, err := m.Put(ctx, name, io.MultiReader(bytes.NewReader(first[:n]), r), 0)
			if err != nil {
				_ = m.Delete(context.Background(), name)
			}
			return size, err
		}}
	},
	"cuts at its first part": func(m *memory) backup.Store {
		return puts{m, func(ctx context.Context, name string, r io.Reader) (int64, error) {
			return m.Put(ctx, name, io.LimitReader(r, 1<<20), 0)
		}}
	},
	"takes a cut stream for a whole one": func(m *memory) backup.Store {
		return puts{m, func(ctx context.Context, name string, r io.Reader) (int64, error) {
			content, err := io.ReadAll(r)
			if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
				return 0, err
			}
			return m.Put(ctx, name, bytes.NewReader(content), 0)
		}}
	},
	"leaves unfinished things": func(m *memory) backup.Store {
		return puts{m, func(ctx context.Context, name string, r io.Reader) (int64, error) {
			size, err := m.Put(ctx, name, r, 0)
			if err != nil {
				m.unfinished[name] = true
			}
			return size, err
		}}
	},
	"hides the reader's error": func(m *memory) backup.Store {
		return puts{m, func(ctx context.Context, name string, r io.Reader) (int64, error) {
			size, err := m.Put(ctx, name, r, 0)
			if err != nil {
				err = errors.New("it failed")
			}
			return size, err
		}}
	},
}

var brokenOtherwise = map[string]breakage{
	"lists by folder, not by prefix": func(m *memory) backup.Store {
		return lister{m, func(prefix string) string { return prefix[:strings.LastIndexByte(prefix, '/')+1] }}
	},
	"lists everything": func(m *memory) backup.Store { return lister{m, func(string) string { return "" }} },
	"minds a second deletion": func(m *memory) backup.Store {
		return deleter{m, func(ctx context.Context, name string) error {
			if _, err := m.Get(ctx, name); err != nil {
				return err
			}
			return m.Delete(ctx, name)
		}}
	},
	"deletes whole folders": func(m *memory) backup.Store {
		return deleter{m, func(ctx context.Context, name string) error {
			for file := range m.files {
				if strings.HasPrefix(file, name+"/") {
					delete(m.files, file)
				}
			}
			return m.Delete(ctx, name)
		}}
	},
	"sweeps what is young": func(m *memory) backup.Store { return sweeper{m, 0} },
	"never sweeps":         func(m *memory) backup.Store { return sweeper{m, time.Hour} },
	"reads on":             func(m *memory) backup.Store { return getter{m} },
	"takes any name":       func(m *memory) backup.Store { return anyName{m} },
	"tells a secret":       func(m *memory) backup.Store { return placed{m} },
	"has one tag for all":  func(m *memory) backup.Store { return tagged{m} },
}
