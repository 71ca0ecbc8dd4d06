package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"dbbot/ops/backup"

	"golang.org/x/sync/errgroup"
)

func missing(t testing.TB, f Fixture) {
	put(t, f.Store, "orders/a/manifest.json", []byte("{}"))
	for _, name := range []string{"nothing", "orders", "orders/a", "orders/a/manifest", "orders/a/manifest.json/x", "orders/b/manifest.json"} {
		r, err := f.Store.Get(t.Context(), name)
		if err == nil {
			_, err = io.ReadAll(r)
			r.Close()
		}
		if !errors.Is(err, backup.ErrMissing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func lists(t testing.TB, f Fixture) {
	for _, name := range []string{"orders/a/manifest.json", "orders/a/archive.dump", "orders/ab/manifest.json", "orders2/a/manifest.json", "users/c/manifest.json"} {
		put(t, f.Store, name, []byte(name))
	}
	for prefix, want := range map[string]string{
		"":                  "orders/a/archive.dump orders/a/manifest.json orders/ab/manifest.json orders2/a/manifest.json users/c/manifest.json",
		"orders/":           "orders/a/archive.dump orders/a/manifest.json orders/ab/manifest.json",
		"orders":            "orders/a/archive.dump orders/a/manifest.json orders/ab/manifest.json orders2/a/manifest.json",
		"orders/a/":         "orders/a/archive.dump orders/a/manifest.json",
		"orders/a/man":      "orders/a/manifest.json",
		"orders/a/archive.": "orders/a/archive.dump",
		"payments/":         "",
		"orders/a/none/":    "",
	} {
		if got := strings.Join(listed(t, f.Store, prefix), " "); got != want {
			t.Errorf("%q: %s", prefix, got)
		}
	}
}

// More than a store names in one answer, where its pages are small.
func listsMany(t testing.TB, f Fixture) {
	const n = 120
	var group errgroup.Group
	group.SetLimit(8)
	for i := range n {
		group.Go(func() error {
			_, err := f.Store.Put(t.Context(), fmt.Sprintf("orders/%03d/manifest.json", i), bytes.NewReader([]byte("x")), 1)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	found := listed(t, f.Store, "orders/")
	if len(found) != n || !slices.IsSorted(found) {
		t.Errorf("%d names, in order: %v", len(found), slices.IsSorted(found))
	}
}

func deletes(t testing.TB, f Fixture) {
	put(t, f.Store, "orders/a/manifest.json", []byte("{}"))
	put(t, f.Store, "orders/a/archive.dump", []byte("x"))
	for _, name := range []string{"orders/a/archive.dump", "orders/a/archive.dump", "never/there", "orders/a", "orders/a/manifest.json/x"} {
		if err := f.Store.Delete(t.Context(), name); err != nil {
			t.Errorf("deleting %s: %v", name, err)
		}
	}
	if got := listed(t, f.Store, ""); !slices.Equal(got, []string{"orders/a/manifest.json"}) {
		t.Errorf("left: %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Store.Delete(ctx, "orders/a/manifest.json"); !errors.Is(err, context.Canceled) {
		t.Errorf("deleting after the end: %v", err)
	}
}

func sweeps(t testing.TB, f Fixture) {
	put(t, f.Store, "orders/whole/archive.dump", []byte("stays"))
	if f.Abandon == nil {
		if removed, err := f.Store.Sweep(t.Context(), "", 0); err != nil || len(removed) > 0 {
			t.Errorf("removed %q, %v", removed, err)
		}
		return
	}
	f.Abandon(t, "orders/half/archive.dump")
	f.Abandon(t, "users/half/archive.dump")
	for _, tt := range []struct {
		prefix string
		age    time.Duration
		want   []string
	}{
		{"", time.Hour, nil},
		{"orders/other/", 0, nil},
		{"orders/", 0, []string{"orders/half/archive.dump"}},
		{"", 0, []string{"users/half/archive.dump"}},
	} {
		removed, err := f.Store.Sweep(t.Context(), tt.prefix, tt.age)
		if err != nil || !slices.Equal(removed, tt.want) {
			t.Errorf("%q older than %s: %q, %v", tt.prefix, tt.age, removed, err)
		}
	}
	if n := f.Unfinished(t); n > 0 {
		t.Errorf("%d unfinished things are left", n)
	}
	holds(t, f.Store, "orders/whole/archive.dump", []byte("stays"))
}

func many(t testing.TB, f Fixture) {
	var group errgroup.Group
	for i := range 8 {
		group.Go(func() error {
			name, size := fmt.Sprintf("orders/%d/archive.dump", i), f.Part*int64(i%2)+int64(i)
			if _, err := f.Store.Put(t.Context(), name, stream(bytesOf(size)), size); err != nil {
				return err
			}
			if i%4 == 3 {
				return f.Store.Delete(t.Context(), name)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		if i%4 != 3 {
			holds(t, f.Store, fmt.Sprintf("orders/%d/archive.dump", i), bytesOf(f.Part*int64(i%2)+int64(i)))
		}
	}
	if got := listed(t, f.Store, "orders/"); len(got) != 6 {
		t.Errorf("listed: %q", got)
	}
}

// Two writers of one name: one of them wins, whole.
func same(t testing.TB, f Fixture) {
	a, b := bytes.Repeat([]byte("a"), 1<<20), bytes.Repeat([]byte("b"), 1<<20)
	var group errgroup.Group
	for _, content := range [][]byte{a, b, a, b} {
		group.Go(func() error {
			_, err := f.Store.Put(t.Context(), name, stream(content), 0)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := get(t, f.Store, name); !bytes.Equal(got, a) && !bytes.Equal(got, b) {
		t.Errorf("a mixture of %d bytes", len(got))
	}
	if f.Unfinished != nil && f.Unfinished(t) > 0 {
		t.Error("something unfinished is left")
	}
}

func names(t testing.TB, f Fixture) {
	for _, name := range []string{
		"", "/", "a/", "/a", "a//b", "..", "../a", "a/../b", "a/./b", ".a", "a/.b", "a b", "a\nb", `a\b`, "ä", "a?b", "a#b", "a%2fb", "-*",
		strings.Repeat("a", 201), strings.Repeat("a/", 450) + "a",
	} {
		if _, err := f.Store.Put(t.Context(), name, stream(nil), 0); err == nil {
			t.Errorf("%q was taken", name)
		}
		if r, err := f.Store.Get(t.Context(), name); err == nil || errors.Is(err, backup.ErrMissing) {
			t.Errorf("%q was looked for: %v", name, err)
			if r != nil {
				r.Close()
			}
		}
		if err := f.Store.Delete(t.Context(), name); err == nil {
			t.Errorf("%q could be deleted", name)
		}
	}
	for _, prefix := range []string{"../", "/etc/", "a/../../"} {
		if _, err := f.Store.List(t.Context(), prefix); err == nil {
			t.Errorf("%q could be listed", prefix)
		}
		if _, err := f.Store.Sweep(t.Context(), prefix, 0); err == nil {
			t.Errorf("%q could be swept", prefix)
		}
	}
	for _, name := range []string{"a", "A-1_2.x", "-x", "_/0", strings.Repeat("a", 200), strings.Repeat("a/", 449) + "a"} {
		put(t, f.Store, name, []byte(name))
		holds(t, f.Store, name, []byte(name))
		if err := f.Store.Delete(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
}

func readingEnds(t testing.TB, f Fixture) {
	put(t, f.Store, name, bytesOf(f.Part))
	ctx, cancel := context.WithCancel(t.Context())
	r, err := f.Store.Get(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, context.Canceled) {
		t.Errorf("reading went on: %v", err)
	}
}

func location(t testing.TB, f Fixture) {
	if at := f.Store.Location(); !strings.Contains(at, "://") || strings.ContainsAny(at, "@ \n") {
		t.Errorf("location %q", at)
	}
}
