// Package dump takes backups: one consistent snapshot, counted and dumped by PostgreSQL's own pg_dump, compressed, encrypted
// and streamed into a store, where it can be seen only when it is complete. It may import ops, ops/client, ops/backup and
// what is under that, and pgx.
package dump

import (
	"context"
	"errors"
	"sync"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/client"
)

// Options of a backup.
type Options struct {
	URL         ops.Secret // direct, of a role that may read everything
	Database    string     // as dbbot's file names it
	Environment string
	Store       backup.Store
	Recipients  []string  // age public keys; none: not encrypted
	Parallel    int       // above 1: the directory format with so many sessions, which needs the room of it beside
	Migrations  string    // the tool, golang-migrate or prisma; empty where none is configured
	By, Why     string    // for the manifest, as are the next two
	Request     int64     // 0 from a terminal
	Asked       time.Time // when the request was
	ID          backup.ID // empty: made when it begins

	bounds *bounds // of tests; nil: those of the program
}

// bounds of everything that is waited for.
type bounds struct {
	lock    time.Duration // dbbot's own lock, and that of a migration tool
	table   time.Duration // the locks of tables, together
	stall   time.Duration // a store that takes nothing
	silence time.Duration // a server that gives nothing
	finish  time.Duration // a store that has all and does not say so
	longest time.Duration // all of it
	poll    time.Duration // between two looks at progress
}

var usual = bounds{
	lock: time.Minute, table: time.Minute,
	stall:   2 * time.Minute,  // libraries of stores have tried again several times by then
	silence: 30 * time.Minute, // the scan of a table of dead rows gives nothing for long
	finish:  10 * time.Minute, // S3 puts a large object together
	longest: 24 * time.Hour,
	poll:    time.Second,
}

func (o Options) bound() bounds {
	if o.bounds != nil {
		return *o.bounds
	}
	return usual
}

func (o Options) name() string { return ops.Printable(o.Database, 60) }

// Progress hears what is done: a phase in words, and how far it is, in bytes of tables.
type Progress func(phase string, done, total int64)

// What Progress hears, in this order. Waiting is followed by whom for.
const (
	Waiting  = "waiting for "
	Copying  = "copying"
	Sending  = "sending to the store" // of what was written beside, with Parallel
	Checking = "checking"
)

// Take takes a backup, and returns its manifest once it is in the store. Whatever goes wrong before, nothing stays there,
// and no session, lock or program is left; errors for people are *ops.Error. When ctx ends, Take does within seconds.
func Take(ctx context.Context, o Options, progress Progress) (backup.Manifest, error) {
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.bound().longest, errTooLong)
	defer cancel()
	t := &taking{options: o, bounds: o.bound(), progress: progress}
	m, err := t.take(ctx)
	if err != nil {
		return backup.Manifest{}, t.failed(ctx, errors.Join(err, t.remove()))
	}
	return m, nil
}

// taking is one backup that is being taken.
type taking struct {
	options  Options
	bounds   bounds
	progress Progress
	survey   *survey // what Preflight looks at, with the connection that guards the backup: it holds the lock, and watches
	snapshot *snapshot
	id       backup.ID
	m        backup.Manifest

	mu      sync.Mutex
	names   []string // of what may be in the store already
	blocker string   // who held a lock that pg_dump waited for
}

func (t *taking) take(ctx context.Context) (backup.Manifest, error) {
	t.begin()
	t.survey = examine(ctx, t.options)
	defer t.end()
	if err := t.survey.fault(t.options); err != nil {
		return t.m, err
	}
	if err := t.lock(ctx); err != nil {
		return t.m, err
	}
	if err := t.survey.rename(ctx, application(t.id)); err != nil {
		return t.m, err
	}
	ops.Reached("backup locked")
	var err error
	if t.snapshot, err = t.export(ctx); err != nil {
		return t.m, err
	}
	ops.Reached("backup snapshot")
	found, err := t.dump(ctx)
	if err != nil {
		return t.m, err
	}
	t.say(Checking, 0, 0)
	if err := t.check(ctx, found); err != nil {
		return t.m, err
	}
	ops.Reached("backup checked")
	err = t.publish(ctx) // which says when it was finished
	return t.m, err
}

// begin says what is known before anything is asked.
func (t *taking) begin() {
	o, now := t.options, time.Now().UTC()
	if t.id = o.ID; t.id == "" {
		t.id = backup.NewID(o.Database, now)
	}
	t.m = backup.Manifest{
		Format: backup.Format, ID: t.id, Database: o.Database, Environment: o.Environment, Started: now.Truncate(time.Millisecond),
		By: o.By, Request: o.Request, Asked: o.Asked.UTC(), Why: o.Why, Recipients: o.Recipients,
	}
}

// dump makes archive, globals and counts of the snapshot, all at once; the first that fails ends the others.
func (t *taking) dump(ctx context.Context) (contents, error) {
	t.m.Client = t.survey.programs.Version
	var found contents
	g := together(ctx)
	w := t.newWatch()
	g.goes(func(ctx context.Context) (err error) {
		defer w.dumped.close()
		t.m.Archive, found, err = t.archive(ctx, w)
		return err
	})
	g.goes(func(ctx context.Context) (err error) {
		t.m.Globals, t.m.Passwords, err = t.globals(ctx)
		return err
	})
	g.goes(func(ctx context.Context) (err error) {
		t.m.Contents, err = t.snapshot.count(ctx)
		ops.Reached("backup counted")
		return errors.Join(err, t.snapshot.release(ctx, w))
	})
	g.goes(func(ctx context.Context) error { return t.follow(ctx, w) })
	return found, g.wait()
}

// say tells progress, which never hears two things at once.
func (t *taking) say(phase string, done, total int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.progress(phase, done, total)
}

// end gives back all that was taken, and makes sure of it.
func (t *taking) end() {
	if t.snapshot != nil {
		t.snapshot.close()
	}
	t.survey.waitAlone()
	t.survey.close()
}

// call is a run of a client program in this backup.
func (t *taking) call(path string, args ...string) client.Call {
	c := client.Call{Path: path, Args: args, URL: t.options.URL, At: t.survey.place, Application: application(t.id)}
	c.Options = keepAlive(t.survey.ready.Server.Major)
	return c
}

var errTooLong = errors.New("it took longer than a day")
