package commands

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	paths := []string{"help", "locks", "migrate status", "migrate up", "ping", "slow", "status", "whoami"}
	tests := []struct {
		typed string
		want  []string
	}{
		{"stauts", []string{"status"}},
		{"STATUS!", []string{"status"}},
		{"stat", []string{"status"}},
		{"lock", []string{"locks"}},
		{"migrate", []string{"migrate status", "migrate up"}},
		{"migrat up", []string{"migrate up"}},
		{"who am i", []string{"whoami"}},
		{"halp", []string{"help"}},
		{"s", nil},
		{"drop table", nil},
		{"", nil},
		{strings.Repeat("status", 1000), nil},
	}
	for _, tt := range tests {
		if got := Nearest(tt.typed, paths); !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.typed, got, tt.want)
		}
	}
}

func TestNearestIsShort(t *testing.T) {
	if got := Nearest("shard", []string{"shard1", "shard2", "shard3", "shard4"}); len(got) != maxSuggestions {
		t.Errorf("got %q", got)
	}
}

var letters = rapid.SliceOfN(rapid.SampledFrom([]rune("abcdé")), 0, 12)

func TestDistanceIsADistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := letters.Draw(t, "a"), letters.Draw(t, "b")
		d := distance(a, b)
		longer, shorter := max(len(a), len(b)), min(len(a), len(b))
		if d != distance(b, a) || (d == 0) != slices.Equal(a, b) || d > longer || d < longer-shorter {
			t.Fatalf("%q %q: %d, the other way %d", string(a), string(b), d, distance(b, a))
		}
	})
}

// One slip of the finger is a distance of one, whichever slip it is, and is always suggested for.
func TestOneSlipIsNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"status", "orders", "reporting", "slow", "migrate up"}).Draw(t, "name")
		typed := []rune(name)
		at := rapid.IntRange(0, len(typed)-2).Draw(t, "at")
		switch rapid.IntRange(0, 3).Draw(t, "slip") {
		case 0:
			typed = slices.Delete(typed, at, at+1)
		case 1:
			typed = slices.Insert(typed, at, 'x')
		case 2:
			typed[at] = 'x'
		case 3:
			typed[at], typed[at+1] = typed[at+1], typed[at]
		}
		if d := distance(typed, []rune(name)); d > 1 {
			t.Fatalf("%q to %q: %d", string(typed), name, d)
		}
		if near := Nearest(string(typed), []string{"whoami", name}); !slices.Contains(near, name) {
			t.Fatalf("%q is not suggested for %q", name, string(typed))
		}
	})
}
