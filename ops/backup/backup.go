// Package backup says what a backup is: its manifest, what is known of it since, where it lies, how long it is kept and
// when the next is due. It reads and writes nothing but through a Store; the packages under it take (dump), keep (store),
// find (catalogue), count (inventory) and bring back (restore). It may import ops.
package backup

import (
	"slices"
	"time"
)

// ID names one backup, and says of which database and when: "orders-20261123-030000-7f3a", in UTC.
type ID string

// Backup is what a store holds of one backup: a manifest, which makes it one, and what came later.
type Backup struct {
	Manifest
	Verified *Verification // the last one; nil: taken, and never verified
	Kept     *Kept         // nil: the rules say how long it stays
	Held     []Hold        // who is reading it now: it is not deleted meanwhile
}

// Verification is one look at whether a backup can be restored. It is good when Found is empty.
type Verification struct {
	At    time.Time
	Took  time.Duration
	How   How
	By    string   // as in Manifest.By
	Where string   // the server it was restored on, without its secrets; empty where it was read alone
	Found []string // what is wrong, a sentence each
	Notes []string `json:",omitempty"` // what was not looked at, and other things to know, a sentence each
}

// How thorough a verification was.
type How string

// The ways to verify, from quick to sure.
const (
	Checksum How = "checksum" // the bytes are those that were written; no key to read more
	Read     How = "read"     // decrypted, decompressed and parsed to the end
	Restored How = "restored" // restored into a scratch database and compared with the manifest
)

// Proves says whether a look found as much as another one would have: a good one that looked less closely proves less.
func (v Verification) Proves(other How) bool {
	grades := []How{Checksum, Read, Restored}
	return slices.Index(grades, v.How) >= slices.Index(grades, other)
}

// Good says whether it was verified and nothing was wrong.
func (b Backup) Good() bool { return b.Verified != nil && len(b.Verified.Found) == 0 }

// Kept says who wants a backup to stay, whatever the rules say.
type Kept struct {
	At  time.Time
	By  string
	Why string
}

// Hold says that a restore or a verification reads a backup. It counts until Until: whoever made it may have died.
type Hold struct {
	By    string
	Until time.Time
}
