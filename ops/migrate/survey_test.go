package migrate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	over = noon.Add(time.Second)
)

func file(path, sql string) *File {
	sum := sha256.Sum256([]byte(sql))
	return &File{Path: path, SQL: []byte(sql), Sum: hex.EncodeToString(sum[:])}
}

// numbered is a golang-migrate folder; each has a way up and a way down.
func numbered(versions ...uint64) Set {
	set := Set{Tool: GolangMigrate}
	for _, v := range versions {
		name := fmt.Sprintf("%d_%c", v, 'a'+rune(v%26))
		set.Migrations = append(set.Migrations, Migration{Name: name, Version: v, Up: file(name+".up.sql", "up "+name), Down: file(name+".down.sql", "down "+name)})
	}
	return set
}

func named(names ...string) Set {
	set := Set{Tool: Prisma}
	for _, n := range names {
		set.Migrations = append(set.Migrations, Migration{Name: n, Up: file(n+"/migration.sql", "up "+n), Down: file(n+"/down.sql", "down "+n)})
	}
	return set
}

func at(version string, dirty bool, own ...Own) Journal {
	return Journal{Tool: GolangMigrate, Records: []Record{{Version: version, Dirty: dirty}}, Own: own}
}

func rows(records ...Record) Journal { return Journal{Tool: Prisma, Records: records} }

func done(name string) Record { return Record{Name: name, Started: noon, Finished: &over, Steps: 1} }

func failed(name string) Record { return Record{Name: name, Started: noon, Logs: "ERROR"} }

func undone(r Record) Record {
	r.RolledBack = &over
	return r
}

// ran is a row of dbbot's own: it applied a version as the folder of numbered has it.
func ran(from string, version uint64) Own {
	m := numbered(version).Migrations[0]
	return Own{Request: 1, Name: m.Name, Sum: m.Up.Sum, From: from, At: noon}
}

func down(o Own) Own {
	o.Down = true
	return o
}

// said is everything that a survey found, on one line.
func said(v Survey) string {
	return fmt.Sprintf("at %q applied %v pending %v broken %v unknown %v edited %v older %v unsure %v faults %v",
		v.At, Names(v.Applied), Names(v.Pending), v.Broken, v.Unknown, v.Edited, v.OutOfOrder, v.Unsure, v.Faults)
}

