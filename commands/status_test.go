package commands

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/coord"
	"dbbot/ops/migrate"
	"dbbot/ops/postgres"
)

type fakeStatus map[string]postgres.Status

func (f fakeStatus) Status(_ context.Context, database string) postgres.Status { return f[database] }

func (f fakePinger) Info(context.Context) (coord.Info, error) {
	return coord.Info{Version: "7.0.15", Memory: 3 << 20, Clients: 4, Uptime: 49 * time.Hour, Role: "master", Policy: "noeviction"}, f.err
}

type fakeSelf struct{}

func (fakeSelf) Self() SelfState {
	return SelfState{Since: time.Now().Add(-25 * time.Hour), Answering: 1, Answered: 4711}
}

const (
	seconds = postgres.Age(time.Second)
	minutes = postgres.Age(time.Minute)
	days    = postgres.Age(24 * time.Hour)
)

// well is a database about which there is nothing to say.
func well(target ops.Target) postgres.Status {
	s := postgres.Status{Target: target, Thresholds: postgres.DefaultThresholds(), At: noon, Took: 12 * time.Millisecond}
	s.Server.Value = postgres.Server{Version: "17.6 (Debian 17.6-1.pgdg12+1)", Up: 12 * days, User: "dbbot", SeesAll: true}
	s.Connections.Value = postgres.Connections{
		Used: 23, Here: 20, Active: 2, Idle: 21, Max: 100, Reserved: 3,
		Top: []postgres.Client{{User: "shop", Application: "web", Sessions: 18}},
	}
	s.Counters.Value = postgres.Counters{
		Tally: postgres.Tally{Commits: 9_000_000, Rollbacks: 1200, Read: 20_000, Hit: 80_000_000}, Since: 30 * days,
		Recent: &postgres.Tally{Commits: 6000, Rollbacks: 3, Read: 5, Hit: 400_000}, Over: 30 * seconds,
	}
	s.Freeze.Value = postgres.Freeze{Transactions: 150_000_000, AutovacuumFrom: 200_000_000}
	s.Checkpoints.Value = postgres.Checkpoints{Timed: 8000, Requested: 12, Since: 30 * days}
	s.Statements.Value = postgres.Statements{Since: 2 * days, Spent: 90 * minutes, Top: []postgres.Statement{
		{Calls: 120_000, Spent: 60 * minutes, Query: "SELECT * FROM orders WHERE customer = $1"},
		{Calls: 1, Spent: 2 * minutes, Query: "VACUUM orders"},
	}}
	s.Tables.Value = postgres.Tables{Bytes: 12 << 30, Largest: []postgres.Table{{Name: "public.orders", Bytes: 9 << 30}, {Name: "public.items", Bytes: 2 << 30}}}
	s.Size.Value = postgres.Size{Bytes: 13 << 30, Growth: &postgres.Growth{Bytes: 40 << 20, Over: 60 * minutes}}
	s.Migrations.Value = postgres.Migrations{Rows: []postgres.Migration{{Version: "2"}}}
	return s
}

// incident is the same database at three in the morning.
func incident(target ops.Target) postgres.Status {
	s := well(target)
	s.Connections.Value.Used, s.Connections.Value.Idle, s.Connections.Value.IdleInTransaction = 95, 90, 3
	forgotten := postgres.Session{
		PID: 4242, User: "ana", Application: "psql", State: "idle in transaction",
		TransactionAge: 14 * minutes, StateAge: 12 * minutes, Query: "UPDATE orders SET total = ? WHERE id = ?",
	}
	stuck := postgres.Session{
		PID: 4243, User: "shop", Application: "web", State: "active", Wait: "Lock",
		TransactionAge: 4 * minutes, QueryAge: 4 * minutes, Query: "ALTER TABLE orders ADD COLUMN note text",
	}
	behind := postgres.Session{
		PID: 4244, User: "shop", Application: "web", State: "active", Wait: "Lock",
		TransactionAge: 95 * seconds, QueryAge: 95 * seconds, Query: "SELECT * FROM orders",
	}
	s.Activity.Value = postgres.Activity{
		InTransaction: 3, Active: 2, IdleInTransaction: 1,
		Transactions: []postgres.Session{forgotten, stuck, behind}, Queries: []postgres.Session{stuck, behind}, Idlers: []postgres.Session{forgotten},
	}
	s.Locks.Value = postgres.Locks{Waiting: 2, Sessions: []postgres.Session{forgotten, stuck, behind}, Waits: []postgres.Wait{
		{PID: 4243, Kind: "relation", Mode: "AccessExclusiveLock", Relation: "public.orders", Waited: 4 * minutes, Blockers: []int{4242}},
		{PID: 4244, Kind: "relation", Mode: "AccessShareLock", Relation: "public.orders", Waited: 95 * seconds, Blockers: []int{4243}},
	}}
	s.Replication.Value = postgres.Replication{
		Replicas: []postgres.Replica{{Name: "replica_b", State: "streaming", Sync: "async", Bytes: 70 << 20, Lag: 9 * seconds}},
		Slots:    []postgres.Slot{{Name: "old_warehouse", Kind: "logical", WAL: "extended", Kept: 40 << 30}},
	}
	s.Size = postgres.Reading[postgres.Size]{Fault: &ops.Error{Message: "took longer than 1.0 s"}}
	s.Statements = postgres.Reading[postgres.Statements]{Fault: &ops.Error{
		Message: "pg_stat_statements is not installed in this database", Hint: "CREATE EXTENSION pg_stat_statements;",
	}}
	return s
}

