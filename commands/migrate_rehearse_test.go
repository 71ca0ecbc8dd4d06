package commands

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/apply"
	"dbbot/ops/migrate/lint"
	"dbbot/ops/migrate/rehearse"
)

// fakeStage has rehearsed already.
type fakeStage struct {
	trace    rehearse.Trace
	unwanted bool
	there    bool
	left     []rehearse.Leftover
	unread   error
}

func (f fakeStage) Rehearses(string) bool { return !f.unwanted }

func (f fakeStage) Rehearse(context.Context, string, []lint.Parsed) rehearse.Trace { return f.trace }

func (f fakeStage) Arrived(context.Context, string, []lint.Parsed) (bool, bool, error) {
	return f.there, f.trace.After != "", f.unread
}

func (f fakeStage) Leftovers(context.Context, string) ([]rehearse.Leftover, error) {
	return f.left, f.unread
}

func sawLock(took time.Duration, locks ...lint.Lock) rehearse.Statement {
	return rehearse.Statement{Traced: true, Took: took, Seen: lint.Seen{Locks: locks, Rows: true}}
}

// orders0004to0006 is what a rehearsal of sqlFiles sees, on a branch with rows.
func orders0004to0006() rehearse.Trace {
	closed := lint.Lock{Relation: "public.orders", Mode: lint.AccessExclusive}
	return rehearse.Trace{
		Server: "the server of rehearsal_url", Rows: true, Version: 160003, Took: 1240 * time.Millisecond, Missing: []string{"the extension pg_cron"},
		Changes: []rehearse.Change{{How: rehearse.Gone, Kind: "column", Name: "orders.total"}, {How: rehearse.Made, Kind: "column", Name: "orders.note"}, {How: rehearse.Made, Kind: "index", Name: "orders_note"}},
		Steps: []rehearse.Step{
			{Statements: []rehearse.Statement{sawLock(2*time.Millisecond, closed)}},
			{Refused: "Line 2, ALTER ROLE, reaches beyond the database."},
			{Statements: []rehearse.Statement{sawLock(312*time.Millisecond, lint.Lock{Relation: "public.orders", Mode: lint.AccessExclusive, Rewrite: true})}},
		},
	}
}

func rehearsedScene(t testing.TB, trace rehearse.Trace) *scene {
	t.Helper()
	s := newScene(t, migrate.GolangMigrate, sqlFiles)
	s.tools.Rehearsals = fakeStage{trace: trace}
	return s
}

func TestAPlanSaysWhatWasTraced(t *testing.T) {
	s := newScene(t, migrate.GolangMigrate, sqlFiles)
	byRules := s.planned(t, "migrate up orders")
	s = rehearsedScene(t, orders0004to0006())
	planned := s.planned(t, "migrate up orders")
	golden(t, "migrate_up_rehearsed.golden", planned.View.Text()+"\n")
	if string(planned.Plan) != string(byRules.Plan) {
		t.Error("a rehearsal is no part of what is agreed to")
	}
	golden(t, "migrate_plan_rehearsed.golden", say(t, All(s.tools), "migrate plan orders"))
}

func TestAPlanThatWentThrough(t *testing.T) {
	trace := orders0004to0006()
	trace.Steps[1] = rehearse.Step{Statements: make([]rehearse.Statement, 2)}
	for rows, want := range map[bool]string{true: "It went through in a rehearsal. There", false: "It went through in a rehearsal without rows. There"} {
		trace.Rows = rows
		if lead := rehearsedScene(t, trace).planned(t, "migrate up orders").View.Lead.String(); !strings.Contains(lead, want) {
			t.Error(lead)
		}
	}
}

