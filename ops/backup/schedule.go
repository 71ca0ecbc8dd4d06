package backup

import (
	"errors"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule says when something is due: cron's five fields, in a zone. Where clocks change, the rule is:
//
//   - of a schedule that names hours, each time of the clock is due once. One that the clocks skip is due at the moment they
//     jump; one that comes twice is due the first time.
//   - one with a star for the hour goes by the time that passes: what comes twice is due twice, and what is skipped is not
//     made up for, since the next is due within the hour.
//
// (robfig/cron, which searches here, leaves out the first and doubles the second: its issue 541.)
type Schedule struct {
	text   string
	spec   cron.SpecSchedule // searched as if the clock were UTC, where nothing is skipped or doubled
	zone   *time.Location
	hourly bool // a star for the hour
}

var errFields = errors.New("is not a schedule")

// ParseSchedule reads minute, hour, day, month and weekday. Its errors go on after the words that were read: "is not a
// schedule: its hour goes from 0 to 23".
func ParseSchedule(text string, zone *time.Location) (Schedule, error) {
	words := strings.Fields(text)
	if len(words) != len(timeFields) {
		return Schedule{}, errFields
	}
	var bits [len(timeFields)]uint64
	for i, f := range timeFields {
		var err error
		if bits[i], err = f.numbers(words[i]); err != nil {
			return Schedule{}, err
		}
	}
	const sunday, seventh = 1 << 0, 1 << 7
	if weekday := &bits[4]; *weekday&seventh != 0 {
		*weekday = *weekday&^seventh | sunday
	}
	s := Schedule{
		text: strings.Join(words, " "), zone: zone, hourly: bits[1]&star != 0,
		spec: cron.SpecSchedule{Second: 1, Minute: bits[0], Hour: bits[1], Dom: bits[2], Month: bits[3], Dow: bits[4], Location: time.UTC},
	}
	if leapYear := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC); s.spec.Next(leapYear).IsZero() {
		return Schedule{}, errors.New("is never due: no month that it names has such a day")
	}
	return s, nil
}

// String is the schedule as it was written, and its zone.
func (s Schedule) String() string { return s.text + " " + s.zone.String() }

// Next is the first time after that it is due, in its zone. It is zero where the next is more than four years away.
func (s Schedule) Next(after time.Time) time.Time {
	if s.hourly {
		return s.nextPassing(after)
	}
	for clock := s.spec.Next(clockOf(after.In(s.zone))); !clock.IsZero(); clock = s.spec.Next(clock) {
		if due := firstShown(clock, s.zone); due.After(after) {
			return due
		}
	}
	return time.Time{}
}

// nextPassing looks at one stretch after the other between two changes of the clock.
func (s Schedule) nextPassing(after time.Time) time.Time {
	for at := after.In(s.zone); ; {
		_, offset := at.Zone()
		_, end := at.ZoneBounds()
		clock := s.spec.Next(clockOf(at))
		if clock.IsZero() {
			return clock
		}
		due := clock.Add(-time.Duration(offset) * time.Second)
		if end.IsZero() || due.Before(end) {
			return due.In(s.zone)
		}
		first := end.In(s.zone)
		if s.at(first) {
			return first
		}
		at = first
	}
}

// at says whether it is due at this very moment.
func (s Schedule) at(t time.Time) bool {
	clock := clockOf(t)
	return s.spec.Next(clock.Add(-time.Nanosecond)).Equal(clock)
}

// clockOf is what the clock shows, read as if it were UTC.
func clockOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// longestOffset is more than any zone is away from UTC.
const longestOffset = 26 * time.Hour

// firstShown is the first moment at which a clock in the zone shows this, or where it never does the moment at which it jumps
// over it.
func firstShown(clock time.Time, zone *time.Location) time.Time {
	for at := clock.Add(-longestOffset).In(zone); ; {
		start, end := at.ZoneBounds()
		_, offset := at.Zone()
		due := clock.Add(-time.Duration(offset) * time.Second)
		switch {
		case !start.IsZero() && due.Before(start):
			return start.In(zone)
		case end.IsZero() || due.Before(end):
			return due.In(zone)
		}
		at = end.In(zone)
	}
}

// mostMissed bounds what is counted: a schedule of every minute has half a million times in a year.
const mostMissed = 1000

// Missed is the newest time in (since, now] at which it was due, zero where there is none, and how many came before it, a
// thousand at most: what did not run while nobody was there runs once.
func (s Schedule) Missed(since, now time.Time) (due time.Time, before int) {
	due = s.last(since, now)
	if due.IsZero() {
		return due, 0
	}
	for at := s.Next(since); at.Before(due) && before < mostMissed; at = s.Next(at) {
		before++
	}
	return due, before
}

// last looks back, further each time, for the newest time that is not after now.
func (s Schedule) last(since, now time.Time) (last time.Time) {
	for back := time.Hour; ; back *= 2 {
		from := now.Add(-back)
		if from.Before(since) {
			from = since
		}
		for at := s.Next(from); !at.IsZero() && !at.After(now); at = s.Next(at) {
			last = at
		}
		if !last.IsZero() || !from.After(since) {
			return last
		}
	}
}

// leastSlack is what a backup may take, and a little.
const leastSlack = time.Hour

// Limit is how old the newest backup gets while all is well, and a quarter more, an hour at least: older than that, one is
// missing. It is always the same for a schedule.
func (s Schedule) Limit() time.Duration {
	longest := s.longest(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)) // a leap year
	return longest + max(longest/4, leastSlack)
}

// longest is the longest time between two of the next dues, a thousand or those of a year, two at least.
func (s Schedule) longest(from time.Time) (longest time.Duration) {
	at := s.Next(from)
	for range mostMissed {
		next := s.Next(at)
		if next.IsZero() || longest > 0 && next.Sub(from) > 366*24*time.Hour {
			break
		}
		longest, at = max(longest, next.Sub(at)), next
	}
	return longest
}
