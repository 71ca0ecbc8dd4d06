package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// A checkpoint is read back as it was written, also out of a conversation.
func TestCheckpointsTravelAsText(t *testing.T) {
	c := testKey.Checkpoint(chain(3, testKey)[2], began.Add(1500*time.Millisecond))
	if c.Seq != 3 || !c.At.Equal(began.Add(time.Second)) || !testKey.Own(c) {
		t.Fatalf("%+v", c)
	}
	for _, around := range []string{"%s", "```%s```", "dbbot  03:00\n  `%s`\n\n", "Checkpoint: %s (edited)"} {
		found, damaged, err := ReadCheckpoints(strings.NewReader(fmt.Sprintf(around, c)))
		if err != nil || len(damaged) > 0 || len(found) != 1 || !reflect.DeepEqual(found[0], c) {
			t.Errorf("%q: got %v, damaged %v, %v", around, found, damaged, err)
		}
	}
}

// No byte of a checkpoint can be changed, but for how its parts are written.
func TestForgedCheckpoints(t *testing.T) {
	c := testKey.Checkpoint(chain(3, testKey)[2], began)
	line := c.String()
	for at := range len(line) {
		for _, by := range []byte("0189aAfFzZ:=-+/ ") {
			forged := line[:at] + string(by) + line[at+1:]
			found, _, err := ReadCheckpoints(strings.NewReader(forged))
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range found {
				if !reflect.DeepEqual(got, c) {
					t.Fatalf("%s was read as %+v", forged, got)
				}
			}
		}
	}
	other := must(NewKey("another key of 32 bytes or more!")).Checkpoint(chain(3, testKey)[2], began)
	if testKey.Own(other) || !other.Genuine() {
		t.Error("somebody else's checkpoint is taken for ours")
	}
	if other.By = c.By; other.Genuine() {
		t.Error("somebody else's signature is taken for ours")
	}
}

func TestWhatIsNoCheckpoint(t *testing.T) {
	line := testKey.Checkpoint(chain(1, testKey)[0], began).String()
	for _, text := range []string{"", "hello", mark, line[:len(line)-20], strings.Replace(line, "seq=1", "seq=0", 1), strings.Replace(line, "hash=", "hash=00", 1), strings.Replace(line, "Z", "", 1)} {
		if c, err := ParseCheckpoint(text); err == nil {
			t.Errorf("%q was read as %+v", text, c)
		}
	}
	found, damaged, err := ReadCheckpoints(strings.NewReader("hello\n" + line + "\n" + line[:60] + "\n" + strings.Replace(line, "seq=1", "seq=2", 1)))
	if err != nil || len(found) != 1 || !reflect.DeepEqual(damaged, []int{3, 4}) {
		t.Errorf("found %d, damaged %v, %v", len(found), damaged, err)
	}
	if _, _, err := ReadCheckpoints(strings.NewReader(strings.Repeat("x", maxLine+1))); err == nil {
		t.Error("a line without end was read")
	}
}

func TestTheFileOfCheckpoints(t *testing.T) {
	path, entries := filepath.Join(t.TempDir(), "checkpoints"), chain(40, testKey)
	if found, damaged, err := ReadFile(path); len(found)+len(damaged) > 0 || err != nil {
		t.Errorf("of no file: %v %v %v", found, damaged, err)
	}
	var all sync.WaitGroup // several processes may share it
	for _, e := range entries {
		all.Go(func() {
			if err := Append(path, testKey.Checkpoint(e, began)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	found, damaged, err := ReadFile(path)
	if len(found) != 40 || len(damaged) > 0 || err != nil {
		t.Errorf("%d found, damaged %v, %v", len(found), damaged, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != ownerOnly {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// A crash in the middle of a line costs that line and no other.
func TestALineThatACrashCut(t *testing.T) {
	path, entries := filepath.Join(t.TempDir(), "checkpoints"), chain(2, testKey)
	half := testKey.Checkpoint(entries[0], began).String()[:70]
	if err := os.WriteFile(path, []byte(half), ownerOnly); err != nil {
		t.Fatal(err)
	}
	if err := Append(path, testKey.Checkpoint(entries[1], began)); err != nil {
		t.Fatal(err)
	}
	found, damaged, err := ReadFile(path)
	if len(found) != 1 || found[0].Seq != 2 || !reflect.DeepEqual(damaged, []int{1}) || err != nil {
		t.Errorf("%v, damaged %v, %v", found, damaged, err)
	}
}

func TestAFileThatCannotBeWritten(t *testing.T) {
	c := testKey.Checkpoint(chain(1, testKey)[0], began)
	if err := Append(filepath.Join(t.TempDir(), "no", "folder"), c); err == nil {
		t.Error("written into no folder")
	}
	if _, _, err := ReadFile(t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
	if err := Append(t.TempDir(), c); err == nil {
		t.Error("written into a folder")
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	line := testKey.Checkpoint(chain(1, testKey)[0], began).String()
	f.Add(line)
	f.Add(line[:50])
	f.Add(mark + " seq=1 at= hash= key= sig=")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCheckpoint(text)
		if err != nil {
			return
		}
		if again, err := ParseCheckpoint(c.String()); err != nil || !reflect.DeepEqual(again, c) {
			t.Fatalf("%q was read as %+v, then %+v, %v", text, c, again, err)
		}
		if c.Genuine() && !strings.Contains(line, c.By) {
			t.Fatalf("%q is genuine", text)
		}
	})
}
