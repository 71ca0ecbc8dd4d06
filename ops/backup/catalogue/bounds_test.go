package catalogue

import (
	"errors"
	"strings"
	"testing"
	"time"

	"dbbot/ops/backup"
)

// Who wants to read what somebody is just deleting is refused, until the mark has run out.
func TestWhatIsBeingDeletedCannotBeHeld(t *testing.T) {
	s := open(t)
	c := New(s)
	id := take(t, s, "orders", 1)
	mark, err := c.sign(t.Context(), id, markPrefix, "dbbot")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Hold(t.Context(), id, "restore"); !errors.Is(err, ErrGoing) {
		t.Errorf("held: %v", err)
	}
	if err := c.Delete(t.Context(), id); !errors.Is(err, errStays) || !strings.Contains(err.Error(), "somebody else is deleting it") {
		t.Errorf("deleted twice: %v", err)
	}
	if left := names(t, s); len(left) != 4 { // three files, and the one mark
		t.Errorf("refusals left %q", left)
	}
	put(t, s, id.Path(mark), "{") // one that cannot be read may be somebody's
	if _, err := c.Hold(t.Context(), id, "restore"); !errors.Is(err, ErrGoing) {
		t.Errorf("held: %v", err)
	}
	c.now = func() time.Time { return time.Now().Add(holdsFor + time.Minute) }
	release, err := c.Hold(t.Context(), id, "restore")
	if err != nil {
		t.Fatalf("after its process died: %v", err)
	}
	release()
}

func TestWhatIsRememberedHasABound(t *testing.T) {
	c := New(open(t))
	for _, name := range []string{"a", "b", "b", "c"} {
		c.remember(remembered{object: backup.Object{Name: name, Size: maxRemembered / 2}})
	}
	if len(c.seen) != 1 || c.size != maxRemembered/2 {
		t.Errorf("%d are remembered, of %d bytes", len(c.seen), c.size)
	}
}

func TestAManifestIsNotReadWithoutBound(t *testing.T) {
	if _, err := decoded[backup.Manifest](make([]byte, maxManifest+1)); err == nil || !strings.Contains(err.Error(), "larger than 64 MB") {
		t.Errorf("got %v", err)
	}
}

// A store that gives up while a backup's files are removed: it is deleted all the same, and that is said.
func TestADeletionThatIsHalfDoneIsSaid(t *testing.T) {
	s := open(t)
	id := take(t, s, "orders", 1)
	err := New(mortalFor(s, 2)).Delete(t.Context(), id) // the mark, the manifest, and no more
	if err == nil || !errors.Is(err, errDead) || !strings.Contains(err.Error(), "is deleted, but not all of its files") {
		t.Errorf("got %v", err)
	}
	if got := ids(t, New(s), ""); len(got) > 0 {
		t.Errorf("listed: %q", got)
	}
}
