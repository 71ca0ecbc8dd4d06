package catalogue

import (
	"errors"
	"slices"
	"testing"
	"time"

	"dbbot/ops/backup"
	"dbbot/ops/backup/store"
	"dbbot/ops/backup/store/storetest"
)

// The same in S3, where a folder is nothing but the beginning of names.
func TestACatalogueInS3(t *testing.T) {
	g := storetest.StartGateway(t)
	_, url := g.Bucket(t)
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	c := New(s)
	one, two, half := take(t, s, "orders", 1), take(t, s, "orders", 2), backup.NewID("orders", day)
	put(t, s, half.Path("archive.dump.zst"), "half")
	verify(t, c, one)
	release, err := c.Hold(t.Context(), two, "restore")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []backup.ID{one, two} {
		if err := c.Delete(t.Context(), id); !errors.Is(err, errStays) {
			t.Errorf("%s: %v", id, err)
		}
	}
	release()
	if removed, err := c.Sweep(t.Context(), "orders", time.Hour); err != nil || len(removed) > 0 {
		t.Errorf("young: %q, %v", removed, err)
	}
	if removed, err := c.Sweep(t.Context(), "orders", 0); err != nil || len(removed) != 1 {
		t.Errorf("swept %q, %v", removed, err)
	}
	if err := c.Delete(t.Context(), two); err != nil {
		t.Error(err)
	}
	if left := names(t, s); !slices.Equal(ids(t, c, ""), []backup.ID{one}) || len(left) != 4 {
		t.Errorf("left: %q", left)
	}
}
