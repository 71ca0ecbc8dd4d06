package main

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

var timeFields = []timeField{
	{name: "minute", high: 59},
	{name: "hour", high: 23},
	{name: "day", low: 1, high: 31},
	{name: "month", low: 1, high: 12, names: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{name: "weekday", high: 7, names: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}, // 0 and 7 are Sunday
}

// scheduleFault says what is wrong with a schedule; nothing is where it is empty.
func scheduleFault(schedule string) string {
	fields := strings.Fields(schedule)
	if len(fields) != len(timeFields) {
		return "is not a schedule"
	}
	for i, f := range timeFields {
		for item := range strings.SplitSeq(fields[i], ",") {
			if !f.takes(item) {
				return fmt.Sprintf("is not a schedule: its %s goes from %d to %d", f.name, f.low, f.high)
			}
		}
	}
	return ""
}

// takes one item of a field's list: a number, a range or a star, and perhaps a step behind it.
func (f timeField) takes(item string) bool {
	span, step, stepped := strings.Cut(item, "/")
	if every, err := strconv.Atoi(step); stepped && (err != nil || every < 1) {
		return false
	}
	if span == "*" {
		return true
	}
	first, last, isRange := strings.Cut(span, "-")
	from, ok := f.number(first)
	if !isRange {
		return ok && !stepped
	}
	to, alsoOK := f.number(last)
	return ok && alsoOK && from <= to
}

func (f timeField) number(word string) (n int, ok bool) {
	if i := slices.Index(f.names, strings.ToLower(word)); i >= 0 {
		return f.low + i, true
	}
	n, err := strconv.Atoi(word)
	return n, err == nil && n >= f.low && n <= f.high
}
