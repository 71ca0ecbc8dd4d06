package lint

import (
	"slices"
	"strings"
	"testing"
)

// checkSeen judges a file of which every statement was seen.
func checkSeen(sql string, seen ...Seen) []Finding {
	p := parsed(sql)
	for i := range seen {
		p.Seen = append(p.Seen, &seen[i])
	}
	return Check([]Parsed{p}, known())
}

func TestWhatWasSeenBeatsTheRules(t *testing.T) {
	closed := Lock{Relation: "public.big", Mode: AccessExclusive}
	anew, read := closed, closed
	anew.Rewrite, read.Scan = true, true
	tests := []struct {
		sql  string
		seen Seen
		rule string
		says bool
	}{
		{"ALTER TABLE big ALTER total TYPE money USING total::money", Seen{Locks: []Lock{anew}}, "type-rewrites", true},
		{"ALTER TABLE big ALTER total TYPE money USING total::money", Seen{Locks: []Lock{closed}}, "type-rewrites", false},
		{"ALTER TABLE big ADD COLUMN x int DEFAULT f()", Seen{Locks: []Lock{closed}}, "column-rewrites", false},
		{"ALTER TABLE big ALTER total SET NOT NULL", Seen{Locks: []Lock{closed}}, "set-not-null-scans", false},
		{"ALTER TABLE big ALTER total SET NOT NULL", Seen{Locks: []Lock{read}}, "set-not-null-scans", true},
		{"ALTER TABLE big ADD FOREIGN KEY (customer) REFERENCES customers", Seen{Locks: []Lock{{Relation: "public.big", Mode: ShareRowExclusive}}}, "foreign-key-scans", true}, // empty tables mislead
		{"ALTER TABLE big ADD FOREIGN KEY (customer) REFERENCES customers", Seen{Rows: true, Locks: []Lock{{Relation: "public.big", Mode: ShareRowExclusive}}}, "foreign-key-scans", false},
		{"DO $$ BEGIN PERFORM f(); END $$", Seen{Locks: []Lock{anew}}, "seen-in-rehearsal", true},
		{"DO $$ BEGIN PERFORM f(); END $$", Seen{Locks: []Lock{{Relation: "public.big", Mode: RowExclusive}}}, "seen-in-rehearsal", false},
		{"ALTER TABLE big ADD COLUMN x int", Seen{Locks: []Lock{closed}}, "seen-in-rehearsal", false},
		{"ALTER TABLE big ADD COLUMN x int", Seen{Locks: []Lock{anew}}, "seen-in-rehearsal", true},
		{"ALTER TABLE events ALTER id SET NOT NULL", Seen{Locks: []Lock{{Relation: "public.events", Mode: AccessExclusive}, {Relation: "public.events_1", Mode: AccessExclusive, Scan: true}}}, "set-not-null-scans", true},
	}
	for _, tt := range tests {
		if found := ofRule(tt.rule, checkSeen(tt.sql, tt.seen)); (len(found) > 0) != tt.says {
			t.Errorf("%s, seen %+v: %s says %s", tt.sql, tt.seen.Locks, tt.rule, told(found))
		}
	}
}

// A lock that the transaction has already does not show again: the rules say what the statement asks for, and the
// rehearsal whether it reads or writes the rows.
func TestLocksThatAreHeldAlready(t *testing.T) {
	p := parsed("ALTER TABLE big ADD COLUMN x int; CREATE INDEX ON big (total); ALTER TABLE big ALTER total SET NOT NULL; COMMENT ON TABLE small IS 'x'")
	held := map[string]string{"public.big": AccessExclusive}
	p.Seen = []*Seen{
		{Locks: []Lock{{Relation: "public.big", Mode: AccessExclusive}}, Held: map[string]string{}},
		{Locks: []Lock{{Relation: "public.big", Mode: AccessExclusive, Scan: true}}, Held: held},
		{Held: held},
		{Held: held},
	}
	want := []string{"  public.big AccessExclusive\n", "  public.big Share scan\n", "  public.big AccessExclusive\n", ""}
	for i := range want {
		if got := listed(p.Locks(i, known())); got != want[i] {
			t.Errorf("statement %d: %q", i, got)
		}
	}
	if found := ofRule("lock-held", Check([]Parsed{p}, known())); len(found) != 1 || !strings.Contains(found[0].What, "CREATE INDEX works on all of big") {
		t.Errorf("%+v", found)
	}
	if p.Seen = nil; slices.Equal(p.Locks(2, known()), nil) || !p.Locks(2, known())[0].Scan {
		t.Error("without a rehearsal the rules hold")
	}
}

// An empty table is read whole where a full one would not be, and the other way round.
func TestScansOfEmptyTables(t *testing.T) {
	read := Lock{Relation: "public.big", Mode: RowExclusive, Scan: true}
	unread := Lock{Relation: "public.big", Mode: RowExclusive}
	for _, tt := range []struct {
		sql  string
		seen Seen
		want string
	}{
		{"DELETE FROM big WHERE id = 1", Seen{Locks: []Lock{read}}, "  public.big RowExclusive\n"},
		{"DELETE FROM big WHERE id = 1", Seen{Locks: []Lock{read}, Rows: true}, "  public.big RowExclusive scan\n"},
		{"UPDATE big SET total = 1", Seen{Locks: []Lock{unread}}, "  public.big RowExclusive scan\n"},
		{"UPDATE big SET total = 1", Seen{Locks: []Lock{unread}, Rows: true}, "  public.big RowExclusive\n"},
		{"DO $$ BEGIN END $$", Seen{Locks: []Lock{read}}, "  public.big RowExclusive\n"},
		{"DO $$ BEGIN END $$", Seen{Locks: []Lock{{Relation: "public.big", Mode: AccessExclusive, Scan: true}}}, "  public.big AccessExclusive scan\n"},
	} {
		p := parsed(tt.sql)
		p.Seen = []*Seen{&tt.seen}
		if got := listed(p.Locks(0, known())); got != tt.want {
			t.Errorf("%s, rows %v: %q", tt.sql, tt.seen.Rows, got)
		}
	}
}
