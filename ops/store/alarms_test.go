package store

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"dbbot/ops/audit"
	"dbbot/ops/postgres/cluster/clustertest"
)

func notices(t *testing.T, s *Store) (said string) {
	t.Helper()
	until(t, "the notices are read", func() bool { // the connection may have died with a server that the test crashed
		return s.pool.QueryRow(t.Context(), "SELECT coalesce(string_agg(convert_from(body, 'UTF8'), ' ' ORDER BY id), '') FROM dbbot.messages WHERE kind = 'notice'").Scan(&said) == nil
	})
	return said
}

func notice(text string) Message {
	return Message{Kind: Notice, To: "C0ORDERS", Body: []byte(text)}
}

// An alarm is said once when it begins and once when it ends, however many notice it at once, and anew the next time.
func TestAlarm(t *testing.T) {
	databaseURL := fresh(t)
	stores := []*Store{opened(t, databaseURL), opened(t, databaseURL)}
	alarm := Alarm{Key: "age orders", Database: "orders", Said: "The newest\nis old."}
	for range 2 {
		var began, ended atomic.Int64
		together(t, func(n int) {
			yes, err := stores[n%2].Raise(t.Context(), alarm, notice("begins"))
			if err != nil {
				t.Error(err)
			}
			began.Add(count(yes))
		})
		on, err := stores[0].Alarms(t.Context())
		if err != nil || len(on) != 1 || on[0].Key != alarm.Key || on[0].Database != "orders" || on[0].Said != `The newest\u000ais old.` || on[0].Began.IsZero() {
			t.Fatalf("%+v, %v", on, err)
		}
		together(t, func(n int) {
			yes, err := stores[n%2].Clear(t.Context(), alarm.Key, notice("ends"))
			if err != nil {
				t.Error(err)
			}
			ended.Add(count(yes))
		})
		if on, err := stores[0].Alarms(t.Context()); began.Load() != 1 || ended.Load() != 1 || len(on) != 0 || err != nil {
			t.Errorf("began %d times, ended %d, on %v, %v", began.Load(), ended.Load(), on, err)
		}
	}
	if said := notices(t, stores[0]); said != "begins ends begins ends" {
		t.Errorf("said: %s", said)
	}
	var events []string
	for e := range facts(t, stores[0]) {
		events = append(events, fmt.Sprint(e.Event, " ", e.Database, " ", e.Origin))
	}
	once := audit.AlarmRaised + " orders age orders," + audit.AlarmCleared + " orders age orders"
	if got := strings.Join(events, ","); got != once+","+once {
		t.Errorf("facts: %s", got)
	}
}

// Where nobody is told, the alarm is kept all the same.
func TestAlarmWithoutAChannel(t *testing.T) {
	s := opened(t, fresh(t))
	if began, err := s.Raise(t.Context(), Alarm{Key: "age orders", Database: "orders"}, Message{Kind: Notice}); !began || err != nil {
		t.Error(began, err)
	}
	if said := notices(t, s); said != "" {
		t.Error(said)
	}
}

// The server crashes when an alarm begins or ends: it is on or off afterwards, and said as often as it changed.
func TestCrashInAnAlarm(t *testing.T) {
	databaseURL := clustertest.Start(t, nil).URL("postgres")
	s := opened(t, databaseURL)
	crash := func() { killBackend(t, backend(t, databaseURL)) }
	for range 2 {
		whenCommitting(t, crash)
		if began, err := s.Raise(t.Context(), Alarm{Key: "age orders", Database: "orders"}, notice("begins")); !began || err != nil {
			t.Fatalf("%v, %v (%v)", began, err, causeOf(err))
		}
		whenCommitting(t, crash)
		if ended, err := s.Clear(t.Context(), "age orders", notice("ends")); !ended || err != nil {
			t.Fatalf("%v, %v (%v)", ended, err, causeOf(err))
		}
	}
	if said := notices(t, s); said != "begins ends begins ends" {
		t.Errorf("said: %s", said)
	}
}

func together(t *testing.T, do func(n int)) {
	t.Helper()
	var all sync.WaitGroup
	for n := range 6 {
		all.Go(func() { do(n) })
	}
	all.Wait()
}

func count(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
