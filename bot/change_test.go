package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
)

func TestFirstIsWhatMustBeCertain(t *testing.T) {
	w := newWorks(t)
	typed := func(words string) Act { return Act{Invoke: &Invoke{Text: words}} }
	pressed := func(button string) Act { return Act{Click: &Click{Button: button}} }
	tests := []struct {
		act  Act
		want bool
	}{
		{typed("up orders"), true},
		{typed("drop orders -- it is old"), true},
		{typed("status"), false},
		{typed("dance"), false},
		{typed(""), false},
		{pressed("approve"), true},
		{pressed("Reject"), true},
		{pressed("withdraw"), true},
		{pressed("cancel"), true},
		{pressed("break glass"), true},
		{pressed("End 4242"), true},
		{pressed(""), true},
		{pressed("Refresh"), false},
		{pressed("share"), false},
		{Act{Submit: &Submit{}}, true},
		{Act{Home: &Home{}}, false},
		{Act{}, false},
	}
	for _, tt := range tests {
		if got := w.First(tt.act); got != tt.want {
			t.Errorf("%+v: %v", tt.act, got)
		}
		if newWorld(t).First(tt.act) {
			t.Errorf("%+v is first where nothing is changed", tt.act)
		}
	}
	if taken := w.Take(t.Context(), Act{}); taken.Fault != "" || taken.Then != nil {
		t.Errorf("nothing became %+v", taken)
	}
}

// Who may not, and what cannot be, is refused in private with the reason, and noted.
func TestAskingIsRefusedWithAReason(t *testing.T) {
	tests := []struct {
		name   string
		change func(*works)
		user   string
		words  string
		want   string // empty: no answer, but a card
		fact   string
	}{
		{"an engineer", nil, "U0ANA", "up orders", "", ""},
		{"a guest", nil, "U0GUS", "up orders", "You are a guest of this workspace", "command refused U0GUS up orders: You are a guest of this workspace"},
		{"an outsider", nil, "U0EVE", "up orders", "You are from another organisation", "command refused U0EVE up orders: You are from another"},
		{
			"whom the policy does not name", func(w *works) { w.directory.rosters["S0ENGINEER"] = nil }, "U0ANA", "up orders",
			"Only engineers or leads may change orders (production). Ask one of them. /db whoami shows what you may do.", "command refused U0ANA up orders: Only engineers or leads may",
		},
		{"when slack is down", func(w *works) { w.directory.err = errSlackDown }, "U0ANA", "up orders", "Slack's directory could not be read", "command refused U0ANA up orders: Slack's directory"},
		{"nothing to do", func(w *works) { w.planFails(&ops.Error{Message: "Nothing is pending."}) }, "U0ANA", "up orders", "Nothing is pending.", "command refused U0ANA up orders: Nothing is pending."},
		{"a plan that falls over", func(w *works) {
			w.plan = func(context.Context) (commands.Planned[json.RawMessage], error) { panic("planning") }
		}, "U0ANA", "up orders", "Something went wrong here", "command refused U0ANA up orders: Something went wrong here"},
		{"too much at once", func(w *works) { w.desk.wait = time.Second }, "U0ANA", "up orders", "That was a lot at once. Try again in 1 s.", ""},
		{
			"where outsiders read along", func(w *works) { w.directory.shared = map[string]bool{"C0ORDERS": true} }, "U0ANA", "up orders",
			"People of another organisation read this channel, so nothing is asked for here. Ask in a channel of your own workspace.", "command refused U0ANA up orders: People of another",
		},
	}
	for _, tt := range tests {
		w := newWorks(t)
		if tt.change != nil {
			tt.change(w)
		}
		got := w.asks(tt.user, tt.words)
		if tt.want == "" && got != "" || !strings.HasPrefix(strings.TrimPrefix(got, "only "+tt.user+": "), tt.want) {
			t.Errorf("%s: %s", tt.name, got)
		}
		if !strings.HasPrefix(w.facts(), tt.fact) || tt.fact == "" && w.facts() != "" {
			t.Errorf("%s is noted as %q", tt.name, w.facts())
		}
		if asked, _ := w.state.List(t.Context(), approval.Filter{}); len(asked) != 0 && tt.want != "" {
			t.Errorf("%s: %d requests", tt.name, len(asked))
		}
		if became := w.state.became["type 1"]; became == "" {
			t.Errorf("%s: the inbox does not know what became of it", tt.name)
		}
	}
}

