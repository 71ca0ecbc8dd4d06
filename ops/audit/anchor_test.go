package audit

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dbbot/ops"
)

// living is a chain that grows, and can be tampered with.
type living struct{ entries []Entry }

func (l *living) add(event string) {
	var prev []byte
	seq := int64(len(l.entries) + 1)
	if seq > 1 {
		prev = l.entries[seq-2].Hash
	}
	l.entries = append(l.entries, Seal(Entry{Seq: seq, At: began, Event: event}, prev, testKey))
}

func (l *living) from(_ context.Context, from int64) iter.Seq2[Entry, error] {
	return stream(l.entries[min(int(from-1), len(l.entries)):])
}

func round(t *testing.T, a *Anchor, wantSeq int64) {
	t.Helper()
	c, made, err := a.Round(t.Context(), began)
	if err != nil || made != (wantSeq > 0) || c.Seq != wantSeq || made && !testKey.Own(c) {
		t.Fatalf("%+v, made %v, %v", c, made, err)
	}
}

func TestRounds(t *testing.T) {
	for _, file := range []string{"", filepath.Join(t.TempDir(), "checkpoints")} {
		l := &living{}
		a := &Anchor{Key: testKey, File: file, Chain: l.from}
		l.add(Started) // that a process began or ended is no news
		l.add(Stopped)
		round(t, a, 0)
		l.add("asked")
		round(t, a, 3)
		round(t, a, 0)
		l.add(Checkpointed) // nor that a checkpoint was made
		round(t, a, 0)
		l.add("agreed")
		l.add(Started)
		round(t, a, 6)
		if found, damaged, err := ReadFile(file); file != "" && (len(found) != 2 || len(damaged) > 0 || err != nil) {
			t.Errorf("the file: %v, %v, %v", found, damaged, err)
		}
	}
}

// Whatever was done to the chain since the last checkpoint is found in the next round, by the next process too.
func TestARoundFindsTampering(t *testing.T) {
	file := filepath.Join(t.TempDir(), "checkpoints")
	l := &living{}
	a := &Anchor{Key: testKey, File: file, Chain: l.from}
	for range 5 {
		l.add("asked")
	}
	round(t, a, 5)
	next := &Anchor{Key: testKey, File: file, Chain: l.from}
	for name, tamper := range map[string]func(){
		"cut":          func() { l.entries = l.entries[:3] },
		"cut, grown":   func() { l.entries = l.entries[:3]; l.add("x"); l.add("x"); l.add("x") },
		"all gone":     func() { l.entries = nil },
		"changed tail": func() { l.add("y"); l.entries[5].Detail = "z" },
	} {
		whole := copied(l.entries)
		tamper()
		for _, a := range []*Anchor{a, next} {
			var fault *Fault
			if _, made, err := a.Round(t.Context(), began); !errors.As(err, &fault) || made {
				t.Errorf("%s: made %v, %v", name, made, err)
			}
		}
		l.entries = whole
	}
	l.add("asked")
	round(t, next, 6)
}

func TestARoundThatCannotBeMade(t *testing.T) {
	l := &living{}
	l.add("asked")
	other := must(NewKey("another key of 32 bytes or more!"))
	broken := errors.New("connection lost")
	file := filepath.Join(t.TempDir(), "checkpoints")
	if err := os.WriteFile(file, []byte(strings.Repeat("x", maxLine+1)), ownerOnly); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		anchor Anchor
		says   string
	}{
		"no entry":    {Anchor{Key: testKey, Chain: (&living{}).from}, "There is no entry"},
		"another key": {Anchor{Key: other, Chain: l.from}, "fits this key"},
		"no folder":   {Anchor{Key: testKey, File: filepath.Join(t.TempDir(), "no", "x"), Chain: l.from}, "could not be written"},
		"no file":     {Anchor{Key: testKey, File: file, Chain: l.from}, "cannot be read"},
		"no database": {Anchor{Key: testKey, Chain: func(context.Context, int64) iter.Seq2[Entry, error] {
			return func(yield func(Entry, error) bool) { yield(Entry{}, broken) }
		}}, "connection lost"},
	} {
		_, made, err := tt.anchor.Round(t.Context(), began)
		if made || err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: made %v, %v", name, made, err)
		}
		if marked, ok := errors.AsType[*ops.Error](err); ok && marked.Hint == "" {
			t.Errorf("%s: no hint", name)
		}
	}
}

// What somebody else signed does not stand in the way, and proves nothing.
func TestCheckpointsOfAnotherKeyAreNotOurs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "checkpoints")
	l := &living{}
	l.add("asked")
	theirs := must(NewKey("another key of 32 bytes or more!")).Checkpoint(chain(9, testKey)[8], began)
	if err := Append(file, theirs); err != nil {
		t.Fatal(err)
	}
	round(t, &Anchor{Key: testKey, File: file, Chain: l.from}, 1)
}
