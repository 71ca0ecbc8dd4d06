// Package commands holds what people can ask for: one file a command, and what all of them share (declaration,
// arguments, view). It may import ops and the packages under it; it imports neither bot nor Slack nor a database
// driver, so that a command can be read and tested without any of them.
package commands

import (
	"context"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/postgres"
)

// About is a command's declaration. Help, did-you-mean, the policy check, the README table and the golden
// catalogue are derived from it.
type About struct {
	Path    string // the words after /db: "migrate up"
	Split   bool   // the first argument stands behind the path's first word: "restore <id> into <name>"
	Args    []Arg
	Risk    ops.Risk
	Summary string // one line, no full stop
	Example string // what one types after /db
}

// Arg is one argument, in the order in which the usage shows it.
type Arg struct {
	Name     string // as the usage shows it: "database"
	Kind     ArgKind
	Optional bool
	Hint     string // half a sentence for the help page
}

// ArgKind says what an argument may be.
type ArgKind string

// The kinds of argument.
const (
	DatabaseArg ArgKind = "database"  // a configured database; filled in where only one is possible
	AllArg      ArgKind = "databases" // a configured database; none means all of them
	CommandArg  ArgKind = "command"   // the path of a command: one or more words
	WordArg     ArgKind = "word"
	NumberArg   ArgKind = "number" // a whole number, zero or more
	ToArg       ArgKind = "to"     // the word behind the word "to"; always optional
	NamedArg    ArgKind = "named"  // name=value; always optional, for what buttons know and nobody types
)

// Asker is who asks, as the road found them just now.
type Asker struct {
	Person   ops.Person
	Terminal bool     // sits at the machine that dbbot runs on, and was not looked up in Slack
	Groups   []string // the groups of the policy that this person is surely in
	// May says whether this person may do what risk says on a database. words is the reason where not; where it
	// is allowed it is what must happen first ("when one of leads agrees"), or empty.
	May func(risk ops.Risk, target ops.Target) (allowed bool, words string)
}

// Question reads, and is answered at once to the asker alone.
type Question[A any] struct {
	About
	// Parse turns bound values into arguments; no I/O. What it returns last is what the question reads:
	// nothing, one database or several, each of which is authorised before Answer is called.
	Parse func(Values) (A, []ops.Target, error)
	// Answer reads and says. targets are those of Parse that the asker may read, in the same order.
	Answer func(ctx context.Context, asker Asker, args A, targets []ops.Target) (View, error)
}

// Progress is how a running change says where it is. Done and total may be zero where they are not known.
type Progress func(phase string, done, total int64)

// Change changes something. It cannot exist without a plan: the plan is what people agree to.
type Change[A, P any] struct {
	About
	// Parse turns words into arguments, without I/O.
	Parse func(Values) (A, ops.Target, error)
	// Plan reads. It refuses, with an *ops.Error, where there is nothing to do or no chance.
	Plan func(ctx context.Context, args A) (Planned[P], error)
	// Differ says what of a plan is no longer so in a newer one, as a sentence; nil or empty where it has no words for it.
	Differ func(was, is P) string
	// Run is the only part that changes anything. A panic is a failure; ErrUnclear means that nobody knows whether it
	// happened. It stops when ctx ends, and then says truly how far it came. What it writes down in the database bears the
	// request's number, so that Look can find it.
	Run func(ctx context.Context, request approval.Request, plan P, progress Progress) (View, error)
	// Look finds out what came of a Run whose process was lost. It changes nothing, but for ending a session of its own that
	// was left behind.
	Look func(ctx context.Context, request approval.Request, plan P) (Happened, View, error)
}

// Planned is what would be done, and what people are shown of it.
type Planned[P any] struct {
	Plan   P // plain data, JSON: the same wish on an unchanged database gives the same bytes
	View   View
	Server approval.Server // which database it really is
	Severe bool            // the check of what would be run finds something severe, for which the policy may ask more people
}

// Happened is what came of a change whose process was lost.
type Happened string

// What may have happened.
const (
	HappenedWhole   Happened = "whole"
	HappenedNothing Happened = "nothing"
	HappenedUnclear Happened = "unclear" // a person must look
)

// What an error of a Change may mean beside its words. All others mean that nothing happened.
var (
	ErrUnclear = postgres.ErrUnsure // of Run: nobody knows whether it happened
	ErrUnread  = postgres.ErrUnread // of Plan and Look: the database did not answer now, and may later
)
