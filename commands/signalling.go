package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/postgres"
)

// sessionEnder looks at one session and ends it, or its query. Its errors are *ops.Error, of postgres.ErrUnread or
// postgres.ErrUnsure where that is so.
type sessionEnder interface {
	Backend(ctx context.Context, database string, pid int) (b postgres.Backend, found bool, err error)
	End(ctx context.Context, database string, aim postgres.Aim, sent func()) (postgres.Fate, error)
	Fate(ctx context.Context, database string, aim postgres.Aim) (postgres.Fate, error)
}

// signalling is what cancel and terminate have in common: all but their words.
type signalling struct {
	tools  Toolbox
	signal postgres.Signal

	title   string // with the pid, as all below that have a %d
	effect  string // what will happen
	query   string // above its statement
	doing   string
	waiting string // once it was asked
	done    map[postgres.Fate]string
	proof   map[postgres.Fate]string
	reached map[postgres.Fate]bool // what was wanted has happened
}

// signalArgs is what somebody says of a session: its pid, and where it was seen before, since when it is as it was seen.
func signalArgs(since string) []Arg {
	exact := sinceArg
	exact.Hint = since
	return []Arg{
		{Name: "pid", Kind: NumberArg, Hint: "the session's number, as status and locks show it"},
		{Name: "database", Kind: DatabaseArg, Hint: "the database that the session is connected to"},
		startedArg, exact,
	}
}

var (
	startedArg = Arg{Name: "started", Kind: NamedArg, Hint: "when the session began; buttons fill this in, so that a reused pid is never hit"}
	sinceArg   = Arg{Name: "since", Kind: NamedArg}
)

// wanted session, as somebody means it.
type wantedSession struct {
	target         ops.Target
	pid            int
	started, since *time.Time // nil: whatever it is now
}

// signalPlan is what is agreed to. How long something has lasted, and how many wait, changes while people read; that
// stands in the view.
type signalPlan struct {
	Alias       string     `json:"alias"` // of the configuration
	System      string     `json:"system"`
	Database    string     `json:"database"`
	PID         int        `json:"pid"`
	Started     time.Time  `json:"started"`
	Since       *time.Time `json:"since"` // of its query, or of its transaction; null where none was open
	User        string     `json:"user"`
	Application string     `json:"application"`
	Client      string     `json:"client"`
}

func (p signalPlan) aim(s postgres.Signal) postgres.Aim {
	return postgres.Aim{Signal: s, System: p.System, Database: p.Database, PID: p.PID, Started: p.Started, Since: p.Since}
}

func (s signalling) change(about About) Change[wantedSession, signalPlan] {
	return Change[wantedSession, signalPlan]{About: about, Parse: parseSession, Plan: s.plan, Run: s.run, Look: s.look}
}

func parseSession(v Values) (w wantedSession, target ops.Target, err error) {
	w.target = v.Databases()[0]
	w.pid, _ = v.Number("pid")
	for name, into := range map[string]**time.Time{startedArg.Name: &w.started, sinceArg.Name: &w.since} {
		if text := v.Word(name); text != "" {
			at, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				return w, w.target, &ops.Error{
					Message: fmt.Sprintf("“%s=%s” is no moment.", name, show([]word{{text: text}})),
					Hint:    "Buttons write it; leave it out where you type yourself.",
				}
			}
			*into = &at
		}
	}
	return w, w.target, nil
}

func (s signalling) plan(ctx context.Context, w wantedSession) (Planned[signalPlan], error) {
	b, found, err := s.tools.Sessions.Backend(ctx, w.target.Database, w.pid)
	if err != nil {
		return Planned[signalPlan]{}, err
	}
	again := "/db locks " + typed(w.target.Database) + " shows who blocks whom now."
	if !found {
		return Planned[signalPlan]{}, &ops.Error{Message: fmt.Sprintf("There is no session %d on %s.", w.pid, name(w.target.Database)), Hint: again}
	}
	if b.Started != nil && w.started != nil && !w.started.Equal(*b.Started) {
		return Planned[signalPlan]{}, &ops.Error{Message: fmt.Sprintf("The session %d that was shown has ended; another one has its number now.", w.pid), Hint: again}
	}
	if refusal := b.Refusal(s.signal); refusal != nil {
		return Planned[signalPlan]{}, refusal
	}
	aim := b.Aim(s.signal)
	if w.since != nil && (aim.Since == nil || !w.since.Equal(*aim.Since)) {
		return Planned[signalPlan]{}, &ops.Error{Message: fmt.Sprintf("Session %d does something else by now than what was shown.", w.pid), Hint: again}
	}
	return Planned[signalPlan]{
		Plan: signalPlan{
			Alias: w.target.Database, System: aim.System, Database: aim.Database, PID: aim.PID, Started: aim.Started, Since: aim.Since,
			User: b.User, Application: b.Application, Client: b.Client,
		},
		View:   s.view(b),
		Server: approval.Server{System: b.System, Database: b.Database},
	}, nil
}

func (s signalling) run(ctx context.Context, _ approval.Request, p signalPlan, progress Progress) (View, error) {
	progress(s.doing, 0, 0)
	fate, err := s.tools.Sessions.End(ctx, p.Alias, p.aim(s.signal), func() { progress(s.waiting, 0, 0) })
	if err != nil {
		return View{}, err
	}
	if !s.reached[fate] {
		return View{}, fmt.Errorf("session %d: %s is no end of %s", p.PID, fate, s.signal)
	}
	return View{Title: fmt.Sprintf(s.done[fate], p.PID), Verdict: Good, Lead: Say(s.proof[fate])}, nil
}

// look tells what came of a run that cannot say it itself. A session that is gone is what was wanted, whoever ended it.
func (s signalling) look(ctx context.Context, _ approval.Request, p signalPlan) (Happened, View, error) {
	fate, err := s.tools.Sessions.Fate(ctx, p.Alias, p.aim(s.signal))
	what := fmt.Sprintf("session %d", p.PID)
	if s.signal == postgres.CancelQuery {
		what = "the query of " + what
	}
	switch {
	case err != nil && !errors.Is(err, ErrUnread):
		return HappenedUnclear, View{}, err
	case err != nil || fate == postgres.Elsewhere:
		return HappenedUnclear, View{Title: "What became of " + what + " is not known", Lead: Say("Another server answers under this name now, or none.")}, err
	case s.reached[fate]:
		return HappenedWhole, View{Title: capital(what) + " has ended", Lead: Say("Whether dbbot ended it or it ended by itself is not known: whoever was to say so was lost.")}, nil
	case fate == postgres.Over:
		return HappenedNothing, View{Title: capital(what) + " was not ended", Lead: Say("It is in another transaction by now than the one that was meant.")}, nil
	}
	return HappenedNothing, View{Title: capital(what) + " is still there", Lead: Say("When this was looked at, it had not ended.")}, nil
}
