package backup

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"dbbot/ops"
)

// What makes a backup unusual, beside the median of the seven verified ones before it. The least differences keep small databases quiet.
const (
	compared      = 7
	leastCompared = 3 // fewer say nothing about what is usual, but a table that is gone is gone
	smaller       = 0.5
	larger        = 2
	slower        = 3
	fewerRows     = 0.7
	leastSize     = 1 << 20 // bytes
	leastTook     = time.Minute
	leastRows     = 100
	mostNamed     = 5 // tables
)

// Odd says what is unusual about a backup, a sentence each. before are others of the same database, in any order: those that are not verified, or
// newer than it, say nothing.
func Odd(b Backup, before []Backup) (said []string) {
	before = slices.DeleteFunc(slices.Clone(before), func(o Backup) bool { return !o.Good() || !o.Started.Before(b.Started) })
	slices.SortFunc(before, func(x, y Backup) int { return y.Started.Compare(x.Started) })
	before = before[:min(len(before), compared)]
	if len(before) >= leastCompared {
		said = append(said, oddSize(b, before)...)
		said = append(said, oddTime(b, before)...)
	}
	return append(said, oddTables(b, before)...)
}

func oddSize(b Backup, before []Backup) []string {
	usual := median(before, func(o Backup) int64 { return o.Archive.Size })
	size := b.Archive.Size
	if max(size, usual)-min(size, usual) < leastSize {
		return nil
	}
	switch share := float64(size) / float64(max(usual, 1)); {
	case share < smaller:
		return []string{fmt.Sprintf("It is much smaller than usual: %.0f %% of %s.", 100*share, beside(before))}
	case share > larger:
		return []string{fmt.Sprintf("It is much larger than usual: %.1f times %s.", share, beside(before))}
	}
	return nil
}

// beside says what it is compared with.
func beside(before []Backup) string {
	return fmt.Sprintf("the median of the %d before it", len(before))
}

// Took is how long taking it lasted.
func (b Backup) Took() time.Duration { return b.Finished.Sub(b.Started) }

func oddTime(b Backup, before []Backup) []string {
	usual := median(before, Backup.Took)
	if b.Took() <= slower*usual || b.Took()-usual < leastTook {
		return nil
	}
	return []string{fmt.Sprintf("It took much longer than usual: %.1f times %s.", float64(b.Took())/float64(max(usual, time.Second)), beside(before))}
}

// oddTables compares with what most of the backups before had.
func oddTables(b Backup, before []Backup) (said []string) {
	rows := map[string]int64{}
	for _, t := range b.Contents.Tables {
		rows[t.Schema+"."+t.Name] = t.Rows
	}
	var gone, fewer []string
	for name, usual := range usualRows(before) {
		switch now, there := rows[name]; {
		case !there:
			gone = append(gone, name)
		case float64(now) < fewerRows*float64(usual) && usual-now >= leastRows:
			fewer = append(fewer, fmt.Sprintf("%s (%d, and %d before)", name, now, usual))
		}
	}
	if len(gone) > 0 {
		said = append(said, "Not in it any more: "+named(gone)+".")
	}
	if len(fewer) > 0 {
		said = append(said, "Many rows fewer than usual: "+named(fewer)+".")
	}
	return said
}

// usualRows of the tables that more than half of the backups have.
func usualRows(before []Backup) map[string]int64 {
	counts := map[string][]int64{}
	for _, o := range before {
		for _, t := range o.Contents.Tables {
			name := t.Schema + "." + t.Name
			counts[name] = append(counts[name], t.Rows)
		}
	}
	usual := map[string]int64{}
	for name, rows := range counts {
		if 2*len(rows) > len(before) {
			usual[name] = median(rows, func(n int64) int64 { return n })
		}
	}
	return usual
}

// named lists some in order, and how many more there are.
func named(names []string) string {
	slices.Sort(names)
	text := ""
	for i, name := range names[:min(len(names), mostNamed)] {
		if i > 0 {
			text += ", "
		}
		text += ops.Printable(name, 80)
	}
	if more := len(names) - mostNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// median of what is measured of each; of an even number, the lower of the middle two.
func median[T any, N cmp.Ordered](of []T, measure func(T) N) N {
	all := make([]N, len(of))
	for i, one := range of {
		all[i] = measure(one)
	}
	slices.Sort(all)
	return all[(len(all)-1)/2]
}
