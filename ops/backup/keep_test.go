package backup

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// taken is a backup of that moment, verified an hour later.
func taken(started time.Time, edits ...func(*Backup)) Backup {
	b := Backup{Manifest: Manifest{
		ID: ID(started.UTC().Format("orders-20060102-150405")), Database: "orders", Started: started, Finished: started.Add(time.Minute), By: "schedule",
		Archive: File{Size: 100 << 20}, Contents: Inventory{Tables: []Table{{Schema: "public", Name: "orders", Rows: 10_000}}},
	}}
	b.Verified = &Verification{At: started.Add(time.Hour), How: Restored}
	for _, edit := range edits {
		edit(&b)
	}
	return b
}

func unverified(b *Backup) { b.Verified = nil }
func bad(b *Backup)        { b.Verified.Found = []string{"The archive ends too early."} }
func kept(b *Backup)       { b.Kept = &Kept{By: "U0ANA"} }
func migrated(b *Backup)   { b.By = BeforeMigration }

// staying are those that stay, by their days, and why.
func staying(verdicts []Verdict) map[string]string {
	days := map[string]string{}
	for _, v := range verdicts {
		if v.Stays {
			days[string(v.ID[7:15])] = v.Why
		}
	}
	return days
}

// nightly are backups of so many nights up to the 23rd of November 2026.
func nightly(nights int, edits ...func(*Backup)) (all []Backup) {
	for n := range nights {
		all = append(all, taken(time.Date(2026, 11, 23-n, 3, 0, 0, 0, time.UTC), edits...))
	}
	return all
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestKeepByAge(t *testing.T) {
	got := staying(Keep{Last: 2, Daily: 4, Weekly: 3, Monthly: 3, Yearly: 2}.Plan(nightly(400), noon, time.UTC))
	want := map[string]string{
		"20261123": "the newest that is verified", "20261122": "one of the last", "20261121": "the newest of a day", "20261120": "the newest of a day",
		"20261115": "the newest of a week", // the 22nd stands for the week before this one
		"20261031": "the newest of a month", "20260930": "the newest of a month", "20251231": "the newest of a year",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v\nwant\n%v", got, want)
	}
}

func TestKeep(t *testing.T) {
	day := func(n int, edits ...func(*Backup)) Backup {
		return taken(time.Date(2026, 11, n, 3, 0, 0, 0, time.UTC), edits...)
	}
	held := func(until time.Time) func(*Backup) {
		return func(b *Backup) { b.Held = []Hold{{By: "restore", Until: until}} }
	}
	last := Keep{Last: 1}
	for name, tt := range map[string]struct {
		keep Keep
		all  []Backup
		want string
	}{
		"no rules":                       {Keep{}, nightly(3), "20261121 20261122 20261123"},
		"one":                            {last, nightly(3), "20261123"},
		"nothing":                        {last, nil, ""},
		"kept":                           {last, []Backup{day(23), day(22, kept), day(21)}, "20261122 20261123"},
		"being read":                     {last, []Backup{day(23), day(22, held(noon.Add(time.Minute))), day(21, held(noon))}, "20261122 20261123"},
		"before a migration":             {last, []Backup{day(23), day(22, migrated), day(-12, migrated), day(-11, migrated)}, "20261020 20261122 20261123"},
		"newer than the newest verified": {last, []Backup{day(23, unverified), day(22, bad), day(21), day(20)}, "20261121 20261122 20261123"},
		"none verified":                  {last, nightly(3, unverified), "20261121 20261122 20261123"},
		"all bad":                        {last, nightly(3, bad), "20261121 20261122 20261123"},
		"older and bad":                  {Keep{Last: 9}, []Backup{day(23), day(22, bad), day(21)}, "20261121 20261123"},
		"the newest bad holds all":       {last, []Backup{day(23, bad), day(22), day(21), day(20)}, "20261120 20261121 20261122 20261123"},
		"waiting takes nobody's place":   {Keep{Last: 2}, []Backup{day(23), day(22, unverified), day(21, unverified), day(20), day(19)}, "20261120 20261122 20261123"},
		"in any order":                   {last, []Backup{day(21), day(23), day(22)}, "20261123"},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(slices.Sorted(maps.Keys(staying(tt.keep.Plan(tt.all, noon, time.UTC)))), " ")
			if got != tt.want {
				t.Errorf("stay: %s, want %s", got, tt.want)
			}
		})
	}
}

