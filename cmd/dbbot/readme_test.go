package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dbbot/commands"
)

const (
	tableBegins = "<!-- commands: derived from the catalogue; `go test ./cmd/dbbot -run README -update` writes it anew -->\n"
	tableEnds   = "<!-- end of commands -->\n"
)

// TestREADMEListsEveryCommand keeps README's table equal to the catalogue; -update writes it.
func TestREADMEListsEveryCommand(t *testing.T) {
	path := filepath.Join(root, "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), tableBegins)
	table, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("README.md has no place for the table: %q and %q", tableBegins, tableEnds)
	}
	want := "\n" + commandTable() + "\n"
	if table == want {
		return
	}
	if !*update {
		t.Fatalf("README's table is not the catalogue's: -update writes it.\n--- README ---\n%s\n--- catalogue ---\n%s", table, want)
	}
	if err := os.WriteFile(path, []byte(before+tableBegins+want+tableEnds+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func commandTable() string {
	lines := []string{"| type | and read | risk |", "|---|---|---|"}
	for _, about := range commands.All(commands.Toolbox{}).Commands() {
		usage := strings.ReplaceAll(about.Usage(), "|", `\|`) // else it ends the cell, in code too
		lines = append(lines, fmt.Sprintf("| `/db %s` | %s | %s |", usage, about.Summary, about.Risk))
	}
	return strings.Join(lines, "\n") + "\n"
}

// TestREADMESaysTheTruthAboutItself: what README names must be there.
func TestREADMESaysTheTruthAboutItself(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"cmd/dbbot/testdata/page.png", "manifest.yml", "commands/ping.go", "commands/toolbox.go", "cmd/dbbot/wire.go",
		".ci/run", "commands/testdata/catalog.golden",
	} {
		if !strings.Contains(string(text), filepath.Base(name)) {
			t.Errorf("README does not speak of %s any more: take it out of this list", name)
		}
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			t.Errorf("README speaks of %s: %v", name, err)
		}
	}
}
