package workspace

// journal keeps the newest entries of something, up to max, oldest first. Adding costs the same however full it is.
type journal[T any] struct {
	max     int
	ring    []T
	next    int
	forget  func(T) // called with each entry that makes room
	dropped int
}

func (j *journal[T]) add(entry T) {
	if len(j.ring) < j.max {
		j.ring = append(j.ring, entry)
		return
	}
	if j.forget != nil {
		j.forget(j.ring[j.next])
	}
	j.ring[j.next] = entry
	j.next = (j.next + 1) % j.max
	j.dropped++
}

// all returns the entries oldest first, in a slice of its own.
func (j *journal[T]) all() []T {
	out := make([]T, 0, len(j.ring))
	out = append(out, j.ring[j.next:]...)
	return append(out, j.ring[:j.next]...)
}

// newest returns up to n entries, oldest first.
func (j *journal[T]) newest(n int) []T {
	all := j.all()
	return all[max(0, len(all)-n):]
}
