package ops

// Itself is the user in whose name dbbot asks for what its own schedule says. Slack's ids of people are capitals and digits: nobody
// else can be called like this.
const Itself = "dbbot"

// Itself says whether this is dbbot, and no person: nobody to mention, to look up or to write to.
func (id PersonID) Itself() bool { return id.User == Itself }
