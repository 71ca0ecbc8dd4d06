package lint

import (
	"testing"
	"time"

	"dbbot/ops/migrate/script"
)

func TestAbout(t *testing.T) {
	f := known()
	big := f.Tables["public.big"]
	big.Bytes = 12 << 30
	big.Indexes[0].Bytes = 3 << 30
	f.Tables["public.big"] = big
	for sql, want := range map[string]string{
		"ALTER TABLE big ALTER total TYPE bigint":                   "about 9 minutes (15 GB at 30 MB a second)",
		"ALTER TABLE big ALTER total SET NOT NULL":                  "about 61 seconds (12 GB at 200 MB a second)",
		"CREATE INDEX CONCURRENTLY ON big (total)":                  "about 7 minutes (12 GB at 30 MB a second)",
		"ALTER TABLE big ADD UNIQUE (total)":                        "about 7 minutes (12 GB at 30 MB a second)",
		"ALTER TABLE small ALTER total SET NOT NULL":                "less than a second (88 kB at 200 MB a second)",
		"ALTER TABLE events ALTER id SET NOT NULL":                  "about 1 second (288 MB at 200 MB a second)",
		"ALTER TABLE big ADD COLUMN x int":                          "",
		"UPDATE big SET total = 1":                                  "",
		"ALTER TABLE empty ALTER total SET NOT NULL":                "",
		"CREATE INDEX ON nowhere (x)":                               "",
		"ALTER TABLE big ADD CONSTRAINT c CHECK (id > 0) NOT VALID": "",
	} {
		e, there := About(script.Parse([]byte(sql)).Statements[0], f)
		if got := e.String(); there != (want != "") || there && got != want {
			t.Errorf("%s: %v %s, want %s", sql, there, got, want)
		}
	}
}

func TestSpokenTimes(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Millisecond: "less than a second", 1200 * time.Millisecond: "about 1 second", 89 * time.Second: "about 89 seconds",
		100 * time.Second: "about 2 minutes", 3 * time.Hour: "about 3 hours",
	} {
		if got := spoken(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		rows, bytes int64
		want        string
	}{{0, 0, "about 0 rows, 0 bytes"}, {1, 999, "about 1 row, 999 bytes"}, {9_999, 81_920, "about 9999 rows, 80 kB"}, {123_456, 5 << 20, "about 123,000 rows, 5 MB"}, {2_400_000, 1 << 30, "about 2.4 million rows, 1 GB"}, {3_000_000_000, 4 << 40, "about 3.0 billion rows, 4 TB"}} {
		if got := (Table{Rows: c.rows, Bytes: c.bytes}).Size(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
