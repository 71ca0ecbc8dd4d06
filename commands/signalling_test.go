package commands

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/postgres"
)

// fakeSessions has one session, and remembers whom a signal was for.
type fakeSessions struct {
	backend postgres.Backend
	fault   error // of a look
	fate    postgres.Fate
	ending  error // of End and Fate
	aimed   []postgres.Aim
}

func (f *fakeSessions) Backend(_ context.Context, _ string, pid int) (postgres.Backend, bool, error) {
	return f.backend, f.backend.PID == pid && f.fault == nil, f.fault
}

func (f *fakeSessions) End(_ context.Context, _ string, aim postgres.Aim, sent func()) (postgres.Fate, error) {
	f.aimed = append(f.aimed, aim)
	sent()
	return f.fate, f.ending
}

func (f *fakeSessions) Fate(_ context.Context, _ string, aim postgres.Aim) (postgres.Fate, error) {
	f.aimed = append(f.aimed, aim)
	return f.fate, f.ending
}

var (
	began  = time.Date(2026, 11, 22, 8, 0, 0, 123456000, time.UTC)
	opened = began.Add(3 * time.Hour)
	asked  = opened.Add(time.Minute)
)

// forgotten is a session that holds two others up.
func forgotten() postgres.Backend {
	return postgres.Backend{
		System: "7291", Database: "shop", Role: "dbbot", PID: 4242, Here: true, Kind: "client backend", Signal: true,
		Started: &began, Transaction: &opened, Asked: &asked, Changed: &asked, User: "ana", Application: "psql", Client: "10.0.0.5",
		State: "idle in transaction", Query: "UPDATE orders SET total = ? WHERE id = ?",
		Blocked: []postgres.Wait{
			{PID: 4243, Kind: "relation", Relation: "public.orders", Waited: 4 * minutes, Blockers: []int{4242}},
			{PID: 4244, Kind: "transactionid", Waited: 95 * seconds, Blockers: []int{4243}},
		},
	}
}

// slow is a session with a query that has run for long.
func slow() postgres.Backend {
	b := forgotten()
	b.State, b.Query, b.Blocked = "active", "SELECT count(*) FROM orders", nil
	return b
}

// change binds a line to a Change over these sessions.
func changing(t *testing.T, sessions *fakeSessions, line string) *Changing {
	t.Helper()
	call, err := All(Toolbox{Databases: shop, Sessions: sessions}).Find(line)
	if err != nil || call.Change == nil {
		t.Fatalf("%q: %+v, %v", line, call, err)
	}
	return call.Change
}

func TestSignalsAreParsed(t *testing.T) {
	const started, since = "started=2026-11-22T08:00:00.123456Z", "since=2026-11-22T11:00:00.123456Z"
	tests := []struct{ line, words, reason string }{
		{"cancel 4242 orders", "cancel 4242 orders", ""},
		{"terminate orders 4242 -- forgotten", "terminate 4242 orders", "forgotten"},
		{"please Terminate 4242 on the Orders database — it’s stuck", "terminate 4242 orders", "it’s stuck"},
		{"terminate 4242 orders " + started, "terminate 4242 orders " + started, ""},
		{"terminate " + since + " " + started + " 4242 orders -- x", "terminate 4242 orders " + started + " " + since, "x"},
		{"terminate 4242 orders started=tomorrow", "refused: “started=tomorrow” is no moment.", ""},
		{"cancel 4242 orders since=", "cancel 4242 orders", ""},
		{"cancel orders", "refused: “cancel” needs one more word: the pid.", ""},
		{"cancel 4242", "refused: Which database? There are orders and reporting.", ""},
		{"cancel -4242 orders", "refused: The pid must be a whole number, and “-4242” is none.", ""},
		{"cancel 99999999999 orders", "refused: The pid must be a whole number, and “99999999999” is none.", ""},
		{"terminate 4242 4243 orders", "refused: There is no database called “4243”.", ""},
		{"terminate 4242 orders reporting", "refused: “terminate” does not know what to do with “reporting”.", ""},
	}
	for _, tt := range tests {
		call, err := All(Toolbox{Databases: shop}).Find(tt.line)
		switch {
		case err != nil:
			if got := "refused: " + err.Error(); got != tt.words {
				t.Errorf("%q: got %s", tt.line, got)
			}
		case call.Change.Words != strings.TrimSuffix(tt.words, " ") && tt.words != "cancel 4242 orders" || call.Change.Reason != tt.reason:
			t.Errorf("%q: got %q because %q", tt.line, call.Change.Words, call.Change.Reason)
		case len(call.Targets) != 1 || call.Targets[0] != orders:
			t.Errorf("%q is about %v", tt.line, call.Targets)
		}
	}
}

