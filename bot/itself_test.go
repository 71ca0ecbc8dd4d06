package bot

import (
	"errors"
	"strings"
	"testing"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/job"
	"dbbot/ops/store"
)

const minute = time.Minute

func TestDueIsAskedForOnce(t *testing.T) {
	n := newNights(t)
	for _, later := range []time.Duration{0, minute, 88 * minute} { // until one minute before three
		n.ticks(t, later)
	}
	if got := n.requests(t); got != "" {
		t.Fatalf("too early: %s", got)
	}
	if said := n.ticks(t, 90*time.Second); said != "" {
		t.Errorf("said: %s", said)
	}
	want := `approved backup now orders by dbbot in "C0ORDERS": 0 3 * * * Europe/Berlin (schedule/orders/2026-11-23T02:00:00Z)`
	if got := n.requests(t); got != want {
		t.Fatalf("%s\nwant\n%s", got, want)
	}
	for range 3 {
		n.ticks(t, minute)
	}
	n.end(t, approval.Succeeded)
	n.ticks(t, minute)
	if got := strings.Count(n.requests(t), "\n"); got != 0 {
		t.Errorf("asked for again:\n%s", n.requests(t))
	}
	n.ticks(t, 24*time.Hour)
	if got := n.requests(t); !strings.HasPrefix(got, `approved backup now orders by dbbot in "C0ORDERS": 0 3 * * * Europe/Berlin (schedule/orders/2026-11-24T02:00:00Z)`) {
		t.Errorf("the next night:\n%s", got)
	}
}

// What was missed runs once, late, and says so; also where success is not told.
func TestMissedRunsOnce(t *testing.T) {
	n := newNights(t, func(d *Backed) { d.Quiet = true })
	n.ticks(t, 0)
	n.ticks(t, 2*time.Hour)
	n.end(t, approval.Succeeded)
	if got := n.requests(t); !strings.Contains(got, `by dbbot in "C0ORDERS": 0 3 * * * Europe/Berlin; it was due at 2026-11-23 03:00 CET, and is late (`) {
		t.Errorf("late:\n%s", got)
	}
	n.ticks(t, 70*time.Hour+30*minute)
	n.ticks(t, minute)
	got := strings.Split(n.requests(t), "\n")
	if len(got) != 2 || !strings.Contains(got[0], "it was due at 2026-11-26 03:00 CET, and is late; 2 times before it did not run (schedule/orders/2026-11-26T02:00:00Z)") && !strings.Contains(got[0], "2026-11-25") {
		t.Errorf("after three nights:\n%s", strings.Join(got, "\n"))
	}
}

// Where success is not told, what runs in time is asked for in no channel.
func TestQuiet(t *testing.T) {
	n := newNights(t, func(d *Backed) { d.Quiet = true })
	n.ticks(t, 0)
	n.ticks(t, 91*minute)
	if got := n.requests(t); !strings.Contains(got, `by dbbot in ""`) {
		t.Error(got)
	}
}

// As long as it cannot be asked for it is tried every minute; once it is late that is said, and once when it is over.
func TestLate(t *testing.T) {
	n := newNights(t)
	n.ticks(t, 0)
	n.fault = &ops.Error{Message: "PostgreSQL 15's pg_dump is not installed here.", Hint: "Install it."}
	for range 9 {
		if said := n.ticks(t, 10*minute); !strings.HasPrefix(said, " [") && said != "" {
			t.Errorf("too early: %s", said)
		}
	}
	said := n.ticks(t, 10*minute)
	want := "C0ORDERS: Backups of orders: bad / The backup of orders that was due at 2026-11-23 03:00 CET has not begun: PostgreSQL 15's pg_dump is not installed here. Install it. It is tried again every minute."
	if !strings.HasPrefix(said, want) {
		t.Errorf("%s\nwant\n%s", said, want)
	}
	if said := n.ticks(t, minute); !strings.HasPrefix(said, " [") {
		t.Errorf("said twice: %s", said)
	}
	n.fault = nil
	if said := n.ticks(t, minute); said != "" {
		t.Errorf("it begins: %s", said)
	}
	if said := n.ticks(t, minute); !strings.HasPrefix(said, "C0ORDERS: Backups of orders: good / The schedule of the backups of orders is kept again. Since ") {
		t.Errorf("the end: %s", said)
	}
	if said := n.ticks(t, minute); said != "" || n.requests(t) == "" {
		t.Errorf("%s\n%s", said, n.requests(t))
	}
}