// The same wish, while one is open, points to the one that is; a command delivered twice is one.
func TestTheSameWishTwice(t *testing.T) {
	w := newWorks(t)
	w.asks("U0ANA", "up orders")
	same(t, "ben wishes it too", w.asks("U0BEN", "up orders -- please"),
		"only U0BEN: The same is open already: #1 (https://demo.example/1), asked for by @U0ANA. Nothing new was asked for.")
	again := Act{Invoke: &Invoke{Key: "type 1", Who: id("U0ANA"), Text: "up orders", Origin: Origin{Team: team, Channel: "C0ORDERS"}, At: time.Now()}}
	same(t, "slack delivers it again", w.does(again), "fault: dbbot has this already; it counts once.")
	w.presses("U0ANA", "withdraw", 1)
	same(t, "once it is over, it can be asked for again", w.asks("U0BEN", "up orders")+w.is(2), "pending")
}

// The card stands where it was asked. Where that is nobody else's place, or Slack does not say whose, it stands in the
// database's channel, and the asker reads where.
func TestWhereTheCardStands(t *testing.T) {
	const there = "only U0ANA: Your request #1 stands in #C0ORDERS, where others can see it."
	tests := []struct {
		name   string
		origin Origin
		change func(*works)
		want   string
		place  approval.Place
	}{
		{"in a channel", Origin{Channel: "C0GENERAL"}, nil, "", approval.Place{Channel: "C0GENERAL"}},
		{"in a thread", Origin{Channel: "C0GENERAL", Thread: "3.3"}, nil, "", approval.Place{Channel: "C0GENERAL", Thread: "3.3"}},
		{"in a direct message", Origin{Channel: "D0ANA", Direct: true}, nil, there, approval.Place{Channel: "C0ORDERS"}},
		{"in a home tab", Origin{}, nil, there, approval.Place{Channel: "C0ORDERS"}},
		{"where slack does not say who reads", Origin{Channel: "G0LEADS"}, func(w *works) { w.directory.closed = true }, there, approval.Place{Channel: "C0ORDERS"}},
		{
			"nowhere",
			Origin{},
			func(w *works) { w.Channels = func(string) string { return "" } },
			"only U0ANA: There is no channel here in which others could agree. Ask in a channel that dbbot is in.",
			approval.Place{},
		},
	}
	for _, tt := range tests {
		w := newWorks(t)
		if tt.change != nil {
			tt.change(w)
		}
		tt.origin.Team = team
		same(t, tt.name, w.asksIn("U0ANA", "up orders", tt.origin), tt.want)
		if q, _ := w.state.Get(t.Context(), 1); q.Origin != tt.place {
			t.Errorf("%s: %+v", tt.name, q.Origin)
		}
	}
}

