// Package store keeps dbbot's own facts in PostgreSQL, in the schema "dbbot": requests and votes, what people typed and
// pressed (the inbox), what is to be said and where it stands (messages), and the audit chain. Every step of a request is
// one transaction with all that belongs to it. It may import ops and the pure engines approval and audit; pgx is its
// driver, and golang-migrate applies schema/*.sql.
package store

import (
	"context"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options are what a Store is made of.
type Options struct {
	URL ops.Secret
	// AuditKey seals the audit chain; the database never sees it.
	AuditKey audit.Key
	// Announce says what a move causes to be said. It is pure, and called inside the move's transaction.
	Announce func(approval.Move) []Message
	// Enqueue puts work into the queue, in the caller's transaction.
	Enqueue func(ctx context.Context, tx pgx.Tx, work []approval.Work) error
	Version string       // of dbbot, for the audit
	Policy  string       // digest of the policy in force, for the audit
	Worker  func() int64 // which process this is, once it is known; for the audit
}

// Store is dbbot's memory. Its methods may be called by any number of goroutines and processes at once. Each is bounded
// by its context, and by callWithin; time is the database's.
type Store struct {
	pool    *pgxpool.Pool
	options Options
}

var _ approval.Store = (*Store)(nil)

// Pool gives the connections, for the queue that lives in the same schema.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Close gives all connections back.
func (s *Store) Close() { s.pool.Close() }

// Kind is what sort of message it is.
type Kind string

// The kinds of message.
const (
	Card   Kind = "card"   // the one living message of a request; drawn from the request as it is when it is sent
	Reply  Kind = "reply"  // in the card's thread
	Direct Kind = "direct" // to one person
	Notice Kind = "notice" // to a channel
)

// Message is something to be said, and where it stands once it has been said.
type Message struct {
	ID      int64
	Key     string      // unique: the same move never says the same thing twice
	Request approval.ID // zero of what is about none
	Kind    Kind
	To      string // a channel's id, or of Direct a person's; of Card the channel where it was asked
	Thread  string // of Card, where it was asked in a thread
	Body    []byte // JSON of what to say (bot.Said); empty of Card
	Wanted  int64  // counts up with every change of what it must show
	Sent    int64  // the last Wanted that it is known to show
	Token   string // that its buttons carry: random, 130 bits; empty of what has no buttons

	Channel  string // where it stands; empty until it does
	Stamp    string // its timestamp there
	Link     string // to it, for people
	Tried    bool   // a post was begun before and nobody knows whether it arrived: look for it first
	Attempts int
	Created  time.Time
	SentAt   time.Time
	Quiet    time.Duration // since SentAt, by the database's clock; zero where it was never sent
	Turn     int64         // of the lease that gave it
}

// Invocation is a command as it came in: what was asked for before it was understood.
type Invocation struct {
	Key     string
	Who     ops.PersonID
	Words   string // as typed
	Channel string
	Thread  string
	At      time.Time // when it was kept
	Worker  int64     // which process has it
	Outcome string    // what became of it; empty until it is settled
}

// Strays is what somebody should take up: its worker is gone, or its turn in the queue was lost. Each list is the oldest
// of them, a hundred at most.
type Strays struct {
	Running     []approval.ID // their worker's lock is free
	Approved    []approval.ID // nobody has claimed them for five seconds, or the claimant's lock is free
	Overdue     []approval.ID // pending beyond their time for five seconds
	Messages    []int64       // due for ten seconds, and nobody is sending them
	Invocations []Invocation  // received twenty seconds ago by a worker whose lock is free, and never settled
}

// Home is somebody's home tab that shows requests.
type Home struct {
	Who    ops.PersonID
	Digest string // of what it shows
}
