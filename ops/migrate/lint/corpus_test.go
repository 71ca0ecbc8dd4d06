package lint

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBesideSquawkOnHistories compares the rules with squawk's on the two histories of testdata/corpus, whose README says
// where they come from. Neither knows a database here, so that dbbot takes every table that a file does not make for one
// with rows.
func TestBesideSquawkOnHistories(t *testing.T) {
	program, err := exec.LookPath(os.Getenv("SQUAWK"))
	if err != nil {
		t.Skip("squawk is not installed")
	}
	var names []string
	for _, pattern := range []string{"golang/*.sql", "prisma/*/migration.sql"} {
		found, _ := filepath.Glob("testdata/corpus/" + pattern) // the only error is a bad pattern
		names = append(names, found...)
	}
	if len(names) < 60 {
		t.Fatalf("only %d files", len(names))
	}
	theirs := squawk(t, program, names)
	var b strings.Builder
	for _, name := range names {
		sql, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p := parsed(string(sql))
		if p.Script.Fault+p.Script.Refused != "" {
			t.Errorf("%s: %s%s", name, p.Script.Fault, p.Script.Refused)
		}
		for _, line := range differences(t, rulesOf(Check([]Parsed{p}, Facts{})), theirs[name]) {
			if reasons[line] == "" {
				t.Errorf("%s: not explained: %s", name, line)
			}
			fmt.Fprintf(&b, "%s: %s (%s)\n", strings.TrimPrefix(name, "testdata/corpus/"), line, reasons[line])
		}
	}
	golden(t, "corpus.golden", b.String())
}
