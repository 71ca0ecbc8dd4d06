package audit

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"dbbot/ops"

	"pgregory.net/rapid"
)

var testKey = must(NewKey("0123456789abcdef0123456789abcdef"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// anything draws an entry of arbitrary fields, as no honest program would make it.
func anything(rt *rapid.T, name string) Entry {
	var e Entry
	v := reflect.ValueOf(&e).Elem()
	for i := range v.NumField() {
		switch field := v.Field(i); field.Interface().(type) {
		case int64:
			field.SetInt(rapid.Int64().Draw(rt, name))
		case string:
			field.SetString(rapid.StringN(0, 4, -1).Draw(rt, name))
		case time.Time:
			field.Set(reflect.ValueOf(time.UnixMicro(rapid.Int64Range(-1e15, 4e15).Draw(rt, name)).UTC()))
		case []byte:
			field.SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(rt, name))
		default:
			rt.Fatalf("field %s is of a kind that canonical does not know", v.Type().Field(i).Name)
		}
	}
	return e
}

// The canonical form is injective: two entries that differ in anything but the hash never look the same.
func TestTheCanonicalFormIsInjective(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		one, other := anything(rt, "one"), anything(rt, "other")
		other.Hash = one.Hash
		if same := reflect.DeepEqual(one, other); same != bytes.Equal(one.canonical(), other.canonical()) {
			rt.Fatalf("same %v: %+v\n%+v", same, one, other)
		}
	})
}

// Moving a character over the border between two texts changes what is hashed: each field by each of its neighbours.
func TestNoTextRunsIntoTheNext(t *testing.T) {
	var e Entry
	for i, field := range e.texts() {
		*field = "ab"
		before := e.canonical()
		for j, next := range e.texts() {
			if i == j {
				continue
			}
			*field, *next = "a", "b"
			if bytes.Equal(before, e.canonical()) {
				t.Errorf("texts %d and %d share a border", i, j)
			}
			*next = ""
		}
		*field = ""
	}
}

// Each field of an entry is part of what is hashed: a new one that is forgotten is found here.
func TestEveryFieldIsSealed(t *testing.T) {
	whole := Seal(Entry{Seq: 7, At: time.Now(), Event: Started}, nil, testKey)
	for i := range reflect.TypeFor[Entry]().NumField() {
		e := whole
		field := reflect.ValueOf(&e).Elem().Field(i)
		switch field.Interface().(type) {
		case int64:
			field.SetInt(field.Int() + 1)
		case string:
			field.SetString(field.String() + "x")
		case time.Time:
			e.At = e.At.Add(time.Microsecond)
		case []byte:
			field.SetBytes(append(bytes.Clone(field.Bytes()), 0))
		}
		if testKey.Sealed(e) {
			t.Errorf("%s can be changed", reflect.TypeFor[Entry]().Field(i).Name)
		}
	}
	if !testKey.Sealed(whole) {
		t.Error("unchanged, it does not verify")
	}
}

// What Seal gives back survives PostgreSQL and JSON: no zero byte, no half a character, no nanoseconds, no end of length.
func TestWhatIsSealedCanBeKept(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		raw := anything(rt, "entry")
		raw.Detail = rapid.String().Draw(rt, "detail") + "\x00\xff" + strings.Repeat("long ", 300)
		raw.At = raw.At.Add(time.Duration(rapid.IntRange(0, 999).Draw(rt, "ns")))
		e := Seal(raw, nil, testKey)
		for _, s := range e.texts() {
			if !utf8.ValidString(*s) || strings.ContainsAny(*s, "\x00\n\r") || utf8.RuneCountInString(*s) > 10*maxSentence+1 {
				rt.Fatalf("kept %q", *s)
			}
		}
		if e.At.Nanosecond()%1000 != 0 || e.At.Location() != time.UTC || !testKey.Sealed(e) {
			rt.Fatalf("kept %v", e.At)
		}
	})
}

func TestNoSecretIsSealed(t *testing.T) {
	e := Seal(Entry{Name: "password=hunter2", Outcome: "dial postgres://app:hunter2@db/shop", Detail: "Key (email)=(hunter2)"}, nil, testKey)
	if got := e.Name + e.Outcome + e.Detail; strings.Contains(got, "hunter2") {
		t.Errorf("kept %s", got)
	}
}

func TestWhatASealIsMadeOf(t *testing.T) {
	first := Seal(Entry{Seq: 1}, nil, testKey)
	if !bytes.Equal(first.Prev, make([]byte, 32)) || len(first.Hash) != 32 {
		t.Errorf("the first entry: %x %x", first.Prev, first.Hash)
	}
	second := Seal(Entry{Seq: 2}, first.Hash, testKey)
	if !bytes.Equal(second.Prev, first.Hash) || bytes.Equal(second.Hash, first.Hash) {
		t.Error("the second does not follow the first")
	}
	other := must(NewKey(ops.Secret("another key of 32 bytes or more!")))
	if bytes.Equal(Seal(Entry{Seq: 1}, nil, other).Hash, first.Hash) || other.Sealed(first) {
		t.Error("another key makes the same seal")
	}
	defer func() {
		if recover() == nil {
			t.Error("sealed without a key")
		}
	}()
	Seal(Entry{Seq: 1}, nil, Key{})
}