// A state that is away, slow, or not set up: the person reads that nothing was accepted, in time, and nothing happens.
func TestWhatCannotBeKeptIsNotAccepted(t *testing.T) {
	const notNow = "fault: dbbot could not accept this: its own database did not answer in time. Nothing was done, and nothing will be. Try again in a moment; /db ping shows what does not answer."
	tests := []struct {
		name   string
		change func(*vault)
		want   string
	}{
		{"not set up", func(v *vault) {
			v.down = &ops.Error{Message: "Nothing can be changed here yet.", Hint: "Set state.url."}
		}, "fault: Nothing can be changed here yet. Set state.url."},
		{"away", func(v *vault) { v.fail = errors.New("dial tcp 10.0.0.1: refused") }, notNow},
		{"slow", func(v *vault) { v.hang = true }, notNow},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			w := newWorks(t)
			w.asks("U0ANA", "up orders")
			tt.change(w.state)
			for _, act := range []func() string{
				func() string { return w.asks("U0ANA", "drop orders") },
				func() string { return w.presses("U0LEE", "approve", 1) },
				func() string { return w.presses("U0LEE", "reject", 1) },
				func() string { return w.sends("U0LEE", "orders") },
			} {
				begun := time.Now()
				if got := act(); got != tt.want && !strings.HasPrefix(got, "fault: dbbot does not know this button") {
					t.Errorf("%s: %s", tt.name, got)
				}
				if took := time.Since(begun); took >= 3*time.Second { // a bubble's clock: exact
					t.Errorf("%s: took %s", tt.name, took)
				}
			}
			w.state.down, w.state.fail, w.state.hang = nil, nil, false
			time.Sleep(time.Minute)
			synctest.Wait()
			asked, _ := w.state.List(t.Context(), approval.Filter{})
			if same(t, tt.name, w.is(1), "pending"); len(asked) != 1 || len(w.state.Moves()) != 1 || len(w.state.inbox) != 1 {
				t.Errorf("%s: something happened later: %d requests, %d moves, %d commands", tt.name, len(asked), len(w.state.Moves()), len(w.state.inbox))
			}
		})
	}
}

// Stored, and then the state goes away: the asker hears that it was not accepted, within ten seconds.
func TestAStateThatGoesAwayMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorks(t)
		plan := w.plan
		w.plan = func(ctx context.Context) (commands.Planned[json.RawMessage], error) {
			w.state.hang = true
			return plan(ctx)
		}
		begun := time.Now()
		if got := w.asks("U0ANA", "up orders"); !strings.HasPrefix(got, "only U0ANA: dbbot could not accept this") {
			t.Errorf("got %s", got)
		}
		if took := time.Since(begun); took >= 10*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// A database that hangs, with or without respect for its context, is given up within ten seconds.
func TestAPlanThatHangs(t *testing.T) {
	for name, ignores := range map[string]bool{"stops in time": false, "never stops": true} {
		synctest.Test(t, func(t *testing.T) {
			w, release := newWorks(t), make(chan struct{})
			defer close(release)
			w.plan = func(ctx context.Context) (commands.Planned[json.RawMessage], error) {
				if ignores {
					<-release
				}
				<-ctx.Done()
				return commands.Planned[json.RawMessage]{}, ctx.Err()
			}
			begun := time.Now()
			same(t, name, w.asks("U0ANA", "up orders"),
				"only U0ANA: “up” could not be planned in 6 seconds, so nothing was asked for. Try again in a moment; /db ping shows what does not answer.")
			if took := time.Since(begun); took >= 10*time.Second {
				t.Errorf("%s: took %s", name, took)
			}
		})
	}
}

// What could not be said stays in the inbox: whoever finds it there says it.
func TestAnAnswerThatCannotBeSaidStaysInTheInbox(t *testing.T) {
	w := newWorks(t)
	w.chat.fail = 1
	same(t, "a guest", w.asks("U0GUS", "up orders"), "")
	if became, settled := w.state.became["type 1"]; settled {
		t.Errorf("settled as %q", became)
	}
}