func TestSignalPlan(t *testing.T) {
	sessions := &fakeSessions{backend: forgotten()}
	planned, err := changing(t, sessions, "terminate 4242 orders").Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"alias":"orders","system":"7291","database":"shop","pid":4242,"started":"2026-11-22T08:00:00.123456Z",` +
		`"since":"2026-11-22T11:00:00.123456Z","user":"ana","application":"psql","client":"10.0.0.5"}`
	if string(planned.Plan) != want || planned.Server != (approval.Server{System: "7291", Database: "shop"}) {
		t.Errorf("got %s on %+v", planned.Plan, planned.Server)
	}
	golden(t, "terminate_plan.golden", planned.View.Text()+"\n")

	// What changes while people read is not in the plan: not how long, nor how many wait, nor its last statement.
	sessions.backend.Blocked, sessions.backend.Query, sessions.backend.State = nil, "SELECT ?", "active"
	sessions.backend.Asked, sessions.backend.Changed = new(asked.Add(time.Hour)), new(asked.Add(time.Hour))
	again, err := changing(t, sessions, "terminate 4242 orders").Plan(t.Context())
	if err != nil || string(again.Plan) != want {
		t.Errorf("again: %s, %v", again.Plan, err)
	}

	sessions.backend = slow()
	planned, err = changing(t, sessions, "cancel 4242 orders").Plan(t.Context())
	if err != nil || string(planned.Plan) != strings.Replace(want, "T11:00:00", "T11:01:00", 1) {
		t.Errorf("cancel: %s, %v", planned.Plan, err)
	}
	golden(t, "cancel_plan.golden", planned.View.Text()+"\n")
}

// Any other session, or another thing that it does, makes another plan: what was agreed to is invalid then.
func TestPlansDiffer(t *testing.T) {
	base := func(b postgres.Backend, line string) string {
		planned, err := changing(t, &fakeSessions{backend: b}, line).Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return string(planned.Plan)
	}
	for name, spoil := range map[string]func(*postgres.Backend){
		"another session":     func(b *postgres.Backend) { b.Started = new(began.Add(time.Microsecond)) },
		"another transaction": func(b *postgres.Backend) { b.Transaction = new(opened.Add(time.Microsecond)) },
		"no transaction":      func(b *postgres.Backend) { b.Transaction = nil },
		"another server":      func(b *postgres.Backend) { b.System = "7292" },
		"another database":    func(b *postgres.Backend) { b.Database = "shop2" },
		"another role":        func(b *postgres.Backend) { b.User = "ben" },
		"another program":     func(b *postgres.Backend) { b.Application = "web" },
		"another client":      func(b *postgres.Backend) { b.Client = "10.0.0.6" },
	} {
		b := forgotten()
		spoil(&b)
		if base(b, "terminate 4242 orders") == base(forgotten(), "terminate 4242 orders") {
			t.Errorf("%s has the same plan", name)
		}
	}
	b := slow()
	b.Asked = new(asked.Add(time.Microsecond))
	if base(b, "cancel 4242 orders") == base(slow(), "cancel 4242 orders") {
		t.Error("another query has the same plan")
	}
}

func TestSignalPlanRefused(t *testing.T) {
	silent := &ops.Error{Message: "orders does not answer.", Cause: postgres.ErrUnread}
	own, prepared := forgotten(), forgotten()
	own.Own, prepared.Signal, prepared.Superuser = true, false, true
	done := forgotten()
	done.Transaction, done.State = nil, "idle"
	tests := map[string]struct {
		sessions *fakeSessions
		line     string
		message  string
	}{
		"nobody":         {&fakeSessions{}, "terminate 4242 orders", "There is no session 4242 on orders."},
		"silence":        {&fakeSessions{fault: silent}, "terminate 4242 orders", "orders does not answer."},
		"own":            {&fakeSessions{backend: own}, "terminate 4242 orders", "Session 4242 is dbbot's own."},
		"superuser":      {&fakeSessions{backend: prepared}, "terminate 4242 orders", `Session 4242 belongs to a superuser, and dbbot's role "dbbot" is none.`},
		"idle":           {&fakeSessions{backend: forgotten()}, "cancel 4242 orders", "Session 4242 runs no query at this moment."},
		"reused pid":     {&fakeSessions{backend: forgotten()}, "terminate 4242 orders started=2026-11-22T08:00:00.123455Z", "The session 4242 that was shown has ended; another one has its number now."},
		"another query":  {&fakeSessions{backend: slow()}, "cancel 4242 orders since=2026-11-22T11:00:00Z", "Session 4242 does something else by now than what was shown."},
		"it is over":     {&fakeSessions{backend: done}, "terminate 4242 orders since=2026-11-22T11:00:00Z", "Session 4242 does something else by now than what was shown."},
		"other transact": {&fakeSessions{backend: forgotten()}, "terminate 4242 orders since=2026-11-22T11:00:00Z", "Session 4242 does something else by now than what was shown."},
	}
	for name, test := range tests {
		_, err := changing(t, test.sessions, test.line).Plan(t.Context())
		if err == nil || err.Error() != test.message {
			t.Errorf("%s: got %v", name, err)
		}
		if again := errors.Is(err, ErrUnread); again != (name == "silence") {
			t.Errorf("%s: worth trying again: %v", name, again)
		}
	}
	// What a button says exactly is accepted as long as it is so.
	line := "terminate 4242 orders started=" + stamp(began) + " since=" + stamp(opened)
	if _, err := changing(t, &fakeSessions{backend: forgotten()}, line).Plan(t.Context()); err != nil {
		t.Errorf("%s: %v", line, err)
	}
}

