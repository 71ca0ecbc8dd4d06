package migrate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dbbot/ops"
)

// folder writes empty files; names that end in / are directories.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("SELECT 1;"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRead(t *testing.T) {
	for name, test := range map[string]struct {
		tool    Tool
		entries []string
		want    Files
	}{
		"numbers sort as numbers": {
			GolangMigrate,
			[]string{"10_c.up.sql", "2_b.up.sql", "01_a.up.sql", "01_a.down.sql"},
			Files{Names: []string{"1_a", "2_b", "10_c"}},
		},
		"a missing up file still is a version": {
			GolangMigrate,
			[]string{"1_a.up.sql", "2_gone.down.sql"},
			Files{Names: []string{"1_a", "2_gone"}},
		},
		"names the tool does not see": {
			GolangMigrate,
			[]string{"1_a.up.sql", "2-b.up.sql", "V3__c.sql", "README.md", "4_dir.up.sql/"},
			Files{Names: []string{"1_a"}, Ignored: []string{"2-b.up.sql", "V3__c.sql"}},
		},
		"two files of one version": {
			GolangMigrate,
			[]string{"1_a.up.sql", "01_b.up.sql"},
			Files{Names: []string{"1_a"}, Faults: []string{"Version 1 has two up files."}},
		},
		"every directory counts": {
			Prisma,
			[]string{"20240102_b/migration.sql", "20240101_a/migration.sql", ".hidden/migration.sql", "migration_lock.toml"},
			Files{Names: []string{".hidden", "20240101_a", "20240102_b"}},
		},
		"a directory without its file": {
			Prisma,
			[]string{"20240101_a/"},
			Files{Names: []string{"20240101_a"}, Faults: []string{"Directory 20240101_a has no migration.sql."}},
		},
		"an empty folder": {GolangMigrate, nil, Files{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Folder{Tool: test.tool, Dir: folder(t, test.entries...)}.Read()
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Names, test.want.Names) || !slices.Equal(got.Faults, test.want.Faults) || !slices.Equal(got.Ignored, test.want.Ignored) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestReadOfNoFolder(t *testing.T) {
	_, err := Folder{Tool: GolangMigrate, Dir: filepath.Join(t.TempDir(), "gone")}.Read()
	marked, ok := errors.AsType[*ops.Error](err)
	if !ok || !strings.Contains(marked.Message, "no such file or directory") || !strings.Contains(marked.Hint, "gone") {
		t.Errorf("got %#v", err)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("the cause is lost")
	}
}
