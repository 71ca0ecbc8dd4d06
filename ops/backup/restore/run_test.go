package restore

import (
	"reflect"
	"strings"
	"testing"

	"dbbot/ops/backup"
)

// toc is what pg_restore -l shows of a small archive.
const toc = `;
; Archive created at 2026-11-23 03:00:00 UTC
;     dbname: shop
2; 3079 16385 EXTENSION - pg_stat_statements 
3420; 0 0 COMMENT - EXTENSION pg_stat_statements 
215; 1259 16390 TABLE public orders shop
216; 1259 16391 TABLE public Old orders shop
3421; 0 0 COMMENT public POLICY mine ON orders shop
3422; 0 0 COMMENT - PUBLICATION changes admin
3400; 0 16390 TABLE DATA public orders shop
3401; 0 16391 TABLE DATA public Old orders shop
3260; 1259 16401 INDEX public by_total shop
3261; 2606 16402 CONSTRAINT public orders orders_pkey shop
3270; 3256 16403 POLICY public orders mine shop
3280; 6104 16404 PUBLICATION - changes admin
3281; 6106 16405 PUBLICATION TABLE public changes orders admin
3290; 6100 16406 SUBSCRIPTION - theirs admin
3291; 3466 16407 EVENT TRIGGER - hear admin
3292; 826 16408 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES shop
`

func TestWhatIsLeftOut(t *testing.T) {
	all := contents(toc)
	if len(all) != 16 || all[7].object() != "Old orders" || all[7].schema != "public" || all[11].kind != "PUBLICATION" || all[11].owner() != "admin" {
		t.Fatalf("%d: %+v", len(all), all)
	}
	for name, tt := range map[string]struct {
		out  leaveOut
		gone string // ids
	}{
		"a superuser":       {leaveOut{super: true}, "3420 3290"},
		"a scratch":         {leaveOut{super: true, scratch: true}, "3420 3422 3280 3281 3290"},
		"an owner":          {leaveOut{extensions: map[string]bool{"pg_stat_statements": true}}, "2 3420 3290 3291"},
		"no member":         {leaveOut{strangers: map[string]bool{"admin": true}}, "3420 3422 3280 3281 3290 3291"},
		"an owner's":        {leaveOut{scratch: true}, "3420 3422 3280 3281 3290 3291 3292"},
		"elsewhere":         {leaveOut{scratch: true, super: true, roles: map[string]bool{"reader": true}}, "3420 3421 3422 3270 3280 3281 3290"},
		"elsewhere, for it": {leaveOut{super: true, roles: map[string]bool{"reader": true}}, "3420 3290"},
	} {
		tt.out.of(all)
		var gone []string
		for _, e := range all {
			if tt.out.omit(e) {
				gone = append(gone, e.id)
			}
		}
		if got := strings.Join(gone, " "); got != tt.gone {
			t.Errorf("%s: without %s, want %s", name, got, tt.gone)
		}
		if kept := using(all, tt.out.omit); strings.Count(kept, "\n") != len(all)-len(gone) {
			t.Errorf("%s: %q", name, kept)
		}
	}
}

// Progress counts rows of tables that are there, and then what is built on them, for one session and for several.
func TestProgress(t *testing.T) {
	for jobs, lines := range map[int][]string{
		1: {
			`pg_restore: creating TABLE "public.orders"`, `pg_restore: processing data for table "public.orders"`, `pg_restore: processing data for table "public.Old orders"`,
			`pg_restore: creating INDEX "public.by_total"`, `pg_restore: creating CONSTRAINT "public.orders orders_pkey"`,
		},
		2: {
			`pg_restore: processing item 215 TABLE orders`, `pg_restore: launching item 3400 TABLE DATA orders`, `pg_restore: finished item 3400 TABLE DATA orders`,
			`pg_restore: finished item 3401 TABLE DATA Old orders`, `pg_restore: finished item 3261 CONSTRAINT orders orders_pkey`,
		},
	} {
		f := &filling{archive: &archive{entries: contents(toc)}, jobs: jobs, rows: map[string]int64{}, byID: map[string]entry{}, toBuild: 2}
		for _, table := range []backup.Table{{Name: "orders", Rows: 100}, {Name: "Old orders", Rows: 10}} {
			f.rows["public."+table.Name] = table.Rows
			f.total += table.Rows
		}
		for _, e := range f.archive.entries {
			f.byID[e.id] = e
		}
		type said struct {
			phase       string
			done, total int64
		}
		var got []said
		f.progress = func(phase string, done, total int64) { got = append(got, said{phase, done, total}) }
		for _, line := range lines {
			f.line(line)
			f.tell(3)
		}
		const rows, build = "copying rows", "building indexes and constraints"
		want := map[int][]said{
			1: {{rows, 3, 110}, {rows, 3, 110}, {rows, 103, 110}, {build, 1, 2}, {build, 2, 2}},
			2: {{rows, 3, 110}, {rows, 3, 110}, {rows, 103, 110}, {build, 0, 2}, {build, 1, 2}},
		}[jobs]
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d jobs: %v, want %v", jobs, got, want)
		}
	}
}

// Every table's rows are counted, whatever its name and however the pieces come.
func TestTally(t *testing.T) {
	sql := "-- COPY nothing FROM stdin;\nCOPY public.orders (id, note) FROM stdin;\n1\tCOPY a FROM stdin;\n2\t\\\\.\n\\.\n\nCOPY \"We\"\"ird\".\"a.b\nc\" () FROM stdin;\n\n\n\\.\n" +
		"COPY public.empty (a) FROM stdin;\n\\.\nSELECT pg_catalog.lo_open('7', 131072);\nSELECT pg_catalog.lowrite(0, '\\x00');\nSELECT pg_catalog.lo_open('8', 131072);\nCOPY public.cut (a) FROM stdin;\n1\n"
	want := map[string]int64{"public\x00orders": 2, "We\"ird\x00a.b\nc": 2, "public\x00empty": 0}
	for size := 1; size < len(sql); size++ {
		var counted tally
		for rest := sql; rest != ""; rest = rest[min(size, len(rest)):] {
			_, _ = counted.Write([]byte(rest[:min(size, len(rest))])) // it never fails
		}
		if !reflect.DeepEqual(counted.rows, want) || counted.large != 2 {
			t.Fatalf("in pieces of %d: %v, %d", size, counted.rows, counted.large)
		}
	}
}