func TestSignalRun(t *testing.T) {
	unsure := &ops.Error{Message: "Session 4242 was asked to end, but has not within 10 s. It still may.", Cause: postgres.ErrUnsure}
	tests := []struct {
		line  string
		b     postgres.Backend
		fate  postgres.Fate
		fault error
		said  string
	}{
		{"terminate 4242 orders", forgotten(), postgres.Gone, nil, "Session 4242 was terminated: good\n\nIt was asked to end, and it is gone; what its transaction had not committed is rolled back."},
		{"cancel 4242 orders", slow(), postgres.Over, nil, "The query of session 4242 was cancelled: good\n\nIt was asked to stop, and it runs no more. The session is still connected."},
		{"cancel 4242 orders", slow(), postgres.Gone, nil, "Session 4242 has ended: good\n\nIts query was asked to stop, and the whole session is gone."},
		{"terminate 4242 orders", forgotten(), postgres.There, unsure, unsure.Message},
		{"terminate 4242 orders", forgotten(), postgres.Over, nil, "session 4242: over is no end of terminate"},
		{"cancel 4242 orders", slow(), postgres.Elsewhere, nil, "session 4242: elsewhere is no end of cancel"},
	}
	for _, tt := range tests {
		sessions := &fakeSessions{backend: tt.b, fate: tt.fate, ending: tt.fault}
		change := changing(t, sessions, tt.line)
		planned, err := change.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var phases []string
		view, err := change.Run(t.Context(), approval.Request{}, planned.Plan, func(phase string, _, _ int64) { phases = append(phases, phase) })
		said := view.Text()
		if err != nil {
			said = err.Error()
		}
		if said != tt.said || errors.Is(err, ErrUnclear) != (tt.fault != nil) || len(phases) != 2 || strings.TrimPrefix(phases[0], "asking it to ")[:3] != strings.TrimPrefix(phases[1], "waiting until it has ")[:3] {
			t.Errorf("%s, then %s: got %q, %v in phases %q", tt.line, tt.fate, said, err, phases)
		}
		signal := postgres.Terminate
		if strings.HasPrefix(tt.line, "cancel") {
			signal = postgres.CancelQuery
		}
		if want := tt.b.Aim(signal); len(sessions.aimed) != 1 || !reflect.DeepEqual(sessions.aimed[0], want) {
			t.Errorf("%s was aimed at %+v, not %+v", tt.line, sessions.aimed, want)
		}
	}
}

