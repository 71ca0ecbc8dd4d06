// Package approval is the life of a request: what may happen to it, when, and by whom. It is a pure machine over plain
// data (machine.go, people.go, run.go), and the contract of whatever keeps requests (store.go) with one suite that every
// keeper passes (approvaltest). It reads no clock, no network and no file, and imports ops alone.
package approval

import (
	"strconv"
	"time"

	"dbbot/ops"
)

// ID numbers requests of one dbbot in the order in which they were made; people type it: "/db request 42".
type ID int64

// String is the id as people read it: "#42".
func (id ID) String() string { return "#" + strconv.FormatInt(int64(id), 10) }

// State is where a request is in its life (design section 5).
type State string

// The states: pending → approved → running → succeeded, failed, cancelled or interrupted; pending → rejected, expired
// or withdrawn; approved → invalidated.
const (
	Pending     State = "pending"
	Approved    State = "approved"
	Running     State = "running"
	Succeeded   State = "succeeded"
	Failed      State = "failed"
	Cancelled   State = "cancelled"   // stopped by a person or by the end of the program, and surely stopped
	Interrupted State = "interrupted" // whether it happened is not known: a person must look
	Rejected    State = "rejected"
	Expired     State = "expired"
	Withdrawn   State = "withdrawn"
	Invalidated State = "invalidated" // agreed, but what was agreed to is no longer so
)

// Open says whether something can still come of it.
func (s State) Open() bool { return s == Pending || s == Approved || s == Running }

// Terms are who must agree, as the policy said when the request was made. They are compared with the policy as it is at
// execution.
type Terms struct {
	By         []string      // groups of the policy; empty: nobody has to agree
	Count      int           // how many people of them; zero: nobody has to agree
	Within     time.Duration // how long the request waits for them
	Alone      bool          // the requester is one of By, and the policy lets them act without a second person here
	BreakGlass bool          // one of By may decide alone, with a written reason
}

// Server is which database is meant beyond its name in the configuration: an alias can be pointed elsewhere.
type Server struct {
	System   string // system identifier of the cluster, decimal
	Database string // name of the database in it
}

// Vote is what one person said last; a changed mind replaces it here, and is a fact of its own in the audit.
type Vote struct {
	By    ops.PersonID
	Agree bool
	Why   string // of a rejection, or of breaking the glass
	At    time.Time
}

// Place is a conversation in the chat.
type Place struct {
	Channel string
	Thread  string
}

// Progress is how far a running change is. Done and Total may be zero where they are not known.
type Progress struct {
	Phase string
	Done  int64
	Total int64
	At    time.Time
}

// Request is one wish to change something, with all that has become of it. It is plain data, and changed by the
// machine alone: every change counts Version up.
type Request struct {
	ID      ID
	Version int64
	State   State

	Key       string // of the act that made it: the same act, delivered twice, makes one request
	Command   string // path of the command: "terminate"
	Words     string // what binds to the same call again: "terminate 4242 orders"
	Risk      ops.Risk
	Target    ops.Target
	Server    Server
	Requester ops.PersonID
	Reason    string // of the requester; may be empty
	Origin    Place  // where it was asked
	Plan      []byte // JSON: what will be run
	Shown     []byte // JSON: the plan as people saw it, a view
	Digest    string // hex SHA-256 over command, server and plan (see Digest)
	Terms     Terms

	Asked   time.Time
	Expires time.Time    // while pending, of the wait for consent; once approved, of the consent: what has not begun by then never will
	Votes   []Vote       // one a person, in the order in which they first voted
	By      ops.PersonID // who ended or decided it: rejected, withdrew, broke the glass, cancelled; zero where nobody did
	Why     string       // reason of the last move that has one, for people
	Glass   bool         // approved by breaking the glass

	Reminded time.Time // when those who may decide were reminded; zero: not yet
	Worker   int64     // who runs it, or was the last to; see ops/job
	Fence    int64     // grows with every claim and take-over: a write with an older one is refused
	WaitsFor ID        // the request that runs on the same database; zero where it waits for none
	Decided  time.Time
	Started  time.Time
	Ended    time.Time
	Progress Progress
	Cancel   *Cancel // somebody wants it to stop
	Outcome  []byte  // JSON: what came of it, a view
}

// Cancel is somebody's wish that a running change stops.
type Cancel struct {
	By  ops.PersonID // zero: the program is being stopped
	Why string
	At  time.Time
}

// Signals says of a command that it only ends a session or its query: it waits for no other change on its database, which
// may be the very one that the session holds up, and no hour is closed to it.
func Signals(command string) bool { return command == "cancel" || command == "terminate" }

// NeedsName says whether agreeing takes the database's name, typed: what can lose data in production.
func (r Request) NeedsName() bool {
	return r.Risk == ops.Destroy && (r.Target.Environment == "production" || r.Target.Environment == "prod")
}
