package dump

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

var (
	errStalled = errors.New("the store takes nothing any more")
	errSilent  = errors.New("the server gives nothing any more")
)

// watch sees that bytes move, between the server and us and between us and the store. pg_dump itself would wait for ever,
// with all its locks.
type watch struct {
	bounds   bounds
	imported moment       // pg_dump has the snapshot
	dumped   moment       // pg_dump has ended
	asked    atomic.Int64 // since when the store is taking what it was given, in nanoseconds; 0: it waits for us
	moved    atomic.Int64 // when the server last gave something
	progress progressed
}

func (t *taking) newWatch() *watch {
	w := &watch{bounds: t.bounds, imported: newMoment(), dumped: newMoment()}
	w.touch()
	return w
}

// moment is something that happens once.
type moment struct {
	once *sync.Once
	done chan struct{}
}

func newMoment() moment { return moment{&sync.Once{}, make(chan struct{})} }

func (m moment) close() { m.once.Do(func() { close(m.done) }) }

// touch notes that the server lives.
func (w *watch) touch() { w.moved.Store(time.Now().UnixNano()) }

// server sees what comes.
func (w *watch) server(to io.Writer) io.Writer {
	return writerFunc(func(p []byte) (int, error) {
		defer w.touch() // also the time that the store took is none in which the server was silent
		return to.Write(p)
	})
}

// store sees what is taken.
func (w *watch) store(to io.Writer) io.Writer {
	return writerFunc(func(p []byte) (int, error) {
		w.asked.Store(time.Now().UnixNano())
		defer w.asked.Store(0)
		return to.Write(p)
	})
}

// bite ends what hangs, until the function that it gives is called.
func (w *watch) bite(cancel context.CancelCauseFunc) (done func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		look := time.NewTicker(min(w.bounds.stall, w.bounds.silence) / 4)
		defer look.Stop()
		for {
			select {
			case <-stop:
				return
			case now := <-look.C:
				if cause := w.judge(now.UnixNano()); cause != nil {
					cancel(cause)
				}
			}
		}
	}()
	return func() { close(stop); <-stopped }
}

func (w *watch) judge(now int64) error {
	asked := w.asked.Load()
	switch {
	case asked != 0 && now-asked > w.bounds.stall.Nanoseconds():
		return errStalled
	case asked == 0 && now-w.moved.Load() > w.bounds.silence.Nanoseconds():
		return errSilent
	}
	return nil
}

// giveUpWithin is how long a store may take to notice that it was cancelled.
const giveUpWithin = 10 * time.Second

// await waits for the store's answer: for as long as it may take while all is well, and not much longer than ctx.
func await(ctx context.Context, finish time.Duration, stored <-chan outcome) (outcome, error) {
	bound := time.NewTimer(finish)
	defer bound.Stop()
	select {
	case o := <-stored:
		return o, nil
	case <-bound.C:
		return outcome{}, errStalled
	case <-ctx.Done():
	}
	patience := time.NewTimer(giveUpWithin)
	defer patience.Stop()
	select {
	case o := <-stored:
		return o, nil
	case <-patience.C:
		return outcome{}, context.Cause(ctx)
	}
}