func down(target ops.Target) postgres.Status {
	return postgres.Status{
		Target: target, Thresholds: postgres.DefaultThresholds(), At: noon, Took: 2 * time.Second,
		Down: &ops.Error{Message: "archive has no connection slot left.", Hint: "End sessions that are idle.", Cause: errors.New("secret")},
	}
}

var archive = ops.Target{Database: "archive", Environment: "production"}

// desk has three databases: one well, one in trouble, one down.
func desk(t *testing.T) Toolbox {
	t.Helper()
	dir := t.TempDir()
	for _, file := range []string{"1_customers.up.sql", "2_orders.up.sql", "3_add_total.up.sql", "4_index_customer.up.sql", "5-typo.up.sql"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte("SELECT 1;"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Toolbox{
		Databases: []ops.Target{reporting, archive, orders}, Version: "1.2.3", Redis: fakePinger{}, Chat: connected, Self: fakeSelf{},
		Status:  fakeStatus{"orders": incident(orders), "reporting": well(reporting), "archive": down(archive)},
		Folders: map[string]migrate.Folder{"orders": {Tool: migrate.GolangMigrate, Dir: dir}},
	}
}

// still takes out what differs from run to run.
func still(text string) string {
	return regexp.MustCompile(`(moment, )[0-9.]+ [a-zA-Z]+ of memory`).ReplaceAllString(steady(text), "${1}SOME memory")
}

func TestStatus(t *testing.T) {
	all := All(desk(t))
	golden(t, "status_all.golden", still(say(t, all, "status")))
	golden(t, "status_incident.golden", still(say(t, all, "status orders")))
	golden(t, "status_well.golden", still(say(t, all, "status reporting")))
	golden(t, "status_down.golden", still(say(t, all, "status archive")))
}

func TestStatusWorstFirst(t *testing.T) {
	call, err := All(desk(t)).Find("status")
	if err != nil {
		t.Fatal(err)
	}
	view, err := call.Answer(t.Context(), ana, call.Targets)
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, part := range view.Parts {
		titles = append(titles, part.Section.Title)
	}
	if got := strings.Join(titles, "; "); got != "archive, production; orders, production; reporting, staging" {
		t.Errorf("got %s", got)
	}
	if view.Verdict != Bad {
		t.Errorf("the whole is %s", view.Verdict)
	}
}

// Of the databases in the road's list only those that the asker may read are looked at.
func TestStatusOfWhatOneMayRead(t *testing.T) {
	call, err := All(desk(t)).Find("status")
	if err != nil {
		t.Fatal(err)
	}
	view, err := call.Answer(t.Context(), ana, []ops.Target{reporting})
	if err != nil {
		t.Fatal(err)
	}
	if text := view.Text(); strings.Contains(text, "orders, production") || !strings.Contains(text, "reporting, staging") {
		t.Errorf("got %s", text)
	}
}

func TestStatusUnseenIsNotGood(t *testing.T) {
	s := well(orders)
	s.Locks = postgres.Reading[postgres.Locks]{Fault: &ops.Error{Message: "not permitted to see", Hint: `GRANT pg_monitor TO "dbbot";`}}
	box := desk(t)
	box.Databases, box.Status, box.Folders = []ops.Target{orders}, fakeStatus{"orders": s}, nil
	golden(t, "status_unseen.golden", still(say(t, All(box), "status orders")))
	if text := say(t, All(box), "status"); !strings.Contains(text, "orders, production: unseen") || !strings.Contains(text, "could not be seen: blocked sessions, locks") {
		t.Errorf("got %s", text)
	}
}

// A session is described once, where it is first shown; a section that is good shows none.
func TestSessionsAreToldOnce(t *testing.T) {
	s := incident(orders)
	s.Locks.Value.Waits[0].Waited, s.Locks.Value.Waits[1].Waited = 0, 0 // waiting for a moment is good
	box := desk(t)
	box.Status = fakeStatus{"orders": s}
	text := say(t, All(box), "status orders")
	if got := strings.Count(text, "UPDATE orders SET total"); got != 1 {
		t.Errorf("told %d times in %s", got, text)
	}
	if !strings.Contains(text, "Blocked sessions: good, 2 sessions waiting, for a moment") || strings.Count(text, "pid 4243 (above)") != 0 {
		t.Errorf("got %s", text)
	}
}

// Names and statements from outside stay on their line, in bounds, and are never anything but text.
func TestStatusHostileNames(t *testing.T) {
	const hostile = "<!channel> <@U1> `x` \u202e\n<https://evil|x>"
	long := strings.Repeat(hostile, 300)
	s := incident(ops.Target{Database: long, Environment: hostile})
	one := postgres.Session{PID: 1, User: long, Application: long, State: "active", QueryAge: 9 * minutes, TransactionAge: 9 * minutes, Query: postgres.SQL(long)}
	s.Activity.Value = postgres.Activity{Hidden: 1, Active: 1, Queries: []postgres.Session{one}, Prepared: []postgres.Prepared{{Name: long, User: long, Age: 9 * minutes}}}
	s.Locks.Value = postgres.Locks{
		Waiting: 1, Sessions: []postgres.Session{one}, Exclusive: []postgres.Exclusive{{PID: 1, Relation: long, TransactionAge: 9 * minutes}},
		Waits: []postgres.Wait{{PID: 2, Kind: long, Mode: long, Relation: long, Waited: 9 * minutes, Blockers: []int{1}}},
	}
	s.Replication.Value = postgres.Replication{Replicas: []postgres.Replica{{Name: long, State: hostile, Bytes: 1 << 40}}, Slots: []postgres.Slot{{Name: long, Kind: "logical", Reason: long}}}
	s.Connections.Value.Top = []postgres.Client{{User: long, Application: long, Sessions: 3}}
	s.Freeze.Value = postgres.Freeze{Transactions: 2_000_000_000, Holder: &postgres.Holder{Kind: "slot", Name: long}}
	s.Tables.Value.Largest = []postgres.Table{{Name: long}}
	s.Statements = postgres.Reading[postgres.Statements]{Value: postgres.Statements{Spent: 1, Top: []postgres.Statement{{Query: postgres.SQL(long)}}}}
	s.Migrations.Value.Rows = []postgres.Migration{{Version: long, Dirty: true}}
	s.Server.Value.Version = long
	box := desk(t)
	box.Databases, box.Status = []ops.Target{s.Target}, fakeStatus{long: s}
	box.Folders = map[string]migrate.Folder{long: box.Folders["orders"]}
	for _, view := range []View{box.report(t.Context(), ana, s.Target), screen(box.lookAtAll(t.Context(), box.Databases))} {
		for line := range strings.Lines(view.Text()) {
			if strings.Contains(line, "\u202e") || len(line) > 1500 {
				t.Errorf("turned, or %d bytes long: %.300q", len(line), line)
			}
		}
		for _, part := range view.Parts {
			for _, text := range append(part.Section.Lines, part.Section.Summary) {
				for _, span := range text {
					if span.Kind == Mention || span.Kind == Channel || strings.ContainsAny(span.Text, "\n\u202e") {
						t.Errorf("%q as %q", span.Text, span.Kind)
					}
				}
			}
		}
	}
}

func TestMigrationsFinding(t *testing.T) {
	rows := func(rows ...postgres.Migration) postgres.Status {
		s := well(orders)
		s.Migrations.Value.Rows = rows
		return s
	}
	denied := well(orders)
	denied.Migrations.Fault = &ops.Error{Message: "the migration table may not be read", Hint: "GRANT SELECT …"}
	files, err := desk(t).Folders["orders"].Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		status  postgres.Status
		folder  folder
		verdict postgres.Verdict
		why     string
		short   string
	}{
		"never ran":     {rows(), folder{set: files}, postgres.Watch, "4 migrations pending", "4 migrations pending"},
		"one to go":     {rows(postgres.Migration{Version: "3"}), folder{set: files}, postgres.Watch, "1 migration pending", "1 migration pending"},
		"up to date":    {rows(postgres.Migration{Version: "4"}), folder{set: files}, postgres.Good, "", "migrations up to date"},
		"broke off":     {rows(postgres.Migration{Version: "3", Dirty: true}), folder{set: files}, postgres.Bad, "migration 3 broke off", "a migration broke off"},
		"unknown":       {rows(postgres.Migration{Version: "9"}), folder{set: files}, postgres.Watch, "the database has 9, which the folder does not know", "migrations up to date"},
		"not permitted": {denied, folder{set: files}, postgres.Unseen, "the migration table may not be read", "migrations unseen"},
		"no folder":     {rows(), folder{err: errors.New("pw")}, postgres.Unseen, "The folder of migrations could not be read", "migrations unseen"},
		"two of a kind": {
			rows(postgres.Migration{Version: "4"}),
			folder{set: migrate.Set{Tool: migrate.GolangMigrate, Faults: []string{"Version 1 has two up files."}}},
			postgres.Watch, "Version 1 has two up files", "migrations up to date",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := compare(test.status, test.folder)
			if f := m.finding(); f.Verdict != test.verdict || !strings.HasPrefix(f.Why, test.why) || m.short() != test.short {
				t.Errorf("got %+v, %q", f, m.short())
			}
		})
	}
}

