package audit

import (
	"bytes"
	"fmt"
	"iter"
	"time"
)

// Fault is the first thing that is wrong with a chain. Behind it nothing can be said.
type Fault struct {
	Seq  int64 // where
	Kind FaultKind
	Said string // a sentence, without the full stop
}

// Error is the sentence.
func (f *Fault) Error() string { return f.Said }

// FaultKind says what somebody must have done.
type FaultKind string

// The kinds of fault.
const (
	Changed   FaultKind = "changed"   // the entry is not what was sealed
	Missing   FaultKind = "missing"   // taken out, at the beginning or in between
	Misplaced FaultKind = "misplaced" // there twice, or in another order
	Forked    FaultKind = "forked"    // sealed with the right key, but it follows another entry
	Replaced  FaultKind = "replaced"  // not the entry that a checkpoint names: the chain was written anew, or restored from a copy
	Cut       FaultKind = "cut"       // the last entries are gone: a checkpoint knows of more
)

// Report is what a verification found.
type Report struct {
	Count       int64 // entries read and found good
	Head        Entry // the last of them; zero of none
	Checkpoints int   // that the chain was compared with
	Fault       *Fault
	// Doubt is why nothing can be said although no fault was found, as a sentence without the full stop; empty otherwise.
	Doubt string
}

// Verify reads a chain from the entry numbered from, zero for whatever comes first, and stops at the first fault. Only checkpoints whose
// signature was checked may be given: they alone show that a tail was cut, or the whole replaced. With a zero Key the
// order, the links and the checkpoints are verified, but not the fields. What cannot be read is an error, and then
// nothing is known.
func Verify(entries iter.Seq2[Entry, error], from int64, key Key, checkpoints []Checkpoint) (Report, error) {
	v := &verifier{from: from, key: key, known: map[int64]Checkpoint{}}
	for _, c := range checkpoints {
		v.furthest = max(v.furthest, c.Seq)
		if other, twice := v.known[c.Seq]; twice && !bytes.Equal(other.Hash, c.Hash) {
			v.Fault = &Fault{c.Seq, Forked, fmt.Sprintf("Two signed checkpoints know entry %d by different hashes", c.Seq)}
			return v.Report, nil
		}
		v.known[c.Seq] = c
	}
	for e, err := range entries {
		if err != nil {
			return v.Report, err
		}
		v.take(e)
		if v.Fault != nil && !v.unsure() {
			return v.Report, nil
		}
	}
	v.end()
	return v.Report, nil
}

// verifier goes along a chain.
type verifier struct {
	Report
	from     int64
	key      Key
	known    map[int64]Checkpoint // by the entry they name
	furthest int64                // the last entry that any checkpoint names
	fits     bool                 // an entry has a good seal, though the first had not
}

// take looks at the next entry: its place, its seal, what it follows, and what a checkpoint says of it.
func (v *verifier) take(e Entry) {
	if v.Fault != nil { // unsure: does the key fit at all?
		v.fits = v.key.Sealed(e)
		return
	}
	if v.from == 0 {
		v.from = e.Seq
	}
	if v.Fault = v.judge(e); v.Fault != nil {
		return
	}
	if _, named := v.known[e.Seq]; named {
		v.Checkpoints++
	}
	v.Count++
	v.Head = e
}

func (v *verifier) judge(e Entry) *Fault {
	next, before := v.next()
	known, named := v.known[e.Seq]
	switch {
	case e.Seq > next:
		return &Fault{next, Missing, "Missing: " + span(next, e.Seq-1)}
	case e.Seq < next:
		return &Fault{next, Misplaced, fmt.Sprintf("Where entry %d should be, entry %d stands once more", next, e.Seq)}
	case v.key.Set() && !v.key.Sealed(e):
		return &Fault{e.Seq, Changed, fmt.Sprintf("Entry %d was changed: its seal does not fit what it says", e.Seq)}
	case before != nil && !bytes.Equal(e.Prev, before):
		return &Fault{e.Seq, Forked, fmt.Sprintf("Entry %d does not follow entry %d: it was sealed behind another", e.Seq, e.Seq-1)}
	case named && !bytes.Equal(e.Hash, known.Hash):
		return &Fault{e.Seq, Replaced, fmt.Sprintf("Entry %d is not the one that the checkpoint of %s names", e.Seq, moment(known.At))}
	}
	return nil
}

// next is the number that must come now, and the hash that its entry must follow: nil where nobody knows.
func (v *verifier) next() (seq int64, before []byte) {
	switch {
	case v.Count > 0:
		return v.Head.Seq + 1, v.Head.Hash
	case v.from == 1:
		return 1, Genesis()
	}
	if c, named := v.known[v.from-1]; named {
		return v.from, c.Hash
	}
	return v.from, nil
}

// unsure: the very first seal does not fit, and no checkpoint proves that the key is right. An entry further on with a
// good seal settles it.
func (v *verifier) unsure() bool {
	return v.Fault.Kind == Changed && v.Count == 0 && len(v.known) == 0 && !v.fits
}

// end judges a chain that was read to its end.
func (v *verifier) end() {
	last := max(v.Head.Seq, v.from-1, 0)
	switch {
	case v.Fault != nil:
		v.Doubt, v.Fault = "No entry fits this key: either it is not the key they were sealed with, or all of them were changed", nil
	case v.furthest > last:
		c := v.known[v.furthest]
		v.Fault = &Fault{last + 1, Cut, fmt.Sprintf("Cut off: %s and whatever followed; the checkpoint of %s knows them", span(last+1, v.furthest), moment(c.At))}
	case v.Count == 0:
		v.Doubt = "There is no entry to verify"
	case !v.key.Set():
		v.Doubt = "Without the audit key it cannot be told whether what the entries say was changed"
	}
}

func span(first, last int64) string {
	if first == last {
		return fmt.Sprintf("entry %d", first)
	}
	return fmt.Sprintf("entries %d to %d", first, last)
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
