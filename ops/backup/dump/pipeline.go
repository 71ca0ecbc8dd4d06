package dump

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync/atomic"

	"filippo.io/age"
	"github.com/DataDog/zstd"

	"dbbot/ops/backup"
)

// level of zstd: 3 costs half as much CPU again for 2 % less (reference backups 1).
const level = 1

// seal is what stands between pg_dump and the store: compression, encryption, checksum, in this order. It keeps a few
// hundred kilobytes, whatever comes.
type seal struct {
	top    io.Writer
	layers []io.Closer // from the top
	raw    int64
	sum    hash.Hash
	size   int64
	below  io.Writer
}

// begin makes the layers. That of age writes its head at once: somebody must read below.
func (s *seal) begin(f backup.File, recipients []age.Recipient) error {
	s.top = writerFunc(s.count)
	if f.Age {
		sealed, err := age.Encrypt(s.top, recipients...)
		if err != nil {
			return fmt.Errorf("encryption: %w", err)
		}
		s.top, s.layers = sealed, []io.Closer{sealed}
	}
	if f.Zstd {
		packed := zstd.NewWriterLevel(s.top, level)
		s.top, s.layers = packed, append([]io.Closer{packed}, s.layers...)
	}
	return nil
}

// Write takes what is to be kept.
func (s *seal) Write(p []byte) (int, error) {
	n, err := s.top.Write(p)
	s.raw += int64(n)
	return n, err
}

// Close writes the ends of all layers; without them nothing can be read. The second time it does nothing.
func (s *seal) Close() (err error) {
	defer func() { s.layers = nil }()
	for _, layer := range s.layers {
		err = errors.Join(err, layer.Close())
	}
	return err
}

// count takes what is stored.
func (s *seal) count(p []byte) (int, error) {
	if len(p) == 0 { // zstd has nothing to give yet; a pipe would wait for a reader
		return 0, nil
	}
	n, err := s.below.Write(p)
	s.sum.Write(p[:n])
	s.size += int64(n)
	return n, err
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// put streams what produce writes into the store, as a file of this backup. The store completes it only when produce and
// all layers have ended well; the first that fails ends the others.
func (t *taking) put(ctx context.Context, w *watch, f backup.File, estimate int64, produce func(context.Context, io.Writer) error) (backup.File, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out, in := io.Pipe()
	s, name := &seal{sum: sha256.New(), below: w.store(in)}, t.named(f.Name)
	stored, ended := make(chan outcome, 1), &atomic.Bool{}
	go func() {
		size, err := t.options.Store.Put(ctx, name, out, estimate)
		early := !ended.Load()
		out.CloseWithError(orClosed(err))
		stored <- outcome{size, err, early}
	}()
	defer context.AfterFunc(ctx, func() { out.CloseWithError(context.Cause(ctx)) })()
	defer w.bite(cancel)()
	err := s.begin(f, t.survey.recipients)
	if err == nil {
		err = produce(ctx, w.server(s))
	}
	if err == nil {
		err = s.Close()
	}
	ended.Store(true)
	in.CloseWithError(err) // nil: the end
	if err != nil {
		_ = s.Close() // gives zstd's memory back; it can write nothing any more
		cancel(err)
	}
	return t.settle(ctx, f, s, stored, err)
}

type outcome struct {
	size  int64
	err   error
	early bool // the store ended before we had
}

// settle waits for the store, and believes it only when it counted as we did.
func (t *taking) settle(ctx context.Context, f backup.File, s *seal, stored <-chan outcome, failed error) (backup.File, error) {
	o, err := await(ctx, t.bounds.finish, stored)
	switch {
	case failed != nil && o.early && (errors.Is(failed, o.err) || errors.Is(failed, io.ErrClosedPipe)):
		return f, storeFailed{orClosed(o.err)}
	case failed != nil:
		return f, failed
	case err != nil:
		return f, err
	case o.err != nil:
		return f, storeFailed{o.err}
	case o.size != s.size:
		return f, storeFailed{fmt.Errorf("it took %d bytes of %d", o.size, s.size)}
	}
	f.Raw, f.Size, f.SHA256 = s.raw, s.size, hex.EncodeToString(s.sum.Sum(nil))
	return f, nil
}

// storeFailed marks what the store is to blame for.
type storeFailed struct{ error }

func (s storeFailed) Unwrap() error { return s.error }

func orClosed(err error) error {
	if err == nil {
		return io.ErrClosedPipe // who writes on after the end is wrong
	}
	return err
}