// The state database fails between the plan and the request: the next look asks again, and once.
func TestDueThoughTheStateFails(t *testing.T) {
	n := newNights(t)
	n.ticks(t, 0)
	n.calendar.fail = errors.New("it is away")
	n.ticks(t, 91*minute)
	if got := n.requests(t); got != "" {
		t.Fatal(got)
	}
	n.ticks(t, minute)
	n.ticks(t, minute)
	if got := n.requests(t); strings.Count(got, "schedule/orders/2026-11-23T02:00:00Z") != 1 {
		t.Error(got)
	}
}

// Somebody asked for the same: what runs, or will, is joined; what may never run is not waited for in silence.
func TestDueBesideThePeople(t *testing.T) {
	for name, terms := range map[string]approval.Terms{"runs": {}, "waits": {By: []string{"leads"}, Count: 1, Within: 3 * time.Hour}} {
		t.Run(name, func(t *testing.T) {
			n := newNights(t)
			n.ticks(t, 0)
			p := planned("a backup of orders")
			_, _, err := n.state.Create(t.Context(), func(now time.Time) (approval.Move, error) {
				return approval.New(approval.Request{
					Key: "typed", Command: "backup now", Words: "backup now orders", Risk: ops.Operate, Target: orders, Server: p.Server,
					Requester: id("U0ANA"), Plan: p.Plan, Digest: approval.Digest("backup now", p.Server, p.Plan), Terms: terms,
				}, now)
			})
			if err != nil {
				t.Fatal(err)
			}
			said := n.ticks(t, 91*minute)
			joined := n.last["backup orders"]
			if name == "runs" && (said != "" || joined.IsZero()) || name == "waits" && (!strings.Contains(said, "waits for people to agree") || !joined.IsZero()) {
				t.Errorf("said %q, seen to %v", said, joined)
			}
			if got := strings.Count(n.requests(t), "\n"); got != 0 {
				t.Errorf("asked for twice:\n%s", n.requests(t))
			}
		})
	}
}

// A database whose plan panics holds up no other, and nothing falls over.
func TestTickSurvivesPanic(t *testing.T) {
	n := newNights(t, func(d *Backed) { d.Backups = nil })
	if said := n.ticks(t, 0); !strings.Contains(said, "panic") {
		t.Error(said)
	}
}

// What dbbot asks for itself is checked by what it is: backups, and nothing else, and nobody's word for it.
func TestCheckItself(t *testing.T) {
	good := approval.Request{
		Command: "backup now", Words: "backup now orders", Risk: ops.Operate, Target: orders, Requester: ops.PersonID{Team: team, User: ops.Itself},
		Server: planned("").Server, Plan: planned("a backup of orders").Plan,
	}
	for name, tt := range map[string]struct {
		edit func(*approval.Request)
		want string
	}{
		"a backup":              {func(*approval.Request) {}, ""},
		"another team's":        {func(q *approval.Request) { q.Requester.Team = "T0OTHER" }, "nothing else"},
		"a migration":           {func(q *approval.Request) { q.Command, q.Words, q.Risk = "up", "up orders", ops.Change }, "nothing else"},
		"with terms":            {func(q *approval.Request) { q.Terms = approval.Terms{By: []string{"leads"}, Count: 1} }, "nothing else"},
		"alone":                 {func(q *approval.Request) { q.Terms.Alone = true }, "nothing else"},
		"with a vote":           {func(q *approval.Request) { q.Votes = []approval.Vote{{By: id("U0LEE"), Agree: true}} }, "nothing else"},
		"by breaking the glass": {func(q *approval.Request) { q.Glass = true }, "nothing else"},
		"by a person":           {func(q *approval.Request) { q.Requester = id("U0EVE") }, "may not do that any more"},
		"another plan":          {func(q *approval.Request) { q.Plan = planned("another").Plan }, "not what was agreed to"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNights(t)
			q := good
			tt.edit(&q)
			q.Digest = approval.Digest(q.Command, q.Server, q.Plan)
			err := n.Check(t.Context(), q)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, job.ErrUnchecked)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	n := newNights(t)
	for _, words := range []string{"up orders", "drop orders", "look"} {
		if call, err := n.Find(words); err == nil && asksItself(call.Path) {
			t.Errorf("it would ask for %q", words)
		}
	}
}

// Nobody can say that they are dbbot: the directory does not know such a person.
func TestNobodyIsDbbot(t *testing.T) {
	n := newNights(t)
	if said := n.asks(ops.Itself, "up orders"); strings.Contains(said, "request") || n.requests(t) != "" {
		t.Errorf("%s\n%s", said, n.requests(t))
	}
}

// Whoever may ask for the same may stop what dbbot asked for; nobody else.
func TestStoppingWhatDbbotAskedFor(t *testing.T) {
	for user, want := range map[string]string{"U0LEE": "rejected by U0LEE", "U0EVE": "approved"} {
		n := newNights(t)
		n.ticks(t, 0)
		n.ticks(t, 91*minute)
		said := n.presses(user, commands.Reject, 1)
		if form := n.room.last(); form.Name != "" {
			said = n.sends(user, "not tonight")
		}
		if got := n.is(1); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, %s", user, got, said)
		}
	}
}

