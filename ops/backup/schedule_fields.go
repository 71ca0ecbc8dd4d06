package backup

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// timeField is one of cron's five fields, with the numbers it takes (crontab(5)).
type timeField struct {
	name      string
	low, high int
	names     []string // what may be written in place of numbers, from low on
}

var timeFields = [...]timeField{
	{name: "minute", high: 59},
	{name: "hour", high: 23},
	{name: "day", low: 1, high: 31},
	{name: "month", low: 1, high: 12, names: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{name: "weekday", high: 7, names: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}, // 0 and 7 are Sunday
}

// star marks a field that leaves everything open, as cron.SpecSchedule has it: of day and weekday, one that does leaves
// it to the other, and where neither does either will do.
const star = 1 << 63

// numbers of a field, one bit each.
func (f timeField) numbers(list string) (bits uint64, err error) {
	for item := range strings.SplitSeq(list, ",") {
		some, ok := f.item(item)
		if !ok {
			return 0, fmt.Errorf("is not a schedule: its %s goes from %d to %d", f.name, f.low, f.high)
		}
		bits |= some
	}
	return bits, nil
}

// item of a field's list: a number, a range or a star, and perhaps a step behind it.
func (f timeField) item(item string) (bits uint64, ok bool) {
	span, word, stepped := strings.Cut(item, "/")
	step := 1
	if stepped {
		if step, _ = strconv.Atoi(word); step < 1 {
			return 0, false
		}
	}
	from, to, open := f.low, f.high, span == "*"
	if !open {
		first, last, isRange := strings.Cut(span, "-")
		from, ok = f.number(first)
		to = from
		if ok && isRange {
			to, ok = f.number(last)
		}
		if !ok || from > to || stepped && !isRange {
			return 0, false
		}
	}
	for n := from; n <= to; n += step {
		bits |= 1 << n
	}
	if open && step == 1 {
		bits |= star
	}
	return bits, true
}

func (f timeField) number(word string) (n int, ok bool) {
	if i := slices.Index(f.names, strings.ToLower(word)); i >= 0 {
		return f.low + i, true
	}
	n, err := strconv.Atoi(word)
	return n, err == nil && n >= f.low && n <= f.high
}
