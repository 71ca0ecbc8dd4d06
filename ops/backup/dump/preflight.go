package dump

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/inventory"
	"dbbot/ops/client"
)

// Ready is what a backup would be. All but Bytes, Server.Bytes and Notes is the same until somebody changes something.
type Ready struct {
	Server     backup.Server
	Role       string // that reads
	Client     string // "pg_dump (PostgreSQL) 15.18"
	Tables     int
	Bytes      int64  // of all tables
	Location   string // of the store
	Recipients int    // keys; 0: not encrypted
	Parallel   int    // sessions
	Passwords  bool   // the roles' password hashes come along
	Notes      []string
}

// Faults are all the reasons why no backup can be taken now.
type Faults []*ops.Error

func (f Faults) Error() string {
	words := make([]string, len(f))
	for i, one := range f {
		words[i] = one.Message
	}
	return strings.Join(words, " ")
}

// Preflight looks whether a backup can be taken, and says all that is in the way at once: the error is an *ops.Error whose
// cause is Faults. It writes one tiny file into the store and removes it.
func Preflight(ctx context.Context, o Options) (Ready, error) {
	s := examine(ctx, o)
	defer s.close()
	return s.ready, s.fault(o)
}

// survey is what was found, over a connection that may be used on.
type survey struct {
	ready      Ready
	guard      *pgx.Conn // nil where nobody answered
	name       string    // of the session
	place      client.Place
	programs   client.Programs
	weights    *weights
	recipients []age.Recipient
	inside     bool // pg_dump compresses with zstd itself
	faults     Faults
}

func examine(ctx context.Context, o Options) *survey {
	s := &survey{name: prefix + looking}
	s.ready.Location, s.ready.Recipients, s.ready.Parallel = o.Store.Location(), len(o.Recipients), max(1, o.Parallel)
	tried := make(chan error, 1)
	go func() {
		err := tryStore(ctx, o)
		if err != nil { // another process may just have swept
			err = tryStore(ctx, o)
		}
		tried <- err
	}()
	s.keys(o.Recipients)
	s.server(ctx, o)
	s.add(<-tried)
	s.notes()
	return s
}

// add notes a fault, as somebody may see it.
func (s *survey) add(err error) {
	if err == nil {
		return
	}
	said, ok := errors.AsType[*ops.Error](err)
	if !ok {
		said = &ops.Error{Message: "Something could not be looked at before the backup.", Hint: "dbbot's log has the cause.", Cause: err}
	}
	s.faults = append(s.faults, said)
}

// server looks at everything that needs the connection.
func (s *survey) server(ctx context.Context, o Options) {
	var err error
	if s.guard, s.place, err = open(ctx, o, s.name, client.Place{}); err != nil {
		s.add(err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	err = pgx.BeginTxFunc(ctx, s.guard, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		frame, err := inventory.ReadFrame(ctx, tx)
		s.ready.Server = frame.Server
		return errors.Join(err, s.rights(ctx, tx, o))
	})
	if err != nil {
		s.add(&ops.Error{Message: "What " + o.name() + " holds could not be read.", Hint: "dbbot's log has the cause.", Cause: err})
		return
	}
	if s.weights, err = weigh(ctx, s.guard); err != nil {
		s.add(unreached(o, err))
		return
	}
	s.ready.Bytes = s.weights.total
	if s.ready.Server.Major < oldestServer {
		s.add(&ops.Error{Message: fmt.Sprintf("PostgreSQL %d is too old: backups need %d, which tells how far a dump is.", s.ready.Server.Major, oldestServer)})
		return
	}
	if s.programs, err = client.Find(s.ready.Server.Major); err != nil {
		s.add(err)
		return
	}
	s.ready.Client, s.inside = s.programs.Version, compresses(ctx, s.programs)
	s.add(s.room(o))
}

// oldestServer is the first that has pg_stat_progress_copy.
const oldestServer = 14

// keys fails closed: no backup is taken with fewer keys than it should have.
func (s *survey) keys(all []string) {
	for i, key := range all {
		found, err := age.ParseRecipients(strings.NewReader(key))
		if err != nil || len(found) != 1 {
			s.add(&ops.Error{ // the key is not shown: somebody may have given the secret one
				Message: fmt.Sprintf("Key %d of encrypt_to is no age public key.", i+1), Hint: "It begins with age1; age-keygen -y gives it.", Cause: err,
			})
			continue
		}
		s.recipients = append(s.recipients, found[0])
	}
}

func (s *survey) notes() {
	switch s.ready.Recipients {
	case 0:
		s.note("It will not be encrypted, and holds no passwords of roles for that reason.")
	case 1:
		s.note("It is encrypted to one key alone: without that key it is lost.")
	}
}

func (s *survey) note(words string) { s.ready.Notes = append(s.ready.Notes, words) }

// fault makes one error of all faults; nil where there are none.
func (s *survey) fault(o Options) error {
	if len(s.faults) == 0 {
		return nil
	}
	fault := &ops.Error{Cause: s.faults}
	var hints []string
	for _, one := range s.faults {
		fault.Message += " " + one.Message
		if one.Hint != "" {
			hints = append(hints, one.Hint)
		}
	}
	fault.Message, fault.Hint = "No backup of "+o.name()+" can be taken:"+fault.Message, strings.Join(hints, " ")
	return fault
}

// close ends the connection, and with it the lock.
func (s *survey) close() {
	if s.guard != nil {
		shut(s.guard)
	}
}

// tryWithin is how long a store may take for a few bytes.
const tryWithin = 20 * time.Second

// tryStore writes, lists and removes a tiny file.
func tryStore(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeoutCause(ctx, tryWithin, errStalled)
	defer cancel()
	name, text := probe(o.Database), []byte("dbbot tries whether it may write here.\n")
	said := func(what string, err error) error {
		fault := &ops.Error{Message: "The store " + o.Store.Location() + " " + what + ".", Cause: err}
		if own, ok := errors.AsType[*ops.Error](err); ok {
			fault.Message, fault.Hint = strings.TrimSuffix(fault.Message, ".")+": "+own.Message, own.Hint
		}
		return fault
	}
	if _, err := o.Store.Put(ctx, name, bytes.NewReader(text), int64(len(text))); err != nil {
		return said("cannot be written", err)
	}
	found, err := o.Store.List(ctx, name)
	missing := err == nil && (len(found) != 1 || found[0].Size != int64(len(text)))
	if gone := o.Store.Delete(ctx, name); gone != nil {
		return said("does not let dbbot delete, and keeps "+name, gone)
	}
	if err != nil || missing {
		return said("does not show what was written to it", cmp.Or(err, backup.ErrMissing))
	}
	return nil
}
