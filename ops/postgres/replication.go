package postgres

// Replication is who copies from here and, on a replica, how far behind the copy is.
type Replication struct {
	Hidden   int       `json:"hidden"` // replicas whose state may not be seen
	Replicas []Replica `json:"replicas"`
	Slots    []Slot    `json:"slots"`
	Receiver *Receiver `json:"receiver"` // nil on a primary
}

// Replica is a server that streams from this one.
type Replica struct {
	Name  string `json:"name"`
	State string `json:"state"` // streaming, catchup …
	Sync  string `json:"sync"`
	Bytes Bytes  `json:"bytes"` // not replayed yet
	Lag   Age    `json:"lag"`
}

// Slot keeps WAL until its reader has had it.
type Slot struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"` // physical, logical
	Active   bool   `json:"active"`
	WAL      string `json:"wal"` // reserved, extended, unreserved, lost
	Kept     Bytes  `json:"kept"`
	Inactive Age    `json:"inactive"` // PostgreSQL 17 and later
	Reason   string `json:"reason"`   // why it was invalidated; PostgreSQL 17 and later
}

// Receiver is a replica's own view of itself.
type Receiver struct {
	Streaming bool  `json:"streaming"`
	Paused    bool  `json:"paused"`
	Bytes     Bytes `json:"bytes"`    // received, not replayed
	Replayed  Age   `json:"replayed"` // since the newest replayed transaction was committed
}

// Lag is how far a replica is behind. A primary that is at rest commits nothing, so the age of the last commit
// says something only where received WAL waits, or where nothing streams.
func (r Receiver) Lag() Age {
	if r.Streaming && r.Bytes == 0 {
		return 0
	}
	return r.Replayed
}

// Behind says how far, in time where that is known, else in WAL; empty where it is up to date.
func (r Receiver) Behind() string {
	switch {
	case r.Lag() > 0:
		return r.Lag().String()
	case r.Bytes > 0: // nothing was replayed since it started: no commit to tell the time by
		return r.Bytes.String()
	case !r.Streaming:
		return "an unknown time"
	}
	return ""
}
