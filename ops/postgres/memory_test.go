package postgres

import (
	"testing"
	"time"
)

func TestRecall(t *testing.T) {
	begun := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	var r recall[int]
	for _, step := range []struct {
		at     time.Duration
		value  int
		before int
		age    Age
		ok     bool
	}{
		{0, 1, 0, 0, false},
		{time.Second, 2, 0, 0, false}, // too soon to say a rate
		{2 * time.Second, 3, 1, Age(2 * time.Second), true},
		{3 * time.Second, 4, 1, Age(3 * time.Second), true}, // too soon to move on
		{60 * time.Second, 5, 3, Age(58 * time.Second), true},
		{62 * time.Second, 6, 5, Age(2 * time.Second), true},
	} {
		before, age, ok := r.exchange(step.value, begun.Add(step.at), 2*time.Second)
		if before != step.before || age != step.age || ok != step.ok {
			t.Errorf("after %v: compared with %d of %s ago, %v", step.at, before, age, ok)
		}
	}
}

func TestRemember(t *testing.T) {
	begun := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	var m memory
	at := func(after time.Duration, commits int64, bytes Bytes) Status {
		var s Status
		s.Counters.Value.Commits, s.Size.Value.Bytes = commits, bytes
		m.remember(&s, begun.Add(after))
		return s
	}
	if s := at(0, 100, 1000); s.Counters.Value.Recent != nil || s.Size.Value.Growth != nil {
		t.Errorf("the first look: %+v", s)
	}
	s := at(time.Hour, 150, 900)
	if s.Counters.Value.Recent.Commits != 50 || s.Counters.Value.Over != Age(time.Hour) || s.Size.Value.Growth.Bytes != -100 {
		t.Errorf("the second: %+v %+v", s.Counters.Value, s.Size.Value.Growth)
	}
	if s := at(2*time.Hour, 3, 900); s.Counters.Value.Recent != nil {
		t.Errorf("after a reset: %+v", s.Counters.Value.Recent)
	}
	if s := at(3*time.Hour, 10, 900); s.Counters.Value.Recent == nil || s.Counters.Value.Recent.Commits != 7 {
		t.Errorf("the look after the reset: %+v", s.Counters.Value)
	}
	var blind Status
	blind.Counters.Fault, blind.Size.Fault = notReached(), notReached()
	m.remember(&blind, begun.Add(4*time.Hour))
	if s := at(5*time.Hour, 11, 900); s.Counters.Value.Recent.Commits != 1 {
		t.Errorf("after a look that saw nothing: %+v", s.Counters.Value.Recent)
	}
}
