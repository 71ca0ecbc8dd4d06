package postgres

import (
	"time"

	"dbbot/ops"
)

// Status is what one look at a database saw. It is plain data; Judge says how good it is.
type Status struct {
	Target     ops.Target
	Tool       Tool // empty where no migration tool is configured
	Thresholds Thresholds
	At         time.Time     // when the look began
	Took       time.Duration // until the last section, or until the answer could wait no longer
	Down       *ops.Error    // why it could not be asked at all; nil where it answered

	Server      Reading[Server]
	Connections Reading[Connections]
	Activity    Reading[Activity]
	Locks       Reading[Locks]
	Replication Reading[Replication]
	Counters    Reading[Counters]
	Freeze      Reading[Freeze]
	Checkpoints Reading[Checkpoints]
	Migrations  Reading[Migrations]
	Statements  Reading[Statements]
	Tables      Reading[Tables]
	Size        Reading[Size]
}

// Reading is one section: what the server said, or why it could not be read.
type Reading[T any] struct {
	Value T
	Fault *ops.Error // nil where Value counts
}

// Server is who answers, and as whom it knows us.
type Server struct {
	Version  string `json:"version"` // "15.18 (Debian …)"
	Up       Age    `json:"up"`
	Replica  bool   `json:"replica"`
	User     string `json:"user"`
	Database string `json:"database"`
	Backend  uint32 `json:"backend"`
	SeesAll  bool   `json:"sees_all"` // may read other people's sessions
	Pooled   bool   `json:"-"`        // a pooler stands between us and the server
}

// Connections are the slots of the whole server.
type Connections struct {
	Used              int      `json:"used"`
	Here              int      `json:"here"` // of them in this database
	Active            int      `json:"active"`
	Idle              int      `json:"idle"`
	IdleInTransaction int      `json:"idle_in_transaction"`
	Hidden            int      `json:"hidden"` // their state may not be seen
	Max               int      `json:"max"`
	Reserved          int      `json:"reserved"`   // of Max, not for ordinary roles
	LimitHere         int      `json:"limit_here"` // of this database; 0 where there is none
	Top               []Client `json:"top"`        // who holds most
}

// Usable is how many slots ordinary roles may take.
func (c Connections) Usable() int { return max(c.Max-c.Reserved, 1) }

// Client is how many sessions one application has as one role.
type Client struct {
	User        string `json:"user"`
	Application string `json:"application"`
	Sessions    int    `json:"sessions"`
}

// Activity is what runs in this database, each list longest first, at most three of each.
type Activity struct {
	Hidden            int        `json:"hidden"`
	InTransaction     int        `json:"in_transaction"`
	Active            int        `json:"active"`
	IdleInTransaction int        `json:"idle_in_transaction"`
	Transactions      []Session  `json:"transactions"`
	Queries           []Session  `json:"queries"`
	Idlers            []Session  `json:"idlers"`
	Prepared          []Prepared `json:"prepared"`
}

// Session is one server process at work for a client.
type Session struct {
	PID            int    `json:"pid"`
	User           string `json:"user"`
	Application    string `json:"application"`
	State          string `json:"state"`
	Wait           string `json:"wait"` // kind of what it waits for; empty while it works
	TransactionAge Age    `json:"transaction_age"`
	QueryAge       Age    `json:"query_age"`
	StateAge       Age    `json:"state_age"`
	Query          SQL    `json:"query"`
	// When the session, its open transaction and its last query began; nil where there is none or it may not be seen.
	Started     *time.Time `json:"started"`
	Transaction *time.Time `json:"transaction"`
	Asked       *time.Time `json:"query_start"`
}

// Prepared is a transaction that waits for COMMIT PREPARED and belongs to no session.
type Prepared struct {
	Name string `json:"name"`
	User string `json:"user"`
	Age  Age    `json:"age"`
}

// Locks is who waits for whom.
type Locks struct {
	Waiting   int         `json:"waiting"` // sessions; Waits holds the fifty longest
	Waits     []Wait      `json:"waits"`
	Sessions  []Session   `json:"sessions"` // of everybody in Waits
	Exclusive []Exclusive `json:"exclusive"`
}

// Wait is a session that waits for a lock.
type Wait struct {
	PID      int    `json:"pid"`
	Kind     string `json:"kind"` // relation, transactionid, tuple, advisory …
	Mode     string `json:"mode"`
	Relation string `json:"relation"` // schema-qualified; empty where it is not about one
	Waited   Age    `json:"waited"`
	Blockers []int  `json:"blockers"` // 0 is a prepared transaction
}

// Exclusive is a table that nobody else can even read.
type Exclusive struct {
	PID            int    `json:"pid"`
	Relation       string `json:"relation"`
	TransactionAge Age    `json:"transaction_age"`
}

// Freeze is how much of the transaction ids is used up.
type Freeze struct {
	Transactions   int64   `json:"transactions"`
	Multixacts     int64   `json:"multixacts"`
	AutovacuumFrom int64   `json:"autovacuum_from"` // from this age on autovacuum freezes by force
	Holder         *Holder `json:"holder"`          // what keeps the oldest rows alive
}

// Holder is a session, a prepared transaction or a slot that old row versions are kept for.
type Holder struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Age  int64  `json:"age"` // in transactions
}

// Size is the database on disk.
type Size struct {
	Bytes  Bytes   `json:"bytes"`
	Growth *Growth `json:"-"` // since an earlier look; nil at the first
}

// Growth is a change of size.
type Growth struct {
	Bytes Bytes
	Over  Age
}

// Tables are sizes by the catalogue's page counts, as of the last VACUUM or ANALYZE of each.
type Tables struct {
	Bytes   Bytes   `json:"bytes"` // of all
	Largest []Table `json:"largest"`
}

// Table with its indexes and TOAST.
type Table struct {
	Name  string `json:"name"`
	Bytes Bytes  `json:"bytes"`
}

// Statements are where the time went.
type Statements struct {
	Since  Age         `json:"since"` // when counting began
	Spent  Age         `json:"spent"` // by all statements together
	Hidden int         `json:"hidden"`
	Top    []Statement `json:"top"`
}

// Statement is all executions of one normalised statement.
type Statement struct {
	Calls int64 `json:"calls"`
	Spent Age   `json:"spent"`
	Query SQL   `json:"query"`
}

// Migrations are the rows of the tool's own table.
type Migrations struct {
	Missing bool        `json:"-"` // the table does not exist: the tool has never run here
	Rows    []Migration `json:"rows"`
}

// Migration is a row: Version and Dirty of golang-migrate, the others of Prisma.
type Migration struct {
	Version    string `json:"version"`
	Dirty      bool   `json:"dirty"`
	Name       string `json:"name"`
	Finished   bool   `json:"finished"`
	RolledBack bool   `json:"rolled_back"`
}
