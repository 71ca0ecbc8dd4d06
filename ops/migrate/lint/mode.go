package lint

import "slices"

// Lock is what a statement does to one relation.
type Lock struct {
	Mode     string // as PostgreSQL names it, without the word Lock: "AccessExclusive"
	Relation string // key: "public.orders"
	Rewrite  bool   // every row is written anew
	Scan     bool   // every row is read
	New      bool   // the relation does not exist yet, so that nobody waits
}

// The modes, from the weakest to the strongest.
const (
	AccessShare          = "AccessShare"
	RowShare             = "RowShare"
	RowExclusive         = "RowExclusive"
	ShareUpdateExclusive = "ShareUpdateExclusive"
	Share                = "Share"
	ShareRowExclusive    = "ShareRowExclusive"
	Exclusive            = "Exclusive"
	AccessExclusive      = "AccessExclusive"
)

// modes in the order of the numbers that the parser gives them, from 1.
var modes = []string{AccessShare, RowShare, RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive}

func stronger(a, b string) string {
	if slices.Index(modes, a) > slices.Index(modes, b) {
		return a
	}
	return b
}

// Strongest of some modes; empty where there are none.
func Strongest(all []string) string {
	most := ""
	for _, m := range all {
		most = stronger(m, most)
	}
	return most
}

// Blocks says in words whom the lock keeps waiting; empty where nobody who reads or writes rows waits.
func (l Lock) Blocks() string {
	switch l.Mode {
	case AccessExclusive:
		return "reads and writes"
	case Share, ShareRowExclusive, Exclusive:
		return "writes"
	}
	return ""
}

// locker gathers the locks of one statement, one for each relation.
type locker struct {
	facts Facts
	all   []Lock
}

func (l *locker) take(mode, key string) *Lock {
	if key == "" {
		return &Lock{}
	}
	i := slices.IndexFunc(l.all, func(have Lock) bool { return have.Relation == key })
	if i < 0 {
		l.all = append(l.all, Lock{Relation: key, New: l.facts.isNew(key)})
		i = len(l.all) - 1
	}
	l.all[i].Mode = stronger(l.all[i].Mode, mode)
	return &l.all[i]
}

// aside takes a lock on an index or a sequence, which Facts does not list, so that being absent says nothing.
func (l *locker) aside(mode, key string) *Lock {
	have := l.take(mode, key)
	have.New = false
	return have
}

// whole takes a lock on a table and on everything below it.
func (l *locker) whole(mode, key string, rewrite, scan bool) {
	for _, k := range append([]string{key}, l.facts.Tables[key].Partitions...) {
		have := l.take(mode, k)
		stored := l.facts.Tables[k].Kind != Partitioned // a partitioned table has no rows of its own
		have.Rewrite = have.Rewrite || rewrite && stored
		have.Scan = have.Scan || scan && stored
	}
}