// A stop of the program in the middle is said.
func TestAStopWhilePlanningIsSaid(t *testing.T) {
	w := newWorks(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.plan = func(ctx context.Context) (commands.Planned[json.RawMessage], error) {
		cancel()
		<-ctx.Done()
		return commands.Planned[json.RawMessage]{}, ctx.Err()
	}
	taken := w.Take(ctx, Act{Invoke: &Invoke{Key: "1", Who: id("U0ANA"), Text: "up orders", Origin: Origin{Channel: "C0ORDERS"}, At: time.Now()}})
	taken.Then(ctx)
	same(t, "said", w.chat.since(), "only U0ANA: dbbot is being restarted. Type it again in a minute.")
	same(t, "settled", w.state.became["1"], "busy up")
	same(t, "that is no refusal", w.facts(), "")

	ctx, cancel = context.WithCancel(t.Context())
	w.plan = func(context.Context) (commands.Planned[json.RawMessage], error) {
		w.state.hang = true
		cancel()
		return planned("to version 7"), nil
	}
	taken = w.Take(ctx, Act{Invoke: &Invoke{Key: "2", Who: id("U0ANA"), Text: "up orders", Origin: Origin{Channel: "C0ORDERS"}, At: time.Now()}})
	taken.Then(ctx)
	same(t, "while it is being kept", w.chat.since(), "only U0ANA: dbbot is being restarted. Type it again in a minute.")
}

// Between which steps a process can be killed: the crash tests end it exactly there.
func TestTheStepsOfTheRoadAreNamed(t *testing.T) {
	var steps []string
	ops.OnReached = func(step string) { steps = append(steps, step) }
	defer func() { ops.OnReached = nil }()
	w := newWorks(t)
	w.asks("U0ANA", "up orders")
	w.presses("U0LEE", "approve", 1)
	same(t, "steps", strings.Join(steps, " "), "received planned asked decided")
}

// What is kept of a command is who typed what, where, without secrets, and bounded; of the request's first move, who made it.
func TestWhatIsKeptOfACommand(t *testing.T) {
	w := newWorks(t)
	w.asksIn("U0ANA", "up orders -- xoxb-1-hunter2", Origin{Team: team, Channel: "C0GENERAL", Thread: "3.3"})
	in := w.state.inbox["type 1"]
	if in.Who != id("U0ANA") || in.Channel != "C0GENERAL" || in.Thread != "3.3" || in.At.IsZero() || strings.Contains(in.Words, "hunter2") ||
		in.Words != "up orders -- ***" {
		t.Errorf("kept: %+v", in)
	}
	if long := invocation(Invoke{Text: strings.Repeat("ä", 2*maxInWords)}); len([]rune(long.Words)) > maxInWords+1 { // and what says that more was there
		t.Errorf("kept: %d characters", len([]rune(long.Words)))
	}
	same(t, "the first move", w.state.Moves()[0].Name, "U0ANA")
}

// How often what was asked and decided, and how that ended, by words that are few.
func TestMetricsOfChanges(t *testing.T) {
	w := newWorks(t)
	w.asks("U0ANA", "up orders")
	w.presses("U0BEN", "approve", 1)
	w.presses("U0LEE", "reject", 1)
	w.sends("U0LEE", "no")
	w.pressesAt("U0LEE", "End 4242", "GONE", Origin{Team: team, Channel: "C0ORDERS"})
	w.state.fail = approval.ErrConflict
	same(t, "a crowd", w.presses("U0MIA", "approve", 1), "fault: Many people pressed at the same moment, so yours was not counted. Press again.")
	w.state.down = &ops.Error{Message: "not yet"}
	w.presses("U0MIA", "approve", 1)
	want := `
# HELP dbbot_requests_total Commands, clicks and home tabs, by command and outcome.
# TYPE dbbot_requests_total counter
dbbot_requests_total{command="approve",outcome="busy"} 1
dbbot_requests_total{command="approve",outcome="refused"} 1
dbbot_requests_total{command="none",outcome="answered"} 1
dbbot_requests_total{command="none",outcome="busy"} 1
dbbot_requests_total{command="none",outcome="misunderstood"} 1
dbbot_requests_total{command="reject",outcome="answered"} 3
dbbot_requests_total{command="up",outcome="answered"} 1
`
	if err := testutil.GatherAndCompare(w.registry, strings.NewReader(want), "dbbot_requests_total"); err != nil {
		t.Error(err)
	}
}
