package bot

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/policy"
)

// Catalogue understands what was typed; commands.Catalogue is the one.
type Catalogue interface {
	Find(words string) (commands.Call, error)
}

// Options are what a Bot is made of. Ask alone needs no more than a Catalogue and a Log.
type Options struct {
	Catalogue   Catalogue
	Policy      policy.Policy
	Team        func() string // the one workspace that is served, once it is known; everybody else is refused
	Chat        Chat
	Room        Room
	Directory   Directory
	Coordinator Coordinator
	// State gives what changes stand on, or says why it is not there: an *ops.Error with what to configure, or that it is
	// away. Nil at a terminal, where nothing is changed.
	State func() (State, error)
	// Channels gives the channel of a database, for what cannot be said where it was asked.
	Channels func(database string) string
	// Now is the clock that the policy's hours and days are read by; nil: this machine's.
	Now func() time.Time
	// Backed are the databases whose backups are looked after by the clock (itself.go).
	Backed   []Backed
	Log      *slog.Logger
	Registry prometheus.Registerer
}

// Bot is the road between people and commands.
type Bot struct {
	Options
	people  *people
	metrics *metrics
	running chan struct{} // one for every answer that is being read
	done    atomic.Int64  // answers that were given
	budget  *budget
	unread  counter // stores, of looks by the clock
}

// New builds a bot; it does no I/O.
func New(o Options) *Bot {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Bot{Options: o, people: newPeople(o), metrics: newMetrics(o.Registry), running: make(chan struct{}, maxRunning), budget: newBudget()}
}

// Load says how many questions are being answered at this moment, and how many were since the start.
func (b *Bot) Load() (answering int, answered int64) { return len(b.running), b.done.Load() }

// Invoke answers a typed command, to the person who typed it alone. It returns when that is done.
func (b *Bot) Invoke(ctx context.Context, in Invoke) {
	r := b.begin(ctx, "command", in.Who, in.Origin, in.At)
	defer r.end()
	r.reply(func() (Post, error) {
		if err := r.enter(in.Key); err != nil {
			return Post{}, err
		}
		said, err := r.consult(in.Text)
		if err != nil {
			return Post{}, err
		}
		return r.keep(newToken(), said.private(in.Text, in.Who, in.Origin.Direct)), nil
	}, b.Chat.Answer, b.Chat.Answer)
}

// Click answers a pressed button. Who presses is authorised anew: a button is a wish, not a right.
func (b *Bot) Click(ctx context.Context, in Click) {
	r := b.begin(ctx, "click", in.Who, in.Origin, in.At)
	defer r.end()
	press, send := unknownButton, sender(b.Chat.Replace)
	switch {
	case strings.EqualFold(in.Button, commands.Refresh):
		press = r.refresh
	case strings.EqualFold(in.Button, commands.Share):
		press, send = r.share, b.share
	}
	r.reply(func() (Post, error) {
		if err := r.enter(in.Key); err != nil {
			return Post{}, err
		}
		was, err := r.recall(in.Token)
		if err != nil {
			return Post{}, err
		}
		return press(in.Token, was)
	}, send, b.Chat.Answer)
}

// Ask answers the terminal: the same road without the chat. Whoever may start dbbot has its passwords and is
// trusted as its operator. Errors are *ops.Error.
func (b *Bot) Ask(ctx context.Context, person ops.Person, words string) (commands.View, error) {
	r := b.begin(ctx, "ask", person.ID, Origin{}, time.Now())
	defer r.end()
	view, err := guard(r, func() (commands.View, error) {
		call, err := r.find(words)
		if err != nil {
			return commands.View{}, err
		}
		return r.answer(call, commands.Asker{Person: person, Terminal: true, May: atTheTerminal}, call.Targets)
	})
	if r.err = err; err != nil {
		shown := ops.Explain(err, r.ref)
		return commands.View{}, &ops.Error{Message: shown.Message, Hint: shown.Hint, Cause: err}
	}
	return view, nil
}

// atTheTerminal everything may be read, and nothing can be changed: a change needs people who agree.
func atTheTerminal(risk ops.Risk, _ ops.Target) (bool, string) {
	if risk != ops.Read {
		return false, "At the terminal dbbot answers questions only."
	}
	return true, ""
}

func (b *Bot) share(ctx context.Context, _ ops.PersonID, to Origin, post Post) error {
	return b.Chat.Share(ctx, to, post)
}

func (b *Bot) showHome(ctx context.Context, who ops.PersonID, _ Origin, post Post) error {
	return b.Chat.ShowHome(ctx, who, post)
}
