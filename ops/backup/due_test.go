package backup

import (
	"testing"
	"time"
)

func TestHowABackupIsVerified(t *testing.T) {
	now := time.Date(2026, 11, 23, 3, 1, 0, 0, time.UTC)
	verified := func(ago time.Duration, how How, found ...string) Backup {
		return Backup{Verified: &Verification{At: now.Add(-ago), How: how, Found: found}}
	}
	for name, tt := range map[string]struct {
		verify string
		opens  bool
		before []Backup
		want   How
	}{
		"each":                       {"each", true, []Backup{verified(time.Minute, Restored)}, Restored},
		"daily, last night":          {"daily", true, []Backup{verified(24*time.Hour-3*time.Minute, Restored)}, Restored},
		"daily, an hour ago":         {"daily", true, []Backup{verified(time.Hour, Restored)}, Read},
		"daily, an hour ago, failed": {"daily", true, []Backup{verified(time.Hour, Restored, "x")}, Restored},
		"daily, an hour ago, read":   {"daily", true, []Backup{verified(time.Hour, Read)}, Restored},
		"weekly, yesterday":          {"weekly", true, []Backup{{}, verified(25*time.Hour, Restored)}, Read},
		"weekly, a week ago":         {"weekly", true, []Backup{verified(7*24*time.Hour-5*time.Minute, Restored)}, Restored},
		"never":                      {"never", true, nil, Read},
		"without the key":            {"each", false, nil, Checksum},
	} {
		if got := Due(tt.verify, tt.before, tt.opens, now); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}