// A day is the zone's: two backups at both sides of its midnight are of two days.
func TestKeepInAZone(t *testing.T) {
	late, early := at(t, "2026-11-22 22:30", "UTC"), at(t, "2026-11-22 23:30", "UTC")
	all := []Backup{taken(late), taken(early)}
	for zone, both := range map[string]bool{"Europe/Berlin": true, "UTC": false} {
		got := Keep{Daily: 2}.Plan(all, noon, located(t, zone))
		if got[0].ID != all[1].ID || !got[0].Stays || got[1].Stays != both {
			t.Errorf("in %s: %+v", zone, got)
		}
	}
}

// While the newest is unusual nothing is removed; four like it later it is what is usual.
func TestKeepHoldsWhileItIsUnusual(t *testing.T) {
	all := nightly(12)
	all[0].Archive.Size = 10 << 20
	for _, v := range (Keep{Last: 2}).Plan(all, noon, time.UTC) {
		if !v.Stays {
			t.Errorf("%s goes", v.ID)
		}
	}
	for i := range 5 {
		all[i].Archive.Size = 10 << 20
	}
	if got := len(staying(Keep{Last: 2}.Plan(all, noon, time.UTC))); got != 2 {
		t.Errorf("%d stay", got)
	}
}

// TestKeepNeverLosesTheLastGoodOne holds what must be true of every plan, however the backups came to be.
func TestKeepNeverLosesTheLastGoodOne(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"}
	rapid.Check(t, func(r *rapid.T) {
		few := rapid.IntRange(0, 4)
		k := Keep{Last: few.Draw(r, "last"), Daily: few.Draw(r, "daily"), Weekly: few.Draw(r, "weekly"), Monthly: few.Draw(r, "monthly"), Yearly: few.Draw(r, "yearly")}
		zone := located(t, rapid.SampledFrom(zones).Draw(r, "zone"))
		all := drawn(r)
		verdicts := k.Plan(all, noon, zone)
		stays := map[ID]bool{}
		for _, v := range verdicts {
			stays[v.ID] = v.Stays
		}
		survivors := holds(r, k, all, stays)
		for _, v := range k.Plan(survivors, noon, zone) {
			if !v.Stays {
				r.Fatalf("%s went only in a second plan: %s", v.ID, v.Why)
			}
		}
		slices.Reverse(all)
		if again := k.Plan(all, noon, zone); !slices.Equal(again, verdicts) {
			r.Fatalf("another order gives another plan:\n%v\n%v", again, verdicts)
		}
	})
}

// drawn are backups of some random past.
func drawn(r *rapid.T) (all []Backup) {
	times := rapid.SliceOfNDistinct(rapid.IntRange(0, 3*365*24), 0, 40, rapid.ID).Draw(r, "hours ago")
	for i, hours := range times {
		b := taken(noon.Add(-time.Duration(hours) * time.Hour))
		for _, edit := range rapid.SliceOfN(rapid.SampledFrom([]func(*Backup){unverified, func(b *Backup) {
			if b.Verified != nil {
				bad(b)
			}
		}, kept, migrated, func(b *Backup) { b.Archive.Size /= 4 }}), 0, 2).Draw(r, fmt.Sprint("edits of ", i)) {
			edit(&b)
		}
		all = append(all, b)
	}
	return all
}

// holds checks what stays, and gives it.
func holds(r *rapid.T, k Keep, all []Backup, stays map[ID]bool) (survivors []Backup) {
	var newest *Backup
	good, left := 0, 0
	for _, b := range all {
		if b.Good() && (newest == nil || b.Started.After(newest.Started)) {
			newest = &b
		}
	}
	for _, b := range all {
		switch {
		case b.Kept != nil && !stays[b.ID]:
			r.Fatalf("%s goes, which somebody wants to keep", b.ID)
		case newest == nil && !stays[b.ID]:
			r.Fatalf("%s goes, and none is good", b.ID)
		case newest != nil && !stays[b.ID] && b.Started.After(newest.Started):
			r.Fatalf("%s goes, and is newer than the newest good one", b.ID)
		case k == Keep{} && !stays[b.ID]:
			r.Fatalf("%s goes without a rule", b.ID)
		}
		if b.Good() {
			good++
		}
		if stays[b.ID] {
			survivors = append(survivors, b)
			if b.Good() {
				left++
			}
		}
	}
	if newest != nil && !stays[newest.ID] {
		r.Fatalf("%s goes, the newest good one", newest.ID)
	}
	if wanted := min(k.Last, good); left < wanted {
		r.Fatalf("%d good ones stay, want %d at least", left, wanted)
	}
	return survivors
}
