package coord

import (
	"container/list"
	"maps"
	"time"
)

// Bounds of what one process remembers; what is oldest goes first. Losing it costs a repeated answer at worst.
const (
	localKeys   = 20_000 // deliveries, and people: about 2 MB
	localKept   = 2_000
	localBytes  = 16 << 20 // of kept values
	localShared = 200      // readings shared at a time: there are a few kinds of them, times the databases
)

// local is the part of Redis, played inside one process. It is not safe for use by many goroutines.
type local struct {
	seen   shelf[struct{}]
	people shelf[time.Time] // when the allowance will be whole again
	kept   shelf[[]byte]
	read   map[string]reading // what is shared, by its key
}

// reading is something that was read, and until when it may be shown.
type reading struct {
	value []byte
	until time.Time
}

func newLocal() local {
	return local{
		read:   map[string]reading{},
		seen:   newShelf[struct{}](firstFor, localKeys, localKeys, func(struct{}) int { return 1 }),
		people: newShelf[time.Time](burst*interval, localKeys, localKeys, func(time.Time) int { return 1 }),
		kept:   newShelf[[]byte](keptFor, localKept, localBytes, func(b []byte) int { return len(b) }),
	}
}

func (l *local) first(key string, now time.Time) bool {
	if _, seen := l.seen.get(key, now); seen {
		return false
	}
	l.seen.put(key, struct{}{}, now)
	return true
}

// interval is the time after which one more command is allowed.
const interval = time.Minute / perMinute

// allow is the generic cell rate algorithm, as in Redis: an allowance is the time at which it will be whole again.
func (l *local) allow(person string, now time.Time) (wait time.Duration) {
	whole, _ := l.people.get(person, now)
	if whole.Before(now) {
		whole = now
	}
	whole = whole.Add(interval)
	if wait = whole.Sub(now) - burst*interval; wait > 0 {
		return wait
	}
	l.people.put(person, whole, now)
	return 0
}

func (l *local) keep(token string, value []byte, now time.Time) { l.kept.put(token, value, now) }

func (l *local) recall(token string, now time.Time) ([]byte, bool) { return l.kept.get(token, now) }

func (l *local) shared(key string, now time.Time) ([]byte, bool) {
	r, found := l.read[key]
	return r.value, found && now.Before(r.until)
}

// share drops what is no longer fresh; beyond the bound nothing is kept.
func (l *local) share(key string, value []byte, until, now time.Time) {
	maps.DeleteFunc(l.read, func(_ string, r reading) bool { return !now.Before(r.until) })
	if len(l.read) < localShared && len(value) <= maxValue {
		l.read[key] = reading{value, until}
	}
}

// shelf holds values for one fixed time, bounded in number and in bytes. As all of them last equally long, the order
// in which they were put is the order in which they run out.
type shelf[V any] struct {
	lasts       time.Duration
	most, bytes int
	size        func(V) int
	used        int
	items       map[string]*list.Element
	order       *list.List
}

type item[V any] struct {
	key   string
	value V
	until time.Time
}

func newShelf[V any](lasts time.Duration, most, bytes int, size func(V) int) shelf[V] {
	return shelf[V]{lasts: lasts, most: most, bytes: bytes, size: size, items: map[string]*list.Element{}, order: list.New()}
}

func (s *shelf[V]) get(key string, now time.Time) (value V, found bool) {
	e, found := s.items[key]
	if !found || !now.Before(e.Value.(item[V]).until) {
		return value, false
	}
	return e.Value.(item[V]).value, true
}

func (s *shelf[V]) put(key string, value V, now time.Time) {
	if e, found := s.items[key]; found {
		s.remove(e)
	}
	s.items[key] = s.order.PushBack(item[V]{key, value, now.Add(s.lasts)})
	s.used += s.size(value)
	for e := s.order.Front(); e != nil; e = s.order.Front() {
		if len(s.items) <= s.most && s.used <= s.bytes && now.Before(e.Value.(item[V]).until) {
			return
		}
		s.remove(e)
	}
}

func (s *shelf[V]) remove(e *list.Element) {
	old := s.order.Remove(e).(item[V])
	delete(s.items, old.key)
	s.used -= s.size(old.value)
}
