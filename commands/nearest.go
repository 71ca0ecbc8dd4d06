package commands

import (
	"cmp"
	"slices"
	"strings"
)

const (
	maxSuggestions = 3  // more than three are a list to read, not a suggestion
	maxNear        = 64 // characters; nothing longer is a mistyped name of ours, and the work grows with the square
)

// Nearest gives those of known that typed probably meant, best first, three at most: a few slips of the finger
// away, or begun and not finished.
func Nearest(typed string, known []string) []string {
	type candidate struct {
		name string
		far  int
	}
	var near []candidate
	for _, name := range known {
		if far, ok := slips(typed, name); ok {
			near = append(near, candidate{name, far})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	var names []string
	for _, c := range near[:min(len(near), maxSuggestions)] {
		names = append(names, c.name)
	}
	return names
}

// slips says how far typed is from a name, and whether that is near enough to ask "did you mean".
func slips(typed, name string) (int, bool) {
	t, n := []rune(strings.ToLower(typed)), []rune(strings.ToLower(name))
	if len(t) == 0 || len(t) > maxNear || len(n) > maxNear {
		return 0, false
	}
	if len(t) > 1 && strings.HasPrefix(string(n), string(t)) {
		return 1, true
	}
	far := distance(t, n)
	return far, far <= tolerance(len(n))
}

// tolerance grows with the length of a name: two slips in "slow" make another word, in "reporting" they do not.
func tolerance(length int) int {
	switch {
	case length < 5:
		return 1
	case length < 9:
		return 2
	}
	return 3
}

// distance is Damerau and Levenshtein's: how many letters to add, leave out, replace or swap with a neighbour (the
// restricted form, in which no letter is touched twice).
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			changed := last[j]
			if a[i] != b[j] {
				changed++
			}
			row[j+1] = min(changed, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
