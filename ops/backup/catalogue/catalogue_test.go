package catalogue

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"dbbot/ops/backup"
)

func TestTheNewestComesFirst(t *testing.T) {
	s := open(t)
	c := New(s)
	first, third, second := take(t, s, "orders", 1), take(t, s, "orders", 3), take(t, s, "orders", 2)
	other := take(t, s, "orders-eu", 9)
	put(t, s, "notes.txt", "somebody's own")
	put(t, s, "orders/README/manifest.json", "{}")
	put(t, s, "users/"+string(first)+"/manifest.json", "{}") // not where it belongs
	if got := ids(t, c, "orders"); !slices.Equal(got, []backup.ID{third, second, first}) {
		t.Errorf("orders: %q", got)
	}
	if got := ids(t, c, ""); !slices.Equal(got, []backup.ID{other, third, second, first}) {
		t.Errorf("all: %q", got)
	}
	if got := ids(t, c, "users"); len(got) > 0 {
		t.Errorf("users: %q", got)
	}
}

func TestTheNewestVerifiedOne(t *testing.T) {
	s := open(t)
	c := New(s)
	if b, err := c.Newest(t.Context(), "orders"); b != nil || err != nil {
		t.Fatal(b, err)
	}
	one, two, three := take(t, s, "orders", 1), take(t, s, "orders", 2), take(t, s, "orders", 3)
	newest := func() backup.ID {
		b, err := c.Newest(t.Context(), "orders")
		if err != nil || b == nil {
			t.Fatal(b, err)
		}
		return b.ID
	}
	verify(t, c, one)
	if got := newest(); got != one {
		t.Errorf("%s before any other is verified", got)
	}
	verify(t, c, two)
	verify(t, c, three, "orders has 4 rows and should have 5")
	if got := newest(); got != two {
		t.Errorf("%s, and three is bad", got)
	}
	verify(t, c, two, "cannot be read")
	if got := newest(); got != one {
		t.Errorf("%s, and two is bad since", got)
	}
	if b, err := c.Get(t.Context(), three); err != nil || b.Good() || b.Verified.How != backup.Restored {
		t.Errorf("%+v, %v", b.Verified, err)
	}
}

// What is damaged is named, and hides nothing else.
func TestWhatIsDamagedIsNamed(t *testing.T) {
	s := open(t)
	c := New(s)
	whole := take(t, s, "orders", 0)
	later, cut, empty, array, renamed, gone, shrunk := take(t, s, "orders", 1), take(t, s, "orders", 2), take(t, s, "orders", 3),
		take(t, s, "orders", 4), take(t, s, "orders", 5), take(t, s, "orders", 6), take(t, s, "orders", 7)
	noGlobals := take(t, s, "orders", 8)
	put(t, s, later.Path(backup.ManifestFile), `{"Format": 7, "ID": {"as": "nobody knows"}}`)
	put(t, s, cut.Path(backup.ManifestFile), `{"Format": 1, "ID": "`)
	put(t, s, empty.Path(backup.ManifestFile), `{}`)
	put(t, s, array.Path(backup.ManifestFile), `[]`)
	put(t, s, renamed.Path(backup.ManifestFile), `{"Format": 1, "ID": "`+string(whole)+`", "Archive": {"Name": "archive.dump.zst", "Size": 7}}`)
	put(t, s, shrunk.Path("archive.dump.zst"), "arch")
	for _, name := range []string{gone.Path("archive.dump.zst"), noGlobals.Path("globals.sql.zst")} {
		if err := s.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // read, and remembered
		all, faults, err := c.List(t.Context(), "orders")
		if err != nil || len(all) != 1 || all[0].ID != whole || len(faults) != 8 {
			t.Fatalf("%d backups, %q, %v", len(all), faults, err)
		}
		for i, want := range map[int]string{
			0: string(later) + " is no whole backup: a later version of dbbot wrote it (form 7; this one reads up to 1).",
			1: string(cut) + " is no whole backup: it is damaged.",
			2: string(empty) + " is no whole backup: it is damaged.",
			3: string(array) + " is no whole backup: it is damaged.",
			4: "its manifest is that of " + string(whole),
			5: "its file archive.dump.zst is missing",
			6: "its file archive.dump.zst has 4 bytes and should have 7",
			7: "its file globals.sql.zst is missing",
		} {
			if !strings.Contains(faults[i], want) {
				t.Errorf("%d: %s", i, faults[i])
			}
		}
	}
	if _, err := c.Get(t.Context(), cut); err == nil || !strings.Contains(err.Error(), "it is damaged") {
		t.Errorf("taken for good: %v", err)
	}
	if err := c.Delete(t.Context(), cut); err != nil {
		t.Errorf("a damaged one cannot be deleted: %v", err)
	}
}

