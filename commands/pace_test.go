package commands

import (
	"reflect"
	"testing"
	"time"
)

func TestHowLongItTakesIsSaidOnceItIsKnown(t *testing.T) {
	var said []string
	at := lookedAt
	p := &pace{to: func(phase string, _, _ int64) { said = append(said, phase) }, now: func() time.Time { return at }}
	for _, step := range []struct {
		after time.Duration
		phase string
		done  int64
		total int64
	}{
		{0, "copying", 0, 100},
		{time.Second, "copying", 10, 100},
		{4 * time.Second, "copying", 10, 100},
		{5 * time.Second, "copying", 50, 100},
		{0, "restoring", 50, 1000},
		{10 * time.Second, "restoring", 100, 1000},
		{0, "restoring", 1000, 1000},
		{time.Hour, "checking", 0, 0},
	} {
		at = at.Add(step.after)
		p.say(step.phase, step.done, step.total)
	}
	want := []string{
		"copying", "copying", "copying, about 50 seconds left", "copying, about 10 seconds left",
		"restoring", "restoring, about 3 minutes left", "restoring", "checking",
	}
	if !reflect.DeepEqual(said, want) {
		t.Errorf("got %q", said)
	}
}

func TestTimesToComeAreSaidRoughly(t *testing.T) {
	for d, want := range map[time.Duration]string{
		2 * time.Second: "a few seconds left", 47 * time.Second: "about 50 seconds left", 62 * time.Second: "about a minute left",
		100 * time.Second: "about 2 minutes left", 89 * time.Minute: "about 89 minutes left", 200 * time.Minute: "about 3 hours left", 90 * time.Hour: "days left",
	} {
		if got := left(d); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}
