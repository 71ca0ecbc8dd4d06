package storetest

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"dbbot/ops/backup"
)

const name = "orders/orders-20261123-030000-7f3a/archive.dump.zst.age"

// bytesOf gives n bytes that no compression shortens and that are the same each time.
func bytesOf(n int64) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

// plain hides what else a reader can do: stores get streams whose size nobody knows.
type plain struct{ io.Reader }

func stream(b []byte) io.Reader { return plain{bytes.NewReader(b)} }

func put(t testing.TB, s backup.Store, name string, content []byte) {
	t.Helper()
	size, err := s.Put(t.Context(), name, stream(content), 0)
	if err != nil || size != int64(len(content)) {
		t.Fatalf("put %s: %d bytes of %d, %v", name, size, len(content), err)
	}
}

func get(t testing.TB, s backup.Store, name string) []byte {
	t.Helper()
	r, err := s.Get(t.Context(), name)
	if err != nil {
		t.Fatalf("get %s: %v", name, err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("reading %s: %v", name, err)
	}
	return content
}

func holds(t testing.TB, s backup.Store, name string, want []byte) {
	t.Helper()
	if got := get(t, s, name); !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes came back for %d, or others", name, len(got), len(want))
	}
}

func listed(t testing.TB, s backup.Store, prefix string) (names []string) {
	t.Helper()
	all, err := s.List(t.Context(), prefix)
	if err != nil {
		t.Fatalf("list %q: %v", prefix, err)
	}
	for _, one := range all {
		names = append(names, one.Name)
	}
	return names
}

// empty says that nothing is there, to be seen or not.
func empty(t testing.TB, f Fixture) {
	t.Helper()
	if found := listed(t, f.Store, ""); len(found) > 0 {
		t.Errorf("left: %q", found)
	}
	if r, err := f.Store.Get(t.Context(), name); !errors.Is(err, backup.ErrMissing) {
		if err == nil {
			r.Close()
		}
		t.Errorf("get: %v", err)
	}
	if f.Unfinished != nil {
		if n := f.Unfinished(t); n > 0 {
			t.Errorf("%d unfinished things are left", n)
		}
	}
}
