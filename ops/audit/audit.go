// Package audit is the chain of facts: what an entry is, how one follows another, and how anybody can tell that none was
// changed, left out or put in. It is pure but for reading what it verifies, and imports ops alone. Entries are kept by
// ops/store.
package audit

import "time"

// Entry is one fact. Its fields are all that is ever recorded: there is no free map, and no field for anything secret.
type Entry struct {
	Seq  int64     `json:"seq"`
	At   time.Time `json:"at"`             // the state database's, in microseconds, UTC
	Team string    `json:"team,omitempty"` // of the person who acted; empty: dbbot itself
	User string    `json:"user,omitempty"`
	Name string    `json:"name,omitempty"` // as it was then, for reading only

	Event   string `json:"event"`             // see events.go
	From    string `json:"from,omitempty"`    // state of the request before
	To      string `json:"to,omitempty"`      // and after
	Request int64  `json:"request,omitempty"` // zero where it is about none
	Command string `json:"command,omitempty"` // path
	Risk    string `json:"risk,omitempty"`

	Database    string `json:"database,omitempty"` // as the configuration names it
	Environment string `json:"environment,omitempty"`
	System      string `json:"system,omitempty"`  // system identifier of the server
	Catalog     string `json:"catalog,omitempty"` // the database's name in it
	Digest      string `json:"digest,omitempty"`  // of the plan

	Channel string `json:"channel,omitempty"` // where it came from
	Message string `json:"message,omitempty"`
	Origin  string `json:"origin,omitempty"` // the key of the act

	Policy  string `json:"policy,omitempty"`  // digest of the policy in force, shortened
	Version string `json:"version,omitempty"` // of dbbot
	Worker  int64  `json:"worker,omitempty"`  // which process
	Outcome string `json:"outcome,omitempty"`
	Detail  string `json:"detail,omitempty"` // a sentence at most, redacted, printable

	Prev []byte `json:"-"` // hash of the entry before; 32 zero bytes for the first
	Hash []byte `json:"-"` // HMAC-SHA256 over all of the above
}
