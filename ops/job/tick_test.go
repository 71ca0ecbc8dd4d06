package job

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
)

// Of two replicas one looks at what is due, at once after the start; what fails is for the next minute.
func TestTick(t *testing.T) {
	h := newHouse(t)
	var ticks atomic.Int64
	ticking := func(o *Options) {
		o.Tick = func(context.Context) error { ticks.Add(1); return errors.New("the store hangs") }
	}
	h.start(&desk{}, ticking)
	two := h.start(&desk{}, ticking)
	began := time.Now()
	h.eventually("one of them has looked", func() bool {
		var over int
		err := two.Store.Pool().QueryRow(t.Context(), "SELECT count(*) FROM dbbot.river_job WHERE kind = 'tick' AND state = 'discarded' AND attempt = 1").Scan(&over)
		return err == nil && over > 0
	})
	if n, most := ticks.Load(), int64(2+time.Since(began)/time.Minute); n < 1 || n > most {
		t.Errorf("looked %d times", n)
	}
}

// The leader that changes within a minute does not look twice in it.
func TestTickOnceAMinute(t *testing.T) {
	h := newHouse(t)
	one := h.start(&desk{}, func(o *Options) { o.Tick = func(context.Context) error { return nil } })
	args, opts := tick()
	opts.ScheduledAt = time.Now().Add(time.Hour).Truncate(time.Minute)
	for again := range 2 {
		made, err := one.river.Insert(t.Context(), args, opts)
		if err != nil || made.UniqueSkippedAsDuplicate != (again == 1) {
			t.Errorf("%d: %+v, %v", again, made, err)
		}
		opts.ScheduledAt = opts.ScheduledAt.Add(59 * time.Second)
	}
	opts.ScheduledAt = opts.ScheduledAt.Add(time.Second)
	if made, err := one.river.Insert(t.Context(), args, opts); err != nil || made.UniqueSkippedAsDuplicate {
		t.Errorf("the next minute: %+v, %v", made, err)
	}
}

func TestMinutes(t *testing.T) {
	at := time.Date(2026, 11, 23, 2, 59, 59, 999, time.UTC)
	three := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	if got := (minutes{}).Next(at); !got.Equal(three) {
		t.Error(got)
	}
	if got := (minutes{}).Next(three); !got.Equal(three.Add(time.Minute)) {
		t.Error(got)
	}
	var _ river.PeriodicSchedule = minutes{}
}
