package migrate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The orders are those of Node 20's localeCompare; letters beyond ASCII it has among the others, and here behind them.
func TestLocaleCompare(t *testing.T) {
	for _, names := range [][]string{
		{"1_init", "10_x"},
		{"a", "A", "b", "B"},
		{"Aa0", "ab", "AB1"},
		{" ", "_", "-", ".", "+", "~", "0", "a", "Z"},
		{"1_a", "1-a", "1a", "2"},
		{"20240101_a", "20240101_A", "20240102_a"},
		{"", "_"},
		{"z", "ä"},
	} {
		shuffled := slices.Clone(names)
		slices.Reverse(shuffled)
		slices.SortFunc(shuffled, localeCompare)
		if !slices.Equal(shuffled, names) {
			t.Errorf("got %q, want %q", shuffled, names)
		}
	}
}

func TestManyNamesAreCut(t *testing.T) {
	var names []string
	for i := range 7 {
		names = append(names, fmt.Sprint("n", i))
	}
	for n, want := range map[int]string{0: "", 1: "n0", 5: "n0, n1, n2, n3, n4", 6: "n0, n1, n2, n3, n4 and 1 other", 7: "n0, n1, n2, n3, n4 and 2 others"} {
		if got := shown(names[:n]); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	set := Set{Tool: GolangMigrate, Ignored: []string{"a\nb" + strings.Repeat("x", 200)}}
	if why := set.Survey(Journal{}).why(); strings.Contains(why, "\n") || len(why) > 150 {
		t.Errorf("got %q", why)
	}
}