func TestSignalLook(t *testing.T) {
	tests := []struct {
		line     string
		b        postgres.Backend
		fate     postgres.Fate
		fault    error
		happened Happened
		title    string
	}{
		{"terminate 4242 orders", forgotten(), postgres.Gone, nil, HappenedWhole, "Session 4242 has ended"},
		{"terminate 4242 orders", forgotten(), postgres.Over, nil, HappenedNothing, "Session 4242 was not ended"},
		{"terminate 4242 orders", forgotten(), postgres.There, nil, HappenedNothing, "Session 4242 is still there"},
		{"terminate 4242 orders", forgotten(), postgres.Elsewhere, nil, HappenedUnclear, "What became of session 4242 is not known"},
		{"cancel 4242 orders", slow(), postgres.Over, nil, HappenedWhole, "The query of session 4242 has ended"},
		{"cancel 4242 orders", slow(), postgres.Gone, nil, HappenedWhole, "The query of session 4242 has ended"},
		{"cancel 4242 orders", slow(), postgres.There, nil, HappenedNothing, "The query of session 4242 is still there"},
		{"cancel 4242 orders", slow(), "", &ops.Error{Message: "orders does not answer.", Cause: postgres.ErrUnread}, HappenedUnclear, "What became of the query of session 4242 is not known"},
	}
	for _, tt := range tests {
		sessions := &fakeSessions{backend: tt.b, fate: tt.fate, ending: tt.fault}
		change := changing(t, sessions, tt.line)
		planned, err := change.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		happened, view, err := change.Look(t.Context(), approval.Request{}, planned.Plan)
		if happened != tt.happened || view.Title != tt.title || errors.Is(err, ErrUnread) != (tt.fault != nil) {
			t.Errorf("%s, then %s: got %s, %q, %v", tt.line, tt.fate, happened, view.Title, err)
		}
	}
}

// Names and statements from outside stay text, on their line and in bounds.
func TestSignalViewOfHostileNames(t *testing.T) {
	b := forgotten()
	b.User, b.Application, b.Client = "a\u202eb", strings.Repeat("x", 500), "<!channel>\n"
	b.Query, b.State = postgres.SQL("SELECT \x00\u202e "+strings.Repeat("y", 5000)), "odd\nstate"
	for range 50 {
		b.Blocked = append(b.Blocked, postgres.Wait{PID: 1, Kind: "a\u202e", Relation: "\u202e" + strings.Repeat("z", 300)})
	}
	planned, err := changing(t, &fakeSessions{backend: b}, "terminate 4242 orders").Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range planned.View.Parts {
		if part.Section != nil && len(part.Section.Lines) > blockedLines+1 {
			t.Errorf("%d lines", len(part.Section.Lines))
		}
	}
	if text := planned.View.Text(); strings.ContainsAny(text, "\u202e\x00") || len(text) > 5000 {
		t.Errorf("got %d bytes: %s", len(text), text)
	}
}

// What hides a part of a session hides nothing else.
func TestSignalViewOfWhatIsUnseen(t *testing.T) {
	b := forgotten()
	b.User, b.Kind, b.Client, b.Application, b.Query, b.Transaction, b.State, b.Wait = "", "autovacuum worker", "", "", "", nil, "active", "Lock"
	b.Unseen, b.Asked = &ops.Error{Message: "took longer than 1 s"}, nil
	text := fmt.Sprint(signalling{title: "Session %d"}.view(b).Text())
	for _, want := range []string{"autovacuum worker", "waiting for a lock", "none open", "could not be seen: took longer than 1 s", "Connected: since 2026"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
}
