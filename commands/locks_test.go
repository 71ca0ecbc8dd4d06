package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

func (f fakeStatus) Locks(ctx context.Context, database string) postgres.Status {
	return f.Status(ctx, database)
}

// blocking is the incident, with all that a signal needs to know of its sessions.
func blocking(target ops.Target) postgres.Status {
	s := incident(target)
	for i := range s.Locks.Value.Sessions {
		session := &s.Locks.Value.Sessions[i]
		session.Started, session.Transaction, session.Asked = new(began), new(opened), new(asked)
	}
	return s
}

// lee may do everything; one of the leads must agree to what loses data.
var lee = Asker{May: func(risk ops.Risk, _ ops.Target) (bool, string) {
	if risk == ops.Destroy {
		return true, "when 1 of leads agrees"
	}
	return true, ""
}}

// asks gives the view of a question.
func asks(t *testing.T, box Toolbox, who Asker, line string) View {
	t.Helper()
	call, err := All(box).Find(line)
	if err != nil {
		t.Fatal(err)
	}
	view, err := call.Answer(t.Context(), who, call.Targets)
	if err != nil {
		t.Fatal(err)
	}
	return view
}

// buttons are all buttons of a view's sections, with what they type.
func buttons(view View) (all []string) {
	for _, part := range view.Parts {
		if part.Section != nil {
			for _, b := range part.Section.Buttons {
				all = append(all, fmt.Sprintf("%s: %s", b.Name, b.Words))
			}
		}
	}
	return all
}

func lockDesk(t *testing.T) Toolbox {
	box := desk(t)
	status := fakeStatus{"orders": blocking(orders), "reporting": well(reporting), "archive": down(archive)}
	box.Status, box.Locks = status, status
	return box
}

func TestLocks(t *testing.T) {
	box := lockDesk(t)
	golden(t, "locks.golden", asks(t, box, lee, "locks").Text()+"\n")
	golden(t, "locks_orders.golden", asks(t, box, lee, "locks orders").Text()+"\n")
	golden(t, "locks_nobody.golden", asks(t, box, lee, "locks reporting").Text()+"\n")
}

func TestLocksUnseen(t *testing.T) {
	box := lockDesk(t)
	s := well(orders)
	s.Locks.Fault = &ops.Error{Message: "took longer than 1 s", Hint: "Ask again."}
	box.Locks = fakeStatus{"orders": s}
	view := asks(t, box, lee, "locks orders")
	if view.Verdict != Unseen || !strings.Contains(view.Text(), "Nobody was seen waiting, but not everything could be read.") || !strings.Contains(view.Text(), "took longer than 1 s\n  Ask again.") {
		t.Errorf("got %s", view.Text())
	}
	box.Databases = nil
	if got := asks(t, box, lee, "locks").Text(); got != "Locks\n\nNo database is configured." {
		t.Errorf("got %s", got)
	}
}

// Fifty wait behind one another: the tree is whole, and bounded.
func TestManyLocks(t *testing.T) {
	s := well(orders)
	s.Locks.Value.Waiting = 60
	for i := range 50 {
		s.Locks.Value.Waits = append(s.Locks.Value.Waits, postgres.Wait{PID: 100 + i, Kind: "relation", Relation: "public.orders", Waited: minutes, Blockers: []int{99 + i}})
	}
	box := lockDesk(t)
	box.Locks = fakeStatus{"orders": s}
	text := asks(t, box, lee, "locks orders").Text()
	if !strings.Contains(text, "60 sessions wait for others") || !strings.Contains(text, "pid 149") || strings.Contains(text, "lines more") {
		t.Errorf("got %s", text)
	}
	for i := range 50 { // each of them has a blocker of its own
		s.Locks.Value.Waits[i].Blockers = []int{1000 + i}
	}
	if text := asks(t, box, lee, "locks orders").Text(); !strings.Contains(text, "and 20 lines more") {
		t.Errorf("got %s", text)
	}
}

