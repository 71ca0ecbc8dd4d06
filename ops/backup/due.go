package backup

import "time"

// What a verification that counts for a day or a week may be younger than: a schedule never hits the same minute twice.
const (
	aDay  = 20 * time.Hour
	aWeek = 6*24*time.Hour + 12*time.Hour
)

// Due is how a backup is verified that was just taken, by the file's word: each, daily, weekly or never. Short of restoring
// it is read to its end, and what nobody here can open is compared with its checksum.
func Due(verify string, all []Backup, opens bool, now time.Time) How {
	if !opens {
		return Checksum
	}
	within := map[string]time.Duration{"each": 0, "daily": aDay, "weekly": aWeek}
	bound, some := within[verify]
	for _, b := range all {
		if b.Good() && b.Verified.How == Restored && now.Sub(b.Verified.At) < bound {
			return Read
		}
	}
	if !some {
		return Read
	}
	return Restored
}
