package audit

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAWholeChainVerifies(t *testing.T) {
	entries := chain(9, testKey)
	for from := int64(1); from <= 9; from++ {
		report, err := Verify(stream(entries[from-1:]), from, testKey, []Checkpoint{testKey.Checkpoint(entries[5], began)})
		if err != nil || report.Fault != nil || report.Doubt != "" || report.Count != 10-from || report.Head.Seq != 9 {
			t.Errorf("from %d: %+v, %v", from, report, err)
		}
		if compared := report.Checkpoints == 1; compared != (from <= 6) {
			t.Errorf("from %d: compared with %d", from, report.Checkpoints)
		}
	}
}

func TestWhatIsWrongAndWhere(t *testing.T) {
	whole := chain(9, testKey)
	forked := func(e []Entry) []Entry {
		other := Seal(Entry{Seq: 4, At: began, Event: "rejected"}, e[2].Hash, testKey)
		return slices.Concat(e[:3], []Entry{other}, e[4:])
	}
	anew := func(e []Entry) []Entry { // by somebody who has the key
		var prev []byte
		for i := range e {
			e[i].Detail = "never happened"
			e[i] = Seal(e[i], prev, testKey)
			prev = e[i].Hash
		}
		return e
	}
	tests := []struct {
		name   string
		do     func([]Entry) []Entry
		from   int64
		kind   FaultKind
		seq    int64
		says   string
		points []int // entries of the whole chain that checkpoints name
	}{
		{"changed", func(e []Entry) []Entry { e[3].User = "U0BEN"; return e }, 1, Changed, 4, "Entry 4 was changed", nil},
		{"the first changed", func(e []Entry) []Entry { e[0].Detail = ""; return e }, 1, Changed, 1, "Entry 1 was changed", nil},
		{"one missing", func(e []Entry) []Entry { return slices.Delete(e, 3, 4) }, 1, Missing, 4, "Missing: entry 4", nil},
		{"some missing", func(e []Entry) []Entry { return slices.Delete(e, 3, 6) }, 1, Missing, 4, "Missing: entries 4 to 6", nil},
		{"the beginning missing", func(e []Entry) []Entry { return e[2:] }, 1, Missing, 1, "Missing: entries 1 to 2", nil},
		{"what --from names is missing", func(e []Entry) []Entry { return e[5:] }, 4, Missing, 4, "Missing: entries 4 to 5", nil},
		{"twice", func(e []Entry) []Entry { return slices.Insert(e, 4, e[3]) }, 1, Misplaced, 5, "entry 4 stands once more", nil},
		{"swapped", func(e []Entry) []Entry { e[3], e[4] = e[4], e[3]; return e }, 1, Missing, 4, "entry 4", nil},
		{"forked", forked, 1, Forked, 5, "Entry 5 does not follow entry 4", nil},
		{"tail cut", func(e []Entry) []Entry { return e[:6] }, 1, Cut, 7, "entries 7 to 8 and whatever followed", []int{3, 7}},
		{"all cut", func(e []Entry) []Entry { return nil }, 1, Cut, 1, "entries 1 to 8", []int{7}},
		{"cut before --from", func(e []Entry) []Entry { return nil }, 7, Cut, 7, "entries 7 to 8", []int{7}},
		{"written anew", anew, 1, Replaced, 4, "Entry 4 is not the one that the checkpoint of 2026-03-02 03:00:00 UTC names", []int{3}},
		{"written anew before --from", func(e []Entry) []Entry { return anew(e)[4:] }, 5, Forked, 5, "does not follow", []int{3}},
	}
	for _, tt := range tests {
		var points []Checkpoint
		for _, i := range tt.points {
			points = append(points, testKey.Checkpoint(whole[i], began.Add(24*time.Hour)))
		}
		report, err := Verify(stream(tt.do(copied(whole))), tt.from, testKey, points)
		if err != nil || report.Fault == nil {
			t.Errorf("%s: %+v, %v", tt.name, report, err)
			continue
		}
		if f := report.Fault; f.Kind != tt.kind || f.Seq != tt.seq || !strings.Contains(f.Error(), tt.says) {
			t.Errorf("%s: got %+v", tt.name, f)
		}
	}
}

// Where nobody says where a chain begins, it begins with what comes first; what must follow is then known.
func TestWhateverComesFirst(t *testing.T) {
	entries := chain(9, testKey)
	for first := range entries {
		report, err := Verify(stream(entries[first:]), 0, testKey, []Checkpoint{testKey.Checkpoint(entries[0], began)})
		if err != nil || report.Fault != nil || report.Count != int64(9-first) {
			t.Errorf("from %d: %+v, %v", first+1, report, err)
		}
	}
	if report, _ := Verify(stream(slices.Concat(entries[3:5], entries[6:])), 0, testKey, nil); report.Fault == nil || report.Fault.Seq != 6 {
		t.Errorf("a gap: %+v", report.Fault)
	}
	if report, _ := Verify(stream(nil), 0, testKey, []Checkpoint{testKey.Checkpoint(entries[0], began)}); report.Fault == nil || report.Fault.Seq != 1 {
		t.Errorf("nothing, and a checkpoint: %+v", report.Fault)
	}
	forged := Seal(Entry{Seq: 1}, entries[4].Hash, testKey)
	if report, _ := Verify(stream([]Entry{forged}), 0, testKey, nil); report.Fault == nil || report.Fault.Kind != Forked {
		t.Errorf("a first entry that follows another: %+v", report.Fault)
	}
}

