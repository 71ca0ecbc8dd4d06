// Package bot is how people talk to dbbot: one road that every command and every click takes (bot.go), and what
// that road needs from outside (ports.go). It may import commands and ops; the packages below it draw (blockkit),
// connect (slack) and stand in for Slack (workspace).
package bot

import (
	"context"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/store"
)

// Invoke is a command somebody typed: /db …, or @dbbot … in a thread.
type Invoke struct {
	Key    string // the same for every delivery of the same act: what first-time is decided by
	Who    ops.PersonID
	Text   string // the words after the command, as they arrived
	Origin Origin
	At     time.Time // when the envelope arrived here: three seconds later there is an answer
}

// Click is a button somebody pressed.
type Click struct {
	Key    string
	Who    ops.PersonID
	Button string // the button's name, as the view declared it
	Token  string // what the button carried
	Origin Origin
	At     time.Time
}

// Home is somebody opening the bot's home tab.
type Home struct {
	Key string
	Who ops.PersonID
	At  time.Time
}

// Chat says things. Every call is bounded by its context; an error has not been shown to anybody.
type Chat interface {
	// Answer says it to the person of the origin alone, in the thread where they asked.
	Answer(ctx context.Context, who ops.PersonID, to Origin, post Post) error
	// Replace puts post in the place of the message whose button was pressed.
	Replace(ctx context.Context, who ops.PersonID, at Origin, post Post) error
	// Share says it to everybody in the channel (and thread) of the origin.
	Share(ctx context.Context, to Origin, post Post) error
	// ShowHome draws somebody's home tab.
	ShowHome(ctx context.Context, who ops.PersonID, post Post) error
}

// Directory knows people, user groups and who reads a channel. It reads Slack each time: what may be cached is decided in people.go.
type Directory interface {
	Person(ctx context.Context, id ops.PersonID) (ops.Person, error)
	Roster(ctx context.Context, usergroup string) (users []string, err error)
	// Outsiders says whether people of another organisation read a channel, or are invited to.
	Outsiders(ctx context.Context, channel string) (bool, error)
}

// Coordinator is shared by all replicas, and may be lost: nothing that must be true rests on it.
type Coordinator interface {
	// First is true for the first caller with this key in ten minutes.
	First(ctx context.Context, key string) bool
	// Allow takes one from a person's allowance, or says how long to wait.
	Allow(ctx context.Context, who ops.PersonID) (wait time.Duration)
	// Keep holds a value under a token for thirty minutes; Recall gives it back while it lasts.
	Keep(ctx context.Context, token string, value []byte)
	Recall(ctx context.Context, token string) (value []byte, found bool)
}

// State keeps what must be true, in PostgreSQL: ops/store is the one. What it cannot do now it has not done: no error of
// its leaves something that happens later.
type State interface {
	approval.Store
	Inbox
	Outbox
	Homes
	Calendar
	// Note writes one fact into the audit that belongs to no step of a request.
	Note(ctx context.Context, fact audit.Entry) error
}

// Inbox keeps what was typed from before Slack is told that it arrived until it has become something or was refused, so
// that a crash in between loses nothing silently.
type Inbox interface {
	// Receive keeps a command; approval.ErrRepeated if it was kept before.
	Receive(ctx context.Context, in store.Invocation) error
	// Settle notes what became of it, in a word.
	Settle(ctx context.Context, key, outcome string) error
	// Drop settles what nobody came to, and has its person told; approval.ErrRepeated where somebody did that already.
	Drop(ctx context.Context, key string, say store.Message, fact audit.Entry) error
	// Invocation gives it back; approval.ErrUnknown.
	Invocation(ctx context.Context, key string) (store.Invocation, error)
}