// What is said of what dbbot asked for itself mentions nobody who does not exist.
func TestAnnounceItself(t *testing.T) {
	n := newNights(t)
	n.ticks(t, 0)
	n.ticks(t, 91*minute)
	q, err := n.state.Get(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	long := make([]commands.Part, 60)
	for i := range long {
		long[i] = commands.Part{Code: &commands.Code{Title: "a table", Text: strings.Repeat("x", 900)}}
	}
	q.Shown = keepView(commands.View{Title: "Plan", Parts: long})
	q.Outcome = keepView(commands.View{Title: "Taken", Parts: long[:1]})
	quiet := q
	quiet.Origin.Channel = ""
	for name, tt := range map[string]struct {
		q    approval.Request
		end  approval.State
		want string
	}{
		"good": {q, approval.Succeeded, "reply C0ORDERS"}, "failed": {q, approval.Failed, "notice C0ORDERS, reply C0ORDERS"}, "invalidated": {q, approval.Invalidated, "notice C0ORDERS"},
		"rejected":       {q, approval.Rejected, ""},
		"quiet and good": {quiet, approval.Succeeded, ""}, "quiet and failed": {quiet, approval.Failed, "card C0ORDERS, reply "},
		"quiet and stopped by dbbot": {quiet, approval.Cancelled, "card C0ORDERS, reply "},
	} {
		after := tt.q
		after.State = tt.end
		event := approval.Finished
		switch tt.end {
		case approval.Invalidated:
			event = approval.Refuted
		case approval.Rejected:
			event = approval.RejectedBy
		}
		var said []string
		for _, m := range n.Announce(approval.Move{Before: tt.q, After: after, Event: event}) {
			said = append(said, string(m.Kind)+" "+m.To)
		}
		if got := strings.Join(said, ", "); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	stopped := quiet
	stopped.State, stopped.Cancel = approval.Cancelled, &approval.Cancel{By: id("U0LEE")}
	if said := n.Announce(approval.Move{Before: quiet, After: stopped, Event: approval.Finished}); len(said) > 0 {
		t.Errorf("somebody stopped it, and hears of it: %+v", said)
	}
	for channel, want := range map[string]int{"": 0, "C0ORDERS": 1} {
		born := q
		born.Origin.Channel = channel
		if said := n.Announce(approval.Move{After: born, Event: approval.Agreed}); len(said) != want {
			t.Errorf("born in %q: %+v", channel, said)
		}
	}
	text := commands.RequestView(q, nil).Text()
	if strings.Contains(text, "@") || !strings.Contains(text, "the schedule, 0 3 * * * Europe/Berlin") {
		t.Error(text)
	}
	d := &delivery{bot: n.Bot, m: store.Message{Kind: store.Card, To: "C0ORDERS"}, r: q}
	if got := strings.Join(d.places(), " "); got != "C0ORDERS" {
		t.Errorf("it may stand in %s", got)
	}
}
