package commands

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

var _ = add(ping)

// pingBound is how long each one may take. All are asked at once, and three seconds are promised for the answer.
const pingBound = 2 * time.Second

// pinger gives a sign of life, or an error; it returns when ctx ends.
type pinger interface {
	Ping(ctx context.Context) error
}

// databasePinger does the same for a configured database.
type databasePinger interface {
	Ping(ctx context.Context, database string) (postgres.Pong, error)
}

// chatState is how the connection to the chat sees itself; no I/O.
type chatState interface {
	State() ChatState
}

// ChatState is the connection to the chat.
type ChatState struct {
	Open, Wanted    int       // sockets that said hello, sockets configured
	Connections     int       // sockets of the app as Slack counted them at the last hello, those on their way out included
	Strangers       int       // of them that are surely not ours: a second program
	Since           time.Time // when it became as it is now
	Fault           string    // why it is not well, in words; empty where it is
	Granted, Needed []string  // scopes; Granted is empty until Slack has said it
}

func ping(t Toolbox) Command {
	return question(Question[struct{}]{
		About: About{
			Path: "ping", Risk: ops.Read,
			Summary: "whether dbbot reaches all it needs, and in which versions", Example: "ping",
		},
		Parse: func(Values) (struct{}, []ops.Target, error) { return struct{}{}, t.Databases, nil },
		Answer: func(ctx context.Context, _ Asker, _ struct{}, targets []ops.Target) (View, error) {
			view := View{Title: "ping", Buttons: refreshAndShare()}
			var verdicts []Verdict
			for _, section := range together(ctx, t.probes(targets)) {
				view.Parts = append(view.Parts, Part{Section: &section})
				verdicts = append(verdicts, section.Verdict)
			}
			view.Verdict = Worst(verdicts...)
			view.Notes = []Text{Say(fmt.Sprintf("dbbot %s, %s, %s/%s", t.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH))}
			return view, nil
		},
	})
}

// probe asks one thing for a sign of life.
type probe func(ctx context.Context) Section

func (t Toolbox) probes(targets []ops.Target) []probe {
	probes := []probe{}
	if t.Chat != nil {
		probes = append(probes, func(context.Context) Section { return sockets(t.Chat.State()) },
			func(context.Context) Section { return scopes(t.Chat.State()) })
	}
	for _, target := range targets {
		probes = append(probes, t.database(target))
	}
	if t.State != nil {
		probes = append(probes, alive("state database", t.State, Bad, "nothing can be changed until it answers"))
	}
	if t.Redis != nil {
		probes = append(probes, alive("Redis", t.Redis, Watch, "limits and repeats are kept by each process alone meanwhile"))
	}
	return probes
}

// together asks all at once and gives their answers in the order of the probes.
func together(ctx context.Context, probes []probe) []Section {
	answers, asks := make([]Section, len(probes)), make([]func(), len(probes))
	for i, ask := range probes {
		asks[i] = func() {
			bounded, cancel := context.WithTimeout(ctx, pingBound)
			defer cancel()
			answers[i] = ask(bounded)
		}
	}
	atOnce(asks...)
	return answers
}

func (t Toolbox) database(target ops.Target) probe {
	return func(ctx context.Context) Section {
		section := Section{Title: target.Database}
		pong, err := t.Postgres.Ping(ctx, target.Database)
		if err != nil {
			return section.failed(err, Bad, "")
		}
		role := "primary"
		if pong.Replica {
			role = "replica"
		}
		section.Verdict = Good
		section.Summary = Say(fmt.Sprintf("%s, PostgreSQL %s, %s", took(pong.Took), pong.Version, role))
		return section
	}
}

// alive asks something that has no name of its own; means is what its absence means to people.
func alive(title string, it pinger, absent Verdict, means string) probe {
	return func(ctx context.Context) Section {
		section, begun := Section{Title: title}, time.Now()
		if err := it.Ping(ctx); err != nil {
			return section.failed(err, absent, means)
		}
		section.Verdict, section.Summary = Good, Say(took(time.Since(begun)))
		return section
	}
}

// failed says why there was no sign of life, as far as a person may know.
func (s Section) failed(err error, verdict Verdict, means string) Section {
	s.Verdict, s.Summary = verdict, Say("did not answer")
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		s.Summary = Say(marked.Message)
		if marked.Hint != "" {
			s.Lines = append(s.Lines, Say(marked.Hint))
		}
	} else if errors.Is(err, context.DeadlineExceeded) {
		s.Summary = Say("did not answer in time")
	}
	if means != "" {
		s.Lines = append(s.Lines, Say(capital(means)+"."))
	}
	return s
}

func sockets(state ChatState) Section {
	section := Section{Title: "Slack", Verdict: Good, Summary: Text{
		{Text: fmt.Sprintf("%d of %d sockets open, since ", state.Open, state.Wanted)}, {Kind: Moment, When: state.Since},
	}}
	switch {
	case state.Open == 0:
		section.Verdict = Bad
	case state.Open < state.Wanted, state.Fault != "":
		section.Verdict = Watch
	}
	if state.Fault != "" {
		section.Lines = append(section.Lines, Say(state.Fault))
	}
	if state.Strangers > 0 {
		section.Verdict = Worst(section.Verdict, Watch)
		section.Lines = append(section.Lines, Say(fmt.Sprintf("Slack counts %d sockets of this app, %d of them not from here: "+
			"another program uses the same token and takes a share of the commands.", state.Connections, state.Strangers)))
	}
	return section
}

func scopes(state ChatState) Section {
	section := Section{Title: "Scopes", Verdict: Good, Summary: Say(fmt.Sprintf("all %d that are needed", len(state.Needed)))}
	missing := slices.DeleteFunc(slices.Clone(state.Needed), func(scope string) bool { return slices.Contains(state.Granted, scope) })
	switch {
	case len(state.Granted) == 0:
		section.Verdict, section.Summary = Unseen, Say("Slack has not said yet which are granted")
	case len(missing) > 0:
		section.Verdict = Bad
		section.Summary = Say("missing " + strings.Join(missing, ", "))
		section.Lines = []Text{Say("Add them to the app under OAuth & Permissions, and install it again.")}
	}
	return section
}

// took says a latency with as many digits as mean something.
func took(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.0f ms", d.Seconds()*1000)
}
