package catalogue

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbbot/ops/backup"
)

func TestWhatIsNeededCannotBeDeleted(t *testing.T) {
	s := open(t)
	c := New(s)
	oldest, old, newest, unverified := take(t, s, "orders", 1), take(t, s, "orders", 2), take(t, s, "orders", 3), take(t, s, "orders", 4)
	other := take(t, s, "users", 1)
	for _, id := range []backup.ID{oldest, old, newest, other} {
		verify(t, c, id)
	}
	before := names(t, s)
	refused := func(id backup.ID, why string) {
		t.Helper()
		if err := c.Delete(t.Context(), id); !errors.Is(err, errStays) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", id, err)
		}
	}
	refused(newest, "it is the newest verified one of orders")
	refused(other, "it is the newest verified one of users")
	if after := names(t, s); !slices.Equal(before, after) {
		t.Errorf("a refusal left %q", after)
	}

	if err := c.Keep(t.Context(), old, backup.Kept{At: day, By: "U0LEE", Why: "the audit"}); err != nil {
		t.Fatal(err)
	}
	if b, err := c.Get(t.Context(), old); err != nil || b.Kept == nil || b.Kept.Why != "the audit" {
		t.Errorf("kept: %+v, %v", b.Kept, err)
	}
	refused(old, "somebody wants it to be kept")
	if err := c.Release(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if err := c.Release(t.Context(), old); err == nil {
		t.Error("released twice")
	}

	release, err := c.Hold(t.Context(), old, "restore #12")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := c.Get(t.Context(), old); err != nil || len(b.Held) != 1 || b.Held[0].By != "restore #12" {
		t.Errorf("held: %+v, %v", b.Held, err)
	}
	refused(old, "it is being read, by restore #12")
	release()
	release() // twice is fine
	for _, id := range []backup.ID{old, oldest, unverified} {
		if err := c.Delete(t.Context(), id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if got := ids(t, c, ""); !slices.Equal(got, []backup.ID{newest, other}) {
		t.Errorf("left: %q", got)
	}
	for _, name := range names(t, s) {
		if !strings.HasPrefix(name, newest.Folder()) && !strings.HasPrefix(name, other.Folder()) {
			t.Errorf("left behind: %s", name)
		}
	}
}

// Killed after each act of a deletion: a backup is whole or none, and the next sweep leaves nothing of it.
func TestAKilledDeletion(t *testing.T) {
	killed := 0
	for acts := int64(0); ; acts++ {
		s := open(t)
		id := take(t, s, "orders", 1)
		keeper := New(s)
		verify(t, keeper, id)
		verify(t, keeper, take(t, s, "orders", 2))
		if New(mortalFor(s, acts)).Delete(t.Context(), id) == nil {
			break
		}
		killed++
		after := New(s)
		after.now = func() time.Time { return time.Now().Add(holdsFor + time.Second) }
		b, err := after.Get(t.Context(), id)
		if err == nil && b.Verified == nil || err != nil && !errors.Is(err, backup.ErrMissing) {
			t.Errorf("after %d acts it is there in part: %v", acts, err)
		}
		if err == nil { // not begun: it can be deleted still
			if err := after.Delete(t.Context(), id); err != nil {
				t.Errorf("after %d acts: %v", acts, err)
			}
		}
		if _, err := after.Sweep(t.Context(), "orders", 0); err != nil {
			t.Fatal(err)
		}
		for _, name := range names(t, s) {
			if strings.HasPrefix(name, id.Folder()) {
				t.Errorf("after %d acts and a sweep there is %s", acts, name)
			}
		}
		if got := ids(t, after, "orders"); len(got) != 1 {
			t.Errorf("after %d acts: %q", acts, got)
		}
	}
	if killed < 5 {
		t.Errorf("only %d places to be killed at were found", killed)
	}
}

func TestSweepingTakesWhatIsNoBackup(t *testing.T) {
	s := open(t)
	c := New(s)
	whole, half := take(t, s, "orders", 1), backup.NewID("orders", day)
	foreign := backup.NewID("users", day)
	put(t, s, half.Path("archive.dump.zst"), "half")
	put(t, s, foreign.Path("archive.dump.zst"), "half")
	if removed, err := c.Sweep(t.Context(), "orders", time.Hour); err != nil || len(removed) > 0 {
		t.Errorf("took what is young: %q, %v", removed, err)
	}
	removed, err := c.Sweep(t.Context(), "orders", 0)
	if err != nil || !slices.Equal(removed, []string{half.Folder() + " (1 file without a manifest)"}) {
		t.Errorf("%q, %v", removed, err)
	}
	if left := names(t, s); len(left) != 4 || !slices.Equal(ids(t, c, ""), []backup.ID{whole}) {
		t.Errorf("left: %q", left)
	}
}

// A deletion and a restore that begin at the same moment: never both.
func TestADeletionAndARestoreExcludeEachOther(t *testing.T) {
	for range 20 {
		s := open(t)
		id := take(t, s, "orders", 1)
		holder, deleter := New(s), New(s)
		deleted := make(chan error, 1)
		go func() { deleted <- deleter.Delete(t.Context(), id) }()
		release, err := holder.Hold(t.Context(), id, "restore")
		gone := <-deleted == nil
		if err == nil {
			if gone {
				t.Fatal("deleted while it is read")
			}
			if got := get(t, s, id.Path("archive.dump.zst")); got != "archive" {
				t.Fatalf("%q", got)
			}
			release()
		}
	}
}

// Whoever keeps a backup that is just being deleted hears so, and nobody is told that a deleted one is kept.
func TestADeletionAndAKeepExcludeEachOther(t *testing.T) {
	s := open(t)
	c, id := New(s), take(t, s, "orders", 1)
	mark, err := c.sign(t.Context(), id, markPrefix, "dbbot")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Keep(t.Context(), id, backup.Kept{By: "U0ANA"}); !errors.Is(err, ErrGoing) {
		t.Errorf("kept while it is deleted: %v", err)
	}
	c.withdraw(t.Context(), id, mark)
	if b, err := c.Get(t.Context(), id); err != nil || b.Kept != nil {
		t.Errorf("%+v, %v", b.Kept, err)
	}
	for range 20 {
		id := take(t, s, "orders", 2)
		deleted := make(chan error, 1)
		go func() { deleted <- New(s).Delete(t.Context(), id) }()
		kept := New(s).Keep(t.Context(), id, backup.Kept{By: "U0ANA"})
		if gone := <-deleted; gone == nil && kept == nil {
			t.Fatal("deleted, and said to be kept")
		}
		_ = s.Delete(t.Context(), id.Path(backup.KeptFile))
	}
}

func TestPruningLooksAgain(t *testing.T) {
	s := open(t)
	c := New(s)
	one, two, three, four := take(t, s, "orders", 1), take(t, s, "orders", 2), take(t, s, "orders", 3), take(t, s, "orders", 4)
	verify(t, c, three)
	plan := []backup.Verdict{{ID: four, Stays: true}, {ID: three}, {ID: two}, {ID: one}, {ID: "orders-20260101-000000-0000"}}
	if err := c.Keep(t.Context(), two, backup.Kept{By: "U0ANA"}); err != nil {
		t.Fatal(err)
	}
	deleted, spared, err := c.Prune(t.Context(), plan)
	if err != nil || !slices.Equal(deleted, []backup.ID{one}) || len(spared) != 2 {
		t.Errorf("deleted %q, spared %q, %v", deleted, spared, err)
	}
	if got := ids(t, c, ""); !slices.Equal(got, []backup.ID{four, three, two}) {
		t.Errorf("left %q", got)
	}
	dead := New(mortalFor(s, 0))
	if _, _, err := dead.Prune(t.Context(), []backup.Verdict{{ID: four}}); !errors.Is(err, errDead) {
		t.Errorf("a store that fails: %v", err)
	}
}

// A hold is renewed for as long as it lasts, and runs out by itself when its process died.
func TestAHoldIsRenewedAndRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		c := New(s)
		id := take(t, s, "orders", 1)
		release, err := c.Hold(t.Context(), id, "restore")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * holdsFor) // of the bubble's clock
		synctest.Wait()
		if err := c.Delete(t.Context(), id); !errors.Is(err, errStays) {
			t.Errorf("after half an hour of reading: %v", err)
		}
		release()
		dying := mortalFor(s, 1)
		last, err := New(dying).Hold(t.Context(), id, "a process that dies")
		if err != nil {
			t.Fatal(err)
		}
		defer last() // its goroutine; the store takes nothing from it any more
		if err := c.Delete(t.Context(), id); !errors.Is(err, errStays) {
			t.Errorf("just held: %v", err)
		}
		time.Sleep(holdsFor + time.Second)
		if err := c.Delete(t.Context(), id); err != nil {
			t.Errorf("its holder is dead: %v", err)
		}
	})
}