func TestManyChangesAreCounted(t *testing.T) {
	trace := orders0004to0006()
	trace.Changes = nil
	for range 40 {
		trace.Changes = append(trace.Changes, rehearse.Change{How: rehearse.Made, Kind: "table", Name: "one"})
	}
	text := rehearsedScene(t, trace).planned(t, "migrate up orders").View.Text()
	if !strings.Contains(text, "The schema afterwards: 40 new, by the rehearsal\n  new: table one, table one") || !strings.Contains(text, "table one and 28 more\n") {
		t.Error(text)
	}
}

func TestAPlanThatFailsInARehearsal(t *testing.T) {
	trace := orders0004to0006()
	trace.Steps, trace.Took, trace.Rows, trace.Changes = trace.Steps[:2], time.Second, false, nil
	trace.Steps[1] = rehearse.Step{Statements: nil}
	trace.Failure = &rehearse.Failure{
		Step: 1, Statement: 0, Line: 1, Column: 34, Code: "P0001", Message: "a function raised an error, whose words may hold values and stand in the server's log",
		Doubt: "The scratch database has no rows, and the statement may need some.",
	}
	s := rehearsedScene(t, trace)
	planned := s.planned(t, "migrate up orders")
	if !planned.Severe || planned.View.Verdict != Bad {
		t.Errorf("severe: %v, %s", planned.Severe, planned.View.Verdict)
	}
	golden(t, "migrate_up_rehearsal_doubt.golden", planned.View.Text()+"\n")

	certain := *trace.Failure
	certain.Certain, certain.Doubt, certain.Code, certain.Message, certain.Hint = true, "", "42703", `column "nota" does not exist`, `Perhaps you meant to reference the column "orders.note".`
	trace.Failure = &certain
	s = rehearsedScene(t, trace)
	_, err := s.change(t, "migrate up orders").Plan(t.Context())
	explained, marked := errors.AsType[*ops.Error](err)
	if !marked || explained.Message != `0005_index.up.sql, line 1 would fail: column "nota" does not exist (42703). It was tried in a scratch database on the server of rehearsal_url, made from the schema, without rows.` {
		t.Errorf("%v", err)
	}
	if answer := say(t, All(s.tools), "migrate plan orders"); !strings.Contains(answer, "It fails in a rehearsal: bad, 0005_index, line 1") || !strings.Contains(answer, "The real database would refuse it, too.") {
		t.Error(answer)
	}
}

func TestAPlanSaysWhyLessWasSeen(t *testing.T) {
	first := orders0004to0006()
	first.Steps, first.Took = first.Steps[:1], 0
	for _, tt := range []struct {
		spoil func(*rehearse.Trace)
		want  []string
	}{
		{func(r *rehearse.Trace) { *r = rehearse.Trace{Refused: "The server for rehearsals is a replica."} }, []string{"Not rehearsed, so who waits is judged by the rules. The server for rehearsals is a replica.", "judged by the rules"}},
		{func(r *rehearse.Trace) { *r = rehearse.Trace{Under: true} }, []string{"The rehearsal is being prepared"}},
		{func(r *rehearse.Trace) { r.Under = true }, []string{"The rehearsal still runs: what it has not come to is judged by the rules.", "0004_note: watch, 1 statement in one transaction: all or nothing; a way back exists; traced in a rehearsal", "all or nothing; judged by the rules"}},
		{func(r *rehearse.Trace) { r.Stopped = "It took longer than 60 seconds." }, []string{"The rehearsal broke off, and what it did not come to is judged by the rules. It took longer than 60 seconds."}},
	} {
		trace := first
		tt.spoil(&trace)
		text := rehearsedScene(t, trace).planned(t, "migrate up orders").View.Text()
		for _, want := range tt.want {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in\n%s", want, text)
			}
		}
		if strings.Contains(text, "It went through") {
			t.Error("what is not at its end did not go through")
		}
	}
	s := rehearsedScene(t, first)
	s.tools.Rehearsals = fakeStage{trace: first, unwanted: true}
	if text := s.planned(t, "migrate up orders").View.Text(); !strings.Contains(text, "nothing was rehearsed.") || strings.Contains(text, "traced") {
		t.Error(text)
	}
}