const exact = " 4242 orders started=2026-11-22T08:00:00.123456Z since=2026-11-22T11:00:00.123456Z"

func TestButtonsBesideTheBlockingSession(t *testing.T) {
	box := lockDesk(t)
	for _, line := range []string{"status orders", "locks orders", "locks"} {
		if got := buttons(asks(t, box, lee, line)); !slices.Equal(got, []string{"Terminate 4242: terminate" + exact}) {
			t.Errorf("%s: got %q", line, got)
		}
		if got := buttons(asks(t, box, ana, line)); got != nil { // only leads may terminate
			t.Errorf("%s for Ana: got %q", line, got)
		}
	}
	if got := buttons(asks(t, box, lee, "status")); got != nil {
		t.Errorf("the screen of all: got %q", got)
	}

	s := blocking(orders)
	s.Locks.Value.Sessions[0].State = "active"
	box.Locks = fakeStatus{"orders": s}
	cancelling := "Cancel query 4242: cancel" + strings.Replace(exact, "T11:00:00", "T11:01:00", 1)
	if got := buttons(asks(t, box, lee, "locks orders")); !slices.Equal(got, []string{cancelling, "Terminate 4242: terminate" + exact}) {
		t.Errorf("while it runs a query: got %q", got)
	}
	if got := buttons(asks(t, box, ana, "locks orders")); !slices.Equal(got, []string{cancelling}) {
		t.Errorf("for Ana: got %q", got)
	}
}

// The words of a button mean the very session that was seen; whoever presses it plans anew.
func TestButtonsAreCommands(t *testing.T) {
	view := asks(t, lockDesk(t), lee, "locks orders")
	button := view.Parts[0].Section.Buttons[0]
	if button.Style != Danger || button.Confirm == nil {
		t.Errorf("got %+v", button)
	}
	sessions := &fakeSessions{backend: forgotten()}
	if change := changing(t, sessions, button.Words); change.Words != button.Words {
		t.Errorf("%q binds to %q", button.Words, change.Words)
	} else if _, err := change.Plan(t.Context()); err != nil {
		t.Error(err)
	}
	sessions.backend.Started = new(began.Add(time.Second))
	if _, err := changing(t, sessions, button.Words).Plan(t.Context()); err == nil {
		t.Error("a reused pid is planned for")
	}
}

func TestNoButtons(t *testing.T) {
	wait := func(pid int, blockers ...int) postgres.Wait {
		return postgres.Wait{PID: pid, Waited: minutes, Kind: "relation", Blockers: blockers}
	}
	session := func(pid int) postgres.Session {
		return postgres.Session{PID: pid, State: "active", Started: &began, Asked: &asked}
	}
	tests := map[string]struct {
		locks postgres.Locks
		want  int
	}{
		"a circle":               {postgres.Locks{Waits: []postgres.Wait{wait(1, 2), wait(2, 1)}, Sessions: []postgres.Session{session(1), session(2)}}, 0},
		"a prepared transaction": {postgres.Locks{Waits: []postgres.Wait{wait(1, 0)}, Sessions: []postgres.Session{session(1)}}, 0},
		"since when is hidden":   {postgres.Locks{Waits: []postgres.Wait{wait(1, 2)}, Sessions: []postgres.Session{{PID: 2, State: "active", Started: &began}}}, 1},
		"hidden":                 {postgres.Locks{Waits: []postgres.Wait{wait(1, 2)}, Sessions: []postgres.Session{{PID: 2}}}, 0},
		"five at once": {postgres.Locks{
			Waits:    []postgres.Wait{wait(1, 11), wait(2, 12), wait(3, 13), wait(4, 14), wait(5, 15)},
			Sessions: []postgres.Session{session(11), session(12), session(13), session(14), session(15)},
		}, 2 * maxEndings},
	}
	for name, test := range tests {
		if got := endings(lee, orders, test.locks.Tree()); len(got) != test.want {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