func TestVerdictsAreTheSameWords(t *testing.T) {
	for ours, theirs := range map[Verdict]postgres.Verdict{Good: postgres.Good, Unseen: postgres.Unseen, Watch: postgres.Watch, Bad: postgres.Bad} {
		if ours != Verdict(theirs) {
			t.Errorf("%s is %s below", ours, theirs)
		}
	}
}

// What stands first on a database's line does not stand there again; all else does.
func TestLineSaysNothingTwice(t *testing.T) {
	crowded, slow, old := well(orders), well(orders), well(orders)
	crowded.Connections.Value.Used = 96
	slow.Activity.Value.Queries = []postgres.Session{{PID: 1, State: "active", QueryAge: 40 * minutes, TransactionAge: 90 * minutes}}
	old.Activity.Value.Transactions = []postgres.Session{{PID: 1, TransactionAge: 90 * minutes}}
	for name, test := range map[string]struct {
		seen        seen
		once, still string
	}{
		"migrations":  {seen{status: well(orders), findings: []postgres.Finding{{Topic: migrationsTopic, Verdict: postgres.Watch, Why: "2 migrations pending"}}, state: migrations{configured: true, state: migrate.Survey{Pending: make([]migrate.Migration, 2)}}}, "2 migrations pending", "none blocked"},
		"connections": {seen{status: crowded, findings: postgres.Judge(crowded, crowded.Thresholds)}, "96 of 97", "13 GB"},
		"transaction": {seen{status: old, findings: postgres.Judge(old, old.Thresholds)}, "1 h 30 min", "23 of 97 connections"},
		"query":       {seen{status: slow, findings: postgres.Judge(slow, slow.Thresholds)}, "40 min", "no transaction open"},
	} {
		line := fmt.Sprint(test.seen.parts())
		if strings.Count(line, test.once) != 1 || !strings.Contains(line, test.still) {
			t.Errorf("%s: %s", name, line)
		}
	}
}