// Tables that no file names were locked all the same: their sizes are asked for, too.
func TestSizesOfWhatWasTraced(t *testing.T) {
	trace := orders0004to0006()
	trace.Steps[0].Statements[0].Seen.Locks = append(trace.Steps[0].Statements[0].Seen.Locks, lint.Lock{Relation: "public.unnamed", Mode: lint.AccessExclusive})
	s := rehearsedScene(t, trace)
	s.planned(t, "migrate up orders")
	if want := "orders unnamed"; strings.Join(s.asked, " ") != want {
		t.Errorf("asked about %q", s.asked)
	}
}

// Somebody else's SQL runs for nobody who may not ask for it.
func TestNothingIsRehearsedForThoseWhoOnlyLook(t *testing.T) {
	s := rehearsedScene(t, orders0004to0006())
	call, err := All(s.tools).Find("migrate plan orders")
	if err != nil {
		t.Fatal(err)
	}
	guest := Asker{May: func(risk ops.Risk, _ ops.Target) (bool, string) { return risk == ops.Read, "no" }}
	view, err := call.Answer(t.Context(), guest, call.Targets)
	if text := view.Text(); err != nil || strings.Contains(text, "traced") || !strings.Contains(text, "That is done in Slack, for people who may ask for the migration.") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestStatusNamesWhatRehearsalsLeft(t *testing.T) {
	s := rehearsedScene(t, rehearse.Trace{})
	s.tools.Rehearsals = fakeStage{left: []rehearse.Leftover{
		{Name: "dbbot_scratch_rehearsal_a", Comment: "dbbot rehearsal of migrations of orders, begun 2026-11-23 03:12 UTC. It may be dropped when nobody is connected to it."},
		{Name: "dbbot_scratch_rehearsal_b", Sessions: 2},
	}}
	text := say(t, All(s.tools), "migrate status orders")
	for _, want := range []string{
		"Left by rehearsals: watch, 2 scratch databases", "dbbot_scratch_rehearsal_a (dbbot rehearsal of migrations of orders, begun 2026-11-23 03:12 UTC)",
		"dbbot_scratch_rehearsal_b, used by 2 sessions", "What nobody uses is removed now",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	s.tools.Rehearsals = fakeStage{unread: &ops.Error{Message: "The server for rehearsals did not answer."}}
	if text := say(t, All(s.tools), "migrate status orders"); !strings.Contains(text, "could not be seen: The server for rehearsals did not answer.") {
		t.Error(text)
	}
}

func TestARunSaysWhetherTheSchemaIsTheExpectedOne(t *testing.T) {
	for _, tt := range []struct {
		there   bool
		after   string
		unread  error
		verdict Verdict
		says    string
	}{
		{true, "sum", nil, Good, "The schema is the one that the rehearsal led to."},
		{false, "sum", nil, Watch, "Another schema: watch, it is not the one that the rehearsal led to"},
		{false, "", nil, Good, ""},
		{false, "sum", errors.New("away"), Good, ""},
	} {
		trace := orders0004to0006()
		trace.After = tt.after
		s := rehearsedScene(t, trace)
		planned := s.planned(t, "migrate up 1 orders")
		s.tools.Rehearsals = fakeStage{trace: trace, there: tt.there, unread: tt.unread}
		change := s.change(t, "migrate up 1 orders")
		s.report = apply.Report{Done: []apply.Done{{Step: migrate.Step{Migration: migrate.Migration{Name: "0004_note"}, To: "4"}, Statements: 1}}}
		view, err := change.Run(t.Context(), approval.Request{ID: 7}, planned.Plan, silentProgress)
		if text := view.Text(); err != nil || view.Verdict != tt.verdict || !strings.Contains(text, tt.says) || tt.says == "" && strings.Contains(text, "rehearsal") {
			t.Errorf("%v, %s\n%s", err, view.Verdict, text)
		}
	}
}
