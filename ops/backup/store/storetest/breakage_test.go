package storetest

import (
	"context"
	"io"
	"runtime"
	"testing"
	"time"

	"dbbot/ops/backup"
)

// recorder is a test that may fail without anybody minding.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Error(...any)          { r.failed = true }
func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) Fatal(...any)          { r.failed = true; runtime.Goexit() }
func (r *recorder) Fatalf(string, ...any) { r.failed = true; runtime.Goexit() }

// breaks says whether a clause finds something wrong with a store.
func breaks(t *testing.T, c clause, f Fixture) bool {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.prove(r, f)
	}()
	<-done
	return r.failed
}

type puts struct {
	*memory
	put func(ctx context.Context, name string, r io.Reader) (int64, error)
}

func (p puts) Put(ctx context.Context, name string, r io.Reader, _ int64) (int64, error) {
	if err := p.fits(name); err != nil {
		return 0, err
	}
	return p.put(ctx, name, r)
}

type lister struct {
	*memory
	prefix func(string) string
}

func (l lister) List(ctx context.Context, prefix string) ([]backup.Object, error) {
	if prefix != "" && l.fits(prefix+"x") != nil {
		return l.memory.List(ctx, prefix)
	}
	return l.memory.List(ctx, l.prefix(prefix))
}

type deleter struct {
	*memory
	delete func(ctx context.Context, name string) error
}

func (d deleter) Delete(ctx context.Context, name string) error { return d.delete(ctx, name) }

type sweeper struct {
	*memory
	age time.Duration
}

func (s sweeper) Sweep(ctx context.Context, prefix string, _ time.Duration) ([]string, error) {
	return s.memory.Sweep(ctx, prefix, s.age)
}

type getter struct{ *memory }

func (g getter) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	return g.memory.Get(context.WithoutCancel(ctx), name)
}

type anyName struct{ *memory }

func (a anyName) Get(_ context.Context, name string) (io.ReadCloser, error) {
	return nil, backup.ErrMissing
}

type placed struct{ *memory }

func (placed) Location() string { return "s3://AKIA:hunter2@bucket" }

type tagged struct{ *memory }

func (x tagged) List(ctx context.Context, prefix string) ([]backup.Object, error) {
	all, err := x.memory.List(ctx, prefix)
	for i := range all {
		all[i].Tag = "always"
	}
	return all, err
}