func TestWhatLiesBesideMayBeDamagedToo(t *testing.T) {
	s := open(t)
	c := New(s)
	one, two := take(t, s, "orders", 1), take(t, s, "orders", 2)
	put(t, s, one.Path(backup.VerifiedFile), `{"At": `)
	put(t, s, two.Path(backup.KeptFile), `nonsense`)
	all, faults, err := c.List(t.Context(), "orders")
	if err != nil || len(all) != 2 || len(faults) != 2 || !strings.Contains(faults[0], backup.VerifiedFile) {
		t.Fatalf("%d backups, %q, %v", len(all), faults, err)
	}
	if all[1].Verified != nil || all[0].Kept == nil {
		t.Errorf("verified %+v, kept %+v", all[1].Verified, all[0].Kept)
	}
	verify(t, c, two)
	verify(t, c, take(t, s, "orders", 3))
	if err := c.Delete(t.Context(), two); !errors.Is(err, errStays) {
		t.Errorf("deleted although somebody kept it: %v", err)
	}
}

func TestAnUnknownBackup(t *testing.T) {
	c := New(open(t))
	for _, id := range []backup.ID{"", "orders", "orders-20261101-030000-0001", "../../etc-20261101-030000-0001"} {
		_, get := c.Get(t.Context(), id)
		_, hold := c.Hold(t.Context(), id, "ana")
		for _, err := range []error{get, hold, c.Delete(t.Context(), id), c.Keep(t.Context(), id, backup.Kept{}), c.Release(t.Context(), id), c.Verified(t.Context(), id, backup.Verification{})} {
			if !errors.Is(err, backup.ErrMissing) {
				t.Errorf("%q: %v", id, err)
			}
		}
	}
	if left := names(t, c.store); len(left) > 0 {
		t.Errorf("made: %q", left)
	}
}

// What did not change is not read again; what did, is.
func TestManifestsAreReadOnce(t *testing.T) {
	s := mortalFor(open(t), math.MaxInt64)
	c := New(s)
	id := take(t, s, "orders", 1)
	take(t, s, "orders", 2)
	reads := func() int64 {
		s.reads.Store(0)
		ids(t, c, "orders")
		return s.reads.Load()
	}
	if first, second := reads(), reads(); first != 2 || second != 0 {
		t.Errorf("read %d objects, then %d", first, second)
	}
	verify(t, c, id)
	if n := reads(); n != 1 {
		t.Errorf("read %d objects after one was written", n)
	}
	if err := s.Store.Delete(t.Context(), id.Path(backup.ManifestFile)); err != nil {
		t.Fatal(err)
	}
	ids(t, c, "orders")
	if len(c.seen) != 2 { // the other's manifest, and what was said of this one
		t.Errorf("%d are remembered", len(c.seen))
	}
}

// A thinner look does not take back what a closer one proved; one that finds something does.
func TestALookThatProvesLessLeavesTheBetterOne(t *testing.T) {
	s := open(t)
	c := New(s)
	id := take(t, s, "orders", 0)
	for _, tt := range []struct {
		how   backup.How
		found []string
		want  backup.How
	}{
		{backup.Checksum, nil, backup.Checksum},
		{backup.Restored, nil, backup.Restored},
		{backup.Read, nil, backup.Restored},
		{backup.Checksum, nil, backup.Restored},
		{backup.Checksum, []string{"It is cut."}, backup.Checksum},
		{backup.Read, nil, backup.Read},
	} {
		if err := c.Verified(t.Context(), id, backup.Verification{At: day, How: tt.how, Found: tt.found}); err != nil {
			t.Fatal(err)
		}
		b, err := c.Get(t.Context(), id)
		if err != nil || b.Verified.How != tt.want || b.Good() != (len(tt.found) == 0) {
			t.Errorf("after %s, %q: %+v, %v", tt.how, tt.found, b.Verified, err)
		}
	}
}
