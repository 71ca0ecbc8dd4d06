package postgres

import "time"

const (
	// rateOver is the shortest time over which a rate is said: PostgreSQL's sessions report their counters at
	// most once a second, so anything shorter is noise.
	rateOver = 2 * time.Second
	// growthOver is the shortest time over which growth is said: files grow in steps.
	growthOver = time.Minute
)

// memory is what one look leaves for the next. It belongs to the look under way, of which there is one at a time.
type memory struct {
	counters recall[Tally]
	size     recall[Bytes]
}

// recall keeps two earlier values: one old enough to compare with, and the one that will be.
type recall[T any] struct{ older, newer stamped[T] }

type stamped[T any] struct {
	value T
	at    time.Time
}

// exchange remembers a value and gives the earlier one to compare with, at least over old; ok is false where there
// is none.
func (r *recall[T]) exchange(value T, now time.Time, over time.Duration) (before T, age Age, ok bool) {
	if now.Sub(r.newer.at) >= over {
		r.older, r.newer = r.newer, stamped[T]{value, now}
	}
	if r.older.at.IsZero() {
		return before, 0, false
	}
	return r.older.value, Age(now.Sub(r.older.at)), true
}

// remember completes a status with what changed since an earlier look.
func (m *memory) remember(s *Status, now time.Time) {
	if c := &s.Counters; c.Fault == nil {
		if before, age, ok := m.counters.exchange(c.Value.Tally, now, rateOver); ok {
			recent := c.Value.minus(before)
			if !recent.anyNegative() {
				c.Value.Recent, c.Value.Over = &recent, age
			}
		}
	}
	if z := &s.Size; z.Fault == nil {
		if before, age, ok := m.size.exchange(z.Value.Bytes, now, growthOver); ok {
			z.Value.Growth = &Growth{Bytes: z.Value.Bytes - before, Over: age}
		}
	}
}
