package backup

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(t testing.TB, text, zone string) time.Time {
	t.Helper()
	moment, err := time.ParseInLocation("2006-01-02 15:04", text, located(t, zone))
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func located(t testing.TB, zone string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func schedule(t testing.TB, text, zone string) Schedule {
	t.Helper()
	s, err := ParseSchedule(text, located(t, zone))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNext(t *testing.T) {
	for _, tt := range []struct{ text, zone, after, want string }{
		{"0 3 * * *", "Europe/Berlin", "2026-11-23 02:59", "2026-11-23T03:00+01:00"},
		{"0 3 * * *", "Europe/Berlin", "2026-11-23 03:00", "2026-11-24T03:00+01:00"},
		{"*/15 2-3 * * *", "UTC", "2026-11-23 03:45", "2026-11-24T02:00Z"},
		{"0 9 * * mon", "UTC", "2026-11-23 09:00", "2026-11-30T09:00Z"},
		{"0 9 * * 7", "UTC", "2026-11-23 09:00", "2026-11-29T09:00Z"},
		{"0 9 * * 5-7", "UTC", "2026-11-28 09:00", "2026-11-29T09:00Z"},
		{"0 9 1 * mon", "UTC", "2026-11-23 09:00", "2026-11-30T09:00Z"}, // either of the two, as cron has it
		{"0 9 1 * */1", "UTC", "2026-11-23 09:00", "2026-12-01T09:00Z"},
		{"0 0 29 feb *", "UTC", "2026-11-23 09:00", "2028-02-29T00:00Z"},

		// Clocks go from 2:00 to 3:00, and from 3:00 back to 2:00.
		{"30 2 * * *", "Europe/Berlin", "2026-03-28 03:00", "2026-03-29T03:00+02:00"},
		{"30 2 * * *", "Europe/Berlin", "2026-03-29 03:00", "2026-03-30T02:30+02:00"},
		{"0,30 2 * * *", "Europe/Berlin", "2026-03-28 03:00", "2026-03-29T03:00+02:00"},
		{"30 2 * * *", "Europe/Berlin", "2026-10-24 03:00", "2026-10-25T02:30+02:00"},
		{"0 */2 * * *", "Europe/Berlin", "2026-10-25 00:30", "2026-10-25T02:00+02:00"},
		{"30 * * * *", "Europe/Berlin", "2026-03-29 01:30", "2026-03-29T03:30+02:00"},
		// From midnight to one o'clock, by half an hour, and over a whole day.
		{"15 0 * * *", "America/Sao_Paulo", "2018-11-03 12:00", "2018-11-04T01:00-02:00"},
		{"0 0 4 11 *", "America/Sao_Paulo", "2018-11-03 12:00", "2018-11-04T01:00-02:00"},
		{"15 2 * * *", "Australia/Lord_Howe", "2026-10-03 12:00", "2026-10-04T02:30+11:00"},
		{"45 1 * * *", "Australia/Lord_Howe", "2026-04-04 12:00", "2026-04-05T01:45+11:00"},
		{"0 12 * * *", "Pacific/Apia", "2011-12-29 12:00", "2011-12-31T00:00+14:00"},
	} {
		got := schedule(t, tt.text, tt.zone).Next(at(t, tt.after, tt.zone)).Format("2006-01-02T15:04Z07:00")
		if got != tt.want {
			t.Errorf("%s in %s after %s: %s, want %s", tt.text, tt.zone, tt.after, got, tt.want)
		}
	}
}

// Of an hour that comes twice, a named time is due in the first alone, and a star in both.
func TestNextInTheSecondPass(t *testing.T) {
	second := at(t, "2026-10-25 01:30", "UTC") // 2:30 in Berlin, for the second time
	if got := schedule(t, "45 2 * * *", "Europe/Berlin").Next(second); !got.Equal(at(t, "2026-10-26 02:45", "Europe/Berlin")) {
		t.Error(got)
	}
	if got := schedule(t, "45 * * * *", "Europe/Berlin").Next(second); !got.Equal(second.Add(15 * time.Minute)) {
		t.Error(got)
	}
}

func TestParseSchedule(t *testing.T) {
	for text, want := range map[string]string{
		"0 3 30 2 *":                 "is never due: no month that it names has such a day",
		"0 3 31 2,4,6,9,11 *":        "is never due: no month that it names has such a day",
		"0 3 30 2 mon":               "",
		"TZ=Europe/Berlin 0 3 * * *": "is not a schedule",
		"0 3 ? * *":                  "is not a schedule: its day goes from 1 to 31",
		"":                           "is not a schedule",
	} {
		_, err := ParseSchedule(text, time.UTC)
		if got := fmt.Sprint(err); got != want && (err != nil || want != "") {
			t.Errorf("%q %s, want %q", text, got, want)
		}
	}
	if got := schedule(t, " 0  3 * * * ", "Europe/Berlin").String(); got != "0 3 * * * Europe/Berlin" {
		t.Error(got)
	}
}

// changes are days around which clocks change, each in its own way.
var changes = []struct {
	zone string
	day  time.Time
}{
	{"Europe/Berlin", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
	{"Europe/Berlin", time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)},
	{"America/New_York", time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC)},
	{"America/New_York", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
	{"America/Sao_Paulo", time.Date(2018, 11, 4, 0, 0, 0, 0, time.UTC)},
	{"America/Sao_Paulo", time.Date(2018, 2, 18, 0, 0, 0, 0, time.UTC)},
	{"Australia/Lord_Howe", time.Date(2026, 4, 4, 0, 0, 0, 0, time.UTC)},
	{"Australia/Lord_Howe", time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC)},
	{"Antarctica/Troll", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
	{"Pacific/Apia", time.Date(2011, 12, 30, 0, 0, 0, 0, time.UTC)},
	{"Asia/Kathmandu", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
	{"UTC", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
}

// TestClockChanges compares with a walk over every minute: what each clock showed, and when first.
func TestClockChanges(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		change := rapid.SampledFrom(changes).Draw(r, "change")
		zone := located(t, change.zone)
		minute := rapid.SampledFrom([]string{"0", "30", "15,45", "*/20", "59", "*"}).Draw(r, "minute")
		hour := rapid.SampledFrom([]string{"*", "0", "1", "2", "3", "0-3", "*/2", "*/5", "23", "*/1"}).Draw(r, "hour")
		text := minute + " " + hour + " * * *"
		s, err := ParseSchedule(text, zone)
		if err != nil {
			r.Fatal(err)
		}
		from, to := change.day.Add(-36*time.Hour), change.day.Add(60*time.Hour)
		want := walked(s, from, to)
		var got []time.Time
		for due := s.Next(from); due.Before(to); due = s.Next(due) {
			got = append(got, due)
		}
		if !slices.EqualFunc(got, want, time.Time.Equal) {
			r.Fatalf("%s in %s:\n%v\nwant\n%v", text, change.zone, got, want)
		}
		since := from.Add(time.Duration(rapid.IntRange(0, 48*60).Draw(r, "since")) * time.Minute)
		now := since.Add(time.Duration(rapid.IntRange(0, 24*60).Draw(r, "now")) * time.Minute)
		missed(r, s, since, now, want)
	})
}

// missed compares Missed with what is in a list.
func missed(r *rapid.T, s Schedule, since, now time.Time, all []time.Time) {
	between := slices.DeleteFunc(slices.Clone(all), func(due time.Time) bool { return !due.After(since) || due.After(now) })
	var want time.Time
	if len(between) > 0 {
		want = between[len(between)-1]
	}
	due, before := s.Missed(since, now)
	if !due.Equal(want) || before != min(max(len(between)-1, 0), mostMissed) {
		r.Fatalf("missed between %v and %v: %v and %d before, want %v and %d", since, now, due, before, want, len(between)-1)
	}
}

// walked are the dues in (from, to) by the rule, found minute by minute.
func walked(s Schedule, from, to time.Time) (dues []time.Time) {
	matches := func(clock time.Time) bool {
		return s.spec.Minute>>clock.Minute()&1 == 1 && s.spec.Hour>>clock.Hour()&1 == 1
	}
	seen := map[time.Time]bool{}
	var last time.Time // what the clock showed a minute before
	for at := from.Add(-48 * time.Hour); at.Before(to); at = at.Add(time.Minute) {
		clock := clockOf(at.In(s.zone))
		due := matches(clock) && (s.hourly || !seen[clock])
		for skipped := last.Add(time.Minute); !s.hourly && !last.IsZero() && skipped.Before(clock); skipped = skipped.Add(time.Minute) {
			due = due || matches(skipped) && !seen[skipped]
			seen[skipped] = true
		}
		seen[clock], last = true, clock
		if due && at.After(from) {
			dues = append(dues, at)
		}
	}
	return dues
}

func TestMissedAfterALongTime(t *testing.T) {
	now := at(t, "2026-11-23 12:00", "UTC")
	for _, tt := range []struct {
		text   string
		away   time.Duration
		due    string
		before int
	}{
		{"0 3 * * *", 9 * time.Hour, "", 0}, // it ran at three itself
		{"0 3 * * *", 9*time.Hour + time.Minute, "2026-11-23 03:00", 0},
		{"0 3 * * *", 72 * time.Hour, "2026-11-23 03:00", 2},
		{"* * * * *", 400 * 24 * time.Hour, "2026-11-23 12:00", mostMissed},
		{"0 0 1 jan *", 400 * 24 * time.Hour, "2026-01-01 00:00", 0},
		{"0 0 1 jan *", time.Hour, "", 0},
		{"0 3 * * *", -time.Hour, "", 0},
	} {
		due, before := schedule(t, tt.text, "UTC").Missed(now.Add(-tt.away), now)
		if tt.due == "" && !due.IsZero() || tt.due != "" && !due.Equal(at(t, tt.due, "UTC")) || before != tt.before {
			t.Errorf("%s, away for %s: %v and %d before", tt.text, tt.away, due, before)
		}
	}
}

func TestLimit(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0 3 * * *": 25 * time.Hour * 5 / 4, "0 * * * *": 2 * time.Hour, "0 3 * * 1": 169 * time.Hour * 5 / 4, "0 0 29 feb *": (4*365 + 1) * 24 * time.Hour * 5 / 4,
	} {
		if got := schedule(t, text, "Europe/Berlin").Limit(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestLongest(t *testing.T) {
	from := at(t, "2026-11-23 12:00", "UTC")
	for text, want := range map[string]time.Duration{
		"0 3 * * *": 25 * time.Hour, // over the night that is longer
		"0 3 * * 1": 169 * time.Hour, "0 8-18 * * *": 14 * time.Hour, "0 0 1 jan *": 365 * 24 * time.Hour, "* * * * *": time.Minute, "0 3 1 * *": 31*24*time.Hour + time.Hour,
	} {
		if got := schedule(t, text, "Europe/Berlin").longest(from); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
