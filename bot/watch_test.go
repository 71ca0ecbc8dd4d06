package bot

import (
	"errors"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
	"dbbot/ops/store"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// taken is a good backup of that time.
func taken(at time.Time, edits ...func(*backup.Backup)) backup.Backup {
	b := backup.Backup{Manifest: backup.Manifest{
		ID: backup.ID(at.Format("orders-20060102-150405")), Started: at, Finished: at.Add(time.Minute), Archive: backup.File{Size: 100 << 20},
		Contents: backup.Inventory{Tables: []backup.Table{{Schema: "public", Name: "orders", Rows: 1000}}},
	}, Verified: &backup.Verification{At: at, How: backup.Restored}}
	for _, edit := range edits {
		edit(&b)
	}
	return b
}

// An old newest backup is said once when it becomes too old, and once when there is a newer one.
func TestAlarmAge(t *testing.T) {
	n := newNights(t, func(d *Backed) { d.Schedule = nil; d.Limit = 26 * time.Hour })
	n.all = []backup.Backup{taken(n.now)}
	if said := n.ticks(t, 26*time.Hour); said != "" {
		t.Errorf("too early: %s", said)
	}
	want := "C0ORDERS: Backups of orders: bad / The newest verified backup of orders, orders-20261123-003000, is 1 day 2 h old, and should not be older than 1 day 2 h."
	if said := n.ticks(t, minute); said != want {
		t.Errorf("%s\nwant\n%s", said, want)
	}
	n.all = append([]backup.Backup{taken(n.now, func(b *backup.Backup) { b.Verified = nil })}, n.all...)
	if said := n.ticks(t, minute); said != "" {
		t.Errorf("one that is not verified: %s", said)
	}
	n.all[0].Verified = &backup.Verification{}
	if said := n.ticks(t, minute); !strings.HasPrefix(said, "C0ORDERS: Backups of orders: good / The newest verified backup of orders is young enough again. Since ") {
		t.Errorf("the end: %s", said)
	}
	if said := n.ticks(t, minute); said != "" {
		t.Errorf("after the end: %s", said)
	}
}

// Where there never was one, the limit counts from when dbbot began to look.
func TestAlarmNone(t *testing.T) {
	n := newNights(t, func(d *Backed) { d.Schedule = nil; d.Limit = time.Hour })
	n.ticks(t, 0)
	if said := n.ticks(t, time.Hour); said != "" {
		t.Errorf("too early: %s", said)
	}
	if said := n.ticks(t, minute); said != "C0ORDERS: Backups of orders: bad / There is no verified backup of orders." {
		t.Error(said)
	}
}

func TestAlarmOdd(t *testing.T) {
	n := newNights(t, func(d *Backed) { d.Schedule = nil })
	for night := range 4 {
		n.all = append(n.all, taken(n.now.AddDate(0, 0, -night)))
	}
	if said := n.ticks(t, 0); said != "" {
		t.Error(said)
	}
	n.all[0].Archive.Size = 1 << 20
	want := "C0ORDERS: Backups of orders: bad / The newest backup of orders, orders-20261123-003000, is unusual. It is much smaller than usual: 1 % of the median of the 3 before it. Until it is as usual again, no backup is deleted by rule."
	if said := n.ticks(t, minute); said != want {
		t.Errorf("%s\nwant\n%s", said, want)
	}
	n.all = append([]backup.Backup{taken(n.now)}, n.all...)
	if said := n.ticks(t, minute); !strings.HasPrefix(said, "C0ORDERS: Backups of orders: good / The newest backup of orders is as usual again.") {
		t.Error(said)
	}
}

// A store that cannot be read for a while says nothing about the backups, and that is said.
func TestAlarmStore(t *testing.T) {
	n := newNights(t, func(d *Backed) { d.Schedule = nil; d.Limit = time.Minute })
	n.ticks(t, 0)
	n.ticks(t, 2*minute)
	n.unread = &ops.Error{Message: "The bucket is gone."}
	for range unreadFor - 1 {
		if said := n.ticks(t, minute); !strings.HasPrefix(said, " [") {
			t.Errorf("too early: %s", said)
		}
	}
	if said := n.ticks(t, minute); !strings.HasPrefix(said, "C0ORDERS: Backups of orders: bad / The store of the backups of orders cannot be read: The bucket is gone.") {
		t.Error(said)
	}
	if len(n.on) != 2 {
		t.Errorf("on: %v", n.on)
	}
	n.unread, n.all = nil, []backup.Backup{taken(n.now)}
	if said := n.ticks(t, minute); strings.Count(said, "good") != 2 || len(n.on) != 0 {
		t.Errorf("%s, on: %v", said, n.on)
	}
}

// What nobody watches any more ends without a word.
func TestForgottenAlarm(t *testing.T) {
	n := newNights(t, func(d *Backed) { d.Schedule = nil; d.Limit = minute })
	n.ticks(t, 0)
	n.ticks(t, 2*minute)
	if len(n.on) != 1 {
		t.Fatalf("on: %v", n.on)
	}
	n.Backed[0].Limit = 0
	n.unread = errors.New("away")
	if n.ticks(t, minute); len(n.on) != 1 {
		t.Errorf("it is not known, and ended: %v", n.on)
	}
	n.unread = nil
	if said := n.ticks(t, minute); said != "" || len(n.on) != 0 {
		t.Errorf("%s, on: %v", said, n.on)
	}
}

func TestBackupMetrics(t *testing.T) {
	n := newNights(t, func(d *Backed) { d.Schedule = nil })
	n.all = []backup.Backup{taken(n.now.Add(time.Hour), func(b *backup.Backup) { b.Verified = nil }), taken(n.now)}
	n.ticks(t, 0)
	n.metrics.ran(approval.Request{Command: "backup now", Target: orders}, approval.Failed)
	n.metrics.ran(approval.Request{Command: "up", Target: orders}, approval.Failed)
	if got := testutil.ToFloat64(n.metrics.verified.WithLabelValues("orders")); got != float64(n.now.Unix()) {
		t.Errorf("verified %f", got)
	}
	if got := testutil.ToFloat64(n.metrics.taken.WithLabelValues("orders")); got != float64(n.now.Add(time.Hour).Unix()) {
		t.Errorf("taken %f", got)
	}
	if got := testutil.CollectAndCount(n.metrics.ended); got != 1 {
		t.Errorf("%d outcomes", got)
	}
}

// The week is summed up once, as the file says.
func TestDigest(t *testing.T) {
	n := newNights(t, func(d *Backed) {
		s, err := backup.ParseSchedule("0 9 * * 1", time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		d.Digest = &s
	})
	n.ticks(t, 0)
	n.ticks(t, 91*minute)
	n.end(t, approval.Failed)
	for night := range 10 {
		n.all = append(n.all, taken(n.now.AddDate(0, 0, -night)))
	}
	n.all[2].Verified = nil
	said := n.ticks(t, 7*time.Hour) // nine o'clock on a Monday
	for _, want := range []string{
		"C0ORDERS: Backups of orders: the last 7 days: watch / 7 backups taken, 6 of them verified. 1 request did not succeed.",
		"Newest verified: good, orders-20261123-020100", "Stored: 10 backups, 0.98 GB", "Did not succeed", "Next",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in:\n%s", want, said)
		}
	}
	if said := n.ticks(t, minute); said != "" {
		t.Errorf("said twice: %s", said)
	}
	if said := n.ticks(t, 7*24*time.Hour+25*time.Hour); strings.Contains(said, "last 7 days") {
		t.Errorf("a day late: %s", said)
	}
}

// One store that is read says nothing about another one.
func TestCounter(t *testing.T) {
	var c counter
	for range 3 {
		c.count("orders", errors.New("away"))
	}
	c.count("reporting", nil)
	if got := c.count("orders", errors.New("away")); got != 4 {
		t.Errorf("%d in a row", got)
	}
	if got := c.count("orders", nil) + c.count("orders", errors.New("away")); got != 1 {
		t.Errorf("%d after a good one", got)
	}
}

// A card that was edited at night is read by nobody: what dbbot asked for itself and failed is said anew, beside its card. To a
// person it is said directly.
func TestFailureIsSaidBesideItsCard(t *testing.T) {
	for who, want := range map[string]int{ops.Itself: 1, "U0ANA": 0} {
		n := newNights(t)
		d := &delivery{
			bot: n.Bot, m: store.Message{Kind: store.Notice, To: "C0ORDERS", Key: "failed", Body: Said{}.body()},
			r: approval.Request{Requester: id(who)}, card: store.Message{Channel: "C0ORDERS", Stamp: "17.1"},
		}
		if err := d.say(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(n.room.said); got != want {
			t.Errorf("of %s: said %d times", who, got)
		}
	}
}
