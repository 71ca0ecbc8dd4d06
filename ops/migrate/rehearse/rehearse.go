// Package rehearse runs a migration in a scratch database made from the schema, and traces what it locks, rewrites and
// scans. It may import ops, ops/client and the packages of ops/migrate.
package rehearse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"dbbot/ops"
	"dbbot/ops/migrate/lint"
)

const (
	// longest bounds a rehearsal with all that belongs to it, however long anybody waits for it.
	longest = time.Minute
	// fillWithin bounds one statement that makes the schema.
	fillWithin = 20 * time.Second
	// margin is what is left of the time of whoever asks when the waiting ends: to say what is known by then.
	margin = 400 * time.Millisecond
	// atOnce is how many rehearsals a process runs beside one another.
	atOnce = 2
	// keptTraces is how many results are remembered, so that a request is not rehearsed again before it runs.
	keptTraces = 64
	// endWithin is how long Close waits until the scratch databases are gone.
	endWithin = removeWithin + stopWithin
)

// Options say what is rehearsed, and where.
type Options struct {
	Name    string     // of the database, as people call it
	URL     ops.Secret // of the database itself: its schema is read there
	Scratch ops.Secret // rehearsal_url: another server or a branch; empty: a database beside the real one
	Beside  ops.Secret // by which that one is made, of a role with few rights; empty: URL
}

// Rooms rehearses. It is for several goroutines.
type Rooms struct {
	log   *slog.Logger
	slots chan struct{}
	live  context.Context
	end   context.CancelCauseFunc
	all   sync.WaitGroup

	weighEvery time.Duration // the constants; tests are less patient
	tooMuch    int64

	mu      sync.Mutex
	flights map[string]*flight // by database and files
	kept    map[string]Trace   // by the schema, too
	order   []string           // of kept, from the oldest
}

// New begins nothing yet.
func New(log *slog.Logger) *Rooms {
	r := &Rooms{log: log, slots: make(chan struct{}, atOnce), flights: map[string]*flight{}, kept: map[string]Trace{}, weighEvery: time.Second, tooMuch: tooMuch}
	r.live, r.end = context.WithCancelCause(context.Background())
	return r
}

// errEnding: dbbot ends, and its rehearsals with it.
var errEnding = errors.New("dbbot is ending")

// Close ends all rehearsals and waits until their databases are removed, for a while.
func (r *Rooms) Close() {
	r.mu.Lock()
	r.end(errEnding)
	r.mu.Unlock()
	gone := make(chan struct{})
	go func() { r.all.Wait(); close(gone) }()
	select {
	case <-gone:
	case <-time.After(endWithin):
	}
}

// flight is one rehearsal under way, which several may wait for.
type flight struct {
	done chan struct{}

	mu    sync.Mutex
	trace Trace
}

func (f *flight) tell(change func(*Trace)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.trace)
}

// whole says that every file went through.
func (f *flight) whole() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.trace.Failure == nil && !slices.ContainsFunc(f.trace.Steps, func(s Step) bool { return s.Refused != "" })
}

func (f *flight) snapshot() Trace {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.trace.copied()
}

// Rehearse gives what is known when the rehearsal has ended, or shortly before ctx does: then it goes on, and whoever asks
// again hears the rest. It never fails: a trace says itself why there is none.
func (r *Rooms) Rehearse(ctx context.Context, o Options, steps []lint.Parsed) Trace {
	f, err := r.flight(o, steps)
	if err != nil {
		return Trace{Refused: err.Error()}
	}
	patience := longest + removeWithin
	if deadline, bounded := ctx.Deadline(); bounded {
		patience = time.Until(deadline) - margin
	}
	timer := time.NewTimer(max(0, patience))
	defer timer.Stop()
	select {
	case <-f.done:
		return f.snapshot()
	case <-ctx.Done():
	case <-timer.C:
	}
	t := f.snapshot()
	t.Under = true
	return t
}

// flight joins the rehearsal of the same files, or begins one.
func (r *Rooms) flight(o Options, steps []lint.Parsed) (*flight, error) {
	key := o.Name + " " + sum(steps)
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.flights[key]; f != nil {
		return f, nil
	}
	if r.live.Err() != nil {
		return nil, errEnding
	}
	f := &flight{done: make(chan struct{})}
	r.flights[key] = f
	r.all.Go(func() { r.fly(key, f, o, steps) })
	return f, nil
}

// sum is of all that decides what a rehearsal does, but for the schema.
func sum(steps []lint.Parsed) string {
	h := sha256.New()
	for _, s := range steps {
		fmt.Fprintf(h, "%v %d %s %s\n", s.Step.Down, s.Step.Skip, s.Step.File().Sum, s.Step.File().Path)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// fly is one rehearsal from its beginning to the removal of its database. Those who wait need not wait for the latter.
func (r *Rooms) fly(key string, f *flight, o Options, steps []lint.Parsed) {
	ctx, cancel := context.WithTimeout(r.live, longest)
	defer cancel()
	told := sync.OnceFunc(func() {
		r.mu.Lock()
		delete(r.flights, key)
		r.mu.Unlock()
		close(f.done)
	})
	defer told()
	defer func() { // a mistake of ours must not end the program, and leaves a database that is found later
		if p := recover(); p != nil {
			r.log.Error("rehearsal: panic", "database", o.Name, "cause", ops.Redact(fmt.Sprint(p)))
			f.tell(func(t *Trace) { t.Stopped = "Something went wrong here; dbbot's log says what." })
		}
	}()
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		f.tell(func(t *Trace) { t.Stopped = "Other rehearsals took too long." })
		return
	}
	s := stage{rooms: r, flight: f, options: o, steps: steps, key: key, id: newID(), told: told, begun: time.Now()}
	if err := s.run(ctx); err != nil {
		r.log.Warn("rehearsal", "database", o.Name, "cause", ops.Redact(cause(err)))
	}
}

// keep remembers a trace that is whole.
func (r *Rooms) keep(key string, t Trace) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, again := r.kept[key]; !again {
		r.order = append(r.order, key)
	}
	r.kept[key] = t
	for len(r.order) > keptTraces {
		delete(r.kept, r.order[0])
		r.order = r.order[1:]
	}
}

func (r *Rooms) remembered(key string) (Trace, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, ok := r.kept[key]
	return t.copied(), ok
}

func cause(err error) string {
	if marked, ok := errors.AsType[*ops.Error](err); ok && marked.Cause != nil {
		return marked.Message + " " + marked.Cause.Error()
	}
	return err.Error()
}
