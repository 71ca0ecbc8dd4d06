package dump

import (
	"bytes"
	"io"
	"testing"

	"dbbot/ops"
	"dbbot/ops/client"
)

// archiveOf dumps a database with pg_dump alone.
func archiveOf(tb testing.TB, url string, args ...string) []byte {
	tb.Helper()
	p, err := client.Find(15)
	if err != nil {
		tb.Skip(err)
	}
	var out bytes.Buffer
	if err := client.Run(tb.Context(), client.Call{Path: p.Dump, Args: append([]string{"--format=custom"}, args...), URL: ops.Secret(url), Stdout: &out}); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func TestArchivesAreRead(t *testing.T) {
	url := newDatabase(t, shop...)
	for _, compress := range []string{"0", "1", "9"} {
		got, err := readArchive(bytes.NewReader(archiveOf(t, url, "--compress="+compress)))
		if err != nil || !got.Known || got.Rows != (compress == "0") || got.Large != 2 || len(got.Tables) != 5 {
			t.Fatalf("%s: %+v, %v", compress, got, err)
		}
		for _, one := range got.Tables {
			want := map[string]int64{"orders": 2000, "empty": 0, "bare": 3, "a.b c": 2, "parts_26": 1}[one.Name]
			if !one.There || compress == "0" && one.Rows != want {
				t.Errorf("%s: %+v, not %d", compress, one, want)
			}
		}
	}
	got, err := readArchive(bytes.NewReader(archiveOf(t, url, "--compress=0", "--schema-only")))
	if err != nil || len(got.Tables) != 0 || got.Large != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A cut archive never passes: either it does not parse, or what it lacks is missed.
func TestCutArchives(t *testing.T) {
	url := newDatabase(t, shop...)
	for _, compress := range []string{"0", "1"} {
		whole := archiveOf(t, url, "--compress="+compress)
		for n := 0; n < len(whole); n += 1 + len(whole)/199 {
			got, err := readArchive(bytes.NewReader(whole[:n]))
			lacks := got.Large != 2
			for _, one := range got.Tables {
				lacks = lacks || !one.There
			}
			if err == nil && !lacks {
				t.Errorf("%s: %d of %d bytes pass", compress, n, len(whole))
			}
		}
	}
}

// What a later pg_dump writes is passed over, to its end.
func TestALaterArchive(t *testing.T) {
	later := append([]byte("PGDMP\x01\x11\x00\x04\x08\x01"), bytes.Repeat([]byte("x"), 1<<20)...)
	from := bytes.NewReader(later)
	if got, err := readArchive(from); err != nil || got.Known || from.Len() != 0 {
		t.Errorf("%+v, %v, %d bytes are left", got, err, from.Len())
	}
	if _, err := readArchive(io.MultiReader(bytes.NewReader(later[:100]), failing{t.Context(), full})); err == nil {
		t.Error("an error of reading is lost")
	}
}

func FuzzArchive(f *testing.F) {
	f.Add([]byte("PGDMP\x01\x0e\x00\x04\x08\x01"))
	f.Add([]byte("PGDMP\x01\x10\x00\x04\x08\x05\x01\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := readArchive(bytes.NewReader(text))
		if err == nil && got.Known && len(text) < 20 {
			t.Errorf("%q passes: %+v", text, got)
		}
	})
}
