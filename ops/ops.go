// Package ops holds the words that everything below the chat shares: who acts, on what, and how risky it is.
// It knows nothing of Slack and imports nothing of ours; every package under ops may import it.
package ops

// Risk says what a command can cost; policy decides by it (design section 3).
type Risk string

// The four risks, from harmless to dangerous.
const (
	Read    Risk = "read"    // looks, changes nothing
	Operate Risk = "operate" // changes something, but no schema and no data is lost
	Change  Risk = "change"  // schema moves forward
	Destroy Risk = "destroy" // data or state can be lost
)

// Risks lists every risk in rising order.
func Risks() []Risk { return []Risk{Read, Operate, Change, Destroy} }

// PersonID identifies a person. Nothing else does: names and e-mails change and are not unique.
type PersonID struct {
	Team string
	User string
}

// Standing is what kind of account a person has, as the directory said.
type Standing string

// Only Member may ever do anything; the others are refused, each with its own reason.
const (
	Member      Standing = "member"
	Guest       Standing = "guest" // multi-channel guest
	SingleGuest Standing = "single-channel guest"
	Bot         Standing = "bot"
	Deleted     Standing = "deleted"
	External    Standing = "external" // from another organisation
	Unknown     Standing = "unknown"  // the directory could not be read: refused
)

// Person is what the directory says about somebody. Name is for showing only.
type Person struct {
	ID       PersonID
	Name     string
	Standing Standing
}

// Target is a database as the configuration names it.
type Target struct {
	Database    string
	Environment string
}
