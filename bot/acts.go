package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbbot/ops"
)

// Act is one thing that somebody did: exactly one field is set.
type Act struct {
	Invoke *Invoke
	Click  *Click
	Submit *Submit
	Home   *Home
}

// Submit is a filled-in form: a modal that a click opened.
type Submit struct {
	Key   string
	Who   ops.PersonID
	Form  string // the form's name: what it was opened for
	State string // what the form carried
	Text  string // what was written
	At    time.Time
}

// Form is a question with one field to write in.
type Form struct {
	Name   string // comes back in Submit
	State  string // comes back in Submit; nobody can change it on the way. At most 2,000 characters
	Title  string // 24 characters
	Send   string // the word on the button that sends it
	Lead   string // what it is about, plain
	Label  string // of the field
	Hint   string
	Long   bool // several lines
	Length int  // the most that can be written
}

// Taken is what became of an act that had to be certain before Slack is told that it arrived.
type Taken struct {
	// Fault is why it was not accepted, for the person: shown in the ack where Slack shows one (a command, a form), else in
	// a message. Nothing happens later.
	Fault string
	// Then is what is left to do after the ack; nil where nothing is.
	Then func(context.Context)
}

// Address is where a message goes: a channel, and a thread in it, or a person.
type Address struct {
	Channel string // or the id of a person: their own channel with the bot
	Thread  string
}

// Posted is where a message stands.
type Posted struct {
	Channel string
	Stamp   string
	Link    string // for people; empty where Slack gives none
}

// Room says what everybody reads, and keeps it up to date. Its errors say what can be done: ErrGone, ErrUnsure, a *Later, or
// none of them, which means that Slack refused and nothing was said.
type Room interface {
	// Post says something new. key travels with it, unseen, and finds it again.
	Post(ctx context.Context, to Address, key string, post Post) (Posted, error)
	// Edit replaces what stands there.
	Edit(ctx context.Context, at Posted, post Post) error
	// Find looks for a message that Post may have left, among those since.
	Find(ctx context.Context, to Address, key string, since time.Time) (Posted, bool, error)
	// Attach puts a text file into the thread of a message.
	Attach(ctx context.Context, to Posted, name, title string, content []byte) error
	// Open shows a form to whoever pressed a button, within three seconds of the press.
	Open(ctx context.Context, trigger ops.Secret, form Form) error
}

// What a Room may answer besides its own refusals.
var (
	ErrGone   = errors.New("the message or its place is gone")    // deleted, archived, the bot not in it: say it elsewhere
	ErrUnsure = errors.New("not said by Slack whether it did it") // look before doing it again
)

// Later is Slack's wish for a pause.
type Later struct {
	After time.Duration
	One   bool // for this one alone: it lacks a right that the others may not need
}

// Error says how long.
func (l *Later) Error() string { return fmt.Sprintf("Slack asks to wait %s", l.After) }
