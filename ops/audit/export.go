package audit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"time"
)

// Closing is the last line of an export: who holds the audit key says that exactly these entries were in the chain, and
// that the chain was good. With it an export is verified without that key.
type Closing struct {
	First     int64     `json:"first"`
	Last      int64     `json:"last"`
	Digest    string    `json:"digest"` // hex SHA-256 over all lines before, line breaks included
	At        time.Time `json:"at"`     // of the last entry
	By        string    `json:"by"`     // public half of the key
	Signature []byte    `json:"signature"`
}

// Genuine says whether the signature is that of the public key on it.
func (c Closing) Genuine() bool { return genuine(c.By, c.signed(), c.Signature) }

func (c Closing) signed() []byte {
	out := number(number(text(nil, "dbbot-export-v1"), c.First), c.Last)
	return text(number(text(out, c.Digest), c.At.UnixMicro()), c.By)
}

// hexed are bytes that people compare by eye.
type hexed []byte

func (h hexed) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

func (h *hexed) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// plain is an Entry without its methods; line is one line of an export.
type plain Entry

type line struct {
	plain
	Prev hexed `json:"prev"`
	Hash hexed `json:"hash"`
}

type lastLine struct {
	Closing *Closing `json:"closing"`
}

// MarshalJSON writes an entry with its hashes in hex; fields that are empty are left out.
func (e Entry) MarshalJSON() ([]byte, error) {
	e.At = e.At.UTC()
	return json.Marshal(line{plain(e), e.Prev, e.Hash})
}

// UnmarshalJSON takes only what MarshalJSON writes, to the byte: nothing can stand in a line that is not sealed.
func (e *Entry) UnmarshalJSON(text []byte) error {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	*e = Entry(l.plain)
	e.Prev, e.Hash = l.Prev, l.Hash
	if again, err := json.Marshal(*e); err != nil || !bytes.Equal(again, text) {
		return errors.New("not as dbbot writes an entry")
	}
	return nil
}

// Export writes a chain that begins with the entry numbered from, zero for whatever comes first, as lines of JSON, and closes it with a signature. A
// chain with a fault ends there without one: the *Fault is the error.
func Export(w io.Writer, entries iter.Seq2[Entry, error], from int64, key Key) (Closing, error) {
	sum := sha256.New()
	out := json.NewEncoder(io.MultiWriter(w, sum))
	first := from
	written := func(yield func(Entry, error) bool) {
		for e, err := range entries {
			if first == 0 {
				first = e.Seq
			}
			if err == nil {
				err = out.Encode(e)
			}
			if !yield(e, err) {
				return
			}
		}
	}
	report, err := Verify(written, from, key, nil)
	switch {
	case err != nil:
		return Closing{}, err
	case report.Fault != nil:
		return Closing{}, report.Fault
	case report.Doubt != "":
		return Closing{}, errors.New(report.Doubt)
	}
	c := Closing{First: first, Last: report.Head.Seq, Digest: digest(sum), At: report.Head.At, By: key.Public()}
	c.Signature = key.sign(c.signed())
	return c, json.NewEncoder(w).Encode(lastLine{&c})
}

func digest(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)) }

// Reading is an export that is being read.
type Reading struct {
	Closing *Closing // what closes it, once Entries came to its end; nil: it was cut
	Intact  bool     // the closing is genuine, and about exactly what was read
	source  io.Reader
}

// Read begins to read an export.
func Read(r io.Reader) *Reading { return &Reading{source: r} }

// Entries reads the entries, once. A line that dbbot did not write is a *Fault; a file that begins with one is no export.
func (r *Reading) Entries(yield func(Entry, error) bool) {
	sum, first, seq := sha256.New(), int64(0), int64(0)
	lines := bufio.NewScanner(r.source)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		var e Entry
		if err := e.UnmarshalJSON(lines.Bytes()); err == nil && r.Closing == nil {
			sum.Write(append(lines.Bytes(), '\n'))
			if seq = e.Seq; n == 1 {
				first = seq
			}
			if !yield(e, nil) {
				return
			}
			continue
		}
		closing, ok := closes(lines.Bytes())
		if !ok || r.Closing != nil {
			yield(Entry{}, unread(n, seq))
			return
		}
		r.Closing = &closing
		r.Intact = closing.Genuine() && closing.First == first && closing.Last == seq && closing.Digest == digest(sum)
	}
	if err := lines.Err(); err != nil {
		yield(Entry{}, err)
	}
}

func closes(text []byte) (Closing, bool) {
	var last lastLine
	err := json.Unmarshal(text, &last)
	if err != nil || last.Closing == nil {
		return Closing{}, false
	}
	again, err := json.Marshal(last)
	return *last.Closing, err == nil && bytes.Equal(again, text)
}

func unread(n int, last int64) error {
	if n == 1 {
		return errors.New("this is no export of dbbot: its first line is no entry")
	}
	return &Fault{last + 1, Changed, fmt.Sprintf("Line %d is not as dbbot wrote it", n)}
}
