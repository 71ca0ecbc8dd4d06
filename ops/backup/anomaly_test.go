package backup

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOdd(t *testing.T) {
	size := func(mb int64) func(*Backup) { return func(b *Backup) { b.Archive.Size = mb << 20 } }
	took := func(d time.Duration) func(*Backup) { return func(b *Backup) { b.Finished = b.Started.Add(d) } }
	rows := func(n int64) func(*Backup) { return func(b *Backup) { b.Contents.Tables[0].Rows = n } }
	none := func(b *Backup) { b.Contents.Tables = nil }
	for name, tt := range map[string]struct {
		edit   func(*Backup)
		before []Backup
		want   string
	}{
		"as always":                {func(*Backup) {}, nightly(9), ""},
		"half":                     {size(50), nightly(9), ""},
		"less than half":           {size(49), nightly(9), "It is much smaller than usual: 49 % of the median of the 7 before it."},
		"twice":                    {size(200), nightly(9), ""},
		"more than twice":          {size(201), nightly(9), "It is much larger than usual: 2.0 times the median of the 7 before it."},
		"small, and by little":     {func(b *Backup) { b.Archive.Size = 1000 }, nightly(9, func(b *Backup) { b.Archive.Size = 1 << 19 }), ""},
		"empty":                    {size(0), nightly(9), "It is much smaller than usual: 0 % of the median of the 7 before it."},
		"beside empty ones":        {size(9), nightly(9, size(0)), "It is much larger than usual: 9437184.0 times the median of the 7 before it."},
		"three times as long":      {took(3 * time.Minute), nightly(9), ""},
		"longer":                   {took(4 * time.Minute), nightly(9), "It took much longer than usual: 4.0 times the median of the 7 before it."},
		"longer, by seconds":       {took(50 * time.Second), nightly(9, took(time.Second)), ""},
		"fewer rows":               {rows(6999), nightly(9), "Many rows fewer than usual: public.orders (6999, and 10000 before)."},
		"a few rows fewer":         {rows(7000), nightly(9), ""},
		"of a small table":         {rows(1), nightly(9, rows(100)), ""},
		"empty table":              {rows(0), nightly(9, rows(100)), "Many rows fewer than usual: public.orders (0, and 100 before)."},
		"no table":                 {none, nightly(9), "Not in it any more: public.orders."},
		"no table, and one before": {none, nightly(2), "Not in it any more: public.orders."},
		"the first":                {size(1), nil, ""},
		"only two before":          {size(1), nightly(3), ""},
		"the others bad":           {none, nightly(9, bad), ""},
		"the others not verified":  {size(1), nightly(9, unverified), ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := nightly(1)[0]
			tt.edit(&b)
			before := tt.before
			slices.Reverse(before)
			if got := strings.Join(Odd(b, before), " "); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// Only the seven before it say what is usual, and a table that most of them have.
func TestOddLooksAtSeven(t *testing.T) {
	all := nightly(30)
	for i := 8; i < 30; i++ {
		all[i].Archive.Size = 1 << 40
	}
	for i := 1; i < 8; i++ {
		if i > 3 {
			all[i].Contents.Tables = append(all[i].Contents.Tables, Table{Schema: "public", Name: "left"})
		}
		if i > 4 {
			all[i].Contents.Tables = append(all[i].Contents.Tables, Table{Schema: "public", Name: "temporary"})
		}
	}
	if got := Odd(all[0], all); len(got) != 1 || got[0] != "Not in it any more: public.left." {
		t.Error(got)
	}
}

// A database that loses everything is told in a sentence, not in a thousand.
func TestOddNamesAFew(t *testing.T) {
	all := nightly(2)
	for n := range 1000 {
		all[1].Contents.Tables = append(all[1].Contents.Tables, Table{Schema: "public", Name: fmt.Sprintf("t%04d\n", n)})
	}
	want := `Not in it any more: public.t0000\u000a, public.t0001\u000a, public.t0002\u000a, public.t0003\u000a, public.t0004\u000a and 995 more.`
	if got := Odd(all[0], all[1:]); len(got) != 1 || got[0] != want {
		t.Errorf("%q", got)
	}
}
