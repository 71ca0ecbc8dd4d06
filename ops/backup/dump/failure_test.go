package dump

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/client"
)

// odd is a store that does something else with one file.
type odd struct {
	backup.Store
	file string // its name contains this
	put  func(ctx context.Context, s backup.Store, name string, r io.Reader) (int64, error)
	list func([]backup.Object) []backup.Object
	keep bool // deletes nothing
}

func (o odd) Put(ctx context.Context, name string, r io.Reader, estimate int64) (int64, error) {
	if o.put != nil && strings.Contains(name, o.file) {
		return o.put(ctx, o.Store, name, r)
	}
	return o.Store.Put(ctx, name, r, estimate)
}

func (o odd) List(ctx context.Context, prefix string) ([]backup.Object, error) {
	all, err := o.Store.List(ctx, prefix)
	if o.list != nil && strings.Contains(prefix, o.file) {
		all = o.list(all)
	}
	return all, err
}

func (o odd) Delete(ctx context.Context, name string) error {
	if o.keep && strings.Contains(name, o.file) {
		return errors.New("no")
	}
	return o.Store.Delete(ctx, name)
}

// large adds more data than all pipes and buffers hold.
var large = append(shop, `CREATE TABLE large AS SELECT n, repeat(md5(n::text), 30) AS text FROM generate_series(1, 6000) n`)

var errFull = &ops.Error{Message: "There is no room left.", Hint: "Make room."}

// after passes some bytes on, and then does what it should.
func after(n int64, then func(ctx context.Context) error) func(context.Context, backup.Store, string, io.Reader) (int64, error) {
	return func(ctx context.Context, s backup.Store, name string, r io.Reader) (int64, error) {
		return s.Put(ctx, name, io.MultiReader(io.LimitReader(r, n), failing{ctx, then}), 0)
	}
}

type failing struct {
	ctx  context.Context
	then func(context.Context) error
}

func (f failing) Read([]byte) (int, error) { return 0, f.then(f.ctx) }

func full(context.Context) error { return errFull }

func stalls(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }

// Whatever a store does, a backup is there wholly or not at all, and it is said who is to blame.
func TestStoresThatFail(t *testing.T) {
	url := newDatabase(t, large...)
	for name, test := range map[string]struct {
		store odd
		words []string
	}{
		"full in the middle":    {odd{file: "archive", put: after(100000, full)}, []string{"did not take the backup of orders: There is no room left. Nothing of it is kept.", "Make room."}},
		"full at once":          {odd{file: "archive", put: after(0, full)}, []string{"There is no room left."}},
		"full for the globals":  {odd{file: "globals", put: after(10, full)}, []string{"There is no room left."}},
		"full for the manifest": {odd{file: "manifest", put: after(10, full)}, []string{"There is no room left."}},
		"stalls":                {odd{file: "archive", put: after(100000, stalls)}, []string{"took nothing for 300ms", "Nothing of it is kept."}},
		"stalls at the start":   {odd{file: "globals", put: after(0, stalls)}, []string{"took nothing for 300ms"}},
		"leaves early": {odd{file: "archive", put: func(ctx context.Context, s backup.Store, name string, r io.Reader) (int64, error) {
			return s.Put(ctx, name, io.LimitReader(r, 5000), 0)
		}}, []string{"did not take"}},
		"says less": {odd{file: "archive", put: func(ctx context.Context, s backup.Store, name string, r io.Reader) (int64, error) {
			n, err := s.Put(ctx, name, r, 0)
			return n - 1, err
		}}, []string{"did not take"}},
		"shows less":        {odd{file: "orders-", list: func(all []backup.Object) []backup.Object { all[0].Size--; return all }}, []string{"did not take"}},
		"shows nothing":     {odd{file: "orders-", list: func([]backup.Object) []backup.Object { return nil }}, []string{"did not take"}},
		"cannot be written": {odd{file: "probe", put: after(0, full)}, []string{"No backup of orders can be taken: The store file://", "cannot be written: There is no room left."}},
		"does not show":     {odd{file: "probe", list: func([]backup.Object) []backup.Object { return nil }}, []string{"does not show what was written to it"}},
	} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			w := newWorld(t, url)
			if strings.HasPrefix(name, "stalls") {
				w.bounds.stall = 300 * time.Millisecond
			}
			test.store.Store = w.Store
			w.Store = test.store
			w.fails(t, t.Context(), test.words...)
		})
	}
}

