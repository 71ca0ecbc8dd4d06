package ops

import "testing"

func TestCountSaysOneThingAndMany(t *testing.T) {
	for n, want := range map[int]string{0: "0 sessions", 1: "1 session", 2: "2 sessions", -1: "-1 sessions"} {
		if got := Count(n, "session"); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}
