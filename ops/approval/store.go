package approval

import (
	"context"
	"errors"
	"time"

	"dbbot/ops"
)

// Move is one step of a request's life, as the machine made it. Whoever keeps requests writes all of it in one
// transaction, with its audit row and the messages it causes, and only where Before is still what is kept.
type Move struct {
	Before Request // zero (ID 0) of a new one
	After  Request // Version is one more than Before's
	Event  Event
	Actor  ops.PersonID // zero: dbbot itself
	Name   string       // the actor's, as it is now, for reading only
	Detail string       // for the audit: a word or two, nothing secret
}

// Event names what happened, for the audit and for what is said about it.
type Event string

// The events of a request's life.
const (
	Asked        Event = "asked"
	Voted        Event = "voted"        // agreed, and more must
	Agreed       Event = "agreed"       // the last one needed; or nobody had to
	GlassBroken  Event = "glass broken" // one alone, with a reason
	RejectedBy   Event = "rejected"
	WithdrawnBy  Event = "withdrawn"
	RanOut       Event = "expired"
	Reminded     Event = "reminded"
	Claimed      Event = "claimed"
	Waits        Event = "waits" // for another request on the same database
	Refuted      Event = "invalidated"
	Began        Event = "started"
	CancelWished Event = "cancel wished"
	TakenOver    Event = "taken over" // its worker is gone; another looks at what happened
	Finished     Event = "finished"   // Detail is the state it ended in
)

// Refusal is what somebody may not do to a request. It changes nothing, and is a fact of the audit.
type Refusal struct {
	Tried string       // "approve", "reject", "withdraw", "cancel", "break glass"
	Code  string       // why not, in a word or two for the audit: "own request", "not entitled", "late", "wrong surface"
	Said  *ops.Error   // for the person
	By    ops.PersonID // of what came too late: who decided or ended it, to be mentioned; zero where nobody did
}

// Error is what the person is told.
func (r *Refusal) Error() string { return r.Said.Message }

// Unwrap gives the message and the hint to ops.Explain.
func (r *Refusal) Unwrap() error { return r.Said }

// What a keeper of requests may answer.
var (
	ErrUnknown  = errors.New("no such request")           // no request has this id, or no surface this token
	ErrRepeated = errors.New("this act was seen before")  // the same click or command, delivered again
	ErrConflict = errors.New("others were always faster") // lost every one of a bounded number of races
)

// Busy is why a request cannot start: another one runs on the same database of the same server, and neither is one of
// Signals.
type Busy struct{ Holder ID }

// Error names the one that runs.
func (b *Busy) Error() string { return "request " + b.Holder.String() + " runs on this database" }

// Act decides what happens to a request as it is, at the keeper's time. It is pure and may be called more than once; a
// *Refusal is written to the audit and given back beside the request as it is, every other error is given back and leaves
// no trace.
type Act func(r Request, now time.Time) (Move, error)

// Press is a click on a surface that shows a request: a card in a channel, somebody's home tab, a modal opened from one.
type Press struct {
	Key     string // the same for every delivery of the same click
	Token   string // what the button carried
	Who     ops.PersonID
	Name    string // theirs, as it is now
	Button  string // for the audit
	Channel string // where the button was; empty in a home tab
	Message string // timestamp of the message; empty in a home tab
}

// Filter chooses requests. Zero values choose all.
type Filter struct {
	States    []State
	Requester ops.PersonID
	Databases []string  // aliases; nil: all, empty: none
	Since     time.Time // asked or ended after
	Limit     int       // at most 200; zero: 50
}

// Store keeps requests. Moves of one request happen one after the other; time is the store's own.
type Store interface {
	// Create keeps a new request, whose move is New's. If the act that made it was seen before, or else
	// the same wish (command, server, digest) is open already, that request comes back and created is false.
	Create(ctx context.Context, ask func(now time.Time) (Move, error)) (r Request, created bool, err error)
	// Move lets act decide what happens next, and keeps it. *Busy: it cannot start now. A move that ends an approved or
	// running request gives work (ToRun) to the oldest one that waits for the same database, unless another runs there; so
	// does a move that begins to wait for one which no longer runs, to itself.
	Move(ctx context.Context, id ID, act Act) (Request, error)
	// Decide finds the request of a pressed button and lets act decide, once per Press.Key: ErrRepeated afterwards. A token
	// that nobody knows is ErrUnknown; one that is bound to another place or person is a *Refusal (Elsewhere), without the
	// request. Both are audited.
	Decide(ctx context.Context, press Press, act Act) (Request, error)
	// Report keeps how far a running request is, and gives back a wish that it stops. It is no move: Version stays. ErrFence:
	// it does not run, or not under this fence.
	Report(ctx context.Context, id ID, fence int64, p Progress) (*Cancel, error)
	// Get gives one request; ErrUnknown.
	Get(ctx context.Context, id ID) (Request, error)
	// List gives the newest first.
	List(ctx context.Context, f Filter) ([]Request, error)
}

// Work is what a move causes to be done: at once, or not before At. It is put into the queue in the move's transaction.
type Work struct {
	Kind WorkKind
	ID   int64 // of the request, or of the message
	At   time.Time
}

// WorkKind says what is to be done.
type WorkKind string

// The kinds of work.
const (
	ToRun     WorkKind = "run"     // an approved request
	ToExpire  WorkKind = "expire"  // a request that nobody decided
	ToRemind  WorkKind = "remind"  // those who may decide it
	ToDeliver WorkKind = "deliver" // a message
	ToRedraw  WorkKind = "redraw"  // the home tabs that are open
)