// What a store does not let go of is named.
func TestWhatStaysIsNamed(t *testing.T) {
	w := newWorld(t, newDatabase(t, large...))
	inner := w.Store
	w.Store = odd{Store: odd{Store: inner, file: "globals", keep: true}, file: "manifest", put: after(0, full)}
	_, err := Take(t.Context(), w.Options, nil)
	if err == nil || !strings.Contains(err.Error(), "is no backup, and the next start removes it: orders/orders-") || !strings.Contains(err.Error(), "globals.sql.zst.age.") {
		t.Fatalf("%v", err)
	}
	w.Store = inner
	left, err := Sweep(t.Context(), w.Options)
	if err != nil || len(left) != 1 || !strings.Contains(left[0], "globals.sql.zst.age of a backup that was never completed") {
		t.Errorf("%q, %v", left, err)
	}
	w.clean(t)
}

// A pg_dump that forgets the snapshot is found out by the rows.
func TestAnotherSnapshot(t *testing.T) {
	w := newWorld(t, newDatabase(t, shop...))
	pretend(t, "pg_dump", `"$(dirname "$REAL")"/psql -q "`+w.URL.Reveal()+`" -c 'DELETE FROM orders WHERE id = 1'; exec "$REAL" "${@/--snapshot=*/--no-comments}"`)
	w.fails(t, t.Context(), "the archive has 1999 rows of table public.orders, which has 2000")
}

// pretend puts a pg_dump (or pg_dumpall) before the real one; $REAL is that.
func pretend(t *testing.T, program, text string) {
	t.Helper()
	p, err := client.Find(15)
	if err != nil {
		t.Skip(err)
	}
	pretendAs(t, p, program, text)
}

func pretendAs(t *testing.T, p client.Programs, program, text string) {
	t.Helper()
	dir := t.TempDir()
	for name, real := range map[string]string{"pg_dump": p.Dump, "pg_dumpall": p.DumpAll, "pg_restore": p.Restore} {
		body := `exec "$REAL" "$@"`
		if name == program {
			body = text
		}
		script := "#!/bin/bash\nREAL=" + real + "\nif [ \"$1\" = --version ]; then exec \"$REAL\" --version; fi\n" + body + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// A pg_dump that says all is well is not believed.
func TestDumpsThatLie(t *testing.T) {
	url := newDatabase(t, large...)
	for name, test := range map[string]struct {
		program, text string
		parallel      int
		words         []string
	}{
		"nothing":         {"pg_dump", "exit 0", 0, []string{"pg_dump said that all is well, but it is not", "no archive", "Nothing of it is kept."}},
		"something else":  {"pg_dump", "echo hello; exit 0", 0, []string{"no archive"}},
		"half":            {"pg_dump", `"$REAL" "$@" | head -c 300000; exit 0`, 0, []string{"said that all is well, but it is not: unexpected EOF"}},
		"only the list":   {"pg_dump", `"$REAL" "$@" | head -c 2000; exit 0`, 0, []string{"said that all is well"}},
		"without a table": {"pg_dump", `exec "$REAL" "$@" --exclude-table=orders`, 0, []string{"nothing of table public.orders, which has 2000 rows"}},
		"without rows":    {"pg_dump", `exec "$REAL" "$@" --exclude-table-data=orders`, 0, []string{"nothing of table public.orders"}},
		"without objects": {"pg_dump", `exec "$REAL" "$@" --no-blobs`, 0, []string{"0 large objects, and the database has 2"}},
		"more":            {"pg_dump", `"$REAL" "$@"; echo more`, 0, []string{"pg_dump said that all is well, but it is not"}},
		"an empty folder": {"pg_dump", "exit 0", 2, []string{"no archive"}},
		"a file emptied":  {"pg_dump", `"$REAL" "$@"; for a; do case $a in --file=*) for f in "${a#--file=}"/*.dat*; do case $f in */toc.dat) ;; *) : >"$f";; esac; done;; esac; done`, 2, []string{"nothing of table"}},
		"no globals":      {"pg_dumpall", "echo 'pg_dumpall: error: no way' >&2; exit 1", 0, []string{"pg_dumpall failed: no way."}},
		"killed":          {"pg_dump", `"$REAL" "$@" | head -c 100000; kill -9 $$`, 0, []string{"pg_dump was ended from outside, by the signal killed. Nothing of it is kept."}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, url)
			w.Parallel = test.parallel
			pretend(t, test.program, test.text)
			whole := false
			w.Store = odd{Store: w.Store, file: "archive", put: func(ctx context.Context, s backup.Store, name string, r io.Reader) (int64, error) {
				n, err := s.Put(ctx, name, r, 0)
				whole = err == nil
				return n, err
			}}
			w.fails(t, t.Context(), test.words...)
			if late := strings.HasPrefix(name, "without") || name == "no globals" || name == "a file emptied"; whole && !late {
				t.Error("the store was told that this is all of it")
			}
		})
	}
}