// Whoever has the key, but not the checkpoints' file, cannot have two of them for one entry.
func TestCheckpointsThatContradictEachOther(t *testing.T) {
	e, other := chain(2, testKey), Seal(Entry{Seq: 2, Event: Started}, nil, testKey)
	points := []Checkpoint{testKey.Checkpoint(e[1], began), testKey.Checkpoint(e[1], began), testKey.Checkpoint(other, began)}
	if report, _ := Verify(stream(e), 1, testKey, points[:2]); report.Fault != nil {
		t.Errorf("one that was made twice: %v", report.Fault)
	}
	if report, _ := Verify(stream(e), 1, testKey, points); report.Fault == nil || report.Fault.Kind != Forked || report.Fault.Seq != 2 {
		t.Errorf("got %+v", report.Fault)
	}
}

func TestWhatCannotBeTold(t *testing.T) {
	entries, other := chain(3, testKey), must(NewKey("another key of 32 bytes or more!"))
	if report, err := Verify(stream(entries), 1, other, nil); err != nil || report.Fault != nil || !strings.Contains(report.Doubt, "fits this key") {
		t.Errorf("another key: %+v, %v", report, err)
	}
	// A checkpoint of this key proves that it is the right one: then all was changed.
	if report, _ := Verify(stream(entries), 1, other, []Checkpoint{other.Checkpoint(entries[1], began)}); report.Fault == nil {
		t.Error("another key, proven right")
	}
	if report, err := Verify(stream(nil), 1, testKey, nil); err != nil || report.Fault != nil || !strings.Contains(report.Doubt, "no entry") {
		t.Errorf("an empty chain: %+v, %v", report, err)
	}
	if report, err := Verify(stream(entries), 1, Key{}, nil); err != nil || report.Fault != nil || !strings.Contains(report.Doubt, "Without the audit key") {
		t.Errorf("no key: %+v, %v", report, err)
	}
	broken := errors.New("connection lost")
	cut := func(yield func(Entry, error) bool) { _ = yield(entries[0], nil) && yield(Entry{}, broken) }
	if _, err := Verify(cut, 1, testKey, nil); !errors.Is(err, broken) {
		t.Errorf("what cannot be read: %v", err)
	}
}

// Without the key a cut tail, a gap and a wrong order are found all the same.
func TestWithoutTheKey(t *testing.T) {
	whole := chain(6, testKey)
	point := []Checkpoint{testKey.Checkpoint(whole[4], began)}
	for name, entries := range map[string][]Entry{
		"cut": whole[:4], "a gap": slices.Concat(whole[:1], whole[2:]), "another link": slices.Concat(whole[:1], chain(6, must(NewKey("another key of 32 bytes or more!")))[1:]),
	} {
		if report, err := Verify(stream(entries), 1, Key{}, point); err != nil || report.Fault == nil {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}

// Whatever one does to an entry or to the order, the chain does not verify: at the place where it was done, or before.
func TestTamperingNeverVerifies(t *testing.T) {
	whole := chain(8, testKey)
	point := []Checkpoint{testKey.Checkpoint(whole[7], began)}
	rapid.Check(t, func(rt *rapid.T) {
		entries := copied(whole)
		at := indexOf(rt, entries)
		what := rapid.SampledFrom([]string{"byte", "drop", "swap", "insert", "duplicate", "cut", "move a seal"}).Draw(rt, "what")
		switch what {
		case "byte":
			changeSomething(rt, &entries[at])
		case "drop":
			entries = slices.Delete(entries, at, at+1)
		case "swap":
			other := (at + rapid.IntRange(1, len(entries)-1).Draw(rt, "other")) % len(entries)
			entries[at], entries[other] = entries[other], entries[at]
			at = min(at, other)
		case "insert":
			e := anything(rt, "inserted")
			entries = slices.Insert(entries, at, e)
		case "duplicate":
			entries = slices.Insert(entries, at+1, entries[at])
			at++
		case "cut":
			entries = entries[:at]
		case "move a seal":
			other := (at + rapid.IntRange(1, len(entries)-1).Draw(rt, "other")) % len(entries)
			entries[at].Hash = entries[other].Hash
		}
		report, err := Verify(stream(entries), 1, testKey, point)
		if err != nil || report.Fault == nil || report.Fault.Seq != int64(at+1) {
			rt.Fatalf("%s of %d: %+v, %v", what, at+1, report.Fault, err)
		}
		// The same without a checkpoint: only a cut tail cannot be seen then.
		report, err = Verify(stream(entries), 1, testKey, nil)
		unseen := what == "cut" || what == "drop" && at == len(whole)-1
		if err != nil || (report.Fault == nil && report.Doubt == "") != (unseen && len(entries) > 0) {
			rt.Fatalf("%s of %d, without a checkpoint: %+v, %v", what, at+1, report, err)
		}
	})
}

// changeSomething changes one byte, or one bit of a number, of any field.
func changeSomething(rt *rapid.T, e *Entry) {
	v := reflect.ValueOf(e).Elem()
	field := v.Field(rapid.IntRange(0, v.NumField()-1).Draw(rt, "field"))
	flip := byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
	switch value := field.Interface().(type) {
	case int64:
		field.SetInt(value ^ 1<<(flip%63))
	case string:
		b := []byte(value)
		b[rapid.IntRange(0, len(b)-1).Draw(rt, "byte")] ^= flip
		field.SetString(string(b))
	case []byte:
		value[rapid.IntRange(0, len(value)-1).Draw(rt, "byte")] ^= flip
	case time.Time:
		e.At = value.Add(time.Duration(flip) * time.Microsecond)
	}
}
