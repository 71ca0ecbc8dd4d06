package policy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/policy"

	"pgregory.net/rapid"
)

func TestWindows(t *testing.T) {
	weekend := []string{"Fri 16:00-24:00", "Sat", "Sun"}
	tests := []struct {
		zone   string
		closed []string
		now    string // of the zone
		opens  string // empty: it is open
	}{
		{"Europe/Berlin", weekend, "2026-11-20 15:59", ""},
		{"Europe/Berlin", weekend, "2026-11-20 16:00", "2026-11-23 00:00"},
		{"Europe/Berlin", weekend, "2026-11-22 23:59", "2026-11-23 00:00"},
		{"Europe/Berlin", weekend, "2026-11-23 00:00", ""},
		{"", []string{"22:00-06:00"}, "2026-11-20 05:59", "2026-11-20 06:00"},
		{"", []string{"22:00-06:00"}, "2026-11-20 06:00", ""},
		{"", []string{"22:00-06:00"}, "2026-11-20 22:30", "2026-11-21 06:00"},
		{"", []string{"Fri 22:00-06:00"}, "2026-11-21 03:00", "2026-11-21 06:00"}, // Saturday morning belongs to it
		{"", []string{"Fri 22:00-06:00"}, "2026-11-20 03:00", ""},
		{"", []string{"fri-mon"}, "2026-11-23 12:00", "2026-11-24 00:00"},
		{"", []string{"mon,wed 9:00-10:00"}, "2026-11-25 09:30", "2026-11-25 10:00"},
		{"", []string{"mon,wed 9:00-10:00"}, "2026-11-24 09:30", ""},
		{"", []string{"2026-12-24"}, "2026-12-24 00:00", "2026-12-25 00:00"},
		{"", []string{"2026-12-20..2027-01-02", "Sun"}, "2026-12-31 12:00", "2027-01-04 00:00"},
		{"", []string{"2026-12-24 12:00-18:00"}, "2026-12-24 11:59", ""},
		{"", []string{"2026-12-24 12:00-18:00"}, "2026-12-24 12:00", "2026-12-24 18:00"},
		// The clocks go forward at 2, back at 3: what the wall shows counts.
		{"Europe/Berlin", []string{"Sun 01:00-02:30"}, "2026-03-29 01:30", "2026-03-29 03:00"},
		{"Europe/Berlin", []string{"Sun 01:00-04:00"}, "2026-10-25 01:30", "2026-10-25 04:00"},
	}
	for _, tt := range tests {
		w := &policy.Windows{Zone: tt.zone, Closed: tt.closed}
		zone, _ := time.LoadLocation(tt.zone)
		now, err := time.ParseInLocation("2006-01-02 15:04", tt.now, zone)
		if err != nil {
			t.Fatal(err)
		}
		shut, opens, err := w.Shut(now.UTC())
		if got := opens.Format("2006-01-02 15:04"); err != nil || shut != (tt.opens != "") || shut && got != tt.opens {
			t.Errorf("%v at %s: shut %v until %s, %v; want %q", tt.closed, tt.now, shut, got, err, tt.opens)
		}
	}
	if shut, _, _ := (*policy.Windows)(nil).Shut(time.Now()); shut {
		t.Error("closed without windows")
	}
	for _, closed := range []string{"Sun-Sat", "0:00-24:00", "someday"} { // the last is one that Validate refuses
		if shut, _, err := (&policy.Windows{Closed: []string{closed}}).Shut(time.Now()); !shut || err == nil {
			t.Errorf("%s: shut %v, %v", closed, shut, err)
		}
	}
}

// When it is said to open it is open, and every minute until then is closed.
func TestWindowsOpenWhenTheySay(t *testing.T) {
	lines := []string{"Fri 16:00-24:00", "Sat", "Sun", "22:00-06:00", "Mon-Thu 12:00-13:00", "2026-10-25", "2026-03-28..2026-03-30", "01:30-02:30"}
	rapid.Check(t, func(t *rapid.T) {
		w := &policy.Windows{
			Zone:   rapid.SampledFrom([]string{"", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"}).Draw(t, "zone"),
			Closed: rapid.SliceOfN(rapid.SampledFrom(lines), 1, 5).Draw(t, "closed"),
		}
		now := time.Unix(rapid.Int64Range(1_774_500_000, 1_793_200_000).Draw(t, "now"), 0)
		shut, opens, err := w.Shut(now)
		if errors.Is(err, policy.ErrNeverOpen) {
			t.Skip("never open")
		}
		if again, _, _ := w.Shut(opens); again {
			t.Fatalf("closed at %s, when it should open", opens)
		}
		for at := now; shut && at.Before(opens.Add(-time.Minute)); at = at.Add(time.Minute) {
			if closed, _, _ := w.Shut(at); !closed {
				t.Fatalf("open at %s, before %s", at, opens)
			}
		}
	})
}

func TestClosedIsSaidWithItsEnd(t *testing.T) {
	p := parse(t, `policy: [{environments: [production], change: {allow: [everyone], windows: {zone: Europe/Berlin, closed: ["Sat", "Sun"]}}}]`)
	saturday := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	target := ops.Target{Database: "shop", Environment: "production"}
	want := "By dbbot's policy nobody may change shop (production) at this hour. It opens again on Monday, 23 November, at 00:00 (Europe/Berlin)."
	if said := p.Closed(ops.Change, target, saturday); said != want {
		t.Error(said)
	}
	if said := p.Closed(ops.Operate, target, saturday) + p.Closed(ops.Change, target, saturday.AddDate(0, 0, 2)); said != "" {
		t.Error(said)
	}
	p.Entries[0].Rules[ops.Change].Windows.Closed[0] = "never"
	if said := p.Closed(ops.Change, target, saturday); !strings.HasSuffix(said, "leaves no time open. Ask whoever runs dbbot.") {
		t.Error(said)
	}
}

func TestMorePeopleForWhatIsSevere(t *testing.T) {
	asked := &policy.Consent{By: []string{"leads"}, Count: 1, Severe: 2, Alone: true}
	if got := asked.For(false); got != asked {
		t.Errorf("%+v", got)
	}
	if got := asked.For(true); got.Count != 2 || got.Alone || asked.Count != 1 || !asked.Alone {
		t.Errorf("%+v of %+v", got, asked)
	}
	if got := (&policy.Consent{Count: 2, Alone: true}).For(true); got.Count != 2 || !got.Alone {
		t.Errorf("nothing is said of it: %+v", got)
	}
	if (*policy.Consent)(nil).For(true) != nil {
		t.Error("a consent that nobody asked for")
	}
}
