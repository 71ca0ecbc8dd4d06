package backup

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Keep is how many backups survive, and of which age: the newest, and of the newest days, weeks (from Monday), months and years that have
// one, the newest of each. A period counts when it has a backup: a month in which none was taken ages nothing out.
type Keep struct{ Last, Daily, Weekly, Monthly, Yearly int }

// Verdict says whether the rules let a backup stay, and why.
type Verdict struct {
	ID    ID
	Stays bool
	Why   string // half a sentence: "the newest of a week"
}

// BeforeMigration is who a backup was taken by, in Manifest.By, so that a migration can be undone with it.
const BeforeMigration = "migration"

// migrationStays is for how long such a backup stays: what a migration broke may show at the end of a month.
const migrationStays = 35 * 24 * time.Hour

// Plan says what becomes of each backup, newest first. Only verified ones count. The rules are asked twice: of what is verified, and of
// what is not known to be bad, so that one which waits for its verification has a place of its own and takes nobody's.
// The newest verified one always stays, and all do while the newest is not as it should be, or where there are no rules.
func (k Keep) Plan(all []Backup, now time.Time, zone *time.Location) []Verdict {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Backup) int { return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.ID, a.ID)) })
	good := slices.DeleteFunc(slices.Clone(all), func(b Backup) bool { return !b.Good() })
	sound := slices.DeleteFunc(slices.Clone(all), Backup.Bad)
	counted, waiting := k.chosen(good, zone), k.chosen(sound, zone)
	alarm := k.alarm(all)
	verdicts := make([]Verdict, len(all))
	for i, b := range all {
		why := cmp.Or(apart(b, now), newest(b, good), counted[b.ID], waiting[b.ID], alarm)
		verdicts[i] = Verdict{b.ID, why != "", cmp.Or(why, "no rule keeps it")}
		if why == "" && b.Bad() {
			verdicts[i].Why = "it is older than one that was verified, and its own verification failed"
		}
	}
	return verdicts
}

// Bad says whether a verification found something wrong.
func (b Backup) Bad() bool { return b.Verified != nil && len(b.Verified.Found) > 0 }

// apart is why a backup stays whatever the rules say.
func apart(b Backup, now time.Time) string {
	switch {
	case b.Kept != nil:
		return "somebody wants it to be kept"
	case slices.ContainsFunc(b.Held, func(h Hold) bool { return h.Until.After(now) }):
		return "it is being read"
	case b.By == BeforeMigration && now.Sub(b.Started) < migrationStays:
		return "it was taken before a migration, for 35 days"
	}
	return ""
}

// newest is why one stays that is the newest verified, or newer than that.
func newest(b Backup, good []Backup) string {
	switch {
	case len(good) == 0:
		return "none is verified yet"
	case b.ID == good[0].ID:
		return "the newest that is verified"
	case b.Started.After(good[0].Started):
		return "no newer one is verified"
	}
	return ""
}

// alarm is why nothing is removed now.
func (k Keep) alarm(all []Backup) string {
	switch {
	case k == Keep{}:
		return "no rule is set"
	case len(all) > 0 && all[0].Bad():
		return "the newest one is bad, so nothing is removed"
	case len(all) > 0 && len(Odd(all[0], all[1:])) > 0:
		return "the newest one is unusual, so nothing is removed"
	}
	return ""
}

// rule keeps the newest backup of each of so many periods.
type rule struct {
	many int
	why  string
	of   func(time.Time) string // the period's name; every backup is one of its own where it is nil
}

// chosen are those that a rule keeps of a list, newest first, and why.
func (k Keep) chosen(list []Backup, zone *time.Location) map[ID]string {
	why := map[ID]string{}
	for _, r := range []rule{
		{k.Last, "one of the last", nil},
		{k.Daily, "the newest of a day", func(t time.Time) string { return t.Format(time.DateOnly) }},
		{k.Weekly, "the newest of a week", func(t time.Time) string { year, week := t.ISOWeek(); return fmt.Sprint(year, " ", week) }},
		{k.Monthly, "the newest of a month", func(t time.Time) string { return t.Format("2006-01") }},
		{k.Yearly, "the newest of a year", func(t time.Time) string { return t.Format("2006") }},
	} {
		seen, left := map[string]bool{}, r.many
		for _, b := range list {
			period := string(b.ID)
			if r.of != nil {
				period = r.of(b.Started.In(zone))
			}
			if left <= 0 {
				break
			}
			if !seen[period] {
				seen[period], left = true, left-1
				why[b.ID] = cmp.Or(why[b.ID], r.why)
			}
		}
	}
	return why
}
