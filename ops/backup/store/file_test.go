package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dbbot/ops/backup"
	"dbbot/ops/backup/store/storetest"
)

func TestAFolderIsAStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Fixture {
		root := filepath.Join(t.TempDir(), "not", "yet", "there")
		open := func() backup.Store { return opening(t, "file://"+root) }
		return storetest.Fixture{
			Store: open(), Again: open, Part: 1 << 20,
			Abandon: func(t testing.TB, name string) {
				path := filepath.Join(root, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(path), folderMode); err != nil {
					t.Fatal(err)
				}
				file, err := os.CreateTemp(filepath.Dir(path), partialOf(filepath.Base(path)))
				if err != nil {
					t.Fatal(err)
				}
				file.Close()
			},
			Unfinished: func(t testing.TB) int { return unfinished(t, root) },
		}
	})
}

// unfinished counts partial files and empty folders.
func unfinished(t testing.TB, root string) (n int) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root {
			inside, err := os.ReadDir(path)
			if len(inside) == 0 {
				n++
			}
			return err
		}
		if strings.HasPrefix(entry.Name(), ".") {
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func opening(t *testing.T, url string) backup.Store {
	t.Helper()
	s, err := Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
