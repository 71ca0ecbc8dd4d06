package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"dbbot/ops"
)

// domain separates what is sealed here from everything else that could be hashed with the same key, and names the form.
// Another set of fields is another form, with another name.
const domain = "dbbot-audit-v1"

// Bounds of the texts of an entry, in characters. Escapes are longer than what they stand for (ops.Printable).
const (
	maxWord     = 200 // an id, a path, a database's name
	maxSentence = 500
)

// Genesis is what the first entry has in the place of the hash before it.
func Genesis() []byte { return make([]byte, sha256.Size) }

// Seal makes an entry fit to be kept (see fit), and hooks it into the chain: prev is the hash of the entry before, nil of
// none. Seq and At are the caller's, and unique; what comes back is what must be stored, byte for byte. It panics with a
// zero Key: an entry that nobody can verify must not exist.
func Seal(e Entry, prev []byte, key Key) Entry {
	e = fit(e)
	if e.Prev = bytes.Clone(prev); len(prev) == 0 {
		e.Prev = Genesis()
	}
	e.Hash = key.mac(e.canonical())
	return e
}

// Sealed says whether the hash of an entry is that of its fields. It says nothing about its place in the chain.
func (k Key) Sealed(e Entry) bool { return hmac.Equal(e.Hash, k.mac(e.canonical())) }

// fit makes an entry such that PostgreSQL and JSON give back exactly what was put in: microseconds, and texts of valid,
// visible characters and bounded length. What people or servers worded is redacted once more.
func fit(e Entry) Entry {
	e.At = e.At.Truncate(time.Microsecond).UTC()
	for _, text := range e.words() {
		*text = ops.Printable(*text, maxWord)
	}
	for _, text := range e.sentences() {
		*text = ops.Printable(ops.Redact(strings.TrimSpace(*text)), maxSentence)
	}
	return e
}

// canonical is an entry as it is hashed: every field but the hash itself, in fixed order, each number in eight bytes and
// each text behind its length, so that two entries never look the same.
func (e *Entry) canonical() []byte {
	out := text(make([]byte, 0, 1024), domain)
	for _, n := range []int64{e.Seq, e.At.UnixMicro(), e.Request, e.Worker} {
		out = number(out, n)
	}
	for _, s := range e.texts() {
		out = text(out, *s)
	}
	return text(out, string(e.Prev))
}

// texts are all fields that are texts, in the order in which they are hashed.
func (e *Entry) texts() []*string { return append(e.words(), e.sentences()...) }

// words are names and ids; sentences is what people and servers worded.
func (e *Entry) words() []*string {
	return []*string{
		&e.Team, &e.User, &e.Event, &e.From, &e.To, &e.Command, &e.Risk,
		&e.Database, &e.Environment, &e.System, &e.Catalog, &e.Digest,
		&e.Channel, &e.Message, &e.Origin, &e.Policy, &e.Version,
	}
}

func (e *Entry) sentences() []*string { return []*string{&e.Name, &e.Outcome, &e.Detail} }

func number(to []byte, n int64) []byte { return binary.BigEndian.AppendUint64(to, uint64(n)) }

func text(to []byte, s string) []byte { return append(number(to, int64(len(s))), s...) }
