package migrate

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/golang-migrate/migrate/v4/source/iofs"
	"pgregory.net/rapid"

	"dbbot/ops"
)

// folder writes files of one statement; names that end in / are directories, "name=text" gives the text, and
// "name>target" is a link.
func folder(t testing.TB, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		name, text, given := strings.Cut(name, "=")
		if !given {
			text = "SELECT 1;"
		}
		name, target, link := strings.Cut(name, ">")
		path := filepath.Join(dir, name)
		parent := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			parent = path
		}
		err := os.MkdirAll(parent, 0o700)
		switch {
		case err != nil || parent == path || strings.HasSuffix(name, "/"):
		case link:
			err = os.Symlink(target, path)
		default:
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t testing.TB, tool Tool, names ...string) Set {
	t.Helper()
	set, err := Folder{Tool: tool, Dir: folder(t, names...)}.Load()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestLoad(t *testing.T) {
	for name, test := range map[string]struct {
		tool    Tool
		entries []string
		want    string
	}{
		"numbers sort as numbers": {
			GolangMigrate,
			[]string{"10_c.up.sql", "2_b.up.sql", "01_a.up.sql", "01_a.down.sql"},
			"[01_a 2_b 10_c] [] [] []",
		},
		"a missing up file still is a version": {GolangMigrate, []string{"1_a.up.sql", "2_gone.down.sql"}, "[1_a 2_gone] [] [] []"},
		"named after the way up":               {GolangMigrate, []string{"01_old.down.sql", "1_new.up.sql"}, "[1_new] [] [] []"},
		"names the tool does not see":          {GolangMigrate, []string{"1_a.up.sql", "2-b.up.sql", "V3__c.sql", "README.md", "4_dir.up.sql/"}, "[1_a] [] [2-b.up.sql 4_dir.up.sql V3__c.sql] []"},
		"more digits than a number has":        {GolangMigrate, []string{"123456789012345678901_a.up.sql"}, "[] [] [123456789012345678901_a.up.sql] []"},
		"more than the tool's table takes":     {GolangMigrate, []string{"9223372036854775808_a.up.sql"}, "[9223372036854775808_a] [Version 9223372036854775808 does not fit into the tool's table, whose numbers end at 9223372036854775807.] [] []"},
		"the largest number":                   {GolangMigrate, []string{"9223372036854775807_a.up.sql", "0_b.up.sql"}, "[0_b 9223372036854775807_a] [] [] []"},
		"two files of one version":             {GolangMigrate, []string{"1_a.up.sql", "01_b.up.sql"}, "[01_b] [Version 1 has two up files: 01_b.up.sql and 1_a.up.sql.] [] []"},
		"two extensions":                       {GolangMigrate, []string{"1_a.up.sql", "1_a.up.txt"}, "[1_a] [Version 1 has two up files: 1_a.up.sql and 1_a.up.txt.] [] []"},
		"no name":                              {GolangMigrate, []string{"1_.up.sql"}, "[1_] [] [] []"},
		"a link within, as Kubernetes mounts":  {GolangMigrate, []string{"..data/1_a.up.sql", "1_a.up.sql>..data/1_a.up.sql"}, "[1_a] [] [] []"},
		"a link out of it":                     {GolangMigrate, []string{"1_a.up.sql>/etc/hostname"}, "[1_a] [1_a.up.sql cannot be read: path escapes from parent.] [] []"},
		"a link to nothing":                    {GolangMigrate, []string{"1_a.up.sql>gone"}, "[1_a] [1_a.up.sql cannot be read: no such file or directory.] [] []"},
		"a link to a directory":                {GolangMigrate, []string{"d/", "1_a.up.sql>d"}, "[1_a] [1_a.up.sql cannot be read: it is not a file.] [] []"},
		"an empty folder":                      {GolangMigrate, nil, "[] [] [] []"},
		"names that would turn a line":         {GolangMigrate, []string{"1_a.up.sql", "01_\u202eb.up.sql"}, "[01_\u202eb] [Version 1 has two up files: 01_\\u202eb.up.sql and 1_a.up.sql.] [] []"},

		"every directory counts": {
			Prisma,
			[]string{"20240102_b/migration.sql", "20240101_a/migration.sql", ".hidden/migration.sql", "zz_no_prefix/migration.sql", "migration_lock.toml=provider = \"postgresql\"\n"},
			"[.hidden 20240101_a 20240102_b zz_no_prefix] [] [] []",
		},
		"a directory without its file":    {Prisma, []string{"20240101_a/"}, "[20240101_a] [Directory 20240101_a has no migration.sql.] [] []"},
		"the file is a directory":         {Prisma, []string{"20240101_a/migration.sql/"}, "[20240101_a] [20240101_a/migration.sql cannot be read: it is not a file.] [] []"},
		"for another database":            {Prisma, []string{"migration_lock.toml=# Please do not edit\nprovider = \"mysql\"\n"}, "[] [migration_lock.toml says that these migrations are for mysql, not for PostgreSQL.] [] []"},
		"the other name of PostgreSQL":    {Prisma, []string{"migration_lock.toml=provider=\"postgres\"\r\n"}, "[] [] [] []"},
		"a lock that says nothing":        {Prisma, []string{"migration_lock.toml=# provider = \"mysql\"\n"}, "[] [] [] []"},
		"files beside the directories":    {Prisma, []string{"1_a.sql", "README.md", "1_a/migration.sql", "2_b>1_a"}, "[1_a] [] [1_a.sql 2_b] []"},
		"a name too long for the table":   {Prisma, []string{strings.Repeat("x", 255) + "/migration.sql"}, "[" + strings.Repeat("x", 255) + "] [] [] []"},
		"orders that differ":              {Prisma, []string{"1_init/migration.sql", "10_x/migration.sql"}, "[10_x 1_init] [] [] [Prisma's command line may apply these in another order than dbbot, which goes by bytes: names that begin with the same number of digits sort alike everywhere.]"},
		"orders that differ by the case":  {Prisma, []string{"a/migration.sql", "B/migration.sql"}, "[B a] [] [] [Prisma's command line may apply these in another order than dbbot, which goes by bytes: names that begin with the same number of digits sort alike everywhere.]"},
		"an empty folder, too":            {Prisma, nil, "[] [] [] []"},
		"a file where a way back may lie": {Prisma, []string{"1_a/migration.sql", "1_a/down.sql/"}, "[1_a] [1_a/down.sql cannot be read: it is not a file.] [] []"},
	} {
		t.Run(name, func(t *testing.T) {
			set := load(t, test.tool, test.entries...)
			if got := fmt.Sprint(Names(set.Migrations), set.Faults, set.Ignored, set.Notes); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestFilesAreReadWhole(t *testing.T) {
	set := load(t, GolangMigrate, "1_a.up.sql=CREATE TABLE a ();\r\n", "1_a.down.sql=", "2_b.up.sql")
	up := set.Migrations[0].Up
	if string(up.SQL) != "CREATE TABLE a ();\r\n" || up.Path != "1_a.up.sql" || up.Sum != "9e249dc3a06499713bbed4cb9f4b11514cfe42433fa905189c3a9196d54c6425" {
		t.Errorf("got %q, %s", up.SQL, up.Sum)
	}
	if down := set.Migrations[0].Down; down == nil || !down.Empty() || len(down.Sum) != 64 || set.Migrations[1].Down != nil {
		t.Errorf("got %+v", set.Migrations)
	}
	set = load(t, Prisma, "1_a/migration.sql=up", "1_a/down.sql=down", "1_a/notes.sql=x")
	if m := set.Migrations[0]; string(m.Up.SQL) != "up" || string(m.Down.SQL) != "down" || m.Down.Path != "1_a/down.sql" {
		t.Errorf("got %+v", m)
	}
}

func TestUnreadableFolder(t *testing.T) {
	_, err := Folder{Tool: GolangMigrate, Dir: filepath.Join(t.TempDir(), "gone")}.Load()
	marked, ok := errors.AsType[*ops.Error](err)
	if !ok || !strings.Contains(marked.Message, "no such file or directory") || !strings.Contains(marked.Hint, "gone") {
		t.Errorf("got %#v", err)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("the cause is lost")
	}
	file := filepath.Join(folder(t, "file"), "file")
	if _, err := (Folder{Tool: Prisma, Dir: file}).Load(); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("got %v", err)
	}
}

// A file that cannot be read is a fault of its own: everything else is still told. A link to itself is one for everybody,
// also for whoever may read everything.
func TestUnreadableFile(t *testing.T) {
	dir := folder(t, "2_b.up.sql")
	if err := os.Symlink("1_a.up.sql", filepath.Join(dir, "1_a.up.sql")); err != nil {
		t.Fatal(err)
	}
	set, err := Folder{Tool: GolangMigrate, Dir: dir}.Load()
	if err != nil || !slices.Equal(set.Faults, []string{"1_a.up.sql cannot be read: too many levels of symbolic links."}) || len(set.Migrations) != 2 {
		t.Errorf("got %+v, %v", set, err)
	}
}

// A pipe has no end: whoever opened it would wait for ever.
func TestAPipeIsNotOpened(t *testing.T) {
	dir := folder(t)
	if err := syscall.Mkfifo(filepath.Join(dir, "1_a.up.sql"), 0o600); err != nil {
		t.Skip(err)
	}
	set, err := Folder{Tool: GolangMigrate, Dir: dir}.Load()
	if err != nil || !slices.Equal(set.Faults, []string{"1_a.up.sql cannot be read: it is not a file."}) {
		t.Errorf("got %+v, %v", set, err)
	}
}

// sparse files are as large as they say and take no room.
func sparse(t *testing.T, dir, name string, size int64) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name))
	if err == nil {
		err = errors.Join(f.Truncate(size), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestBounds(t *testing.T) {
	large, many, all := t.TempDir(), t.TempDir(), t.TempDir()
	sparse(t, large, "1_a.up.sql", MaxFile+1)
	for i := range 5 {
		sparse(t, all, fmt.Sprintf("%d_a.up.sql", i), MaxFile)
	}
	for i := range MaxFiles + 1 {
		sparse(t, many, fmt.Sprintf("%d_a.up.sql", i), 0)
	}
	for dir, want := range map[string]string{
		large: "The migration file 1_a.up.sql has more than 32 megabytes.", all: "The folder of migrations has more than 128 megabytes.",
		many: "The folder of migrations has more than 20000 files.",
	} {
		_, err := Folder{Tool: GolangMigrate, Dir: dir}.Load()
		if marked, ok := errors.AsType[*ops.Error](err); !ok || marked.Message != want || marked.Hint == "" {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	sparse(t, large, "1_a.up.sql", MaxFile)
	if set, err := (Folder{Tool: GolangMigrate, Dir: large}).Load(); err != nil || len(set.Migrations[0].Up.SQL) != MaxFile {
		t.Errorf("at the bound: %v", err)
	}
}

// Whatever the files are called: what golang-migrate's own reader refuses is a fault here, and otherwise both see the
// same versions in the same order.
func TestOrderIsGolangMigrates(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`(0{0,2}[0-9]{1,3}|1[0-9]{19,20}|9223372036854775[0-9]{3})[_-][a-c]?(\.(up|down))?\.(sql|txt)`), 0, 12, rapid.ID).Draw(t, "names")
		dir := tt.TempDir()
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		set, err := Folder{Tool: GolangMigrate, Dir: dir}.Load()
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := iofs.New(os.DirFS(dir), ".")
		unstorable := slices.ContainsFunc(set.Migrations, func(m Migration) bool { return m.Version > math.MaxInt64 })
		if (err != nil || unstorable) != (len(set.Faults) > 0) {
			t.Fatalf("%v: golang-migrate says %v, we %v", names, err, set.Faults)
		}
		if err != nil {
			return
		}
		version, err := theirs.First()
		for _, m := range set.Migrations {
			if err != nil || uint64(version) != m.Version {
				t.Fatalf("%v: %d follows for golang-migrate, %d for us (%v)", names, version, m.Version, err)
			}
			version, err = theirs.Next(version)
		}
		if err == nil {
			t.Fatalf("%v: we do not see %d", names, version)
		}
	})
}
