package policy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Windows are the hours and days in which a rule is closed: nothing it allows is asked for or begun then, whoever agrees.
type Windows struct {
	Zone   string   // of the hours and days, as "Europe/Berlin"; empty: UTC
	Closed []string // "Sat", "Fri 16:00-24:00", "Mon-Thu 22:00-06:00", "12:00-13:00", "2026-12-24", "2026-12-20..2027-01-02"
}

// lookAhead bounds how far an end is looked for: what is closed for longer counts as closed for good.
const lookAhead = 400 * 24 * time.Hour

// ErrNeverOpen: the windows leave no time in the next 400 days.
var ErrNeverOpen = errors.New("no time is left in which it is open")

// Shut says whether something is closed at a moment, and when it opens again: to the minute, by the clocks of the zone.
// The error is of windows that Validate refuses, and for which everything is closed, or ErrNeverOpen.
func (w *Windows) Shut(now time.Time) (shut bool, opens time.Time, err error) {
	if w == nil {
		return false, now, nil
	}
	zone, all, err := w.parse()
	if err != nil {
		return true, now, err
	}
	at := now.In(zone)
	for at.Sub(now) < lookAhead {
		end := at
		for _, one := range all {
			if until, within := one.until(at); within && until.After(end) {
				end = until
			}
		}
		if !end.After(at) {
			return shut, at, nil
		}
		shut, at = true, end
	}
	return true, now, ErrNeverOpen
}

// window is one line of Closed.
type window struct {
	days     [7]bool // of the week, in which it begins; where no dates are given
	from, to int     // minutes of the day; to is above 24 h where it lasts into the next day

	first, last day // of dates; zero without
}

// day is a date without a zone.
type day struct {
	year  int
	month time.Month
	date  int
}

func dayOf(t time.Time) day { y, m, d := t.Date(); return day{y, m, d} }

func (d day) at(minutes int, zone *time.Location) time.Time {
	return time.Date(d.year, d.month, d.date, 0, minutes, 0, 0, zone)
}

func (d day) compare(o day) int {
	return slices.Compare([]int{d.year, int(d.month), d.date}, []int{o.year, int(o.month), o.date})
}

// until gives the end of the window that a moment lies in, by the clock on the wall: an hour that comes twice is closed
// twice, and one that is left out by the clocks' change is passed over.
func (w window) until(at time.Time) (end time.Time, within bool) {
	minute := at.Hour()*60 + at.Minute()
	_, offset := at.Zone()
	for _, back := range []int{0, 1} { // it may have begun yesterday
		begun := dayOf(at.AddDate(0, 0, -back))
		now := minute + back*minutesOfDay
		if !w.begins(begun) || now < w.from || now >= w.to {
			continue
		}
		end = begun.at(w.to, at.Location())
		if _, ahead := end.Zone(); !end.After(at) || ahead != offset { // the clocks change meanwhile, and that hour may not be there
			end = at.Truncate(time.Minute).Add(time.Minute)
		}
		return end, true
	}
	return at, false
}

func (w window) begins(on day) bool {
	if w.first != (day{}) {
		return on.compare(w.first) >= 0 && on.compare(w.last) <= 0
	}
	return w.days[on.at(12*60, time.UTC).Weekday()]
}

const minutesOfDay = 24 * 60

// parse reads all lines. The faults are in words, each behind the line it is about.
func (w *Windows) parse() (zone *time.Location, all []window, err error) {
	if zone, err = time.LoadLocation(w.Zone); err != nil || w.Zone == "Local" {
		return nil, nil, fmt.Errorf("%q is no time zone", w.Zone)
	}
	for _, line := range w.Closed {
		one, err := parseWindow(line)
		if err != nil {
			return nil, nil, fmt.Errorf("%q %w", line, err)
		}
		all = append(all, one)
	}
	return zone, all, nil
}

var (
	hours    = regexp.MustCompile(`^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$`)
	weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

// parseWindow reads "[days] [hours]", of which one may be left out.
func parseWindow(line string) (w window, err error) {
	words := strings.Fields(strings.ToLower(line))
	w.to = minutesOfDay
	if n := len(words); n > 0 && hours.MatchString(words[n-1]) {
		if w.from, w.to, err = parseHours(words[n-1]); err != nil {
			return w, err
		}
		words = words[:n-1]
		if len(words) == 0 {
			words = []string{"sun-sat"}
		}
	}
	if len(words) != 1 {
		return w, errors.New("is neither days nor hours")
	}
	if words[0][0] >= '0' && words[0][0] <= '9' {
		w.first, w.last, err = parseDates(words[0])
		return w, err
	}
	return w, w.parseDays(words[0])
}

func parseHours(word string) (from, to int, err error) {
	var n [4]int
	for i, digits := range hours.FindStringSubmatch(word)[1:] {
		n[i], _ = strconv.Atoi(digits) // two digits
	}
	from, to = n[0]*60+n[1], n[2]*60+n[3]
	if n[1] > 59 || n[3] > 59 || from >= minutesOfDay || to > minutesOfDay || from == to {
		return from, to, errors.New("has hours that no day has")
	}
	if to < from {
		to += minutesOfDay
	}
	return from, to, nil
}

// parseDays reads "sat", "mon-thu" and "mon,wed".
func (w *window) parseDays(word string) error {
	for item := range strings.SplitSeq(word, ",") {
		first, last, ranged := strings.Cut(item, "-")
		from, to := slices.Index(weekdays, first), slices.Index(weekdays, last)
		if !ranged {
			to = from
		}
		if from < 0 || to < 0 {
			return errors.New("has a day that no week has")
		}
		for d := from; ; d = (d + 1) % len(weekdays) {
			w.days[d] = true
			if d == to {
				break
			}
		}
	}
	return nil
}

// parseDates reads "2026-12-24" and "2026-12-20..2027-01-02".
func parseDates(word string) (first, last day, err error) {
	from, to, ranged := strings.Cut(word, "..")
	if !ranged {
		to = from
	}
	a, err := time.Parse(time.DateOnly, from)
	b, fault := time.Parse(time.DateOnly, to)
	if err != nil || fault != nil || b.Before(a) {
		return first, last, errors.New("is no date that there is")
	}
	return dayOf(a), dayOf(b), nil
}