// A restart a moment ago stands behind what is as bad: people wait for the locks.
func TestRestartStandsBehindWhatIsAsBad(t *testing.T) {
	s := well(orders)
	s.Server.Value.Up = 3 * minutes
	s.Locks.Value = postgres.Locks{Waiting: 1, Waits: []postgres.Wait{{PID: 2, Kind: "advisory", Waited: 10 * seconds, Blockers: []int{1}}}}
	box := desk(t)
	box.Databases, box.Status, box.Folders = []ops.Target{orders}, fakeStatus{"orders": s}, nil
	text := say(t, All(box), "status orders")
	blocked, locks, server := strings.Index(text, "Blocked sessions: watch"), strings.Index(text, "Locks: watch"), strings.Index(text, "Server: watch")
	if blocked < 0 || locks < blocked || server < locks {
		t.Errorf("got %s", text)
	}
	if !strings.HasPrefix(text, "orders, production: watch\n\n1 session waits for another, for 10 s.") {
		t.Errorf("the lead is about something else: %s", text)
	}
}

func TestSmallFigures(t *testing.T) {
	s := postgres.Statements{Spent: 100 * minutes, Top: []postgres.Statement{{Calls: 3, Spent: 6 * minutes}, {Calls: 1681, Spent: 4 * minutes}}}
	if lines := statementFacts(s).always; len(lines) != 1 || lines[0][0].Text != "6%, 3 calls of 2 min: " {
		t.Errorf("got %s", lines)
	}
	if got := growth(&postgres.Growth{Bytes: 0, Over: minutes}); got != "" {
		t.Errorf("no growth is said as %q", got)
	}
	for tool, want := range map[migrate.Tool]string{migrate.GolangMigrate: "; the folder goes up to 0004", migrate.Prisma: "; the folder goes up to 0004_total"} {
		m := migrations{set: migrate.Set{Tool: tool, Migrations: []migrate.Migration{{Name: "0003_orders"}, {Name: "0004_total"}}}}
		if got := m.end(); got[0].Text+got[1].Text != want {
			t.Errorf("%s: %s", tool, got)
		}
	}
	if got := (migrations{}).end(); got[0].Text != "; the folder is empty" {
		t.Errorf("of an empty folder: %s", got)
	}
}
