package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func exported(t *testing.T, entries []Entry, from int64) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := Export(&out, stream(entries), from, testKey); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// readAll verifies an export as whoever has only the file would, with a key or without.
func readAll(text string, from int64, key Key) (Report, *Reading, error) {
	r := Read(strings.NewReader(text))
	report, err := Verify(r.Entries, from, key, nil)
	return report, r, err
}

func TestAnExportIsVerifiedOffline(t *testing.T) {
	entries := chain(5, testKey)
	for _, from := range []int64{1, 3} {
		text := exported(t, entries[from-1:], from)
		report, r, err := readAll(text, from, testKey)
		if err != nil || report.Fault != nil || report.Doubt != "" || report.Count != 6-from || !r.Intact {
			t.Errorf("from %d: %+v, %v, %v", from, report, r.Intact, err)
		}
		if r.Closing.First != from || r.Closing.Last != 5 || r.Closing.By != testKey.Public() {
			t.Errorf("closed with %+v", r.Closing)
		}
	}
	if lines := strings.Count(exported(t, entries, 1), "\n"); lines != 6 {
		t.Errorf("%d lines for five entries", lines)
	}
}

// Entries come back as they were, whatever stands in them.
func TestEntriesTravelAsJSON(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := Seal(anything(rt, "entry"), nil, testKey)
		text, err := e.MarshalJSON()
		var back Entry
		if err == nil {
			err = back.UnmarshalJSON(text)
		}
		if err != nil || !reflect.DeepEqual(e, back) {
			rt.Fatalf("%s\n%+v\n%+v\n%v", text, e, back, err)
		}
	})
}

// No byte of an export can be changed: with the key it does not verify, and without it the closing does not fit.
func TestNoByteOfAnExportCanBeChanged(t *testing.T) {
	text := exported(t, chain(2, testKey), 1)
	for at := range len(text) {
		for _, by := range []byte{text[at] ^ 1, text[at] ^ 0x20, '\n'} {
			if by == text[at] {
				continue
			}
			forged := text[:at] + string(by) + text[at+1:]
			if _, r, err := readAll(forged, 1, Key{}); err == nil && r.Intact {
				t.Fatalf("without the key: byte %d changed from %q to %q", at, text[at], by)
			}
			report, r, err := readAll(forged, 1, testKey)
			if inEntries := at < strings.LastIndex(text, `{"closing"`); inEntries && err == nil && report.Fault == nil && r.Intact {
				t.Fatalf("with the key: byte %d changed from %q to %q", at, text[at], by)
			}
		}
	}
}

// A line cannot hold what is not sealed, nor say a thing twice.
func TestLinesThatDbbotDidNotWrite(t *testing.T) {
	text := exported(t, chain(3, testKey), 1)
	for name, forged := range map[string]string{
		"an unknown field": strings.Replace(text, `"seq":2,`, `"seq":2,"note":"x",`, 1),
		"a field twice":    strings.Replace(text, `"seq":2,`, `"user":"U0EVE","seq":2,`, 1),
		"another case":     strings.Replace(text, `"seq":2,`, `"Seq":2,`, 1),
		"a blank":          strings.Replace(text, `"seq":2,`, `"seq": 2,`, 1),
		"an empty line":    strings.Replace(text, "\n", "\n\n", 1),
		"an entry after":   text + text[:strings.Index(text, "\n")+1],
		"closed twice":     text + text[strings.LastIndex(text, `{"closing"`):],
		"more in closing":  strings.Replace(text, `{"closing":{`, `{"closing":{"note":1,`, 1),
	} {
		var fault *Fault
		if _, _, err := readAll(forged, 1, testKey); !errors.As(err, &fault) || fault.Kind != Changed {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, r, err := readAll(text[:strings.LastIndex(text, `{"closing"`)], 1, testKey); err != nil || r.Closing != nil || r.Intact {
		t.Errorf("without its closing: %+v, %v", r.Closing, err)
	}
	for _, other := range []string{"hello", "{}", "[1]", "\n"} {
		var fault *Fault
		if _, _, err := readAll(other, 1, testKey); err == nil || errors.As(err, &fault) {
			t.Errorf("%q: %v", other, err)
		}
	}
}

// What a closing says of its entries must be so, whoever signed it.
func TestAClosingThatSaysAnotherThing(t *testing.T) {
	text := exported(t, chain(3, testKey), 1)
	begin := strings.LastIndex(text, `{"closing"`)
	for name, change := range map[string]func(*Closing){
		"nothing": func(*Closing) {}, "first": func(c *Closing) { c.First++ }, "last": func(c *Closing) { c.Last-- },
		"digest": func(c *Closing) { c.Digest = strings.Repeat("0", 64) },
	} {
		closing, ok := closes([]byte(strings.TrimSpace(text[begin:])))
		if !ok {
			t.Fatal(text[begin:])
		}
		change(&closing)
		closing.Signature = testKey.sign(closing.signed())
		line, err := json.Marshal(lastLine{&closing})
		if err != nil {
			t.Fatal(err)
		}
		if _, r, err := readAll(text[:begin]+string(line), 1, testKey); err != nil || r.Intact != (name == "nothing") {
			t.Errorf("%s: intact %v, %v", name, r.Intact, err)
		}
	}
}

// What is wrong is never signed.
func TestAWrongChainIsNotClosed(t *testing.T) {
	entries := copied(chain(5, testKey))
	entries[2].Detail = "something else"
	var out bytes.Buffer
	var fault *Fault
	if _, err := Export(&out, stream(entries), 1, testKey); !errors.As(err, &fault) || fault.Seq != 3 {
		t.Errorf("got %v", err)
	}
	if _, err := Export(&out, stream(nil), 1, testKey); err == nil {
		t.Error("nothing was closed")
	}
	if _, err := Export(&out, stream(chain(2, must(NewKey("another key of 32 bytes or more!")))), 1, testKey); err == nil {
		t.Error("closed with another key")
	}
	if strings.Contains(out.String(), "closing") {
		t.Errorf("closed: %s", out.String())
	}
	full := errors.New("disk full")
	if _, err := Export(failing{full}, stream(chain(2, testKey)), 1, testKey); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func FuzzReadAnExport(f *testing.F) {
	var out bytes.Buffer
	if _, err := Export(&out, stream(chain(2, testKey)), 1, testKey); err != nil {
		f.Fatal(err)
	}
	f.Add(out.String())
	f.Add(`{"seq":1,"at":"2026-03-01T03:00:00Z","event":"start","prev":"","hash":""}`)
	f.Add(`{"closing":{"first":1}}`)
	f.Fuzz(func(t *testing.T, text string) {
		report, r, err := readAll(text, 1, testKey)
		if err == nil && report.Fault == nil && report.Doubt == "" && !strings.HasPrefix(out.String(), strings.ReplaceAll(text, "\r", "")[:10]) {
			t.Fatalf("verified: %q", text)
		}
		if r.Intact && strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\r", "") != strings.TrimSuffix(out.String(), "\n") {
			t.Fatalf("intact: %q", text)
		}
	})
}
