// Package audit is the chain of facts: what an entry is, how one follows another, and how anybody can tell that none was
// changed, left out or put in. It is pure but for reading what it verifies, and imports ops alone. Entries are kept by
// ops/store.
package audit

import "time"

// Entry is one fact. Its fields are all that is ever recorded: there is no free map, and no field for anything secret.
type Entry struct {
	Seq  int64
	At   time.Time // the state database's, in microseconds, UTC
	Team string    // of the person who acted; empty: dbbot itself
	User string
	Name string // as it was then, for reading only

	Event   string // see events.go
	From    string // state of the request before
	To      string // and after
	Request int64  // zero where it is about none
	Command string // path
	Risk    string

	Database    string // as the configuration names it
	Environment string
	System      string // system identifier of the server
	Catalog     string // the database's name in it
	Digest      string // of the plan

	Channel string // where it came from
	Message string
	Origin  string // the key of the act

	Policy  string // digest of the policy in force, shortened
	Version string // of dbbot
	Worker  int64  // which process
	Outcome string
	Detail  string // a sentence at most, redacted, printable

	Prev []byte // hash of the entry before; 32 zero bytes for the first
	Hash []byte // HMAC-SHA256 over all of the above
}
