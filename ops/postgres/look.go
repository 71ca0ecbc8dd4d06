package postgres

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
)

const (
	// answerWithin is when a status is given as far as it has come. People are promised an answer within three
	// seconds whatever hangs; one of them belongs to what carries, draws and sends it.
	answerWithin = 2 * time.Second
	// drainWithin is how long a look may go on after that, so that the connection survives a few slow sections: it
	// may be the last slot we get. It is more than the statement timeouts of all sections that ever were slow.
	drainWithin = 10 * time.Second
	// silentAfter is when a kept connection that says nothing is given up for a new one. Idle connections are
	// forgotten by firewalls without a word; a living server begins to answer within milliseconds.
	silentAfter = time.Second
)

// look is one reading of a database, and what is known of it so far.
type look struct {
	begun time.Time
	done  chan struct{}

	mu     sync.Mutex
	status Status
}

// join gives the look under way, or begins one.
func (d *database) join(reads *sync.WaitGroup) *look {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.look == nil {
		d.look = d.begin(reads, d.sections, drainWithin, func(s *Status) {
			defer d.forget()
			d.memory.remember(s, time.Now())
		})
	}
	return d.look
}

// forget lets the next who asks begin a new look.
func (d *database) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.look = nil
}

// glance joins the look under way, or reads some sections alone, which nobody else joins.
func (d *database) glance(reads *sync.WaitGroup, files ...string) *look {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.look != nil {
		return d.look
	}
	var some []section
	for _, s := range d.sections {
		if slices.Contains(files, s.file) {
			some = append(some, s)
		}
	}
	return d.begin(reads, some, answerWithin, func(*Status) {})
}

// begin reads in the background: whoever asked may leave early, others may have joined.
func (d *database) begin(reads *sync.WaitGroup, sections []section, within time.Duration, ended func(*Status)) *look {
	l := &look{begun: time.Now(), done: make(chan struct{})}
	l.status = Status{
		Target: d.Target, At: l.begun, Tool: d.Migrations, Thresholds: d.Thresholds,
		Down: d.own.unanswered(stageQueued),
	}
	for _, s := range sections {
		s.store(&l.status, nil, notReached())
	}
	reads.Add(1)
	go func() {
		defer reads.Done()
		defer close(l.done)
		defer d.survive(l.down)
		defer l.change(func(s *Status) {
			s.Took = time.Since(l.begun)
			ended(s)
		})
		ctx, cancel := context.WithTimeout(d.life, within)
		defer cancel()
		d.read(ctx, l, sections)
	}()
	return l
}

// survive is deferred in every goroutine of a look, whose panics nobody else could catch: one becomes what is said.
func (d *database) survive(say func(*ops.Error)) {
	p := recover()
	if p == nil {
		return
	}
	reference := ops.Reference()
	d.log.Error("panic while a database was read", "database", d.own.database, "reference", reference,
		"panic", ops.Redact(fmt.Sprint(p)), "stack", ops.Redact(string(debug.Stack())))
	said := ops.Explain(errors.New("panic"), reference)
	say(&ops.Error{Message: said.Message, Hint: said.Hint})
}

func (l *look) down(fault *ops.Error) { l.change(func(s *Status) { s.Down = fault }) }

// wait gives what is known when the look is done, when its time is over or when ctx ends.
func (l *look) wait(ctx context.Context) Status {
	patience := time.NewTimer(time.Until(l.begun.Add(answerWithin)))
	defer patience.Stop()
	select {
	case <-l.done:
	case <-patience.C:
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.status
	if s.Took == 0 {
		s.Took = time.Since(l.begun)
	}
	return s
}

func (l *look) change(how func(*Status)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	how(&l.status)
}

// read fills the look in. What URL may not read of the migrations is read over MigrateURL, from the second time on
// at once with the rest.
func (d *database) read(ctx context.Context, l *look, sections []section) {
	own, owners := d.divide(sections)
	var both sync.WaitGroup
	both.Go(func() { d.readOwn(ctx, l, own) })
	both.Go(func() { d.readAsOwner(ctx, l, owners) })
	both.Wait()
	if _, again := d.divide(sections); len(owners) == 0 && len(again) > 0 {
		d.readAsOwner(ctx, l, again)
	}
}

// divide gives what goes over each connection.
func (d *database) divide(sections []section) (own, owners []section) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range sections {
		if s.isMigrations() && d.denied {
			owners = append(owners, s)
		} else {
			own = append(own, s)
		}
	}
	return own, owners
}

func (d *database) readOwn(ctx context.Context, l *look, sections []section) {
	defer d.survive(l.down)
	if d.own.take(ctx) != nil {
		return // the look says already that its turn did not come
	}
	defer d.own.leave()
	heard := 0
	err := d.own.ask(ctx, sections,
		func(at stage) { l.change(func(s *Status) { s.Down = d.own.unanswered(at) }) },
		func(s section, conn *pgconn.PgConn, answer []byte, err error) {
			heard++
			l.change(func(status *Status) {
				status.Down = nil
				d.hear(status, s, answer, err)
				status.Server.Value.Pooled = status.Server.Value.Backend != conn.PID()
			})
		})
	if err != nil {
		l.change(func(s *Status) { d.lost(s, sections[heard:], err) })
	}
}

// lost says why a database, or what had not been heard of it yet, was not read.
func (d *database) lost(s *Status, rest []section, err error) {
	fault := d.own.explain(err)
	if s.Down != nil {
		s.Down = fault
	} else {
		for _, section := range rest {
			section.store(s, nil, &ops.Error{Message: "not read: the connection was lost", Hint: fault.Hint, Cause: err})
		}
	}
	if d.life.Err() == nil { // else it was Close that broke it off
		d.log.Warn("database not read", "database", d.own.database, "sections", len(rest), "error", ops.Redact(err.Error()))
	}
}

// readAsOwner reads the migrations over MigrateURL.
func (d *database) readAsOwner(ctx context.Context, l *look, sections []section) {
	unread := func(fault *ops.Error) { l.change(func(s *Status) { s.Migrations.Fault = fault }) }
	defer d.survive(unread)
	if len(sections) == 0 || d.owner.take(ctx) != nil {
		return
	}
	defer d.owner.leave()
	err := d.owner.ask(ctx, sections, func(stage) {}, func(s section, _ *pgconn.PgConn, answer []byte, err error) {
		l.change(func(status *Status) { d.hear(status, s, answer, err) })
	})
	if err != nil {
		unread(d.owner.explain(err))
	}
}

// hear puts one section's answer, or the explanation of its error, into the status.
func (d *database) hear(status *Status, s section, answer []byte, err error) {
	if err == nil {
		s.store(status, answer, nil)
		return
	}
	if s.isMigrations() && sqlState(err) == undefinedTable {
		s.store(status, []byte("{}"), nil)
		status.Migrations.Value.Missing = true
		return
	}
	s.store(status, nil, sectionFault(s, status.Server.Value.User, err))
	if s.isMigrations() && sqlState(err) == insufficientPrivileges && d.owner != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.denied = true
	}
	d.log.Info("section not read", "database", d.own.database, "section", s.file, "error", ops.Redact(err.Error()))
}
