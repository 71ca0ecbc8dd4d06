package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
)

func comesBack(t testing.TB, f Fixture) {
	for _, n := range []int64{0, 1, 4096, 1 << 20} {
		put(t, f.Store, name, bytesOf(n))
		holds(t, f.Store, name, bytesOf(n))
	}
	all, err := f.Store.List(t.Context(), name)
	if err != nil || len(all) != 1 || all[0].Size != 1<<20 || all[0].Modified.IsZero() {
		t.Errorf("listed as %+v, %v", all, err)
	}
}

func streams(t testing.TB, f Fixture) {
	content := bytesOf(2*f.Part + 12345)
	put(t, f.Store, name, content)
	holds(t, f.Store, name, content)
}

// Readers give what they like at a time; sizes at the edges of a part are where stores go wrong.
func estimates(t testing.TB, f Fixture) {
	for _, tt := range []struct{ size, estimate int64 }{{f.Part, f.Part}, {f.Part + 1, 1}, {100, 4 * f.Part}} {
		content := bytesOf(tt.size)
		size, err := f.Store.Put(t.Context(), name, iotest.HalfReader(stream(content)), tt.estimate)
		if err != nil || size != tt.size {
			t.Fatalf("%d bytes estimated as %d: %d, %v", tt.size, tt.estimate, size, err)
		}
		holds(t, f.Store, name, content)
	}
}

func appearsWhole(t testing.TB, f Fixture) {
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := f.Store.Put(context.WithoutCancel(t.Context()), name, r, 0)
		r.CloseWithError(errors.Join(errLeft, err))
		done <- err
	}()
	content := bytesOf(f.Part + 1000)
	// The pipe gives no more than is taken: after this, the store has read past its first part.
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if found := listed(t, f.Store, ""); len(found) > 0 {
		t.Errorf("seen half-written: %q", found)
	}
	if _, err := f.Store.Get(t.Context(), name); err == nil {
		t.Error("a half-written file can be read")
	}
	w.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	holds(t, f.Store, name, content)
}

func seenByOthers(t testing.TB, f Fixture) {
	put(t, f.Store, name, bytesOf(100))
	other := f.Again()
	defer other.Close()
	holds(t, other, name, bytesOf(100))
}

var errLeft = errors.New("the store left before the end")

var errBroken = errors.New("the pipe broke")

func failingReader(t testing.TB, f Fixture) { fails(t, f, 100) }

func failingLater(t testing.TB, f Fixture) { fails(t, f, 2*f.Part+100) }

func fails(t testing.TB, f Fixture, after int64) {
	broken := io.MultiReader(stream(bytesOf(after)), iotest.ErrReader(errBroken))
	if _, err := f.Store.Put(t.Context(), name, broken, 0); !errors.Is(err, errBroken) {
		t.Errorf("the reader's error became %v", err)
	}
	empty(t, f)
}

// What a cut stream gives is no end, wherever it comes: libraries have taken it for one.
func failingAsCut(t testing.TB, f Fixture) {
	for _, after := range []int64{0, 100, f.Part, 2*f.Part + 100} {
		for _, cut := range []error{io.ErrUnexpectedEOF, fmt.Errorf("behind it: %w", io.EOF)} {
			broken := io.MultiReader(stream(bytesOf(after)), iotest.ErrReader(cut))
			if _, err := f.Store.Put(t.Context(), name, broken, 0); !errors.Is(err, cut) {
				t.Errorf("%v after %d bytes became %v", cut, after, err)
			}
			empty(t, f)
		}
	}
}

func cancelled(t testing.TB, f Fixture) {
	errStop := errors.New("somebody pressed Cancel")
	ctx, cancel := context.WithCancelCause(t.Context())
	much := io.LimitReader(readerFunc(func(p []byte) (int, error) { return len(p), nil }), 4*f.Part)
	sent := io.MultiReader(stream(bytesOf(f.Part+1)), readerFunc(func([]byte) (int, error) { cancel(errStop); return 0, io.EOF }), much)
	if _, err := f.Store.Put(ctx, name, sent, 0); !errors.Is(err, errStop) {
		t.Errorf("cancelled: %v", err)
	}
	empty(t, f)
}

// A child that is killed by the same cancel closes its pipe as if all were said.
func cancelledPeacefully(t testing.TB, f Fixture) {
	for _, n := range []int64{10, f.Part + 1} {
		ctx, cancel := context.WithCancel(t.Context())
		end := readerFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF })
		if _, err := f.Store.Put(ctx, name, io.MultiReader(stream(bytesOf(n)), end), 0); !errors.Is(err, context.Canceled) {
			t.Errorf("half of it was taken for the whole: %v", err)
		}
		empty(t, f)
	}
}

func cancelledBefore(t testing.TB, f Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Store.Put(ctx, name, stream(bytesOf(10)), 10); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	empty(t, f)
}

func failedOverwrite(t testing.TB, f Fixture) {
	put(t, f.Store, name, []byte("the old one"))
	broken := io.MultiReader(stream(bytesOf(f.Part+5)), iotest.ErrReader(errBroken))
	if _, err := f.Store.Put(t.Context(), name, broken, 0); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	holds(t, f.Store, name, []byte("the old one"))
}

func overwrites(t testing.TB, f Fixture) {
	put(t, f.Store, name, bytesOf(f.Part+1))
	put(t, f.Store, name, []byte("shorter"))
	holds(t, f.Store, name, []byte("shorter"))
	if found := listed(t, f.Store, ""); len(found) != 1 {
		t.Errorf("listed: %q", found)
	}
}

func tags(t testing.TB, f Fixture) {
	tag := func(content string) string {
		put(t, f.Store, name, []byte(content))
		all, err := f.Store.List(t.Context(), "")
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0].Tag
	}
	if one, other := tag("a"), tag("b"); one == other && one != "" {
		t.Errorf("the same tag for two contents: %s", one)
	}
}

// readerFunc is a reader of one function.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
