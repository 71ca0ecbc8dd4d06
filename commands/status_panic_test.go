package commands

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/postgres"
)

// A folder on a disk that hangs keeps no answer back, and holds one thread however many ask.
func TestFolderThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung, reading := make(chan struct{}), atomic.Int64{}
		read := func() (migrate.Set, error) {
			reading.Add(1)
			<-hung
			return migrate.Set{Migrations: make([]migrate.Migration, 1)}, nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), statusBound)
		defer cancel()
		asked := make([]func(), 50)
		for i := range asked {
			asked[i] = func() {
				m := compare(well(orders), readFolder(ctx, migrate.Folder{Dir: "/hung"}, read))
				if f := m.finding(); f.Verdict != postgres.Unseen || f.Why != "The folder of migrations did not answer in time" {
					t.Errorf("got %+v", f)
				}
			}
		}
		atOnce(asked...)
		if n := reading.Load(); n != 1 {
			t.Errorf("%d threads wait for the folder", n)
		}
		other := readFolder(t.Context(), migrate.Folder{Dir: "/well"}, func() (migrate.Set, error) { return migrate.Set{}, nil })
		if other.err != nil {
			t.Errorf("another folder waits for it: %v", other.err)
		}
		close(hung)
		synctest.Wait()
		if f := readFolder(t.Context(), migrate.Folder{Dir: "/hung"}, read); len(f.set.Migrations) != 1 || f.err != nil {
			t.Errorf("when the disk is back: %+v", f)
		}
	})
}

// falls breaks in whatever is read of it.
type falls struct{}

func (falls) Status(context.Context, string) postgres.Status { panic("a plate fell") }

// A panic anywhere below a status reaches the road, which answers for it; in a goroutine it would end the process.
func TestPanicsReachTheRoad(t *testing.T) {
	fell := func() (migrate.Set, error) { panic("a plate fell") }
	for name, call := range map[string]func(){
		"of a database": func() { Toolbox{Status: falls{}}.report(t.Context(), ana, orders) },
		"of one of all": func() { Toolbox{Status: falls{}}.lookAtAll(t.Context(), []ops.Target{orders, archive}) },
		"beside it": func() {
			Toolbox{Status: fakeStatus{}, Redis: fakeRedis{}, Self: fallingSelf{}}.report(t.Context(), ana, orders)
		},
		"of a folder": func() { readFolder(t.Context(), migrate.Folder{Dir: "/falls"}, fell) },
	} {
		if text, _ := caught(call).(string); !strings.HasPrefix(text, "a plate fell\n") || !strings.Contains(text, "status_panic_test.go") {
			t.Errorf("%s: got %s", name, text)
		}
	}
}

type fallingSelf struct{}

func (fallingSelf) Self() SelfState { panic("a plate fell") }

// Everybody who joined a look reads the same lists: an answer must not write into them, not even behind their end.
func TestAnswersLeaveTheLookAlone(t *testing.T) {
	behind := postgres.Session{PID: 99}
	room := []postgres.Session{{PID: 1, State: "active", QueryAge: 9 * minutes}, behind}
	a := postgres.Activity{Queries: room[:1], Transactions: []postgres.Session{{PID: 2, TransactionAge: 9 * minutes}}}
	told{}.longest(a)
	if room[1] != behind {
		t.Errorf("behind the list there is now %+v", room[1])
	}
}
