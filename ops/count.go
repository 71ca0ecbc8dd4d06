package ops

import "fmt"

// Count says a number of things: "1 session", "2 sessions". It knows no irregular plurals, and none is used.
func Count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
