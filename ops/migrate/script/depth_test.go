package script

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// deep statements, of n levels each.
func deep(n int) map[string]string {
	wrapped := func(open, inner, end string) string {
		return "SELECT " + strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	return map[string]string{
		"brackets":   wrapped("(", "1", ")"),
		"selects":    wrapped("(SELECT ", "1", ")"),
		"calls":      wrapped("f(", "1", ")"),
		"cases":      wrapped("CASE WHEN a THEN ", "1", " END"),
		"arrays":     wrapped("ARRAY[", "1", "]"),
		"not":        wrapped("NOT ", "a", ""),
		"minus":      wrapped("- ", "1", ""),
		"terms":      wrapped("", "1", "+1"),
		"words":      wrapped("", "'a'", "||'b'"),
		"casts":      wrapped("", "1", "::int"),
		"collations": wrapped("", "a", ` COLLATE "C"`),
		"elements":   wrapped("", "a", "[1]"),
		"conditions": wrapped("", "a", " AND a OR b"),
		"unions":     wrapped("", "1", " UNION SELECT 1"),
		"joins":      wrapped("", "1 FROM a", " CROSS JOIN b"),
		"comments":   wrapped("/*", " ", "*/"),
		"bodies":     "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC " + wrapped("(", "1", ")") + "; END",
	}
}

// However deep a statement goes, the process lives, and says that it was not analysed, or did it.
func TestAHundredThousandLevels(t *testing.T) {
	for name, sql := range deep(100_000) {
		s := Parse([]byte(sql + ";\nCREATE TABLE a ();"))
		if flat := name == "conditions" && s.Fault == ""; !flat && (s.Fault == "" || len(s.Statements) > 0 || s.Mode != AsWritten) {
			t.Errorf("%s: %q, %d statements", name, s.Fault, len(s.Statements))
		}
	}
	for _, name := range []string{"calls", "not", "terms"} { // a word for secrets leads to the parser, too
		sql := "INSERT INTO a (password) VALUES ('swordfish'); " + deep(100_000)[name]
		if got := Redact(sql); len(got) < len(sql)/2 {
			t.Errorf("%s: %d bytes of %d are shown", name, len(got), len(sql))
		}
	}
}

// roomOf is the variable with which this test binary parses what is as deep as may be, in a process with little stack.
const roomOf = "DBBOT_TEST_ROOM"

func TestWithLittleStack(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere less depth is allowed")
	}
	if os.Getenv(roomOf) == "" {
		cmd := exec.Command("sh", "-c", `ulimit -S -s 128; exec "$0" -test.run '^TestWithLittleStack$'`, os.Args[0])
		cmd.Env = append(os.Environ(), roomOf+"=128")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %.2000s", err, out)
		}
		return
	}
	parsed := 0
	for n := maxDepth; n > maxDepth/8; n -= maxDepth / 8 {
		for _, sql := range deep(n - 20) {
			if s := Parse([]byte(sql)); s.Fault == "" {
				parsed++
			}
		}
	}
	if parsed < 20 {
		t.Errorf("only %d of them went to the parser", parsed)
	}
}