func TestSurvey(t *testing.T) {
	three, names := numbered(1, 2, 10), named("1_a", "2_b", "3_c")
	with := func(r Record, sum string) Record {
		r.Checksum = sum
		return r
	}
	changed := ran("1", 2)
	changed.Sum = "0"
	for name, test := range map[string]struct {
		set     Set
		journal Journal
		want    string
	}{
		"the tool never ran":       {three, Journal{Missing: true}, `at "" applied [] pending [1_b 2_c 10_k] broken [] unknown [] edited [] older [] unsure [] faults []`},
		"in the middle":            {three, at("2", false), `at "2" applied [1_b 2_c] pending [10_k] broken [] unknown [] edited [] older [] unsure [] faults []`},
		"all applied":              {three, at("10", false), `at "10" applied [1_b 2_c 10_k] pending [] broken [] unknown [] edited [] older [] unsure [] faults []`},
		"broke off":                {three, at("2", true), `at "2" applied [1_b] pending [10_k] broken [2] unknown [] edited [] older [] unsure [] faults []`},
		"a version without a file": {three, at("3", false), `at "3" applied [1_b 2_c] pending [10_k] broken [] unknown [3] edited [] older [] unsure [] faults []`},
		"a version beyond all":     {three, at("99", false), `at "99" applied [1_b 2_c 10_k] pending [] broken [] unknown [99] edited [] older [] unsure [] faults []`},
		"the first down broke off": {three, at("-1", true), `at "-1" applied [] pending [1_b 2_c 10_k] broken [-1] unknown [] edited [] older [] unsure [] faults []`},
		"two rows": {
			three,
			Journal{Records: []Record{{Version: "1"}, {Version: "2"}}},
			`at "1" applied [1_b] pending [2_c 10_k] broken [] unknown [] edited [] older [] unsure [] faults [The tool's table holds 2 rows; it reads whichever comes first, and there should be one.]`,
		},

		"dbbot ran them all":            {three, at("10", false, ran("", 1), ran("1", 2), ran("2", 10)), `at "10" applied [1_b 2_c 10_k] pending [] broken [] unknown [] edited [] older [] unsure [] faults []`},
		"edited since":                  {three, at("10", false, ran("", 1), changed, ran("2", 10)), `at "10" applied [1_b 2_c 10_k] pending [] broken [] unknown [] edited [2_c] older [] unsure [] faults []`},
		"added below later":             {three, at("10", false, ran("", 1), ran("1", 10)), `at "10" applied [1_b 10_k] pending [] broken [] unknown [] edited [] older [2_c] unsure [] faults []`},
		"added below the first":         {three, at("10", false, ran("", 2), ran("2", 10)), `at "10" applied [2_c 10_k] pending [] broken [] unknown [] edited [] older [1_b] unsure [] faults []`},
		"by hand between, or never":     {three, at("10", false, ran("", 1), ran("2", 10)), `at "10" applied [1_b 2_c 10_k] pending [] broken [] unknown [] edited [] older [] unsure [2_c] faults []`},
		"before dbbot came":             {three, at("10", false, ran("2", 10)), `at "10" applied [1_b 2_c 10_k] pending [] broken [] unknown [] edited [] older [] unsure [] faults []`},
		"undone by dbbot, then by hand": {three, at("10", false, ran("", 1), ran("1", 2), down(ran("2", 2))), `at "10" applied [1_b 2_c 10_k] pending [] broken [] unknown [] edited [] older [] unsure [2_c 10_k] faults []`},
		"leapt over, undone, run":       {three, at("10", false, ran("", 1), ran("1", 10), down(ran("10", 10)), ran("1", 2), ran("2", 10)), `at "10" applied [1_b 2_c 10_k] pending [] broken [] unknown [] edited [] older [] unsure [] faults []`},
		"the file was deleted":          {numbered(1, 10), at("10", false, ran("", 1), ran("1", 2), ran("2", 10)), `at "10" applied [1_b 10_k] pending [] broken [] unknown [2_c] edited [] older [] unsure [] faults []`},
		"deleted, but undone before":    {numbered(1, 10), at("10", false, ran("", 1), ran("1", 2), down(ran("2", 2)), ran("1", 10)), `at "10" applied [1_b 10_k] pending [] broken [] unknown [] edited [] older [] unsure [] faults []`},

		"Prisma never ran":      {names, Journal{Missing: true}, `at "" applied [] pending [1_a 2_b 3_c] broken [] unknown [] edited [] older [] unsure [] faults []`},
		"an older one is added": {names, rows(done("1_a"), done("3_c")), `at "3_c" applied [1_a 3_c] pending [2_b] broken [] unknown [] edited [] older [2_b] unsure [] faults []`},
		"in another order":      {names, rows(done("1_a"), done("3_c"), done("2_b")), `at "2_b" applied [1_a 2_b 3_c] pending [] broken [] unknown [] edited [] older [] unsure [] faults []`},
		"failed":                {names, rows(done("1_a"), failed("2_b"), failed("2_b")), `at "1_a" applied [1_a] pending [3_c] broken [2_b] unknown [] edited [] older [] unsure [] faults []`},
		"rolled back, so again": {names, rows(done("1_a"), undone(failed("2_b"))), `at "1_a" applied [1_a] pending [2_b 3_c] broken [] unknown [] edited [] older [] unsure [] faults []`},
		"rolled back, then done": {
			names, rows(undone(failed("1_a")), done("1_a")),
			`at "1_a" applied [1_a] pending [2_b 3_c] broken [] unknown [] edited [] older [] unsure [] faults []`,
		},
		"undone": {names, rows(done("1_a"), undone(done("2_b"))), `at "1_a" applied [1_a] pending [2_b 3_c] broken [] unknown [] edited [] older [] unsure [] faults []`},
		"a directory was deleted": {
			names, rows(done("0_gone"), done("1_a"), done("2_b"), done("3_c")),
			`at "3_c" applied [1_a 2_b 3_c] pending [] broken [] unknown [0_gone] edited [] older [] unsure [] faults []`,
		},
		"a file was edited": {
			names, rows(with(done("1_a"), names.Migrations[0].Up.Sum), with(done("2_b"), names.Migrations[0].Up.Sum)),
			`at "2_b" applied [1_a 2_b] pending [3_c] broken [] unknown [] edited [2_b] older [] unsure [] faults []`,
		},
		"edited before it was rolled back": {
			names, rows(undone(with(failed("1_a"), "0")), with(done("1_a"), names.Migrations[0].Up.Sum)),
			`at "1_a" applied [1_a] pending [2_b 3_c] broken [] unknown [] edited [] older [] unsure [] faults []`,
		},
		"Prisma 8": {
			names,
			Journal{Missing: true, Prisma8: true},
			`at "" applied [] pending [1_a 2_b 3_c] broken [] unknown [] edited [] older [] unsure [] faults [The database is kept by Prisma 8, whose migrations are another system (schema prisma_contract); dbbot understands those of Prisma 5 to 7.]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := said(test.set.Survey(test.journal)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestNoDown(t *testing.T) {
	set := numbered(1, 2, 3)
	set.Migrations[0].Down = nil
	set.Migrations[2].Down = file("3_d.down.sql", "-- later")
	if got := set.Survey(at("2", false)).NoDown; !slices.Equal(got, []string{"1_b", "3_d"}) {
		t.Errorf("got %v", got)
	}
}

func TestMatches(t *testing.T) {
	sum := func(s string) string { return file("", s).Sum }
	unix, dos := "a\nb\n", "a\r\nb\r\n"
	for _, test := range []struct {
		sum, sql string
		want     bool
	}{
		{sum(unix), unix, true},
		{sum(dos), unix, true},
		{sum(unix), dos, true},
		{sum(dos), dos, true},
		{sum("a\r\nb\n"), "a\r\nb\n", true},
		{sum("a\nc\n"), unix, false},
		{sum("a\nb"), unix, false},
		{sum("\ufeff" + unix), unix, false},
		{"", unix, false},
		{unpaddedSum(), "29", true},
		{unpaddedSum(), "30", false},
		{sum("29")[1:], "29", false},
	} {
		if got := Matches(test.sum, []byte(test.sql)); got != test.want {
			t.Errorf("%q, %.10s…: got %v", test.sql, test.sum, got)
		}
	}
}

// unpaddedSum is the checksum of "29" as old engines wrote it. sha256("29") has a byte below 16.
func unpaddedSum() string {
	sum, legacy := sha256.Sum256([]byte("29")), ""
	for _, b := range sum {
		legacy += fmt.Sprintf("%x", b)
	}
	return legacy
}

// Whatever was applied in whatever order: nothing is both applied and pending, and nothing is forgotten.
func TestPrismaForgetsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var names []string
		for i := range rapid.IntRange(0, 20).Draw(t, "files") {
			names = append(names, fmt.Sprintf("%02d", i))
		}
		var records []Record
		for _, i := range rapid.SliceOf(rapid.IntRange(0, 25)).Draw(t, "rows") {
			r := failed(fmt.Sprintf("%02d", i))
			if rapid.Bool().Draw(t, "finished") {
				r = done(r.Name)
			}
			if rapid.Bool().Draw(t, "rolled back") {
				r = undone(r)
			}
			records = append(records, r)
		}
		got := named(names...).Survey(rows(records...))
		for _, name := range names {
			stands := slices.ContainsFunc(records, func(r Record) bool { return r.Name == name && r.RolledBack == nil })
			if stands == slices.Contains(Names(got.Pending), name) {
				t.Fatalf("%s: has a row that stands: %v; pending: %v", name, stands, Names(got.Pending))
			}
			if slices.Contains(Names(got.Applied), name) && (!stands || slices.Contains(Names(got.Pending), name)) {
				t.Fatalf("%s is applied: %v", name, Names(got.Applied))
			}
		}
		for _, r := range records {
			if r.RolledBack == nil && !slices.Contains(names, r.Name) && !slices.Contains(append(got.Unknown, got.Broken...), r.Name) {
				t.Fatalf("%s is forgotten", r.Name)
			}
		}
	})
}
